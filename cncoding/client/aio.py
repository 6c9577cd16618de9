"""The driver for event loops."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeVar

from cncoding.chat import flow as chat_flow
from cncoding.chat.fold import Fold
from cncoding.client import disk, http, pools
from cncoding.client.base import BaseClient, as_request
from cncoding.client.media import AsyncMediaClient
from cncoding.client.stream import AsyncStream
from cncoding.errors import BadRequestError, CncodingError, ConnectFailedError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import STEPS, Now, Read, ReadFile, Reply, Request, Resolve, Save, Saved, Send, Sleep, Step
from cncoding.types import ChatRequest, ChatResponse, Event

T = TypeVar("T")


class AsyncClient(BaseClient, AsyncMediaClient):
    """Talk to one endpoint of one provider from an event loop; the methods are those of `Client`."""

    _asynchronous = True

    async def chat(self, request: ChatRequest | str) -> ChatResponse:
        """Ask and return the whole reply; see `Client.chat`."""
        request = as_request(request)
        if chat_flow.must_stream(request, self.target):
            return await self.stream(request).drain()
        try:
            return self._reply(await self._run(chat_flow.chat(request, self._setup)))
        except BadRequestError as error:
            if not chat_flow.asks_for_stream(error):
                raise
            return await self.stream(request).drain()

    def stream(self, request: ChatRequest | str) -> AsyncStream:
        """Ask and return the events of the reply; see `Client.stream`. `aclose` closes the connection."""
        progress = Fold(self.provider_id)
        return AsyncStream(self._events(chat_flow.stream(as_request(request), self._setup, progress)), progress)

    async def aclose(self) -> None:
        """Do nothing: connections are shared, and a client of your own is yours to close."""

    async def __aenter__(self) -> AsyncClient:
        """Return the client."""
        return self

    async def __aexit__(self, *details: object) -> None:
        """Close it."""
        await self.aclose()

    # ------------------------------------------------------------ the driver

    async def _client(self, request: Request) -> Any:
        if self._http is not None and request.address is None:
            return self._http
        return await pools.shared().async_(request.address is not None)

    async def _run(self, flow: Flow[T]) -> T:
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    try:
                        outcome = await self._perform(step)
                    except CncodingError as error:
                        step = flow.throw(error)
                    else:
                        step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

    async def _events(self, flow: chat_flow.StreamFlow) -> AsyncGenerator[Event, None]:
        body: Any = None
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    if not isinstance(step, STEPS):
                        yield step
                        step = next(flow)
                        continue
                    try:
                        outcome = await self._perform(step)
                    except CncodingError as error:
                        step = flow.throw(error)
                    else:
                        if isinstance(step, Send):
                            body = outcome.raw
                        step = flow.send(outcome)
            except StopIteration:
                return
            finally:
                if body is not None:
                    await body.aclose()

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Read):
            return await step.raw.read()
        if isinstance(step, Send):
            return await self._send(step.request)
        if isinstance(step, Sleep):
            return await asyncio.sleep(http.pause(step))
        if isinstance(step, Resolve):
            try:
                loop = asyncio.get_running_loop()
                return http.addresses(await loop.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                why = error.strerror if isinstance(error, OSError) else error
                raise ConnectFailedError(f"{step.host} has no address: {why}", sent=False) from error
        if isinstance(step, ReadFile):
            return await asyncio.to_thread(http.read_file, step)
        if isinstance(step, Save):
            return await self._save(step)
        assert isinstance(step, Now)
        return time.time()

    async def _send(self, request: Request) -> Reply:
        client = await self._client(request)
        library = http.family(client)
        try:
            built = http.built(client, library, request, self._timeout)
            response = await client.send(built, stream=True, follow_redirects=False)
        except http.failures(library) as error:
            raise http.translate_error(error, library, request) from error
        if request.stream and response.status_code < 300:
            body = http.AsyncBody(response, request, library)
            return Reply(response.status_code, http.headers(response), raw=body)
        try:
            whole = b"".join([chunk async for chunk in http.achunks(response, request, library)])
        finally:
            await response.aclose()
        return Reply(response.status_code, http.headers(response), whole)

    async def _save(self, step: Save) -> Saved | Reply:
        if isinstance(step.source, bytes):
            return await asyncio.to_thread(disk.place, step, step.source)
        reply = await self._send(replace(step.source, stream=True))
        if reply.raw is None:
            return reply
        try:
            with disk.Saving(step) as saving:
                while chunk := await reply.raw.read():
                    saving.write(chunk)  # a write into the page cache is shorter than a hop to a thread
                return await asyncio.to_thread(saving.finish)
        finally:
            await reply.raw.aclose()
