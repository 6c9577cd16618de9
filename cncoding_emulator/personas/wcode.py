"""wcode.net: an OpenRouter-like gateway.

Facts stand in ``wcode.toml``: the gateway's page of minimax/minimax-m2.1. Streams, tool calls and error bodies are
inferred: the page shows none.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..endpoints import Endpoint, Evidence
from ..errors import Entry, Failure, refuse
from ..facts import load
from ..openai_api import OpenAITemplate
from ..persona import Caller, OtherRoute, Persona
from ..reply import Turn
from ..request import ChatRequest
from ..state import State
from ..wires import Json, Wire

GRANTS = Evidence("documented", "wcode.net check-balance page", "2026-06-01")
FACTS = load("wcode")


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write an OpenAI-like error, or the status envelope of the balance page."""
    if entry.type == "status":
        return {"status": "error", "error_message": entry.message, "error_code": entry.code, "data": None}
    return {"error": {"message": entry.message, "code": entry.code}}


def admit(caller: Caller) -> None:
    """Want a key."""
    if not caller.key:
        raise refuse("no_key")
    if "invalid" in caller.key or caller.key.startswith(("sk-kimi-", "sk-sp-", "sk-cp-")):
        raise refuse("auth")


RANGES = {
    "temperature": (0, 2), "top_p": (0, 1), "top_k": (0, 10**9), "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2), "repetition_penalty": (0, 2), "min_p": (0, 1), "top_a": (0, 1),
    "max_tokens": (1, 10**9), "top_logprobs": (0, 20),
}  # fmt: skip


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse values outside the ranges of the page."""
    for name, (low, high) in RANGES.items():
        value = chat.body.get(name)
        if value is not None and (not isinstance(value, int | float) or not low <= value <= high):
            raise refuse("bad_parameter", name)
    if chat.body.get("top_logprobs") is not None and not chat.body.get("logprobs"):
        raise refuse("bad_parameter", "top_logprobs")
    if chat.body.get("verbosity", "medium") not in ("low", "medium", "high"):
        raise refuse("bad_parameter", "verbosity")
    if chat.body.get("stop") is not None and not isinstance(chat.body["stop"], list):
        raise refuse("bad_parameter", "stop")


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Think on thinking models, and on hybrids when ``reasoning.enabled`` is true."""
    switch = chat.body.get("reasoning")
    default = FACTS.find_model(chat.model).thinks
    if default in ("always", "never"):
        return default == "always"
    if isinstance(switch, dict) and isinstance(switch.get("enabled"), bool):
        return bool(switch["enabled"])
    return default == "on"


def _sight(chat: ChatRequest) -> Any:
    return "sees" if FACTS.find_model(chat.model).sees else "refuses"


class Template(OpenAITemplate):
    """``reasoning`` and ``native_finish_reason``, as on OpenRouter."""

    comment = ": OPENROUTER PROCESSING"

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        chunk: Json = {
            "id": f"chatcmpl-{turn.id[:29]}",
            "model": turn.model,
            "object": "chat.completion.chunk",
            "created": turn.created,
            "choices": choices,
        }
        return {**chunk, "usage": usage} if usage else chunk

    def choice(self, delta: Json, finish: str | None) -> Json:
        """Return a choice."""
        return {
            "index": 0,
            "delta": {"role": "assistant", **delta},
            "finish_reason": finish,
            "native_finish_reason": _native(finish) if finish else None,
            "logprobs": None,
        }

    def think(self, text: str, turn: Turn) -> Json:
        """Return a reasoning delta."""
        return {"content": "", "reasoning": text}

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the finish chunk; usage rides on it, or follows with include_usage."""
        choices = [self.choice({"content": ""}, turn.finish)]
        if not chat.include_usage:
            return [self.envelope(turn, choices, self.usage(turn))]
        return [self.envelope(turn, choices, None), self.envelope(turn, [], self.usage(turn))]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object of the page."""
        usage = turn.usage
        return {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
            "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0, "video_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "image_tokens": 0},
        }

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply of the page."""
        message: Json = {"role": "assistant", "content": turn.text, "refusal": None}
        if turn.thought:
            message["reasoning"] = turn.reasoning
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        return {
            "id": f"chatcmpl-{turn.id[:29]}",
            "model": turn.model,
            "object": "chat.completion",
            "created": turn.created,
            "choices": [
                {
                    "logprobs": None,
                    "finish_reason": turn.finish,
                    "native_finish_reason": _native(turn.finish),
                    "index": 0,
                    "message": message,
                }
            ],
            "usage": self.usage(turn),
        }

    def read_reasoning(self, raw: Json) -> list[str]:
        """Accept ``reasoning``, the field it came in, or ``reasoning_details``."""
        details = raw.get("reasoning_details")
        found = [raw["reasoning"]] if isinstance(raw.get("reasoning"), str) else []
        if isinstance(details, list) and details:
            found.append("".join(str(d.get("text", "")) for d in details if isinstance(d, dict)))
        return found


def _native(finish: str) -> str:
    return {"stop": "stop", "length": "length", "tool_calls": "tool_calls"}.get(finish, finish)


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the balance call; there is no model list."""

    async def grants(request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key or "invalid" in key:
            failed = {
                "status": "error",
                "error_message": "incorrect API_KEY",
                "error_code": "incorrect_api_key",
            }
            return JSONResponse({**failed, "data": None}, 401)
        data = {
            "total_available": 12.5,
            "total_available_currency": "CNY",
            "total_available_currency_symbol": "¥",
        }
        return JSONResponse({"status": "success", "error_message": "", "error_code": None, "data": data})

    async def refuse_models(request: Request) -> Response:
        # The page names no model list; that the path does not exist is inferred.
        refusal = persona.refuse(Failure("not_found"))
        return Response(refusal.content, refusal.status, refusal.headers, refusal.media_type)

    root = f"/{persona.name}/api"
    return [Route(f"{root}/account/billing/grants", grants), Route(f"{root}/gpt/v1/models", refuse_models)]


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=_sight,
    call_id=lambda name, n, rand: f"call_{rand}",
    routes=routes,
    others=(OtherRoute("GET", "/api/account/billing/grants", GRANTS),),
)
