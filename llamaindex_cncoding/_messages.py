"""Translate between LlamaIndex chat messages and the core's messages, once in each direction.

A reply is laid out as LlamaIndex wants it: thinking first, then one text, then tool calls. Where a vendor reasoned
later than that, the place is noted in the block, so that the reply goes back exactly as it came.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from llama_index.core.base.llms.types import (
    CachePoint,
    ChatMessage,
    ChatResponse,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from pydantic import BaseModel

import cncoding
from cncoding import (
    ConfigError,
    JsonObject,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from llamaindex_cncoding._blocks import Inputs, is_known, mark_last, to_parts
from llamaindex_cncoding._errors import warn_invalid, warn_unanswered
from llamaindex_cncoding._partial_json import read_arguments

_SYSTEM = (MessageRole.SYSTEM, MessageRole.DEVELOPER)
_ASSISTANT = (MessageRole.ASSISTANT, MessageRole.CHATBOT, MessageRole.MODEL)
_TOOL = (MessageRole.TOOL, MessageRole.FUNCTION)
_PREFIX_MARKS = ("prefix", "partial")
"""Where `additional_kwargs` asks for the continuation of the last message, as DeepSeek's and Kimi's APIs call it."""
_START = (0, 0)
_NOTES = {"provider", "signature", "redacted", "details", "after"}
"""What `to_thinking_block` notes; other notes are those of another integration, whose signatures are its vendor's."""


# ---------------------------------------------------------------- to the core


def to_messages(history: Sequence[ChatMessage], inputs: Inputs) -> tuple[Message, ...]:
    """Convert a history.

    Args:
        history: The messages; they are not changed.
        inputs: What the model takes, see `to_parts`.

    Raises:
        ConfigError: It is empty, or a block of it cannot be sent.
    """
    if not history:
        raise ConfigError("messages: the list is empty; give at least one message")
    for message in history:
        if not isinstance(message, ChatMessage):
            raise ConfigError(f"messages: {type(message).__name__} is none; give a list of ChatMessage")
    return tuple(_to_message(message, inputs) for message in history)


def _to_message(message: ChatMessage, inputs: Inputs) -> Message:
    name = message.additional_kwargs.get("name")
    name = name if isinstance(name, str) else None
    if message.role in _ASSISTANT:
        prefix = any(message.additional_kwargs.get(mark) is True for mark in _PREFIX_MARKS)
        return Message("assistant", tuple(_assistant_parts(message, inputs)), name, prefix)
    parts = tuple(to_parts(message.blocks, inputs))
    if message.role in _TOOL:
        call_id = message.additional_kwargs.get("tool_call_id")
        failed = bool(message.additional_kwargs.get("is_error"))
        marked = any(isinstance(block, CachePoint) for block in message.blocks)
        return Message("tool", (ToolResult(str(call_id or ""), parts, failed, name, cache=marked),))
    return Message("system" if message.role in _SYSTEM else "user", parts, name)


def _assistant_parts(message: ChatMessage, inputs: Inputs) -> list[Part]:
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
            placed.extend((here, part) for part in to_parts([block], inputs))
        else:
            placed.append((here, Opaque({"type": block.block_type}, "")))
    texts += [] if any(texts) else _read_spoken(message)
    if not placed and isinstance(thought := message.additional_kwargs.get("reasoning_content"), str):
        placed.append((_START, Reasoning(thought)))
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
    return [(_read_place(item) or _START, Opaque(item["payload"], item["provider"])) for item in kept]


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


# ---------------------------------------------------------------- from the core


def to_response(reply: cncoding.ChatResponse, delta: str | None = None, promote: bool = False) -> ChatResponse:
    """Convert a whole reply, or the end of a streamed one.

    Args:
        reply: The reply.
        delta: The last piece of text of a stream, None for a whole reply.
        promote: Let reasoning be the answer where the model ended without another one.
    """
    thinking, text, every_call, opaque = _split(reply)
    calls = [call for call in every_call if _find_fault(call, reply) is None]
    invalid = [call for call in every_call if call not in calls]
    unanswered = bool(thinking and not text and not every_call and reply.finish == "stop")
    if unanswered and promote and (text := (reply.reasoning or "").strip()):
        thinking, unanswered, delta = [], False, delta if delta is None else text
    if len(thinking) == 1 and reply.usage:
        thinking[0].num_tokens = reply.usage.reasoning
    kwargs: JsonObject = {}
    if calls:
        kwargs["tool_calls"] = [to_openai_call(call.id, call.name, call.arguments, call.extras) for call in calls]
    if invalid:
        kwargs["invalid_tool_calls"] = [
            {**to_openai_call(call.id, call.name, call.arguments, call.extras), "error": _find_fault(call, reply)}
            for call in invalid
        ]
        warn_invalid(invalid, reply.finish)
    if opaque:
        kwargs["opaque_blocks"] = opaque
    if unanswered:
        warn_unanswered(reply.provider)
    blocks = [*thinking, *([TextBlock(text=text)] if text else []), *map(to_tool_call_block, calls)]
    return ChatResponse(
        message=ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=kwargs),
        delta=delta,
        raw=_make_raw(reply),
        additional_kwargs={"finish_reason": reply.finish, **_count_tokens(reply.usage)},
    )


