"""Structured output beside its message: `{"raw", "parsed", "parsing_error"}`, whole and while it grows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables import Runnable, RunnableGenerator
from langchain_core.runnables.utils import AddableDict


class _Reader:
    """Read one reply, which may come in pieces; what is wrong with it is told and not raised."""

    def __init__(self, parser: BaseOutputParser[Any]) -> None:
        self._parser = parser
        self._reply: Any = None
        self._told: Any = None

    def feed(self, piece: AIMessage) -> Iterator[AddableDict]:
        """Yield a piece, and the object so far where it grew."""
        yield AddableDict(raw=piece)
        self._reply = piece if self._reply is None else self._reply + piece
        if not isinstance(piece, AIMessageChunk):
            return
        parsed, _ = self._parse(partial=True)
        if parsed is not None and parsed != self._told:
            self._told = parsed
            yield AddableDict(parsed=parsed)

    def finish(self) -> Iterator[AddableDict]:
        """Yield the object and what was wrong with it; one of the two is None."""
        if self._reply is not None:
            parsed, error = self._parse(partial=False)
            yield AddableDict(parsed=parsed, parsing_error=error)

    def _parse(self, *, partial: bool) -> tuple[Any, Exception | None]:
        try:
            return self._parser.parse_result([ChatGeneration(message=self._reply)], partial=partial), None
        except (ValueError, TypeError, LookupError) as error:  # parsers raise ValueErrors, users' classes these too
            return None, error


def read_with_raw(parser: BaseOutputParser[Any]) -> Runnable[AIMessage, dict[str, Any]]:
    """Return a runnable that reads a reply with `parser` and keeps the reply."""

    def read(pieces: Iterator[AIMessage]) -> Iterator[AddableDict]:
        reader = _Reader(parser)
        for piece in pieces:
            yield from reader.feed(piece)
        yield from reader.finish()

    async def aread(pieces: AsyncIterator[AIMessage]) -> AsyncIterator[AddableDict]:
        reader = _Reader(parser)
        async for piece in pieces:
            for found in reader.feed(piece):
                yield found
        for found in reader.finish():
            yield found

    return RunnableGenerator(read, aread, name="StructuredOutput")
