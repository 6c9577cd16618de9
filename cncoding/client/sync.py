"""The driver for threads."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

import httpcore
from typing_extensions import Unpack

from cncoding.chat import flow as chat_flow
from cncoding.chat.fold import Fold
from cncoding.chat.request import ChatSettings, Prompt
from cncoding.client import disk, http, interrupts, pools
from cncoding.client.base import BaseClient
from cncoding.client.bodies import Body
from cncoding.client.forms import FormBytes
from cncoding.client.limits import Watch
from cncoding.client.local import LOCAL, perform_local
from cncoding.client.media import MediaClient
from cncoding.client.stream import Stream
from cncoding.errors import BadRequestError, TooManyConnectionsError, TransportError
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


class Client(BaseClient, MediaClient):
    """Talk to one endpoint of one provider.

    Example:
        >>> with Client("kimi", api_key="sk-kimi-example") as client:
        ...     client.model
        'kimi-for-coding'
    """

    def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask and return the whole reply.

        Args:
            request: Text, messages (also dicts in the OpenAI form), or a whole request.
            **settings: See `ChatSettings`: model, temperature, tools, thinking, reasoning_effort, ...

        Raises:
            ConfigError: The request cannot be sent.
            ApiError: The vendor refused or failed.
            TransportError: The network failed.
            ProtocolError: The reply cannot be read.
        """
        asked = self._build_request(request, settings)
        if self._must_stream(asked):
            return self.stream(asked).drain()
        try:
            return self._reply(self._run(chat_flow.chat(asked, self._setup), self._watch()))
        except BadRequestError as error:
            if not chat_flow.asks_for_stream(error):
                raise
            return self.stream(asked).drain()

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> Stream:
        """Ask and return the events of the reply; closing the stream closes the connection.

        Raises:
            TruncatedStreamError: The stream broke.
            ConfigError, ApiError, TransportError, ProtocolError: As `chat`. Every error after the first event has the
                reply so far as its `partial`.
        """
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return Stream(self._events(chat_flow.stream(asked, self._setup, progress)), progress)

    def complete(self, prompt: str, suffix: str | None = None, **settings: Any) -> ChatResponse:
        """Return the text between `prompt` and `suffix`, where the vendor documents it (DeepSeek).

        Args:
            prompt: What stands before.
            suffix: What stands after.
            **settings: model, max_tokens, temperature, top_p, stop, extra_body.

        Raises:
            ConfigError: The vendor has no such thing, or a setting is wrong.
            ApiError, TransportError, ProtocolError: As `chat`.
        """
        return self._reply(self._run(chat_flow.complete(prompt, suffix, settings, self._setup), self._watch()))

    def close(self) -> None:
        """Do nothing: connections are shared, and a client of your own is yours to close."""

    def __enter__(self) -> Client:
        """Return the client."""
        return self

    def __exit__(self, *details: object) -> None:
        """Close it."""
        self.close()

    # ------------------------------------------------------------ the driver

    def _run(self, flow: Flow[T], watch: Watch | None = None) -> T:
        watch = watch or Watch(None, self._stall_after)
        with self._secrets, closing(self._teach(flow)) as flow:
            try:
                step = next(flow)
                while True:
                    try:
                        outcome = self._perform(step, watch)
                    except BaseException as error:  # an interruption too: the flow decides what to leave behind
                        step = flow.throw(error)
                    else:
                        step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

    def _events(self, flow: Any) -> Generator[Any, None, None]:
        body: Body | None = None
        heard = False
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
                        body.close()  # a continuation: what was cut is done with
                        body = None
                    try:
                        outcome = self._perform(step, watch)
                    except BaseException as error:  # an interruption too
                        step = flow.throw(error)
                    else:
                        if isinstance(step, Send) and outcome.raw is not None:
                            body = outcome.raw
                        step = flow.send(outcome)
            except StopIteration:
                return
            finally:
                if body is not None:
                    body.close()

    def _perform(self, step: Step, watch: Watch) -> Any:
        if isinstance(step, Read):
            watch.end_within(step.patience)
            return self._read(step.raw, watch)
        watch.begin(http.find_total(step))
        if isinstance(step, Send):
            return self._send(step.request, watch)
        if isinstance(step, Sleep):
            return interrupts.sleep(watch.fit(http.pause(step)))
        if isinstance(step, Resolve):
            return self._resolve(step)
        if isinstance(step, Save):
            return self._save(step, watch)
        if isinstance(step, Tell):
            return step.listener(step.event)
        if isinstance(step, LOCAL):
            return perform_local(step, self._record, self._hide)
        assert isinstance(step, Now)
        return time.time()

    def _resolve(self, step: Resolve) -> tuple[str, ...]:
        try:
            return http.addresses(socket.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            if self._http is not None or pools.shared().sync().proxies.find(step.scheme, step.host):
                return ()
            raise http.explain_address(step, error) from error

    def _send(self, request: Request, watch: Watch) -> Reply:
        body = self._open(request, watch)
        if request.stream and body.status < 300:
            return Reply(body.status, body.headers, raw=body)
        with closing(body):
            pieces = []
            while piece := self._read(body, watch):
                if not piece.isspace():
                    watch.note_content()
                pieces.append(piece)
        return Reply(body.status, body.headers, b"".join(pieces))

    def _read(self, body: Body, watch: Watch) -> bytes:
        with watch.bounding():
            return body.read()

    def _open(self, request: Request, watch: Watch) -> Body:
        """Send a request to the first of its addresses that answers."""
        http.check_headers(request)
        failure: TransportError | None = None
        for address in http.find_addresses(request, None if self._http else pools.shared().sync().proxies):
            with watch.bounding():
                try:
                    return self._dial(request, address, watch)
                except TransportError as error:
                    if error.sent or isinstance(error, TooManyConnectionsError):
                        raise
                    failure = error
        assert failure is not None
        raise failure

    def _dial(self, request: Request, address: str | None, watch: Watch) -> Body:
        seconds = {name: watch.fit_timeout(one) for name, one in http.timeouts(request, self._timeout).items()}
        library = http.family(self._http) if self._http is not None else httpcore
        form = None if request.form is None else FormBytes(request.form, watch.go_on)
        try:
            if self._http is None:
                response = pools.shared().sync().send(http.ask(request, address, seconds, form))
            else:
                asked = http.build(self._http, library, request, address, seconds, form)
                auth = {"auth": None} if request.plain else {}
                response = self._http.send(asked, stream=True, follow_redirects=False, **auth)
        except http.failures(library) as error:
            raise http.translate_error(error, library, request) from error
        return Body(response, request, library, self._most)

    def _save(self, step: Save, watch: Watch) -> Saved | Reply | PartialFile:
        if isinstance(step.source, bytes):
            return disk.place(step, step.source)
        with disk.forget_part(step):
            reply = self._send(http.as_download(step.source, step), watch)
            if reply.raw is None:
                disk.goes_on(step, reply)
                return reply
            with closing(reply.raw) as body:
                if not disk.goes_on(step, reply):
                    return Reply(416, reply.headers)
                with disk.Saving(step, reply) as saving:
                    try:
                        while chunk := self._read(body, watch):
                            watch.note_content()
                            saving.write(chunk)
                    except TransportError as error:
                        return saving.leave(error)
                    return saving.end()
