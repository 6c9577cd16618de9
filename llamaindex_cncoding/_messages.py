"""Turn LlamaIndex's chat messages into the core's messages; the way back is in `_responses.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from llama_index.core.base.llms.types import (
    CachePoint,
    ChatMessage,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from pydantic import BaseModel

from cncoding import (
    ConfigError,
    JsonObject,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from llamaindex_cncoding._blocks import is_known, mark_last, to_parts
from llamaindex_cncoding._partial_json import read_arguments
from llamaindex_cncoding._responses import START

_SYSTEM = (MessageRole.SYSTEM, MessageRole.DEVELOPER)
_ASSISTANT = (MessageRole.ASSISTANT, MessageRole.CHATBOT, MessageRole.MODEL)
_TOOL = (MessageRole.TOOL, MessageRole.FUNCTION)
_PREFIX_MARKS = ("prefix", "partial")
"""Where `additional_kwargs` asks for the continuation of the last message, as DeepSeek's and Kimi's APIs call it."""
_NOTES = {"provider", "signature", "redacted", "details", "after"}
"""What `to_thinking_block` notes; other notes are those of another integration, whose signatures are its vendor's."""


def to_messages(history: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """Convert a history.

    Args:
        history: The messages; they are not changed.

    Raises:
        ConfigError: It is empty, or a block of it cannot be sent.
    """
    if not history:
        raise ConfigError("messages: the list is empty; give at least one message")
    for message in history:
        if not isinstance(message, ChatMessage):
            raise ConfigError(f"messages: {type(message).__name__} is none; give a list of ChatMessage")
    return tuple(_to_message(message) for message in history)


def _to_message(message: ChatMessage) -> Message:
    name = message.additional_kwargs.get("name")
    name = name if isinstance(name, str) else None
    if message.role in _ASSISTANT:
        prefix = any(message.additional_kwargs.get(mark) is True for mark in _PREFIX_MARKS)
        return Message("assistant", tuple(_assistant_parts(message)), name, prefix)
    parts = tuple(to_parts(message.blocks))
    if message.role in _TOOL:
        call_id = message.additional_kwargs.get("tool_call_id")
        failed = bool(message.additional_kwargs.get("is_error"))
        marked = any(isinstance(block, CachePoint) for block in message.blocks)
        return Message("tool", (ToolResult(str(call_id or ""), parts, failed, name, cache=marked),))
    return Message("system" if message.role in _SYSTEM else "user", parts, name)


def _assistant_parts(message: ChatMessage) -> list[Part]:
    """Lay the blocks of an assistant turn out in the order in which the model produced them."""
    calls = _tool_calls(message)
    texts: list[str] = []
    placed: list[tuple[tuple[int, int], Part]] = []
    seen_calls = 0
    for block in message.blocks:
        here = (len("\n".join(texts)), seen_calls)
        if isinstance(block, ThinkingBlock):
            placed.append((_read_place(block.additional_information) or here, to_reasoning(block)))
        elif isinstance(block, ToolCallBlock):
            seen_calls += 1
        elif isinstance(block, TextBlock):
            texts.append(block.text)
        elif is_known(block):
            placed.extend((here, part) for part in to_parts([block]))
        else:
            placed.append((here, Opaque({"type": block.block_type}, "")))
    texts += [] if any(texts) else _read_spoken(message)
    if not placed and isinstance(thought := message.additional_kwargs.get("reasoning_content"), str):
        placed.append((START, Reasoning(thought)))
    placed.extend(_read_opaque(message))
    parts = _interleave("\n".join(texts), calls, placed)
    return mark_last(parts) if any(isinstance(block, CachePoint) for block in message.blocks) else parts


def _read_spoken(message: ChatMessage) -> list[str]:
    """Return what other integrations keep beside the content of a turn: a refusal, the transcript of speech."""
    audio = message.additional_kwargs.get("audio")
    said = [message.additional_kwargs.get("refusal"), audio.get("transcript") if isinstance(audio, dict) else None]
    return [text for text in said if isinstance(text, str) and text]


def _interleave(text: str, calls: list[ToolCall], placed: list[tuple[tuple[int, int], Part]]) -> list[Part]:
    parts: list[Part] = []
    chars = done = 0
    for (after_chars, after_calls), part in sorted(placed, key=lambda item: item[0]):
        if text[chars:after_chars]:
            parts.append(Text(text[chars:after_chars]))
        chars = max(chars, after_chars)
        parts.extend(calls[done:after_calls])
        done = max(done, after_calls)
        parts.append(part)
    if text[chars:]:
        parts.append(Text(text[chars:]))
    return parts + calls[done:]


def _read_place(notes: JsonObject) -> tuple[int, int] | None:
    """Read where in its turn a block stood: after so many characters of text and so many tool calls."""
    place = notes.get("after")
    return (int(place[0]), int(place[1])) if isinstance(place, list | tuple) and len(place) == 2 else None


def to_reasoning(block: ThinkingBlock) -> Reasoning:
    """Convert a thinking block, with everything that the vendor wants back."""
    notes = block.additional_information
    details = notes.get("details")
    return Reasoning(
        block.content or "",
        signature=notes.get("signature"),
        redacted=notes.get("redacted"),
        details=tuple(details) if isinstance(details, list | tuple) else (),
        provider=notes.get("provider") or (None if notes.keys() <= _NOTES else "another integration"),
    )


def _read_opaque(message: ChatMessage) -> list[tuple[tuple[int, int], Part]]:
    kept = message.additional_kwargs.get("opaque_blocks")
    if not isinstance(kept, list):
        return []
    return [(_read_place(item) or START, Opaque(item["payload"], item["provider"])) for item in kept]


def _tool_calls(message: ChatMessage) -> list[ToolCall]:
    """Collect the tool calls of a turn: from its blocks, else from `additional_kwargs["tool_calls"]`.

    Arguments go back in the model's own spelling, which only the latter keeps, unless a block was changed since.
    """
    written = [_read_call(item) for item in read_tool_calls(message)]
    invalid = [_read_call(item) for item in read_tool_calls(message, "invalid_")]
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if not blocks:
        return [call for call in (*written, *invalid) if call.name]
    return [*(_block_call(block, written) for block in blocks), *invalid]


def _block_call(block: ToolCallBlock, written: list[ToolCall]) -> ToolCall:
    """Convert a block, with the spelling of the call in `written` that says the same; several may share an id."""
    call_id = block.tool_call_id or ""
    twins = [call for call in written if call.id == call_id and call.name == block.tool_name]
    if not isinstance(block.tool_kwargs, str):
        for twin in twins:
            if read_arguments(twin.arguments) == block.tool_kwargs:
                return twin
    kwargs = block.tool_kwargs
    arguments = kwargs if isinstance(kwargs, str) else json.dumps(kwargs, ensure_ascii=False)
    return ToolCall(call_id, block.tool_name, arguments, twins[0].extras if twins else None)


def read_tool_calls(message: ChatMessage, which: Literal["", "invalid_"] = "") -> list[JsonObject]:
    """Return `additional_kwargs["tool_calls"]` as plain dicts, whatever another integration put there.

    Args:
        message: The message.
        which: Whether the calls that can be run are meant, or those that cannot.
    """
    found = message.additional_kwargs.get(f"{which}tool_calls")
    if not isinstance(found, list | tuple):
        return []
    plain = (item.model_dump() if isinstance(item, BaseModel) else item for item in found)
    return [item for item in plain if isinstance(item, dict)]


def _read_call(item: JsonObject) -> ToolCall:
    function = item.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments or {}, ensure_ascii=False)
    return ToolCall(item.get("id") or "", function.get("name") or "", arguments, item.get("extras"))


def make_id(number: int) -> str:
    """Name a tool call that came without an id; the same in every chunk and every request."""
    return f"call_{number}"
