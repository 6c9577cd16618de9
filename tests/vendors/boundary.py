"""What leaves for a vendor and what comes back, without a network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cncoding.chat import anthropic, openai
from cncoding.chat.fold import fold
from cncoding.errors import ApiError
from cncoding.exchange.failures import read_failure
from cncoding.exchange.steps import Reply
from cncoding.profile import AnthropicDialect
from cncoding.registry import find_provider
from cncoding.target import Target
from cncoding.types import ChatRequest, ChatResponse, Message, Reasoning, Text, ToolCall, ToolResult, user
from tests.targets import target

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""One pixel."""


@dataclass(frozen=True)
class Sent:
    """A request at the door."""

    url: str
    headers: dict[str, str]
    body: dict[str, Any]
    warned: dict[str, str]


def _codec(place: Target) -> Any:
    return anthropic if isinstance(place.wire.dialect, AnthropicDialect) else openai


def asking(*messages: Message, **settings: Any) -> ChatRequest:
    """Make a request; without messages it says hello."""
    return ChatRequest(messages or (user("hello"),), **settings)


def sent(provider: str, request: ChatRequest, **settings: str) -> Sent:
    """Encode `request` as `provider` wants it."""
    place = target(provider, **settings)
    wired, warnings = _codec(place).encode(request, place)
    warned = {one.setting: one.why for one in warnings}
    return Sent(wired.url, dict(wired.headers), json.loads(wired.body or b"{}"), warned)


def whole(provider: str, reply: dict[str, Any], **settings: str) -> ChatResponse:
    """Decode a reply that was not streamed."""
    return _decode(provider, settings, None, json.dumps(reply, ensure_ascii=False).encode())


def streamed(provider: str, *pieces: bytes, **settings: str) -> ChatResponse:
    """Decode a stream that came in these pieces."""
    return _decode(provider, settings, pieces, b"")


def _decode(provider: str, settings: dict[str, str], pieces: Iterable[bytes] | None, body: bytes) -> ChatResponse:
    place = target(provider, **settings)
    decoder = _codec(place).Decoder(place, place.card(), lambda: "made-up")
    if pieces is None:
        return fold(decoder.whole(body), provider)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return fold([*events, *decoder.finish()], provider)


def sse(*chunks: dict[str, Any], done: bool = True) -> bytes:
    """Write chunks as a stream."""
    lines = "".join(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in chunks)
    return (lines + ("data: [DONE]\n\n" if done else "")).encode()


def failure(provider: str, status: int, body: Any, endpoint: str | None = None, **headers: str) -> ApiError:
    """Read a reply that must be a failure, at an endpoint or at the default one."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    place = find_provider(provider)
    found = read_failure(Reply(status, headers, data), place.rules(place.endpoint(endpoint)))
    assert found is not None
    return found


def tool_loop(reasoning: Reasoning) -> tuple[Message, ...]:
    """Return a history in which the model thought, called a tool and got its result."""
    call = ToolCall("call_1", "add", '{"a": 1}')
    result = ToolResult("call_1", (Text("2"),), name="add")
    return (user("1+1?"), Message("assistant", (reasoning, call)), Message("tool", (result,)))
