"""What a stream yields, read as events: our own and strings here, the frameworks' chunks by registration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from cncoding.chat.fold import fold
from cncoding.errors import ConfigError
from cncoding.types import (
    Event,
    Finish,
    OpaqueDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    VendorData,
    Warned,
)
from cncoding.usage import Usage


class ChunkReader(Protocol):
    """Reads the chunks of one stream."""

    def read(self, chunk: Any) -> Iterable[Event]:
        """Return what a chunk says; block numbers do not count."""

    @property
    def reply(self) -> Any:
        """The whole reply, as the stream's own kind of object."""


_READERS: dict[type, type[ChunkReader]] = {}


def register_chunks(kind: type, reader: type[ChunkReader]) -> None:
    """Say how the chunks of a framework are read; a reader is made without arguments for each stream."""
    _READERS[kind] = reader


def open_reader(chunk: object) -> ChunkReader:
    """Return a reader for a stream whose first chunk this is.

    Raises:
        ConfigError: Nobody reads such chunks.
    """
    for kind in type(chunk).__mro__:
        if kind in _READERS:
            return _READERS[kind]()
    raise ConfigError(
        f"stream: yields {type(chunk).__name__}, which pretty cannot read; give it client.stream(...), "
        'model.stream(...), agent.stream(..., stream_mode="messages") or llm.stream_chat(...)'
    )


def unwrap(chunk: object) -> object:
    """Return the message chunk of a pair of chunk and metadata, as LangGraph yields them."""
    return chunk[0] if isinstance(chunk, tuple) and len(chunk) == 2 and isinstance(chunk[1], dict) else chunk


class _EventReader:
    """Reads the events of `Client.stream`, which has folded them already; others are folded when they are over."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def read(self, chunk: Event) -> Iterable[Event]:
        self._events.append(chunk)
        return (chunk,)

    @property
    def reply(self) -> Any:
        return fold(self._events)


class _TextReader:
    """Reads a stream of strings, such as that of a chain that ends with a parser."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def read(self, chunk: str) -> Iterable[Event]:
        self._pieces.append(chunk)
        return (TextDelta(0, chunk),)

    @property
    def reply(self) -> Any:
        return "".join(self._pieces)


register_chunks(str, _TextReader)
for _kind in (
    Started, TextDelta, ReasoningDelta, ToolCallDelta, OpaqueDelta, VendorData, Usage, Warned, Finish,
):  # fmt: skip
    register_chunks(_kind, _EventReader)
