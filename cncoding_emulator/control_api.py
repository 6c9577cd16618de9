"""The control API under ``/__emulator__/``, for programs that cannot call the Python class.

``POST`` a JSON object with the arguments of the method of the same name in :class:`cncoding_emulator.control.Control`
to ``script``, ``fault``, ``spend``, ``limit``, ``pace``, ``hostile``, ``reset`` or ``clock`` (``{"advance": 60}``).
``GET`` ``health``, ``clock``, ``hostile`` (the scenarios) and ``requests?start=0&provider=kimi``. Only programs of this
machine are let in, unless the emulator was started with ``host=``; browsers never are.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import hostile
from .control import Control
from .request_log import RequestRecord
from .script import ScriptError
from .wires import Json

ROOT = "/__emulator__"
COMMANDS = ("script", "fault", "spend", "limit", "pace", "hostile", "reset")
SECRET = ("authorization", "x-api-key", "cookie", "proxy-authorization", "api-key")
Handler = Callable[[Request], Awaitable[Response]]


def _refuse(status: int, problem: str, **more: Any) -> Response:
    return JSONResponse({"error": problem, **more}, status)


def _guard(control: Control, handler: Handler) -> Handler:
    """Let in programs of this machine only, unless the emulator listens for others on purpose."""

    async def handle_guarded(request: Request) -> Response:
        if request.headers.get("origin"):
            return _refuse(403, "the control API is not for browsers")
        if not control.state.open_control and not _is_local(request):
            return _refuse(403, "the control API is for programs of this machine; start the emulator with --host")
        return await handler(request)

    return handle_guarded


def _is_local(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def show_request(record: RequestRecord) -> Json:
    """Return a record as JSON, without the keys it came with."""
    body: Any = record.json
    if body is None and record.body:
        body = record.body.decode("utf-8", "replace")
    headers = {name: "***" if name in SECRET else value for name, value in record.headers.items()}
    return {
        "number": record.number,
        "provider": record.provider,
        "endpoint": record.endpoint,
        "wire": record.wire,
        "method": record.method,
        "path": record.path,
        "query": record.query,
        "headers": headers,
        "body": body,
        "status": record.status,
        "disconnected": record.disconnected,
        "unknown_fields": list(record.unknown_fields),
        "notes": list(record.notes),
    }


def routes(control: Control) -> list[Route]:
    """Return the routes of the control API."""
    state = control.state

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "url": state.url, "pending": state.pending(), "seed": state.seed})

    async def requests(request: Request) -> Response:
        query = request.query_params
        start = query.get("start", "0")
        if not start.isdigit():
            return _refuse(400, f"start wants a number, not {start!r}")
        wanted = query.get("provider")
        records = [r for r in state.log.all(int(start)) if wanted in (None, r.provider)]
        return JSONResponse({"requests": [show_request(r) for r in records], "dropped": state.log.dropped})

    async def read_clock(request: Request) -> Response:
        return JSONResponse({"now": state.clock.now(), "speed": state.clock.speed})

    async def scenarios(request: Request) -> Response:
        return JSONResponse({"scenarios": hostile.describe()})

    async def clock(data: Json) -> Response:
        seconds = data.get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return _refuse(400, f'clock wants {{"advance": seconds}}, not {json.dumps(data)}')
        control.advance(seconds)
        return JSONResponse({"now": state.clock.now()})

    def command(name: str) -> Callable[[Json], Awaitable[Response]]:
        async def run(data: Json) -> Response:
            getattr(control, name)(**data)
            return JSONResponse({"pending": state.pending()})

        return run

    found = [
        Route(f"{ROOT}/health", _guard(control, health), methods=["GET"]),
        Route(f"{ROOT}/requests", _guard(control, requests), methods=["GET"]),
        Route(f"{ROOT}/clock", _guard(control, read_clock), methods=["GET"]),
        Route(f"{ROOT}/hostile", _guard(control, scenarios), methods=["GET"]),
        Route(f"{ROOT}/clock", _guard(control, _take_json(clock)), methods=["POST"]),
    ]
    for name in COMMANDS:
        found.append(Route(f"{ROOT}/{name}", _guard(control, _take_json(command(name))), methods=["POST"]))
    return found


def _take_json(work: Callable[[Json], Awaitable[Response]]) -> Handler:
    """Read a JSON object, and answer mistakes in it with HTTP 400 and a sentence."""

    async def handle(request: Request) -> Response:
        raw = await request.body()
        try:
            data = json.loads(raw) if raw else {}
        except ValueError as error:
            return _refuse(400, f"the body is no JSON: {error}")
        if not isinstance(data, dict):
            return _refuse(400, "the body must be a JSON object")
        try:
            return await work(data)
        except (LookupError, ValueError, TypeError) as error:
            message = error.args[0] if isinstance(error, LookupError) else str(error)
            if isinstance(error, ScriptError):
                return _refuse(400, str(message), line=error.line, column=error.column)
            return _refuse(400, str(message))

    return handle
