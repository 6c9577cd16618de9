"""Make LlamaIndex's responses of the core's replies.

A reply is laid out as LlamaIndex wants it: thinking first, then one text, then tool calls. Where a vendor reasoned
later than that, the place is noted in the block, so that the reply goes back exactly as it came.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    LogProb,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

import cncoding
from cncoding import JsonObject, Media, Opaque, Reasoning, Text, ToolCall, ToolResult, Usage
from llamaindex_cncoding._errors import warn_invalid, warn_unanswered
from llamaindex_cncoding._partial_json import read_arguments

START = (0, 0)
"""The place of what stands before all text and all calls of a turn."""


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
        logprobs=_read_logprobs(reply.vendor.get("logprobs")),
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


def to_thinking_block(reasoning: Reasoning, place: tuple[int, int] = START) -> ThinkingBlock:
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
    if place != START:
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
    if reply.tried:
        raw["tried"] = [dict(one) for one in reply.tried]
    return raw


def _read_logprobs(said: Any) -> list[list[LogProb]] | None:
    """Read what the vendor said of the probability of each token: the likeliest ones, else the token itself."""
    tokens = said.get("content") if isinstance(said, dict) else None
    if not isinstance(tokens, list):
        return None
    return [
        [
            LogProb(token=str(one.get("token") or ""), logprob=float(one["logprob"]), bytes=one.get("bytes") or [])
            for one in token.get("top_logprobs") or [token]
            if isinstance(one.get("logprob"), int | float)
        ]
        for token in tokens
        if isinstance(token, dict)
    ]


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
