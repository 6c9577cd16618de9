"""Log each request with its body, notice callers that hang up, and answer queued faults, recordings and hostility."""

from __future__ import annotations

import asyncio
import time
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import hostile, ids, media
from .chat import respond
from .deliver import ConnectionCut
from .personas import PERSONAS
from .request_log import RequestRecord
from .state import Cut, State


class Recorder:
    """Log each request with its body, notice callers that hang up, and answer queued faults."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record, then run the application next to a watch on the connection."""
        if scope["type"] != "http":
            return
        at = time.monotonic()
        body = await _whole_body(receive)
        record = self._record(scope, body, at)
        ids.start_request(self.state.seed, record.number if record else 0)
        if record is not None:
            scope["emulator.number"] = record.number
        exchange = _Exchange(self.state, record, body, send, self._claim_cut(record))
        app = self._fault(record) or self._replay(record) or self.app
        scenario = self._take_hostile(record)
        if scenario is not None:
            app = _Hostile(scenario, app, exchange, send)
        work = asyncio.ensure_future(app(scope, exchange.receive, exchange.send))
        watch = asyncio.ensure_future(_watch_hangup(receive))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and not exchange.complete:
                exchange.hang_up()
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        finally:
            watch.cancel()
            work.cancel()
            self._end(record)
        error = None if work.cancelled() else work.exception()
        if isinstance(error, ConnectionCut) or (scenario is not None and not exchange.started):
            return await media.hang_up(send)
        if error is not None:
            await exchange.crash(error)

    def _record(self, scope: Scope, body: bytes, at: float) -> RequestRecord | None:
        path: str = scope["path"]
        provider = path.partition("/")[2].partition("/")[0]
        if provider not in PERSONAS:
            return None
        endpoint = self.state.chat_endpoints.get(path)
        return self.state.log.add(
            RequestRecord(
                number=0,
                provider=provider,
                method=scope["method"],
                path=path,
                query=scope["query_string"].decode("latin-1"),
                headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
                body=body,
                at=at,
                endpoint=endpoint.name if endpoint else "",
                wire=endpoint.wire if endpoint else "",
            )
        )

    def _end(self, record: RequestRecord | None) -> None:
        ended = self.state.log.update(record.number, ended_at=time.monotonic()) if record is not None else None
        if ended is not None:
            for watcher in self.state.watchers:
                watcher(ended)

    def _claim_cut(self, record: RequestRecord | None) -> Cut | None:
        if record is None:
            return None
        return self.state.claim_cut(record.provider, record.path, record.path in self.state.chat_endpoints)

    def _take_hostile(self, record: RequestRecord | None) -> str | None:
        if record is None:
            return None
        return self.state.take_hostile(record.provider, record.path, record.path in self.state.chat_endpoints)

    def _replay(self, record: RequestRecord | None) -> ASGIApp | None:
        if record is None or self.state.recordings is None:
            return None
        return self.state.recordings.answer(record)

    def _fault(self, record: RequestRecord | None) -> ASGIApp | None:
        if record is None:
            return None
        endpoint = self.state.chat_endpoints.get(record.path)
        failure = self.state.take_fault(record.provider, record.path, endpoint is not None)
        if failure is None:
            return None
        if endpoint is None and (said := media.refusal(record.provider, record.path, failure)) is not None:
            return said
        wire = endpoint.wire if endpoint else "openai"
        streaming = isinstance(record.json, dict) and record.json.get("stream") is True
        return respond(PERSONAS[record.provider].refuse(failure, wire, ids.token_hex(16)), streaming)


class _Hostile:
    """The application behind a hostile scenario; writes to the connection, sends nothing."""

    def __init__(self, scenario: str, app: ASGIApp, exchange: _Exchange, send: Send) -> None:
        self._scenario, self._app, self._exchange, self._send = scenario, app, exchange, send

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as no server should."""
        status, left = await hostile.treat(self._scenario, self._app, scope, receive, self._send)
        self._exchange.answer_with(status)
        if left:
            self._exchange.hang_up()


class _Exchange:
    """The two channels of one request as the application sees them."""

    def __init__(
        self, state: State, record: RequestRecord | None, body: bytes, send: Send, cut: Cut | None = None
    ) -> None:
        self._state, self._record, self._send, self._cut = state, record, send, cut
        self._writes = 0
        self._body: bytes | None = body
        self._closed = asyncio.Event()
        self.started = self.complete = False

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == media.HANG_UP:
            self.complete = True
            return await media.hang_up(self._send)
        if self._cut is not None:
            if self._writes == self._cut.place:
                raise ConnectionCut
            self._writes += 1
            self._cut.finished = not message.get("more_body", True)
        if message["type"] == "http.response.start":
            self.started = True
            self.answer_with(message["status"])
        elif not message.get("more_body"):
            self.complete = True
        await self._send(message)

    def answer_with(self, status: int) -> None:
        if self._record is not None:
            self._state.log.update(self._record.number, status=status)

    def hang_up(self) -> None:
        self._closed.set()
        if self._record is not None:
            self._state.log.update(self._record.number, disconnected_at=time.monotonic())

    async def crash(self, error: BaseException) -> None:
        """Tell a bug of the emulator apart from a vendor's 500."""
        traceback.print_exception(error)
        if self.started:
            return
        body = f"emulator bug: {type(error).__name__}: {error}".encode()
        await self._send({"type": "http.response.start", "status": 599, "headers": []})
        await self._send({"type": "http.response.body", "body": body})


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _watch_hangup(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
