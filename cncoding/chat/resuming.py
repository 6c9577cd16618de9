"""What becomes of a stream that was cut: the request that goes on from there, and its events in the same reply."""

from __future__ import annotations

from dataclasses import replace

from cncoding.chat.completion import settle_prefix
from cncoding.errors import CncodingError, ConfigError, DeadlineExceededError
from cncoding.target import Target
from cncoding.types import (
    ChatRequest,
    ChatResponse,
    Event,
    OpaqueDelta,
    Reasoning,
    ReasoningDelta,
    Started,
    Text,
    TextDelta,
    Thinking,
    ToolCallDelta,
)


def build_continuation(
    request: ChatRequest, so_far: ChatResponse, error: CncodingError, target: Target
) -> ChatRequest | None:
    """Return the request that goes on from the reply so far, None if there is none.

    Only an answer in words can be continued: reasoning alone and half a tool call are nothing that a vendor takes back.
    Where the vendor continues only without thinking, the thinking is over anyway.
    """
    if not error.retryable or isinstance(error, DeadlineExceededError) or not so_far.text:
        return None
    if not all(isinstance(part, (Text, Reasoning)) for part in so_far.message.parts):
        return None
    again = replace(request, messages=(*request.messages, replace(so_far.message, prefix=True)))
    for one in (again, replace(again, thinking=Thinking(enabled=False))):
        try:
            settle_prefix(one, target)
        except ConfigError:
            continue
        return one
    return None


class Splice:
    """Number the events of a continuation as further blocks of the reply; its first text goes on in the last one."""

    def __init__(self, so_far: ChatResponse) -> None:
        parts = so_far.message.parts
        self._first = len(parts)
        self._open = len(parts) - 1 if parts and isinstance(parts[-1], Text) else None
        self._joined: int | None = None

    def place(self, event: Event) -> Event | None:
        """Return the event as the reply's own, None for one that the reply has already."""
        if isinstance(event, Started):
            return None
        if isinstance(event, TextDelta):
            return replace(event, block=self._find_text(event.block))
        if isinstance(event, (ReasoningDelta, ToolCallDelta, OpaqueDelta)):
            return replace(event, block=self._first + event.block)
        return event

    def _find_text(self, block: int) -> int:
        if self._open is not None and self._joined is None:
            self._joined = block
        return self._open if self._open is not None and block == self._joined else self._first + block
