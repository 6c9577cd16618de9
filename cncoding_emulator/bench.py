"""Streams for benchmarks: ``bench-4000`` answers with 4000 text chunks made beforehand.

``bench-4000x1`` puts one event into each write; the default is 20. OpenAI and Anthropic wires.
"""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.types import ASGIApp

from .deliver import Delivered
from .openai_api import dump
from .reply import Delivery
from .request import ChatRequest
from .wires import Json, Wire

NAME = re.compile(r"bench-(\d+)(?:x(\d+))?")
WORD = "字 token "


def response(chat: ChatRequest) -> ASGIApp:
    """Answer a benchmark request, streamed or whole."""
    found = NAME.match(chat.model)
    count, group = (int(found[1]), int(found[2] or 20)) if found else (100, 20)
    if chat.stream:
        frames = _frames(chat.wire, chat.model, count, max(1, group))
        return Delivered(frames, Delivery(), "text/event-stream", {})
    content = dump(_whole(chat.wire, chat.model, count)).encode()
    return Delivered([content], Delivery(), "application/json", {})


def _usage(count: int) -> Json:
    return {"prompt_tokens": 8, "completion_tokens": count, "total_tokens": count + 8}


def _whole(wire: Wire, model: str, count: int) -> Json:
    text = WORD * count
    if wire == "anthropic":
        usage = {"input_tokens": 8, "output_tokens": count}
        content = [{"type": "text", "text": text}]
        head: Json = {"id": "msg_bench", "type": "message", "role": "assistant", "model": model}
        return {**head, "content": content, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {
        "id": "bench",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": choices,
        "usage": _usage(count),
    }


@lru_cache(maxsize=16)
def _frames(wire: Wire, model: str, count: int, group: int) -> tuple[bytes, ...]:
    events = _messages(model, count) if wire == "anthropic" else _chunks(model, count)
    return tuple(b"".join(events[i : i + group]) for i in range(0, len(events), group))


def _chunks(model: str, count: int) -> list[bytes]:
    head: Json = {"id": "bench", "object": "chat.completion.chunk", "created": 1, "model": model}

    def event(delta: Json, finish: str | None = None, **more: Json) -> bytes:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return f"data: {dump({**head, 'choices': choices, **more})}\n\n".encode()

    middle = event({"content": WORD})
    first, last = event({"role": "assistant", "content": ""}), event({}, "stop", usage=_usage(count))
    return [first, *[middle] * count, last, b"data: [DONE]\n\n"]


def _messages(model: str, count: int) -> list[bytes]:
    def event(kind: str, **more: object) -> bytes:
        return f"event: {kind}\ndata: {dump({'type': kind, **more})}\n\n".encode()

    message: Json = {
        "id": "msg_bench", "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 8, "output_tokens": 0},
    }  # fmt: skip
    middle = event("content_block_delta", index=0, delta={"type": "text_delta", "text": WORD})
    return [
        event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *[middle] * count,
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None},
              usage={"output_tokens": count}),
        event("message_stop"),
    ]  # fmt: skip
