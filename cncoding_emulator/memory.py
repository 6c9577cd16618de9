"""Remember the reasoning sent with tool calls, and insist that it comes back as it was."""

from __future__ import annotations

import re

from .errors import refuse
from .persona import Persona
from .reply import Think, Turn
from .request import ChatRequest, Message
from .state import Sent, State

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


def check_reasoning(state: State, persona: Persona, chat: ChatRequest, thinking: bool) -> None:
    """Refuse tool turns without their reasoning.

    Two rules: the vendor's own (a field must be there) where its page has one, and the emulator's
    ``strict_reasoning``: what this emulator sent with a call id comes back unchanged. Ids it never sent are
    foreign history and only meet the first rule.
    """
    if not thinking:
        return
    running = len(chat.messages) - len(chat.loop)
    for position, message in enumerate(chat.messages):
        if message.role != "assistant" or not message.calls:
            continue
        if persona.missing_reasoning and not _has_reasoning(message, chat.wire):
            raise refuse("reasoning_missing", str(position))
        if state.options.strict_reasoning and (persona.all_turns or position >= running):
            _check_unchanged(state, persona, chat, message, position)


def _has_reasoning(message: Message, wire: str) -> bool:
    raw = message.raw or {}
    if wire == "openai":
        return isinstance(raw.get("reasoning_content"), str)
    return any(b.get("type") == "thinking" for b in raw.get("content") or () if isinstance(b, dict))


def _check_unchanged(state: State, persona: Persona, chat: ChatRequest, message: Message, position: int) -> None:
    for call in message.calls:
        memories = [s for s in state.recall(persona.name, call.id) if s.wire == chat.wire]
        if not memories:
            continue
        if not any(_matches(persona, message, chat.wire, sent) for sent in memories):
            kind = "reasoning_changed" if _has_any(persona, message, chat.wire) else "reasoning_missing"
            raise refuse(kind, str(position), inferred=not persona.missing_reasoning)


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
