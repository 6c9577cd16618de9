"""DeepSeek: completion between two texts (FIM), on the beta address only.

Documented: `prompt`, an optional `suffix`, at most 4K tokens, replies with `choices[].text`. What is filled in is ours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .. import ids
from ..chat import respond
from ..count import tokens
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import Caller, OtherRoute, Persona
from ..state import State
from ..wires import Json

MOST_TOKENS = 4096
PATH = "/beta/completions"
EVIDENCE = Evidence("documented", "api-docs.deepseek.com/api/create-completion and the FIM guide", "2026-11-01")
OTHER = OtherRoute("POST", PATH, EVIDENCE)


def route(state: State, persona: Persona) -> Route:
    """Return the route."""
    endpoint = persona.endpoint("beta", "openai")

    async def complete(request: Request) -> Response:
        try:
            persona.admit(Caller(dict(request.headers), endpoint, state))
            asked = _read(await request.body())
        except Refused as refused:
            return respond(persona.refuse(refused.failure, "openai", ids.token_hex(16)))
        if asked.get("stream"):
            return StreamingResponse(_stream(asked), media_type="text/event-stream")
        return JSONResponse(_reply(asked, {"text": _fill_in(asked), "finish_reason": "stop"}))

    return Route(f"/{persona.name}{PATH}", complete, methods=["POST"])


def _read(raw: bytes) -> Json:
    try:
        asked = json.loads(raw)
    except ValueError:
        raise refuse("bad_json", "body") from None
    if not isinstance(asked, dict):
        raise refuse("bad_json", "body")
    if not isinstance(asked.get("model"), str):
        raise refuse("missing_model")
    most = asked.get("max_tokens")
    if most is not None and (type(most) is not int or not 0 < most <= MOST_TOKENS):
        raise refuse("bad_parameter", "max_tokens")
    for name, kinds in {"prompt": (str,), "suffix": (str, type(None)), "stop": (str, list, type(None))}.items():
        if not isinstance(asked.get(name), kinds):
            raise refuse("bad_parameter", name)
    return asked


def _fill_in(asked: Json) -> str:
    """Fill in a line that says what stands around it."""
    before = asked["prompt"].rstrip().rpartition("\n")[2][-20:]
    after = (asked.get("suffix") or "").lstrip().partition("\n")[0][:20]
    return f"pass  # emulated, between {before!r} and {after!r}"


def _reply(asked: Json, choice: Json) -> Json:
    prompt, filled = tokens(asked["prompt"] + (asked.get("suffix") or "")), tokens(choice["text"])
    usage = {"prompt_tokens": prompt, "completion_tokens": filled, "total_tokens": prompt + filled}
    head = {"id": ids.token_hex(16), "object": "text_completion", "created": int(time.time()), "model": asked["model"]}
    return {**head, "choices": [{"index": 0, "logprobs": None, **choice}], "usage": usage}


def _stream(asked: Json) -> Iterator[bytes]:
    for choice in ({"text": _fill_in(asked), "finish_reason": None}, {"text": "", "finish_reason": "stop"}):
        yield f"data: {json.dumps(_reply(asked, choice), ensure_ascii=False)}\n\n".encode()
    yield b"data: [DONE]\n\n"
