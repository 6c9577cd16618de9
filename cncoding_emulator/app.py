"""The Starlette application: personas under ``/<provider>``, their evidence, files, and the request log."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import files, ids, media, token_counts
from .chat import chat_routes, respond
from .deliver import ConnectionCut
from .persona import Persona
from .personas import ALL
from .request_log import RequestRecord
from .state import State

PERSONAS: dict[str, Persona] = {p.name: p for p in ALL}


def build_app(state: State, more: Iterable[Route] = ()) -> ASGIApp:
    """Build the application of a state; ``more`` are further routes (media modules)."""
    routes = [Route("/", _index(state)), Route("/__persona__/{name}", _evidence(state))]
    for persona in PERSONAS.values():
        routes += chat_routes(state, persona)
        routes += persona.routes(state, persona)
        routes += token_counts.routes(state, persona)
    routes += [*media.routes(state), *files.routes(state), *more]
    return Recorder(Starlette(routes=routes, exception_handlers={404: _say_what_is_missing}), state)


async def _say_what_is_missing(request: Request, error: Exception) -> Response:
    """Tell a route that the emulator lacks from one that a vendor refuses."""
    path = request.url.path
    provider = path.split("/")[1]
    if provider not in PERSONAS:
        return JSONResponse({"error": f"no such page; {', '.join(PERSONAS)} stand at /<provider>"}, 404)
    message = (
        f"the cncoding emulator lacks {request.method} {path}: this is its answer, not the vendor's; "
        f"/__persona__/{provider} lists what it has"
    )
    return JSONResponse({"error": {"type": "emulator_lacks_route", "message": message}}, 501)


def _index(state: State):  # type: ignore[no-untyped-def]
    async def page(request: Request) -> Response:
        found = {
            name: {
                "title": persona.facts.title,
                "evidence": f"{state.url}/__persona__/{name}",
                "chat": [f"{state.url}/{name}{e.base}{e.path}" for e in persona.endpoints],
            }
            for name, persona in PERSONAS.items()
        }
        return JSONResponse(found)

    return page


def _evidence(state: State):  # type: ignore[no-untyped-def]
    async def page(request: Request) -> Response:
        persona = PERSONAS.get(request.path_params["name"])
        if persona is None:
            return Response(status_code=404)
        chat = [
            {
                "method": "POST",
                "path": e.base + e.path,
                "endpoint": e.name,
                "wire": e.wire,
                **vars(e.evidence),
            }
            for e in persona.endpoints
        ]
        rows = (*media.evidence(persona), *token_counts.find_other(persona.name))
        others = [{"method": o.method, "path": o.path, **vars(o.evidence)} for o in rows]
        faults = {
            kind: {"status": e.status, "code": e.code, "type": e.type, "inferred": e.inferred}
            for kind, e in persona.table.items()
        }
        return JSONResponse({"provider": persona.name, "endpoints": chat + others, "faults": faults})

    return page


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
        exchange = _Exchange(self.state, record, body, send)
        app = self._fault(record) or self.app
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
        error = None if work.cancelled() else work.exception()
        if isinstance(error, ConnectionCut):
            return await media.hang_up(send)
        if error is not None:
            await exchange.crash(error)

    def _record(self, scope: Scope, body: bytes, at: float) -> RequestRecord | None:
        path: str = scope["path"]
        provider = path.split("/")[1]
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


class _Exchange:
    """The two channels of one request as the application sees them."""

    def __init__(self, state: State, record: RequestRecord | None, body: bytes, send: Send) -> None:
        self._state, self._record, self._send = state, record, send
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
        if message["type"] == "http.response.start":
            self.started = True
            if self._record is not None:
                self._state.log.update(self._record.number, status=message["status"])
        elif not message.get("more_body"):
            self.complete = True
        await self._send(message)

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
