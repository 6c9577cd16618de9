"""DeepSeek: OpenAI addresses (plain, /v1, /beta) and the Anthropic address.

Facts stand in ``deepseek.toml``; replies follow the fixtures of vercel/ai (ed857f50) and of 0xPlaygrounds/rig.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..anthropic_api import AnthropicTemplate
from ..endpoints import Endpoint, Evidence
from ..errors import Failure, refuse
from ..facts import load
from ..openai_api import OpenAITemplate
from ..persona import Caller, OtherRoute, Persona
from ..reply import Turn
from ..request import ChatRequest
from ..state import State
from ..tool_turns import check_tool_turns
from ..wires import Json
from . import deepseek_fim
from .deepseek_errors import body

ACCOUNT = Evidence("documented", "api-docs.deepseek.com, list-models and get-user-balance", "2026-09-01")

FACTS = load("deepseek")


def admit(caller: Caller) -> None:
    """Want a key that is not another vendor's."""
    if not caller.key:
        raise refuse("no_key")
    if caller.key.startswith(("sk-kimi-", "sk-sp-", "sk-cp-")) or "invalid" in caller.key:
        raise refuse("auth", f"****{caller.key[-4:]}")


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Think by default; ``deepseek-chat`` is the old name of the non-thinking mode."""
    switch = chat.body.get("thinking")
    if isinstance(switch, dict) and switch.get("type") in ("enabled", "disabled"):
        return bool(switch["type"] == "enabled")
    return FACTS.find_model(chat.model).thinks == "on"


def name_served(model: str) -> str:
    """Return the id that answers (anthropic_api guide; a probe of 2026-09-13 for the old names)."""
    if model.startswith("claude-opus"):
        return "deepseek-v4-pro"
    return "deepseek-flash" if model.startswith(("claude-", "deepseek-chat", "deepseek-reasoner")) else model


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse what the guides forbid."""
    claude = chat.wire == "anthropic" and chat.model.startswith("claude-")
    if not chat.model.startswith("deepseek-") and not claude:
        raise refuse("unknown_model", chat.model)
    data = chat.body
    FACTS.check_limits(data)
    if len(chat.stop) > 16 or (data.get("top_logprobs") is not None and not data.get("logprobs")):
        raise refuse("bad_parameter", "stop" if len(chat.stop) > 16 else "top_logprobs")
    if (data.get("safety_check") or {}).get("level", "low") not in ("low", "high"):
        raise refuse("bad_parameter", "safety_check", status=400)
    wants_json = (data.get("response_format") or {}).get("type") == "json_object"
    if wants_json and not any("json" in m.text.lower() for m in chat.messages):
        raise refuse("json_word")
    if chat.choice in ("required", "named") and thinks(chat, endpoint) and chat.wire == "openai":
        raise refuse("forced_tool")


