"""MiniMax: OpenAI and Anthropic addresses.

Source: vendor page of 2026-11-20 over [oas-cn], [probe 2026-04-29 and 2026-07/08], [mcp-cp]; seed 000. The whole
reply, the error bodies and the model list follow captures/minimax (terrylica/cc-skills, 265421d2).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..anthropic_api import AnthropicTemplate
from ..endpoints import Endpoint, Evidence
from ..errors import refuse
from ..memory import inline_thoughts
from ..openai_api import OpenAITemplate, Opened
from ..persona import Caller, Persona, fields
from ..reply import Call, Pause, Say, Think, Turn
from ..request import ChatRequest
from ..state import State
from ..wires import Json
from . import minimax_plan
from .minimax_errors import TABLE as TABLE
from .minimax_errors import body

CHAT = Evidence("captured", "captures/minimax (whole reply, errors); stream documented by [oas-cn]", "2026-04-28")
ANTHROPIC = Evidence("documented", "[oas-cn anthropic]", "2026-09-01")

ENDPOINTS = (
    Endpoint("coding", "openai", "/v1", CHAT),
    Endpoint("coding", "anthropic", "/anthropic", ANTHROPIC),
    Endpoint("api", "openai", "/v1", CHAT),
    Endpoint("api", "anthropic", "/anthropic", ANTHROPIC),
)


def admit(caller: Caller) -> None:
    """Want a key of this vendor; plan and pay-as-you-go keys share the host."""
    if not caller.key or caller.key.startswith(("sk-kimi-", "sk-sp-")):
        raise refuse("auth")
    if "invalid" in caller.key:
        raise refuse("invalid_key")


def _m3(model: str) -> bool:
    return model.startswith("MiniMax-M3")


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse unknown ids (case counts), ranges, tool types and broken tool turns."""
    if not chat.model.startswith(("MiniMax-", "M2-her", "abab")) or chat.model == "MiniMax-M3-highspeed":
        raise refuse("unknown_model", chat.model)
    data = chat.body
    _in_range(data, "temperature", 0, 2)
    _in_range(data, "top_p", 0, 1)
    limit = 524288 if _m3(chat.model) else 204800
    for name in ("max_tokens", "max_completion_tokens"):
        _in_range(data, name, 1, limit)
    if data.get("thinking") is not None and not isinstance(data["thinking"], dict):
        raise refuse("bad_parameter", "thinking")
    if isinstance(data.get("thinking"), dict) and data["thinking"].get("type") not in (
        "adaptive",
        "disabled",
        "enabled",
    ):
        raise refuse("bad_parameter", "thinking.type")
    for tool in data.get("tools") or ():
        kind = tool.get("type", "custom" if chat.wire == "anthropic" else None)
        if kind != ("custom" if chat.wire == "anthropic" else "function"):
            raise refuse("tool_type", str(kind))
    if chat.wire == "anthropic" and chat.choice in ("required", "named"):
        # [oas-cn anthropic]: auto and none only.
        raise refuse("bad_tool_choice", str((data.get("tool_choice") or {}).get("type")))
    _check_tool_turns(chat)


def _in_range(data: Json, name: str, low: float, high: float) -> None:
    value = data.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise refuse("bad_parameter", name)


def _check_tool_turns(chat: ChatRequest) -> None:
    """Each call wants its result; the texts are from public issues, so the rule counts as inferred."""
    waiting: set[str] = set()
    for message in chat.messages:
        if message.role == "tool":
            if message.answers not in waiting:
                raise refuse("tool_result", message.answers, inferred=True)
            waiting.discard(message.answers)
            continue
        if waiting:
            raise refuse("tool_unanswered", inferred=True)
        waiting = {c.id for c in message.calls}
    if waiting:
        raise refuse("tool_unanswered", inferred=True)


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """M2 and M3.1 always think; M3 by its switch, whose default differs by wire."""
    if not _m3(chat.model) or chat.model.startswith("MiniMax-M3.1"):
        return chat.model != "MiniMax-Text-01"
    switch = chat.body.get("thinking")
    if isinstance(switch, dict):
        return switch.get("type") != "disabled"
    return chat.wire == "openai"


def ignores_force(chat: ChatRequest) -> ChatRequest:
    """Treat forced choices as auto: M2.7 ignored them [probe]."""
    from dataclasses import replace

    return replace(chat, choice="auto", chosen="") if chat.choice in ("required", "named") else chat


def _sight(chat: ChatRequest) -> Any:
    return "sees" if _m3(chat.model) else "drops"


def _split(chat: ChatRequest) -> bool:
    """Tell whether reasoning is kept apart from the content."""
    return chat.body.get("reasoning_split") is True or chat.model.startswith("MiniMax-M3.1")


FLAGS = {
    "input_sensitive": False,
    "output_sensitive": False,
    "input_sensitive_type": 0,
    "output_sensitive_type": 0,
    "output_sensitive_int": 0,
}
OK = {"status_code": 0, "status_msg": ""}