def _find_fault(call: ToolCall, reply: cncoding.ChatResponse) -> str | None:
    """Tell why a call must not be run, None for a sound one: half an argument may be a dangerous one, none as well."""
    if not call.arguments.strip():
        return f"the reply ended before its arguments (finish_reason {reply.finish!r})"
    return "its arguments are not a complete JSON object" if read_arguments(call.arguments) is None else None


def _split(reply: cncoding.ChatResponse) -> tuple[list[ThinkingBlock], str, list[ToolCall], list[JsonObject]]:
    thinking: list[ThinkingBlock] = []
    text = ""
    calls: list[ToolCall] = []
    opaque: list[JsonObject] = []
    for part in reply.message.parts:
        place = (len(text), len(calls))
        if isinstance(part, Reasoning):
            thinking.append(to_thinking_block(part, place))
        elif isinstance(part, Text):
            text += part.text
        elif isinstance(part, ToolCall):
            calls.append(part)
        elif isinstance(part, Opaque):
            opaque.append({"payload": part.payload, "provider": part.provider, "after": list(place)})
        else:
            assert isinstance(part, Media | ToolResult)
            raise cncoding.ProtocolError(f"{reply.provider}: a reply holds a {type(part).__name__}")
    return thinking, text, calls, opaque


def to_thinking_block(reasoning: Reasoning, place: tuple[int, int] = _START) -> ThinkingBlock:
    """Convert reasoning; all of it survives JSON in `additional_information`.

    Args:
        reasoning: What the model thought.
        place: The characters of text and the number of tool calls before it.
    """
    notes: JsonObject = {"provider": reasoning.provider}
    if reasoning.signature is not None:
        notes["signature"] = reasoning.signature
    if reasoning.redacted is not None:
        notes["redacted"] = reasoning.redacted
    if reasoning.details:
        notes["details"] = list(reasoning.details)
    if place != _START:
        notes["after"] = list(place)
    return ThinkingBlock(content=reasoning.text, additional_information=notes)


def to_tool_call_block(call: ToolCall) -> ToolCallBlock:
    """Convert a finished tool call; arguments that are no JSON object stay text."""
    arguments = read_arguments(call.arguments)
    kwargs = call.arguments if arguments is None else arguments
    return ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=kwargs)


def to_openai_call(call_id: str, name: str, arguments: str, extras: JsonObject | None = None) -> JsonObject:
    """Make the OpenAI-shaped dict of a tool call, with the arguments as the model wrote them."""
    call: JsonObject = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {**call, "extras": extras} if extras else call


def _make_raw(reply: cncoding.ChatResponse) -> JsonObject:
    raw: JsonObject = {
        "id": reply.id,
        "model": reply.model,
        "provider": reply.provider,
        "finish_reason": reply.finish,
        "usage": _make_usage(reply.usage) if reply.usage else None,
    }
    if reply.native_finish is not None:
        raw["native_finish_reason"] = reply.native_finish
    if reply.vendor:
        raw["vendor"] = dict(reply.vendor)
    return raw


def _count_tokens(usage: Usage | None) -> dict[str, int]:
    if usage is None:
        return {}
    counts = {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.total}
    return {name: count for name, count in counts.items() if count is not None}


def _make_usage(usage: Usage) -> JsonObject:
    """Make the usage object: the vendor's own members, and OpenAI's names for the counts that are known."""
    found: JsonObject = {**usage.raw, **_count_tokens(usage)}
    details = {
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
    for name, counts in details.items():
        known = {key: count for key, count in counts.items() if count is not None}
        if known:
            found[name] = {**(found.get(name) or {}), **known}
    return found
