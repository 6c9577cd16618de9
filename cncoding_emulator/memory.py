"""Remember the reasoning sent with tool calls, and insist that it comes back as it was."""

from __future__ import annotations

import re
from typing import Literal

from .errors import refuse
from .persona import Persona
from .reply import Think, Turn
from .request import ChatRequest, Message
from .state import Sent, State

Loss = Literal["missing", "changed"]
INLINE = re.compile(r"<think>\n?(.*?)\n?</think>", re.S)


def keep_reasoning(state: State, persona: Persona, chat: ChatRequest, turn: Turn) -> None:
    """Remember what was thought before each tool call of a turn."""
    thoughts = [s for s in turn.segments if isinstance(s, Think)]
    sign = persona.messages.sign if persona.messages is not None else _sign_nothing
    sent = Sent(
        wire=chat.wire,
        thoughts=tuple(t.text for t in thoughts),
        signatures=tuple(sign(t.text, t.signature, turn) for t in thoughts),
        model=turn.model,
    )
    for call in turn.calls:
        state.remember(persona.name, call.id, sent)


def _sign_nothing(text: str, signature: str | None, turn: Turn | None = None) -> str | None:
    return signature


def check_reasoning(state: State, persona: Persona, chat: ChatRequest, thinking: bool) -> list[str]:
    """Look for the reasoning of tool turns; return notes of what was lost where the vendor would not refuse.

    Kimi and DeepSeek refuse a turn without its reasoning, and in ``strict_reasoning`` also one whose reasoning is not
    what this emulator sent with the call id. No other vendor is known to refuse (openai-agents-python 2669 for GLM), so
    there the loss is only noted, unless ``strict_reasoning="all"``. Ids that were never sent are foreign history.
    """
    if not thinking:
        return []
    strict = state.options.strict_reasoning
    running = len(chat.messages) - len(chat.loop)
    notes = []
    for position, message in enumerate(chat.messages):
        if message.role != "assistant" or not message.calls:
            continue
        if persona.missing_reasoning and not _has_reasoning(message, chat.wire):
            raise refuse("reasoning_missing", str(position))
        if not strict or not (persona.all_turns or position >= running):
            continue
        lost = _find_loss(state, persona, chat, message)
        if lost and (persona.missing_reasoning or strict == "all"):
            raise refuse(f"reasoning_{lost}", str(position), inferred=not persona.missing_reasoning)
        if lost:
            notes.append(f"reasoning {'lost' if lost == 'missing' else lost} at messages[{position}]")
    return notes


def _has_reasoning(message: Message, wire: str) -> bool:
    raw = message.raw or {}
    if wire == "openai":
        return isinstance(raw.get("reasoning_content"), str)
    return any(b.get("type") == "thinking" for b in raw.get("content") or () if isinstance(b, dict))


def _find_loss(
    state: State, persona: Persona, chat: ChatRequest, message: Message
) -> Literal["missing", "changed"] | None:
    """Compare a tool turn with what was sent for its calls."""
    for call in message.calls:
        memories = [s for s in state.recall(persona.name, call.id) if s.wire == chat.wire]
        if memories and not any(_matches(persona, message, chat.wire, sent) for sent in memories):
            return "changed" if _has_any(persona, message, chat.wire) else "missing"
    return None


def _matches(persona: Persona, message: Message, wire: str, sent: Sent) -> bool:
    raw = message.raw or {}
    if wire == "openai":
        return not sent.thoughts or sent.text in persona.template.read_reasoning(raw)
    if not sent.thoughts:
        return True
    blocks = [b for b in raw.get("content") or () if isinstance(b, dict) and b.get("type") == "thinking"]
    if tuple(b.get("thinking") for b in blocks) != sent.thoughts:
        return False
    return all(s is None or b.get("signature") == s for b, s in zip(blocks, sent.signatures, strict=True))


def _has_any(persona: Persona, message: Message, wire: str) -> bool:
    raw = message.raw or {}
    if wire == "openai":
        return any(persona.template.read_reasoning(raw))
    return _has_reasoning(message, wire)


def inline_thoughts(content: object) -> list[str]:
    """Return the ``<think>`` parts of a content string as one reasoning text."""
    found = INLINE.findall(content) if isinstance(content, str) else []
    return ["".join(found)] if found else []
