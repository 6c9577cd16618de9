"""Fold events into a reply: the only accumulator of this repository."""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import assert_never

from cncoding.types import (
    ChatResponse,
    Event,
    Finish,
    JsonObject,
    Message,
    Opaque,
    OpaqueDelta,
    Part,
    Reasoning,
    ReasoningDelta,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    VendorData,
    Warned,
)
from cncoding.usage import Usage


class _Block:
    """The pieces of one content block; joined once, at the end."""

    __slots__ = ("details", "extras", "id", "kind", "name", "payload", "pieces", "redacted", "signature")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.pieces: list[str] = []
        self.signature: str | None = None
        self.redacted: str | None = None
        self.details: list[JsonObject] = []
        self.id = ""
        self.name = ""
        self.extras: JsonObject | None = None
        self.payload: JsonObject = {}

    def part(self, provider: str | None) -> Part:
        text = "".join(self.pieces)
        if self.kind == "text":
            return Text(text)
        if self.kind == "reasoning":
            return Reasoning(text, self.signature, self.redacted, merge_details(self.details), provider)
        if self.kind == "tool":
            return ToolCall(self.id, self.name, text, self.extras)
        return Opaque(self.payload, provider or "")


class Fold:
    """Collect the events of one reply; `response()` may be asked at any time, for a partial reply too."""

    __slots__ = ("_blocks", "_finish", "_started", "_usage", "_vendor", "_warnings", "provider")

    def __init__(self, provider: str | None = None) -> None:
        self.provider = provider
        self._blocks: dict[int, _Block] = {}
        self._started: Started | None = None
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._vendor: JsonObject = {}
        self._warnings: list[Warned] = []

    def add(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, TextDelta):
            self._block(event.block, "text").pieces.append(event.text)
        elif isinstance(event, ReasoningDelta):
            self._add_reasoning(event)
        elif isinstance(event, ToolCallDelta):
            self._add_tool_call(event)
        elif isinstance(event, Started):
            self._started = event
            self.provider = event.provider or self.provider
        elif isinstance(event, Usage):
            self._usage = event
        elif isinstance(event, Finish):
            self._finish = event
        elif isinstance(event, VendorData):
            self._vendor.update(event.data)
        elif isinstance(event, Warned):
            self._warnings.append(event)
        elif isinstance(event, OpaqueDelta):
            self._block(event.block, "opaque").payload = event.payload
        else:
            assert_never(event)

    def _block(self, number: int, kind: str) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = _Block(kind)
        return block

    def _add_reasoning(self, event: ReasoningDelta) -> None:
        block = self._block(event.block, "reasoning")
        block.pieces.append(event.text)
        if event.signature is not None:
            block.signature = (block.signature or "") + event.signature
        if event.redacted is not None:
            block.redacted = event.redacted
        block.details.extend(event.details)

    def _add_tool_call(self, event: ToolCallDelta) -> None:
        block = self._block(event.block, "tool")
        if event.id:
            block.id = event.id
        if event.name:
            block.name = event.name
        if event.arguments:
            block.pieces.append(event.arguments)
        if event.extras:
            block.extras = {**(block.extras or {}), **event.extras}

    @property
    def blocks(self) -> tuple[int, ...]:
        """The block numbers of the reply so far, in order; numbers may be missing while a call waits for its name."""
        return tuple(sorted(self._blocks))

    def part(self, block: int) -> Part:
        """Build one part of the reply from what came so far, in time that does not grow with the other parts.

        Args:
            block: The number that the events of the part carry.
        """
        return self._blocks[block].part(self.provider)

    @property
    def so_far(self) -> ChatResponse:
        """The reply so far, as a stream calls it."""
        return self.response()

    def response(self) -> ChatResponse:
        """Build the reply from what came so far."""
        return ChatResponse(
            message=Message("assistant", tuple(map(self.part, self.blocks))),
            finish=self._finish.reason if self._finish else None,
            native_finish=self._finish.native if self._finish else None,
            usage=self._usage,
            id=self._started.id if self._started else None,
            model=self._started.model if self._started else None,
            provider=self.provider,
            tried=self._started.tried if self._started else (),
            warnings=tuple(self._warnings),
            vendor=self._vendor,
        )


def fold(events: Iterable[Event], provider: str | None = None) -> ChatResponse:
    """Fold `events` into the reply that they describe."""
    folder = Fold(provider)
    for event in events:
        folder.add(event)
    return folder.response()


def merge_details(pieces: Iterable[JsonObject]) -> tuple[JsonObject, ...]:
    """Join streamed `reasoning_details` objects that share an `index`: their text adds up, the rest is kept.

    Args:
        pieces: Objects in the order of arrival, as MiniMax streams them (documented, MiniMax OpenAPI 2026).

    Returns:
        One object per index, equal to what the whole reply would have carried.
    """
    merged: list[JsonObject] = []
    for piece in pieces:
        twin = next((old for old in merged if _same_detail(old, piece)), None)
        if twin is None:
            merged.append(dict(piece))
            continue
        for key, value in piece.items():
            if key == "text" and isinstance(value, str) and isinstance(twin.get(key), str):
                twin[key] += value
            else:
                twin[key] = value
    return tuple(merged)


def _same_detail(one: JsonObject, other: JsonObject) -> bool:
    return "index" in other and one.get("index") == other.get("index") and one.get("type") == other.get("type")
