"""LangChain messages as core messages, one to one.

Histories come from anywhere: our own replies in any of their forms, other packages' replies, hand-written ones,
or JSON. Nothing is repaired here (the core knows what each wire needs) and nothing is lost: a block that cannot
be understood is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from cncoding import ConfigError, Media, Message, Opaque, Part, Reasoning, Role, Text, ToolCall, ToolResult
from langchain_cncoding._blocks import (
    LAYOUT_KEY,
    REASONING_KEY,
    Block,
    CallList,
    provider_of,
    read_layout,
    reasoning_part,
)
from langchain_cncoding._media import read_media

_ROLES: dict[str, Role] = {
    "user": "user", "human": "user", "system": "system", "developer": "system", "assistant": "assistant",
    "ai": "assistant",
}  # fmt: skip
_PREFIX_KEYS = ("prefix", "partial")
"""Where `additional_kwargs` asks for the continuation of the last message, as DeepSeek's and Kimi's APIs call it."""
_CALL_BLOCKS = frozenset({"tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call"})
_ECHOES = frozenset({"function_call", "citation"})
"""Blocks that repeat what a field of the message says."""
_OF_OTHERS = (
    "_call",
    "_call_chunk",
    "_result",
    "_use",
    "_list_tools",
    "_approval_request",
    "compaction",
    "executable_code",
)
"""How the types of blocks end that tell of tools which another vendor ran itself."""
_JSON_BLOCKS = frozenset({"json", "search_result", "custom_tool_call_output", "tool_reference"})
"""Blocks of tool results that are data for the model, not media."""


def to_core(messages: Sequence[BaseMessage], provider: str) -> tuple[Message, ...]:
    """Translate a conversation.

    Args:
        messages: What the user or the framework gives.
        provider: Id of the provider that it goes to, for error texts and vendor blocks.

    Raises:
        ConfigError: A message or a content block cannot be understood; the text names it.
    """
    return tuple(translated for message in messages for translated in _message(message, provider))


def _message(message: BaseMessage, provider: str) -> Iterator[Message]:
    if isinstance(message, AIMessage):
        prefix = any(message.additional_kwargs.get(name) is True for name in _PREFIX_KEYS)
        yield Message("assistant", tuple(_assistant_parts(message, provider)), message.name, prefix)
    elif isinstance(message, ToolMessage):
        is_error = message.status == "error"
        yield _tool_result(message.tool_call_id, message.content, provider, is_error, message.name)
    elif isinstance(message, HumanMessage):
        yield from _user(message, provider)
    elif isinstance(message, SystemMessage):
        yield Message("system", tuple(_input_parts(message.content, provider)), message.name)
    elif isinstance(message, FunctionMessage):
        yield _tool_result(f"call_{message.name}", message.content, provider, False, message.name)
    elif isinstance(message, ChatMessage):
        role = _ROLES.get(message.role)
        if role is None:
            raise ConfigError(f"messages: role {message.role!r} is unknown; use one of {', '.join(_ROLES)}")
        yield Message(role, tuple(_input_parts(message.content, provider)), message.name)
    else:
        raise ConfigError(f"messages: a {type(message).__name__} cannot be sent to {provider}")


# ---------------------------------------------------------------- user, system and tool messages


def _user(message: HumanMessage, provider: str) -> Iterator[Message]:
    """Yield the user message; Anthropic `tool_result` blocks in it become tool messages before it."""
    content = message.content
    if isinstance(content, list):
        results = [block for block in content if isinstance(block, dict) and block.get("type") == "tool_result"]
        for block in results:
            is_error = bool(block.get("is_error"))
            result = _tool_result(str(block.get("tool_use_id")), block.get("content") or "", provider, is_error, None)
            yield replace(result, parts=tuple(_with_mark(part, block) for part in result.parts))
        if results and len(results) == len(content):
            return
        content = [block for block in content if block not in results]
    yield Message("user", tuple(_input_parts(content, provider)), message.name)


def _tool_result(call_id: str, content: str | list[Any], provider: str, is_error: bool, name: str | None) -> Message:
    parts = tuple(_result_part(part) for part in _input_parts(content, provider))
    return Message("tool", (ToolResult(call_id, parts, is_error, name),))


def _result_part(part: Part) -> Text | Media:
    if isinstance(part, Text | Media):
        return part
    payload = part.payload if isinstance(part, Opaque) else {}
    return Text(json.dumps(payload, ensure_ascii=False))


def _input_parts(content: str | Sequence[Any], provider: str) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(content)
        return
    for block in content:
        if isinstance(block, str):
            yield Text(block)
        elif block.get("type") == "document" and isinstance(inner := _source_content(block), list):
            yield from _input_parts(inner, provider)
        else:
            yield _with_mark(_input_part(block, provider), block)


def _with_mark(part: Part, block: Block) -> Part:
    """Return the part with the cache mark of its block."""
    if block.get("cache_control") and isinstance(part, (Text, Media, ToolResult)):
        return replace(part, cache=True)
    return part


def _source_content(block: Block) -> Any:
    """Return what Anthropic's documents of type "content" are made of."""
    source = block.get("source")
    return source.get("content") if isinstance(source, dict) and source.get("type") == "content" else None


def _input_part(block: Block, provider: str) -> Part:
    kind = block.get("type")
    if kind in ("text", "input_text", "text-plain", None) and isinstance(text := block.get("text"), str):
        return Text(text)
    if kind == "non_standard":
        return Opaque(dict(block["value"]), provider)
    if kind in _JSON_BLOCKS:
        return Text(_json_text(block))
    if kind in ("audio", "input_audio") and isinstance(said := block.get("transcript"), str):
        return Text(said)
    if medium := read_media(block):
        return medium
    raise _unknown(block, provider)