def check_tools(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse more than 128 tools, bad names, and strict schemas that are not."""
    if len(chat.tools) > 128:
        raise refuse("bad_parameter", "tools", status=400)
    for tool in chat.tools:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool.name):
            raise refuse("bad_parameter", f"tools.function.name {tool.name}", status=400)
    if chat.wire == "openai" and endpoint.name == "beta":
        for raw in chat.body.get("tools") or ():
            function = raw.get("function") or {}
            if function.get("strict"):
                _check_strict(function.get("parameters") or {}, "parameters")


def _check_strict(schema: Any, path: str) -> None:
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        properties = schema.get("properties") or {}
        if schema.get("additionalProperties") is not False:
            raise refuse("strict", f"{path}: additionalProperties must be false")
        if set(schema.get("required") or ()) != set(properties):
            raise refuse("strict", f"{path}: every property must be required")
        for name, child in properties.items():
            _check_strict(child, f"{path}.{name}")
    _check_strict(schema.get("items"), f"{path}.items")


def check_messages(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse empty assistant turns, broken tool turns, misplaced images."""
    check_tool_turns(chat, "orphan_tool", "unanswered")
    if chat.wire == "openai":
        _check_parts(chat)
    for message in chat.messages:
        if message.pictures and message.role != "user":
            raise refuse("image_role")
        if message.role == "assistant":
            _check_assistant(chat, endpoint, message.raw or {}, bool(message.calls))


def _check_parts(chat: ChatRequest) -> None:
    for position, message in enumerate(chat.messages):
        content = (message.raw or {}).get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") not in ("text", "image_url", "file"):
                raise refuse("unknown_part", f"messages[{position}]: unknown variant `{part.get('type')}`")


def _check_assistant(chat: ChatRequest, endpoint: Endpoint, raw: Json, calls: bool) -> None:
    if chat.wire == "anthropic":
        if raw.get("content") in ("", []):
            raise refuse("empty_content")
        return
    if raw.get("content") is None and not calls:
        raise refuse("empty_assistant")
    if raw.get("prefix") and endpoint.name != "beta":
        raise refuse("prefix")


def _sight(chat: ChatRequest) -> Any:
    return "sees" if FACTS.find_model(chat.model).sees else "refuses"


class Template(OpenAITemplate):
    """Chunks as captured: null and text swap places between reasoning and content."""

    text_size = 4
    args_size = 5
    blank_lines = 1
    opens_with_comment = True

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        return {
            "id": _id(turn),
            "object": "chat.completion.chunk",
            "created": turn.created,
            "model": turn.model,
            "system_fingerprint": "fp_eaab8d114b_prod0820_fp8_kvcache",
            "choices": choices,
            "usage": usage,
        }

    def choice(self, delta: Json, finish: str | None) -> Json:
        """Return a choice."""
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}

    def opening(self, turn: Turn, chat: ChatRequest) -> list[Json]:
        """Return the role chunk."""
        delta: Json = {"role": "assistant", "content": ""}
        if turn.thought:
            delta = {"role": "assistant", "content": None, "reasoning_content": ""}
        return [self.envelope(turn, [self.choice(delta, None)], None)]

    def think(self, text: str, turn: Turn) -> Json:
        """Return a reasoning delta."""
        return {"content": None, "reasoning_content": text}

    def say(self, text: str, turn: Turn) -> Json:
        """Return a text delta."""
        return {"content": text, "reasoning_content": None} if turn.thought else {"content": text}

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the finish chunk; usage rides on it, or on a chunk of its own with include_usage."""
        delta = self.say("", turn)
        usage = self.usage(turn)
        if not chat.include_usage:
            return [self.envelope(turn, [self.choice(delta, turn.finish)], usage)]
        finish = self.envelope(turn, [self.choice(delta, turn.finish)], None)
        return [finish, self.envelope(turn, [], usage)]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object with the cache hit and miss counts."""
        usage = turn.usage
        found: Json = {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
            "prompt_tokens_details": {"cached_tokens": usage.cached},
        }
        if turn.thought:
            found["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
        miss = usage.prompt - usage.cached
        return {**found, "prompt_cache_hit_tokens": usage.cached, "prompt_cache_miss_tokens": miss}

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply, as captured."""
        message: Json = {"role": "assistant", "content": turn.text}
        if turn.thought:
            message["reasoning_content"] = turn.reasoning
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": turn.finish}
        return {
            "id": _id(turn),
            "object": "chat.completion",
            "created": turn.created,
            "model": turn.model,
            "choices": [choice],
            "usage": self.usage(turn),
            "system_fingerprint": "fp_eaab8d114b_prod0820_fp8_kvcache",
        }

    def headers(self, turn: Turn) -> dict[str, str]:
        """Return the trace header."""
        return {"x-ds-trace-id": turn.id}


def _id(turn: Turn) -> str:
    i = turn.id
    return f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:32]}"


class Messages(AnthropicTemplate):
    """Thinking blocks signed with the id of the message (NousResearch/hermes-agent 21048, a real reply)."""

    message_id = "{id}"

    def message(self, turn: Turn, content: list[Json], stop: str | None, usage: Json) -> Json:
        """Return the message object with its id as a UUID."""
        return {**super().message(turn, content, stop, usage), "id": _id(turn)}

    def sign(self, text: str, signature: str | None, turn: Turn | None = None) -> str | None:
        """Return the id of the message; a scripted signature wins."""
        return signature if signature is not None or turn is None else _id(turn)


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the model list, the balance and completion between two texts."""

    def refuse_key(request: Request) -> Response | None:
        if request.headers.get("authorization", "").removeprefix("Bearer ").startswith("sk-"):
            return None
        return Response(persona.refuse(Failure("no_key")).content, 401, media_type="application/json")

    async def models(request: Request) -> Response:
        rows = [{"id": n, "object": "model", "owned_by": "deepseek", "name": n} for n in FACTS.lists["api"]]
        return refuse_key(request) or JSONResponse({"object": "list", "data": rows})

    async def balance(request: Request) -> Response:
        info = {"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00"}
        infos = [{**info, "topped_up_balance": "100.00"}]
        spent = state.meters.find_spent("deepseek", "balance", "quota") is not None
        if spent:
            infos = [{name: value if name == "currency" else "0.00" for name, value in infos[0].items()}]
        return refuse_key(request) or JSONResponse({"is_available": not spent, "balance_infos": infos})

    root = f"/{persona.name}"
    return [
        Route(f"{root}/models", models),
        Route(f"{root}/v1/models", models),
        Route(f"{root}/user/balance", balance),
        deepseek_fim.route(state, persona),
    ]


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check, check_messages, check_tools),
    thinks=thinks,
    sight=_sight,
    name_served=name_served,
    call_id=lambda name, n, rand: f"call_{n:02d}_{rand}",
    missing_reasoning=True,
    all_turns=True,
    routes=routes,
    others=(
        OtherRoute("GET", "/models", ACCOUNT),
        OtherRoute("GET", "/user/balance", ACCOUNT),
        deepseek_fim.OTHER,
    ),
)
