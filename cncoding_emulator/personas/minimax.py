"""MiniMax: OpenAI and Anthropic addresses.

Facts stand in ``minimax.toml``; the whole reply and error bodies follow terrylica/cc-skills' probes (265421d2).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..anthropic_api import AnthropicTemplate
from ..endpoints import Endpoint
from ..errors import refuse
from ..facts import load
from ..memory import inline_thoughts
from ..openai_api import OpenAITemplate, Opened
from ..persona import Caller, Persona
from ..reply import Call, Pause, Say, Think, Turn
from ..request import ChatRequest
from ..state import State
from ..tool_turns import check_tool_turns
from ..wires import Json
from . import minimax_plan
from .minimax_errors import body

FACTS = load("minimax")


def admit(caller: Caller) -> None:
    """Want a key of this vendor; plan and pay-as-you-go keys share the host."""
    if not caller.key or caller.key.startswith(("sk-kimi-", "sk-sp-")):
        raise refuse("auth")
    if "invalid" in caller.key:
        raise refuse("invalid_key")


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse unknown ids (case counts), ranges, tool types and broken tool turns."""
    if not chat.model.startswith(("MiniMax-", "M2-her", "abab")) or chat.model == "MiniMax-M3-highspeed":
        raise refuse("unknown_model", chat.model)
    data = chat.body
    FACTS.check_limits(data)
    limit = FACTS.find_model(chat.model).output
    for name in ("max_tokens", "max_completion_tokens"):
        value = data.get(name)
        if value is not None and limit is not None and not 1 <= value <= limit:
            raise refuse("bad_parameter", name)
    if data.get("thinking") is not None and not isinstance(data["thinking"], dict):
        raise refuse("bad_parameter", "thinking")
    switch = data.get("thinking")
    if isinstance(switch, dict) and switch.get("type") not in ("adaptive", "disabled"):
        raise refuse("bad_parameter", "thinking.type")
    for tool in data.get("tools") or ():
        kind = tool.get("type", "custom" if chat.wire == "anthropic" else None)
        if kind != ("custom" if chat.wire == "anthropic" else "function"):
            raise refuse("tool_type", str(kind))
    if chat.wire == "anthropic" and chat.choice in ("required", "named"):
        # text-anthropic-api page: auto and none only.
        raise refuse("bad_tool_choice", str((data.get("tool_choice") or {}).get("type")))
    check_tool_turns(chat, "tool_result", "tool_unanswered", inferred=True)


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """M2 and M3.1 always think; M3 by its switch, whose default differs by wire."""
    default = FACTS.find_model(chat.model).thinks
    if default in ("always", "never"):
        return default == "always"
    switch = chat.body.get("thinking")
    if isinstance(switch, dict):
        return switch.get("type") != "disabled"
    return chat.wire == "openai"


def ignores_force(chat: ChatRequest) -> ChatRequest:
    """Treat forced choices as auto: M2.7 ignored them (terrylica/cc-skills)."""
    from dataclasses import replace

    return replace(chat, choice="auto", chosen="") if chat.choice in ("required", "named") else chat


def _sight(chat: ChatRequest) -> Any:
    return "sees" if FACTS.find_model(chat.model).sees else "drops"


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

    def first_usage(self, turn: Turn) -> Json:
        """Return zeros: only ``message_delta`` counts."""
        return {**self.usage(turn), "input_tokens": 0, "output_tokens": 0}

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply; one cut before its first word has ``content: null``."""
        reply = super().whole(turn, chat)
        return reply if reply["content"] or turn.finish != "length" else {**reply, "content": None}

    def sign(self, text: str, signature: str | None, turn: Turn | None = None) -> str | None:
        """Return 64 hex digits that depend on the text."""
        return signature if signature is not None else sha256(text.encode()).hexdigest()


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=_sight,
    reads=ignores_force,
    call_id=lambda name, n, rand: f"call_function_{rand[:12]}_{n + 1}",
    obeys_stop=False,
    routes=minimax_plan.routes,
    others=minimax_plan.OTHERS,
)
