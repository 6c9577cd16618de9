"""A call that was cut before its arguments is told from a call without arguments, on both wires."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import ChatResponse
from tests.vendors.boundary import sse, streamed, whole


def openai_reply(stream: bool, finish: str, arguments: str | None) -> ChatResponse:
    function = {"name": "wipe", **({} if arguments is None else {"arguments": arguments})}
    call = {"id": "c1", "type": "function", "function": function}
    head = {"id": "r", "model": "m"}
    if not stream:
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return whole("glm", {**head, "choices": [{"index": 0, "message": message, "finish_reason": finish}]})
    first = {**head, "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}}]}
    last = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    return streamed("glm", sse(first, last))


def anthropic_reply(stream: bool, finish: str, arguments: str | None) -> ChatResponse:
    stop = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}[finish]
    message: dict[str, Any] = {"id": "r", "type": "message", "role": "assistant", "model": "m", "content": []}
    call = {"type": "tool_use", "id": "c1", "name": "wipe", "input": {}}
    if not stream:
        return whole("glm", {**message, "content": [call], "stop_reason": stop}, wire="anthropic")
    pieces = [] if arguments is None else [{"type": "input_json_delta", "partial_json": arguments}]
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": call},
        *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop}},
        {"type": "message_stop"},
    ]
    return streamed("glm", sse(*events, done=False), wire="anthropic")


@pytest.mark.parametrize("reply", [openai_reply, anthropic_reply])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("arguments", [None, ""])
def test_missing_arguments(reply: Any, stream: bool, arguments: str | None) -> None:
    for cut in ("length", "content_filter"):
        assert [call.arguments for call in reply(stream, cut, arguments).tool_calls] == [""]
    assert [call.arguments for call in reply(stream, "tool_calls", arguments).tool_calls] == ["{}"]


def test_calls_of_one_turn_have_ids_of_their_own() -> None:
    calls = [{"type": "tool_use", "id": "x", "name": name, "input": {"a": 1}} for name in ("one", "two")]
    reply = {"id": "r", "type": "message", "model": "m", "content": calls, "stop_reason": "tool_use"}
    assert [call.id for call in whole("glm", reply, wire="anthropic").tool_calls] == ["x", "made-up"]


@pytest.mark.parametrize("reply", [openai_reply, anthropic_reply])
def test_arguments_that_came_in_full_count(reply: Any) -> None:
    assert [call.arguments for call in reply(True, "length", "{}").tool_calls] == ["{}"]
