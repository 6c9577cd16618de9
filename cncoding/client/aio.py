"""The driver for event loops."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from inspect import isawaitable
from typing import Any, TypeVar

import httpcore
from typing_extensions import Unpack

from cncoding.chat import flow as chat_flow
from cncoding.chat.fold import Fold
from cncoding.chat.request import ChatSettings, Prompt
from cncoding.client import disk, http, pools
from cncoding.client.base import BaseClient
from cncoding.client.bodies import AsyncBody
from cncoding.client.forms import AsyncFormBytes
from cncoding.client.limits import Watch
from cncoding.client.local import LOCAL, perform_local
from cncoding.client.media import AsyncMediaClient
from cncoding.client.shielding import finish_in_thread, leave_behind
from cncoding.client.stream import AsyncStream
from cncoding.errors import BadRequestError, ConfigError, TooManyConnectionsError, TransportError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import (
    STEPS,
    Now,
    PartialFile,
    Read,
    Reply,
    Request,
    Resolve,
    Save,
    Saved,
    Send,
    Sleep,
    Step,
    Tell,
)
from cncoding.types import ChatResponse

T = TypeVar("T")


class AsyncClient(BaseClient, AsyncMediaClient):
    """Talk to one endpoint of one provider from an event loop; the methods are those of `Client`."""

    _asynchronous = True

    async def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask and return the whole reply; see `Client.chat`."""
        asked = self._build_request(request, settings)
        if self._must_stream(asked):
            return await self.stream(asked).drain()
        try:
            return self._reply(await self._run(chat_flow.chat(asked, self._setup), self._watch()))
        except BadRequestError as error:
            if not chat_flow.asks_for_stream(error):
                raise
            return await self.stream(asked).drain()

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> AsyncStream:
        """Ask and return the events of the reply; see `Client.stream`. `aclose` closes the connection."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return AsyncStream(self._events(chat_flow.stream(asked, self._setup, progress)), progress)

    async def complete(self, prompt: str, suffix: str | None = None, **settings: Any) -> ChatResponse:
        """Return the text between `prompt` and `suffix`; see `Client.complete`."""
        return self._reply(await self._run(chat_flow.complete(prompt, suffix, settings, self._setup), self._watch()))

    async def aclose(self) -> None:
        """Do nothing: connections are shared, and a client of your own is yours to close."""

    async def __aenter__(self) -> AsyncClient:
        """Return the client."""
        return self

    async def __aexit__(self, *details: object) -> None:
        """Close it."""
        await self.aclose()

    # ------------------------------------------------------------ the driver

    async def _run(self, flow: Flow[T], watch: Watch | None = None) -> T:
        _check_loop()
        watch = watch or Watch(None, self._stall_after)
        cancelled = False
        with self._secrets, closing(self._teach(flow)) as flow:
            try:
                step = next(flow)
                while True:
                    try:
                        performed = self._perform(step, watch)
                        outcome = await (leave_behind(performed) if cancelled else performed)
                    except BaseException as error:  # an interruption too: the flow decides what to leave behind
                        cancelled = cancelled or isinstance(error, asyncio.CancelledError)
                        step = flow.throw(error)
                    else:
                        step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

    async def _events(self, flow: Any) -> AsyncGenerator[Any, None]:
        _check_loop()
        body: AsyncBody | None = None
        heard = cancelled = False
        watch = self._watch()
        with self._secrets, closing(self._teach(flow)) as flow:
            try:
                step = next(flow)
                while True:
                    if type(step) not in STEPS:  # asked for every event: a tenth of the time of `isinstance`
                        heard = True
                        yield step
                        step = next(flow)
                        continue
                    if heard:
                        watch.note_content()
                        heard = False
                    if body is not None and isinstance(step, Send):
                        await body.aclose()  # a continuation: what was cut is done with
                        body = None
                    try:
                        performed = self._perform(step, watch)
                        outcome = await (leave_behind(performed) if cancelled else performed)
                    except BaseException as error:  # an interruption too
                        cancelled = cancelled or isinstance(error, asyncio.CancelledError)
                        step = flow.throw(error)
                    else:
                        if isinstance(step, Send) and outcome.raw is not None:
                            body = outcome.raw
                        step = flow.send(outcome)
            except StopIteration:
                return
            finally:
                if body is not None:
                    await body.aclose()

    async def _perform(self, step: Step, watch: Watch) -> Any:
        if isinstance(step, Read):
            watch.end_within(step.patience)
            return await self._read(step.raw, watch)
        watch.begin(http.find_total(step))
        if isinstance(step, Send):
            return await self._send(step.request, watch)
        if isinstance(step, Sleep):
            return await asyncio.sleep(watch.fit(http.pause(step)))
        if isinstance(step, Resolve):
            return await self._resolve(step)
        if isinstance(step, Save):
            return await self._save(step, watch)
        if isinstance(step, Tell):
            told = step.listener(step.event)
            return await told if isawaitable(told) else told
        if isinstance(step, LOCAL):
            return await finish_in_thread(perform_local, step, self._record, self._hide)
        assert isinstance(step, Now)
        return time.time()

    async def _resolve(self, step: Resolve) -> tuple[str, ...]:
        try:
            loop = asyncio.get_running_loop()
            return http.addresses(await loop.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            if self._http is not None or (await pools.shared().async_()).proxies.find(step.scheme, step.host):
                return ()
            raise http.explain_address(step, error) from error

    async def _send(self, request: Request, watch: Watch) -> Reply:
        body = await self._open(request, watch)
        if request.stream and body.status < 300:
            return Reply(body.status, body.headers, raw=body)
        async with aclosing(body):
            pieces = []
            while piece := await self._read(body, watch):
                if not piece.isspace():
                    watch.note_content()
                pieces.append(piece)
        return Reply(body.status, body.headers, b"".join(pieces))

    async def _read(self, body: AsyncBody, watch: Watch) -> bytes:
        with watch.bounding():
            return await body.read()

    async def _open(self, request: Request, watch: Watch) -> AsyncBody:
        """Send a request to the first of its addresses that answers."""
        http.check_headers(request)
        failure: TransportError | None = None
        for address in http.find_addresses(request, None if self._http else (await pools.shared().async_()).proxies):
            with watch.bounding():
                try:
                    return await self._dial(request, address, watch)
                except TransportError as error:
                    if error.sent or isinstance(error, TooManyConnectionsError):
                        raise
                    failure = error
        assert failure is not None
        raise failure

    async def _dial(self, request: Request, address: str | None, watch: Watch) -> AsyncBody:
        seconds = {name: watch.fit_timeout(one) for name, one in http.timeouts(request, self._timeout).items()}
        library = http.family(self._http) if self._http is not None else httpcore
        form = None if request.form is None else AsyncFormBytes(request.form, watch.go_on)
        try:
            if self._http is None:
                response = await (await pools.shared().async_()).send(http.ask(request, address, seconds, form))
            else:
                asked = http.build(self._http, library, request, address, seconds, form)
                auth = {"auth": None} if request.plain else {}
                response = await self._http.send(asked, stream=True, follow_redirects=False, **auth)
        except http.failures(library) as error:
            raise http.translate_error(error, library, request) from error
        return AsyncBody(response, request, library, self._most)

    async def _save(self, step: Save, watch: Watch) -> Saved | Reply | PartialFile:
        if isinstance(step.source, bytes):
            return await finish_in_thread(disk.place, step, step.source)
        with disk.forget_part(step):
            reply = await self._send(http.as_download(step.source, step), watch)
            if reply.raw is None:
                disk.goes_on(step, reply)
                return reply
            async with aclosing(reply.raw) as body:
                if not disk.goes_on(step, reply):
                    return Reply(416, reply.headers)
                with disk.Saving(step, reply) as saving:
                    try:
                        while chunk := await self._read(body, watch):
                            watch.note_content()
                            saving.write(chunk)  # a write into the page cache is shorter than a hop to a thread
                    except TransportError as error:
                        return saving.leave(error)
                    return await finish_in_thread(saving.end)


def _check_loop() -> None:
    """Refuse to run outside of asyncio.

    Raises:
        ConfigError: No event loop of asyncio runs, but perhaps one of trio.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError(
            "AsyncClient: no event loop of asyncio runs here; await it under asyncio, or use Client in a thread, under "
            "trio with trio.to_thread.run_sync"
        ) from None