def _json_text(block: Block) -> str:
    for key in ("json", "output"):
        if key in block:
            value = block[key]
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(block, ensure_ascii=False)


def _unknown(block: Block, provider: str) -> ConfigError:
    return ConfigError(
        f"messages: a content block of type {block.get('type')!r} cannot be sent to {provider}; "
        'wrap a part of the vendor\'s own as {"type": "non_standard", "value": {...}}'
    )


# ---------------------------------------------------------------- assistant messages


def _assistant_parts(message: AIMessage, provider: str) -> list[Part]:
    """Return the parts of a reply in their order.

    The fields `tool_calls` and `invalid_tool_calls` decide which calls there are (middleware edits them); call
    blocks in the content only say where they stand, or stand in for the fields where those are empty.
    """
    author = provider_of(message.response_metadata)
    calls = CallList(_calls(message))
    if isinstance(message.content, str):
        parts = _string_parts(message, message.content, calls, author)
    else:
        parts = list(_list_parts(message.content, calls, author, provider))
        reasoning = message.additional_kwargs.get(REASONING_KEY)
        if isinstance(reasoning, str) and not any(isinstance(part, Reasoning) for part in parts):
            parts.insert(0, Reasoning(reasoning, provider=author))
    if not any(isinstance(part, Text) for part in parts) and (said := _said_elsewhere(message)):
        parts.append(Text(said))
    return [*parts, *calls.rest]


def _said_elsewhere(message: AIMessage) -> str:
    """Return the words of a reply that has no text: a refusal, or the transcript of what it spoke."""
    extra = message.additional_kwargs
    audio = extra.get("audio")
    said = extra.get("refusal") or (audio.get("transcript") if isinstance(audio, dict) else None)
    return said if isinstance(said, str) else ""


def _calls(message: AIMessage) -> list[ToolCall]:
    """Return the calls of a message; one without an id keeps none, and the core finds its result."""
    calls = [
        ToolCall(call.get("id") or "", call["name"], json.dumps(call["args"], ensure_ascii=False))
        for call in message.tool_calls
    ]
    calls += [
        ToolCall(str(bad["id"]), bad.get("name") or "", bad.get("args") or "")
        for bad in message.invalid_tool_calls
        if bad.get("id")
    ]
    legacy = message.additional_kwargs.get("function_call")
    if not calls and isinstance(legacy, dict) and (name := legacy.get("name")):
        calls.append(ToolCall(f"call_{name}", name, legacy.get("arguments") or ""))
    return calls


def _string_parts(message: AIMessage, text: str, calls: CallList, author: str | None) -> list[Part]:
    extra = message.additional_kwargs
    reasoning = extra.get(REASONING_KEY)
    layout = extra.get(LAYOUT_KEY)
    if isinstance(layout, list):
        return read_layout(layout, text, reasoning if isinstance(reasoning, str) else "", calls, author)
    parts: list[Part] = []
    if isinstance(reasoning, str):
        parts.append(Reasoning(reasoning, provider=author))
    if text:
        parts.append(Text(text))
    return parts


def _list_parts(content: Iterable[Any], calls: CallList, author: str | None, provider: str) -> Iterator[Part]:
    for block in content:
        if isinstance(block, str):
            if block:
                yield Text(block)
        elif block.get("type") in _CALL_BLOCKS:
            if call := _placed_call(block, calls):
                yield call
        elif block.get("type") not in _ECHOES:
            yield _with_mark(_reply_part(block, author, provider), block)


def _placed_call(block: Block, calls: CallList) -> ToolCall | None:
    call_id, extras = block.get("id"), block.get("extras") or None
    if call := calls.take(call_id):
        return replace(call, extras=extras)
    if not calls.was_empty or not call_id:
        return None
    arguments = block.get("input", block.get("args"))
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return ToolCall(call_id, block.get("name") or "", text, extras)


def _reply_part(block: Block, author: str | None, provider: str) -> Part:
    kind = block.get("type")
    if kind in ("text", "output_text", None) and isinstance(text := block.get("text"), str):
        return Text(text)
    if kind == "refusal":
        return Text(str(block.get("refusal") or ""))
    if kind in ("reasoning", "thinking", "redacted_thinking", "reasoning_content"):
        return _reasoning(block, author)
    if kind == "non_standard":
        return Opaque(dict(block["value"]), author or provider)
    if medium := read_media(block):
        return medium
    if author is not None or str(kind).endswith(_OF_OTHERS):
        return Opaque(dict(block), author or "")
    raise _unknown(block, provider)


def _reasoning(block: Block, author: str | None) -> Reasoning:
    """Read reasoning in our own and LangChain's v1 form, in Anthropic's and in OpenAI's (a list of summaries)."""
    if block.get("type") == "redacted_thinking":
        return Reasoning("", redacted=block.get("data"), provider=author)
    text = block.get("reasoning", block.get("thinking", block.get("reasoning_content")))
    if text is None and isinstance(summary := block.get("summary"), list):
        text = "\n\n".join(str(piece.get("text", "")) for piece in summary if isinstance(piece, dict))
    extras = dict(block.get("extras") or {})
    if "signature" in block:
        extras["signature"] = block["signature"]
    return reasoning_part(str(text or ""), extras, author)
