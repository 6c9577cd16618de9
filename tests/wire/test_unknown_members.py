"""Members that nobody reads are kept for the caller, whole and streamed, on both wires and for every vendor."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import providers
from tests.vendors.boundary import sse, streamed, whole

NEWS = {"url": "https://example.test"}
LOGPROBS: list[dict[str, Any]] = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -0.25}]


def logprobs(*places: int) -> dict[str, Any]:
    return {"content": [LOGPROBS[place] for place in places], "refusal": None}


@pytest.mark.parametrize("provider", sorted(set(providers()) - {"fake"}))
def test_the_openai_wire(provider: str) -> None:
    head = {"id": "r", "object": "x", "created": 1, "model": "m", "system_fingerprint": "fp", "service_tier": None}
    message = {"role": "assistant", "content": "ab", "annotations": [NEWS]}
    last = {"index": 0, "finish_reason": "stop"}
    reply = whole(provider, {**head, "choices": [{**last, "message": message, "logprobs": logprobs(0, 1)}]})
    expected = {"system_fingerprint": "fp", "logprobs": logprobs(0, 1), "annotations": [NEWS]}
    assert {name: reply.vendor.get(name) for name in expected} == expected
    pieces = [
        {"index": 0, "delta": {"role": "assistant", "content": "a"}, "logprobs": logprobs(0)},
        {"index": 0, "delta": {"content": "b", "annotations": [NEWS]}, "logprobs": logprobs(1)},
        {**last, "delta": {}, "logprobs": None},
    ]
    assert streamed(provider, sse(*({**head, "choices": [piece]} for piece in pieces))).vendor == reply.vendor


@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "qwen", "deepseek"])
def test_the_anthropic_wire(provider: str) -> None:
    message: dict[str, Any] = {
        "id": "r",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "system_fingerprint": "fp",
    }
    end = {"stop_reason": "stop_sequence", "stop_sequence": "END"}
    text = {"type": "text", "text": "a"}
    reply = whole(provider, {**message, **end, "content": [text], "container": {"id": "c"}}, wire="anthropic")
    assert reply.vendor == {"system_fingerprint": "fp", "stop_sequence": "END", "container": {"id": "c"}}
    events = [
        {"type": "message_start", "message": {**message, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": text},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {**end, "container": {"id": "c"}}},
        {"type": "message_stop"},
    ]
    assert streamed(provider, sse(*events, done=False), wire="anthropic").vendor == reply.vendor
