"""Qwen (Alibaba Bailian / Model Studio): Coding Plan, Token Plan and pay-as-you-go, both wires.

Facts stand in ``qwen.toml``; chunks and whole replies follow the fixtures of vercel/ai (ed857f50, packages/alibaba).
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import ids
from ..anthropic_api import AnthropicTemplate
from ..endpoints import Endpoint, Evidence
from ..errors import Failure, refuse
from ..facts import load
from ..openai_api import More, OpenAITemplate, Opened
from ..persona import Caller, OtherRoute, Persona
from ..reply import Turn
from ..request import ChatRequest
from ..state import State
from ..tool_turns import check_tool_turns
from ..wires import Json
from .qwen_errors import body

FACTS = load("qwen")
MODELS = Evidence("documented", "duolahypercho/codex-router 250: what the Token Plan lists", "2026-09-15")


def admit(caller: Caller) -> None:
    """Want the key kind of the address and, on the plan, a client the vendor knows.

    The Anthropic path is the same for plan and pay-as-you-go, and compatible mode for pay-as-you-go and Token
    Plan, so there both kinds pass (a simplification: the real hosts differ).
    """
    key, state = caller.key, caller.state
    if not key:
        raise refuse("no_key")
    plan_key = key.startswith("sk-sp-")
    foreign = key.startswith(("sk-kimi-", "sk-cp-")) or not key.startswith("sk-") or "invalid" in key
    shared = caller.endpoint.wire == "anthropic"
    if caller.endpoint.base == "/v1" and (foreign or not plan_key):
        raise refuse("plan_auth")
    if foreign or (plan_key and not shared and caller.endpoint.base != "/v1" and not state.options.qwen_token_plan):
        raise refuse("auth")
    admitted = state.options.qwen_user_agents
    if plan_key and admitted is not None and not caller.agent.startswith(admitted):
        raise refuse("client_refused")


FAMILY = re.compile(r"(qwen|qwq|qvq|kimi|glm|MiniMax|deepseek|auto\b|codeqwen|tongyi)")
STREAM_ONLY = re.compile(r"qwq|qvq|.*omni")
OPEN_THINKING = re.compile(r"qwen3-\d+b$|qwen3-\d+b-a\d+b$")


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Follow the switch, else the model's default."""
    default = FACTS.find_model(chat.model).thinks
    if default in ("always", "never"):
        return default == "always"
    data = chat.body
    switch = data.get("thinking")
    if isinstance(switch, dict) and "type" in switch:
        return bool(switch["type"] != "disabled")
    if isinstance(data.get("enable_thinking"), bool):
        return bool(data["enable_thinking"])
    if data.get("reasoning_effort") == "none":
        return False
    return default == "on"


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse ids outside the plan, bad ranges, and what the thinking mode forbids."""
    if not FAMILY.match(chat.model):
        raise refuse("plan_model" if endpoint.base == "/v1" else "unknown_model", chat.model)
    data = chat.body
    temperature = data.get("temperature")
    if temperature is not None and not 0 <= temperature < 2:
        raise refuse("bad_parameter", "'temperature' must be Float, and less than 2.0")
    if data.get("top_p") is not None and not 0 < data["top_p"] <= 1:
        raise refuse("bad_parameter", "Range of top_p should be (0.0, 1.0]")
    limit = data.get("max_tokens")
    if isinstance(limit, int) and not 1 <= limit <= 65536:
        raise refuse("max_tokens", "65536")
    budget = data.get("thinking_budget")
    ceiling = 262144 if chat.model.startswith(("qwen3.7", "qwen3.8")) else 81920
    if budget is not None and (not isinstance(budget, int) or not 0 < budget <= ceiling):
        raise refuse("budget", str(ceiling))
    if budget is not None and data.get("reasoning_effort") is not None:
        raise refuse("bad_parameter", "thinking_budget and reasoning_effort can not be set together")
    _check_room(chat, budget)
    if isinstance(data.get("n"), int) and data["n"] > 1 and chat.tools:
        raise refuse("bad_parameter", "Range of n should be [1, 1]")
    if STREAM_ONLY.match(chat.model) and not chat.stream:
        raise refuse("stream_only")
    if OPEN_THINKING.match(chat.model) and thinks(chat, endpoint) and not chat.stream:
        raise refuse("thinking_stream")


def _check_room(chat: ChatRequest, budget: int | None) -> None:
    """Refuse a reply that has no room beside its thinking (openhanako 2402, OpenMinis 35)."""
    room = chat.body.get("max_completion_tokens")
    if chat.wire == "anthropic":
        switch = chat.body.get("thinking")
        budget = switch.get("budget_tokens") if isinstance(switch, dict) else None
        room = chat.max_tokens
    if isinstance(budget, int) and isinstance(room, int) and room <= budget:
        raise refuse("budget_room")


def check_tools(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse forced choices while thinking, ``required`` at all, and reserved names."""
    thinking = thinks(chat, endpoint)
    if chat.choice in ("required", "named") and thinking and chat.wire == "openai":
        raise refuse("forced_tool")
    if chat.choice == "required" and chat.wire == "openai":
        raise refuse("required")
    for tool in chat.tools:
        if tool.name == "search":
            raise refuse("tool_name", tool.name)
        if len(tool.name) > 64:
            raise refuse("bad_parameter", "tools.function.name")
    wanted = (chat.body.get("response_format") or {}).get("type")
    if wanted == "json_object" and not any("json" in m.text.lower() for m in chat.messages):
        raise refuse("json_word")
    check_tool_turns(chat, "orphan_tool", "unanswered")
    if chat.body.get("messages") and thinking and (chat.messages[-1].raw or {}).get("partial"):
        raise refuse("bad_parameter", "partial is not supported in thinking mode")