class Template(OpenAITemplate):
    """Coarse chunks, role on each, finish on the last delta, then the whole message once more."""

    text_size = 24
    args_size = 12

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        return {
            "id": turn.id,
            "choices": choices,
            "created": turn.created,
            "model": turn.model,
            "object": "chat.completion.chunk",
            "usage": usage,
            **FLAGS,
        }

    def choice(self, delta: Json, finish: str | None) -> Json:
        """Return a choice; ``finish_reason`` only where there is one."""
        full = {**delta, "role": "assistant", "name": "MiniMax AI", "audio_content": ""}
        return {"index": 0, "delta": full} if finish is None else {"finish_reason": finish, "index": 0, "delta": full}

    def opening(self, turn: Turn, chat: ChatRequest) -> list[Json]:
        """Return nothing: the first delta opens the stream."""
        return []

    def holds_last(self) -> bool:
        """Keep the last delta for the finish chunk."""
        return True

    def segments(self, turn: Turn, chat: ChatRequest) -> tuple[Think | Say | Call | Pause, ...]:
        """Fold reasoning into ``<think>`` unless ``reasoning_split`` is on."""
        if _split(chat):
            return turn.segments
        found: list[Think | Say | Call | Pause] = []
        for segment in turn.segments:
            inline = Say(f"<think>\n{segment.text}\n</think>\n\n") if isinstance(segment, Think) else segment
            if isinstance(inline, Say) and found and isinstance(found[-1], Say):
                found[-1] = Say(found[-1].text + inline.text)
            else:
                found.append(inline)
        return tuple(found)

    def think(self, text: str, turn: Turn) -> Json:
        """Return a reasoning delta in both fields."""
        return {"content": "", "reasoning_content": text, "reasoning_details": [_detail(text)]}

    def open_call(self, piece: Opened) -> Json:
        """Return the first delta of a call."""
        function = {"name": piece.call.name, "arguments": piece.args}
        call = {"id": piece.call.id, "type": "function", "function": function, "index": piece.index}
        return {"tool_calls": [call]}

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the finish chunk and one of the two endings that were seen."""
        finish = self.envelope(turn, [self.choice(last or {"content": ""}, turn.finish)], None)
        if chat.include_usage and turn.model.startswith("MiniMax-M2.7"):
            # M2.7 capture of 2026-09: choices [] with usage and base_resp.
            return [finish, {**self.envelope(turn, [], self.usage(turn)), "base_resp": OK}]
        return [finish, self.whole(turn, chat)]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object."""
        usage = turn.usage
        found: Json = {
            "total_tokens": usage.total,
            "total_characters": 0,
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
        }
        if usage.cached:
            found["prompt_tokens_details"] = {"cached_tokens": usage.cached}
        if turn.thought:
            found["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
        return found

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply, as captured."""
        content = "".join(s.text for s in self.segments(turn, chat) if isinstance(s, Say))
        message: Json = {"content": content, "role": "assistant", "name": "MiniMax AI", "audio_content": ""}
        if turn.thought and _split(chat):
            message["reasoning_content"] = turn.reasoning
            message["reasoning_details"] = [_detail(turn.reasoning)]
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        return {
            "id": turn.id,
            "choices": [{"finish_reason": turn.finish, "index": 0, "message": message}],
            "created": turn.created,
            "model": turn.model,
            "object": "chat.completion",
            "usage": self.usage(turn),
            **FLAGS,
            "base_resp": OK,
        }

    def headers(self, turn: Turn) -> dict[str, str]:
        """Return the trace headers."""
        return {"Trace-Id": turn.id, "Minimax-Request-Id": turn.id[::-1]}

    def read_reasoning(self, raw: Json) -> list[str]:
        """Accept reasoning_details, reasoning_content, or ``<think>`` in the content."""
        found = super().read_reasoning(raw) + inline_thoughts(raw.get("content"))
        details = raw.get("reasoning_details")
        if isinstance(details, list) and details:
            found.append("".join(str(d.get("text", "")) for d in details if isinstance(d, dict)))
        return found


def _detail(text: str) -> Json:
    return {
        "type": "reasoning.text",
        "id": "reasoning-text-1",
        "format": "MiniMax-response-v1",
        "index": 0,
        "text": text,
    }


class Messages(AnthropicTemplate):
    """Thinking blocks signed with 64 hex digits."""

    message_id = "{id}"
    text_size = 24

    def sign(self, text: str, signature: str | None) -> str | None:
        """Return 64 hex digits that depend on the text."""
        return signature if signature is not None else sha256(text.encode()).hexdigest()


FIELDS = fields(
    "container context_management frequency_penalty function_call logit_bias mask_sensitive_info "
    "max_completion_tokens max_tokens mcp_servers messages metadata model n presence_penalty "
    "reasoning_effort reasoning_split response_format service_tier stop stop_sequences stream "
    "stream_options system temperature thinking tool_choice tools top_k top_p"
)

PERSONA = Persona(
    name="minimax",
    title="MiniMax",
    base_env="MINIMAX_BASE_URL",
    endpoints=ENDPOINTS,
    keys={"MINIMAX_API_KEY": "sk-cp-emulator0000"},
    table=TABLE,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=_sight,
    reads=ignores_force,
    call_id=lambda name, n, rand: f"call_function_{rand[:12]}_{n + 1}",
    known_fields=FIELDS,
    obeys_stop=False,
    routes=minimax_plan.routes,
    others=minimax_plan.OTHERS,
)
