"""Token counting where a vendor documents it; everywhere else the emulator says that it lacks the route."""

from __future__ import annotations

import json
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import anthropic_api, ids, openai_api
from .chat import respond
from .count import IMAGE_TOKENS, count_prompt
from .endpoints import Evidence
from .errors import Refused, refuse
from .persona import Caller, OtherRoute, Persona
from .request_types import check_types
from .state import State
from .wires import Json, Wire

ROUTES: dict[str, tuple[str, str, Wire, Evidence]] = {
    "minimax": (
        "/anthropic/v1/messages/count_tokens", "coding", "anthropic",
        Evidence("inferred", "platform.minimaxi.com, text-anthropic-api names the route only", "2026-09-01"),
    ),
    "kimi": (
        "/v1/tokenizers/estimate-token-count", "api", "openai",
        Evidence("documented", "platform.kimi.com/docs/api/estimate", "2026-09-01"),
    ),
    "glm": (
        "/api/paas/v4/tokenizer", "api", "openai",
        Evidence("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11"),
    ),
}  # fmt: skip


def find_other(name: str) -> tuple[OtherRoute, ...]:
    """Return the row of a vendor for ``/__persona__``."""
    if name not in ROUTES:
        return ()
    path, _, _, evidence = ROUTES[name]
    return (OtherRoute("POST", path, evidence),)


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the counting route of a vendor, if it has one."""
    if persona.name not in ROUTES:
        return []
    path, name, wire, _ = ROUTES[persona.name]
    endpoint = persona.endpoint(name, wire)

    async def count(request: Request) -> Response:
        try:
            persona.admit(Caller(dict(request.headers), endpoint, state))
            return JSONResponse(_shape(persona.name, *_count(await request.body(), wire)))
        except Refused as refused:
            return respond(persona.refuse(refused.failure, wire, ids.token_hex(16)))

    return [Route(f"/{persona.name}{path}", count, methods=["POST"])]


def _count(raw: bytes, wire: Wire) -> tuple[int, int]:
    """Return the tokens of the text and of the images."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise refuse("bad_json", "body") from None
    if not isinstance(body, dict):
        raise refuse("bad_json", "body")
    check_types(body)
    chat = openai_api.read(body) if wire == "openai" else anthropic_api.read({"max_tokens": 1, **body})
    return count_prompt(chat)[1], IMAGE_TOKENS * len(chat.pictures)


def _shape(name: str, text: int, images: int) -> Json:
    if name == "minimax":
        return {"input_tokens": text + images}
    if name == "kimi":
        return {"code": 0, "data": {"total_tokens": text + images}, "scode": "0x0", "status": True}
    made = ids.token_hex(16)
    usage = {"prompt_tokens": text, "video_tokens": 0, "image_tokens": images, "total_tokens": text + images}
    return {"id": made, "created": int(time.time()), "request_id": made, "usage": usage}