def _sight(chat: ChatRequest) -> Any:
    return "sees" if FACTS.find_model(chat.model).sees else "refuses"


class Template(OpenAITemplate):
    """Chunks as captured, with their wandering key order and the empty ids of later tool fragments."""

    text_size = 7
    args_size = 9

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        return {
            "choices": choices,
            "object": "chat.completion.chunk",
            "usage": usage,
            "created": turn.created,
            "system_fingerprint": None,
            "model": turn.model,
            "id": _id(turn),
        }

    def choice(self, delta: Json, finish: str | None) -> Json:
        """Return a choice."""
        if finish is None:
            return {"delta": delta, "finish_reason": None, "index": 0, "logprobs": None}
        return {"finish_reason": finish, "delta": delta, "index": 0, "logprobs": None}

    def opening(self, turn: Turn, chat: ChatRequest) -> list[Json]:
        """Return the role chunk; a reply that begins with a call has none."""
        if turn.thought:
            delta: Json = {"content": None, "role": "assistant", "reasoning_content": ""}
        elif turn.text or not turn.calls:
            delta = {"content": "", "role": "assistant"}
        else:
            return []
        choice = {"delta": delta, "index": 0, "logprobs": None, "finish_reason": None}
        return [self.envelope(turn, [choice], None)]

    def think(self, text: str, turn: Turn) -> Json:
        """Return a reasoning delta."""
        return {"content": None, "reasoning_content": text}

    def say(self, text: str, turn: Turn) -> Json:
        """Return a text delta."""
        return {"content": text, "reasoning_content": None} if turn.thought else {"content": text}

    def open_call(self, piece: Opened) -> Json:
        """Return the first delta of a call."""
        function = {"name": piece.call.name, "arguments": piece.args}
        call = {"index": piece.index, "id": piece.call.id, "type": "function", "function": function}
        return {"content": None, "tool_calls": [call], "role": "assistant"}

    def continue_call(self, piece: More) -> Json:
        """Return a later delta: ``id`` is "" and must not replace the first."""
        call = {"index": piece.index, "id": "", "type": "function", "function": {"arguments": piece.args}}
        return {"content": None, "tool_calls": [call]}

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the finish chunk and, with include_usage, the usage chunk."""
        delta: Json = {} if turn.calls else self.say("", turn)
        chunks = [self.envelope(turn, [self.choice(delta, turn.finish)], None)]
        if chat.include_usage:
            chunks.append(self.envelope(turn, [], self.usage(turn)))
        return chunks

    def after_call(self, turn: Turn, index: int) -> list[Json]:
        """Return the empty fragment that follows the arguments (captured)."""
        call = {"function": {"arguments": ""}, "index": index, "id": "", "type": "function"}
        return [self.envelope(turn, [{"delta": {"tool_calls": [call]}, "index": 0}], None)]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object."""
        usage = turn.usage
        found: Json = {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
        }
        if turn.thought:
            found["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
        return {**found, "prompt_tokens_details": {"cached_tokens": usage.cached}}

    def whole_calls(self, turn: Turn) -> list[Json]:
        """Return the calls in captured key order."""
        return [
            {"function": {"arguments": c["function"]["arguments"], "name": c["function"]["name"]},
             "id": c["id"], "index": c["index"], "type": "function"}
            for c in super().whole_calls(turn)
        ]  # fmt: skip

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply, as captured."""
        message: Json = {"content": turn.text, "role": "assistant"}
        if turn.thought:
            message = {"content": turn.text, "reasoning_content": turn.reasoning, "role": "assistant"}
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        return {
            "choices": [{"message": message, "finish_reason": turn.finish, "index": 0, "logprobs": None}],
            "object": "chat.completion",
            "usage": self.usage(turn),
            "created": turn.created,
            "system_fingerprint": None,
            "model": turn.model,
            "id": _id(turn),
        }

    def headers(self, turn: Turn) -> dict[str, str]:
        """Return the request id header."""
        return {"x-request-id": _id(turn).removeprefix("chatcmpl-")}


def _id(turn: Turn) -> str:
    i = turn.id
    return f"chatcmpl-{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:32]}"


class Messages(AnthropicTemplate):
    """Signatures are always ""; ``message_start`` counts input and output only."""

    ping = True
    data = "data:"

    def sign(self, text: str, signature: str | None, turn: Turn | None = None) -> str | None:
        """Return the empty signature."""
        return signature if signature is not None else ""

    def first_usage(self, turn: Turn) -> Json:
        """Return two counts."""
        return {"input_tokens": turn.usage.prompt, "output_tokens": 0}


def _say(persona: Persona, kind: str) -> Response:
    refusal = persona.refuse(Failure(kind), "openai", ids.token_hex(16))
    return Response(refusal.content, refusal.status, media_type=refusal.media_type)


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the model list of the Token Plan; on the Coding Plan the path does not exist."""

    async def models(request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key.startswith("sk-") or "invalid" in key:
            return _say(persona, "auth")
        row = {"object": "model", "created": 1756684800, "owned_by": "system"}
        return JSONResponse({"object": "list", "data": [{"id": name, **row} for name in FACTS.lists["token-plan"]]})

    async def refuse_models(request: Request) -> Response:
        return Response(status_code=404)

    root = f"/{persona.name}"
    return [
        Route(f"{root}/compatible-mode/v1/models", models),
        Route(f"{root}/v1/models", refuse_models),
        Route(f"{root}/v1/v1/{{rest:path}}", refuse_models, methods=["GET", "POST"]),
        Route(f"{root}/apps/anthropic/v1/models", refuse_models),
    ]


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check, check_tools),
    thinks=thinks,
    sight=_sight,
    call_id=lambda name, n, rand: f"call_{rand}",
    counts_thinking=lambda chat: "max_completion_tokens" in chat.body,
    parallel_default=False,
    routes=routes,
    others=(OtherRoute("GET", "/compatible-mode/v1/models", MODELS),),
)
