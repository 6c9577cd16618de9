"""`pretty(stream)`: show a reply while it arrives, its reasoning apart from its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, TextIO, overload

from cncoding.client.stream import AsyncStream, Stream
from cncoding.display.chunks import ChunkReader, open_reader, unwrap
from cncoding.display.writers import Writer, choose_writer
from cncoding.errors import ConfigError
from cncoding.types import ReasoningDelta, TextDelta


@dataclass(frozen=True)
class Shown:
    """A reply that `pretty` has shown; it is not shown again where it stands last in a cell."""

    reply: Any = field(repr=False)
    """The whole reply: `ChatResponse` of a client, LangChain's message, LlamaIndex's last chunk. Of an agent that
    answers several times, the last one. None if nothing came."""
    text: str = field(default="", repr=False)
    """The answer, without the reasoning."""

    def _ipython_display_(self) -> None:
        """Show nothing: it stands there already."""


@overload
def pretty(stream: Iterator[Any], *, reasoning: bool = True, file: TextIO | None = None) -> Shown: ...


@overload
def pretty(
    stream: AsyncIterator[Any] | Awaitable[AsyncIterator[Any]], *, reasoning: bool = True, file: TextIO | None = None
) -> Awaitable[Shown]: ...


def pretty(stream: Any, *, reasoning: bool = True, file: TextIO | None = None) -> Shown | Awaitable[Shown]:
    """Show a reply while it arrives.

    A terminal shows the reasoning dim, a pipe quotes it line by line (`> `), and a notebook folds it. The answer is
    plain, and what the vendor sent cannot drive the terminal. The stream is read to its end, and closed whatever
    happens; its errors are raised.

    Args:
        stream: What `client.stream(...)`, LangChain's `model.stream(...)`, LangGraph's
            `agent.stream(..., stream_mode="messages")` or LlamaIndex's `llm.stream_chat(...)` returned, or an
            asynchronous one of these: await the result then.
        reasoning: Whether reasoning is shown.
        file: Where to write; None is the notebook that this runs in, else standard output.

    Returns:
        What was shown: `.reply` is the whole reply, `.text` the answer.

    Raises:
        ConfigError: It is no stream of replies.
    """
    if isinstance(stream, AsyncIterator) or isawaitable(stream):
        return _show_async(stream, _Show(reasoning, file))
    if not isinstance(stream, Iterator):
        raise ConfigError(
            f"stream: {type(stream).__name__} is no stream; give pretty what client.stream(...), model.stream(...) "
            "or llm.stream_chat(...) returns"
        )
    with _Show(reasoning, file) as show:
        close = getattr(stream, "close", None)
        if close is not None:
            show.callback(close)
        for chunk in stream:
            show.add(chunk)
        return show.finish(stream)


async def _show_async(stream: Any, show: _Show) -> Shown:
    with show:
        events = await stream if isawaitable(stream) else stream
        try:
            async for chunk in events:
                show.add(chunk)
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()
        return show.finish(events)


class _Show(ExitStack):
    """One reply that is being shown."""

    def __init__(self, reasoning: bool, file: TextIO | None) -> None:
        super().__init__()
        self._reasoning = reasoning
        self._writer: Writer = choose_writer(file)
        self._reader: ChunkReader | None = None
        self._text: list[str] = []
        self.callback(self._writer.close)

    def add(self, chunk: object) -> None:
        """Show a chunk."""
        chunk = unwrap(chunk)
        if self._reader is None:
            self._reader = open_reader(chunk)
        for event in self._reader.read(chunk):
            if isinstance(event, TextDelta):
                self._text.append(event.text)
            if self._reasoning or not isinstance(event, ReasoningDelta):
                self._writer.add(event)

    def finish(self, stream: object) -> Shown:
        """Return what was shown; a stream of ours knows its reply."""
        if isinstance(stream, Stream | AsyncStream):
            return Shown(stream.so_far, "".join(self._text))
        return Shown(self._reader.reply if self._reader is not None else None, "".join(self._text))
