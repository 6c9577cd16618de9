"""The Starlette application: personas under ``/<provider>``, their evidence, files, and the request log."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import files, media, token_counts
from .chat import chat_routes
from .personas import PERSONAS
from .recorder import Recorder
from .state import State


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
