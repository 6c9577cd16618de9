"""A reply on its way: an iterator of its events that can be asked for the reply so far."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager

from typing_extensions import Self, overload

from cncoding.chat.fold import Fold
from cncoding.errors import ConfigError
from cncoding.media.sound.streams import SoundKind
from cncoding.types import ChatResponse, Event, Part, Warned


class Progress:
    """What is known of a reply while it comes."""

    _progress: Fold

    @property
    def so_far(self) -> ChatResponse:
        """The reply so far; the whole reply once the events have ended."""
        return self._progress.response()

    @property
    def blocks(self) -> tuple[int, ...]:
        """The block numbers of the reply so far, in order."""
        return self._progress.blocks

    def part(self, block: int) -> Part:
        """Build one part of the reply so far, in time that does not grow with the other parts."""
        return self._progress.part(block)


class Stream(Progress, Iterator[Event], AbstractContextManager["Stream"]):
    """The events of one reply. Leaving its block, `close` and forgetting it hang up."""

    def __init__(self, events: Generator[Event, None, None], progress: Fold) -> None:
        self._events = events
        self._progress = progress
        self._ahead: deque[Event] = deque()

    def begin(self) -> Self:
        """Wait until the reply has begun: for the first event that is no warning. Nothing is lost by it."""
        for event in self._events:
            self._ahead.append(event)
            if not isinstance(event, Warned):
                break
        return self

    def __next__(self) -> Event:
        """Return the next event."""
        return self._ahead.popleft() if self._ahead else next(self._events)

    def __exit__(self, *details: object) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up; nothing more comes."""
        self._events.close()

    def drain(self) -> ChatResponse:
        """Take what is left of the events and return the whole reply."""
        with self:
            for _ in self._events:
                pass
        return self.so_far


class AsyncStream(Progress, AsyncIterator[Event], AbstractAsyncContextManager["AsyncStream"]):
    """The events of one reply, in an event loop. Leaving its block, `aclose` and forgetting it hang up."""

    def __init__(self, events: AsyncGenerator[Event, None], progress: Fold) -> None:
        self._events = events
        self._progress = progress
        self._ahead: deque[Event] = deque()

    async def begin(self) -> Self:
        """Wait until the reply has begun; see `Stream.begin`."""
        async for event in self._events:
            self._ahead.append(event)
            if not isinstance(event, Warned):
                break
        return self

    async def __anext__(self) -> Event:
        """Return the next event."""
        return self._ahead.popleft() if self._ahead else await self._events.__anext__()

    async def __aexit__(self, *details: object) -> None:
        """Hang up."""
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up; nothing more comes."""
        await self._events.aclose()

    async def drain(self) -> ChatResponse:
        """Take what is left of the events and return the whole reply."""
        async with self:
            async for _ in self._events:
                pass
        return self.so_far


class SoundStream(Iterator[bytes], AbstractContextManager["SoundStream"]):
    """Speech on its way, in pieces. Leaving its block, `close` and forgetting it hang up."""

    def __init__(self, pieces: Generator[bytes, None, None], kind: SoundKind) -> None:
        self._pieces = pieces
        self.kind = kind
        """What the pieces are."""

    def __next__(self) -> bytes:
        """Return the next piece."""
        return next(self._pieces)

    def __exit__(self, *details: object) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up; nothing more comes."""
        self._pieces.close()


class AsyncSoundStream(AsyncIterator[bytes], AbstractAsyncContextManager["AsyncSoundStream"]):
    """Speech on its way, in pieces, in an event loop. Leaving its block, `aclose` and forgetting it hang up."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], kind: SoundKind) -> None:
        self._pieces = pieces
        self.kind = kind
        """What the pieces are."""

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        return await self._pieces.__anext__()

    async def __aexit__(self, *details: object) -> None:
        """Hang up."""
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up; nothing more comes."""
        await self._pieces.aclose()


PCM = SoundKind("audio/pcm", 24000)
"""What GLM and Qwen stream."""


@overload
def as_wav(pieces: AsyncIterable[bytes], kind: SoundKind | None = None) -> AsyncGenerator[bytes, None]: ...


@overload
def as_wav(pieces: Iterable[bytes], kind: SoundKind | None = None) -> Generator[bytes, None, None]: ...


def as_wav(
    pieces: Iterable[bytes] | AsyncIterable[bytes], kind: SoundKind | None = None
) -> Generator[bytes, None, None] | AsyncGenerator[bytes, None]:
    """Put the header of a WAV file before samples that are on their way, so that players know what they are.

    The header names no length: a player plays until the pieces end.

    Args:
        pieces: What `stream_speech` returned, or other pieces.
        kind: What they are; as the stream says, else samples of 16 bits and 24 kHz.

    Raises:
        ConfigError: They have headers of their own, such as MP3: write or play them as they come.
    """
    known = kind or (pieces.kind if isinstance(pieces, (SoundStream, AsyncSoundStream)) else PCM)
    try:
        head = known.write_header()
    except ValueError as error:
        raise ConfigError(f"as_wav: {error}; ask for format='pcm' to have samples") from error
    return _lead_later(head, pieces) if isinstance(pieces, AsyncIterable) else _lead(head, pieces)


def _lead(head: bytes, pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
    yield head
    yield from pieces


async def _lead_later(head: bytes, pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    yield head
    async for piece in pieces:
        yield piece
