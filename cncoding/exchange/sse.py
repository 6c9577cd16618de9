"""Server-sent events: bytes in, frames out.

Written here because a splitter built on `str.splitlines` also breaks at U+2028 and U+0085, which stand inside
JSON strings of Chinese answers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from cncoding.errors import ProtocolError

_BOM = b"\xef\xbb\xbf"
BLANK = _BOM + b" \r\n\t"
"""Bytes that may come before the first sign of what a body is."""


class Frame(NamedTuple):
    """One event: its name (`message` if it has none) and its data."""

    event: str
    data: str


class SSEDecoder:
    """Split a byte stream into frames, wherever it is cut."""

    __slots__ = ("_data", "_data_size", "_event", "_first", "_limit", "_pending", "_swallow_lf")

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self._limit = limit
        self._pending = bytearray()
        self._data: list[str] = []
        self._data_size = 0
        self._event = ""
        self._first = True
        self._swallow_lf = False

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Take in bytes and yield the frames that they complete, each before the bytes behind it are looked at.

        Raises:
            ProtocolError: A line or an event is longer than the limit, or is not UTF-8.
        """
        if b"\r" in chunk or self._swallow_lf:
            chunk = self._one_newline(chunk)
        if b"\n" not in chunk:
            self._hold(chunk)
            return
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if self._pending:
            self._hold(lines[0])
            lines[0] = bytes(self._pending)
            self._pending.clear()
        for line in lines:
            if (frame := self._line(line)) is not None:
                yield frame
        self._hold(rest)

    def _one_newline(self, chunk: bytes) -> bytes:
        """Turn CRLF and CR into LF; a CR at the cut may be half of a CRLF."""
        if not chunk:
            return chunk
        if self._swallow_lf and chunk[:1] == b"\n":
            chunk = chunk[1:]
        self._swallow_lf = chunk[-1:] == b"\r"
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _hold(self, piece: bytes) -> None:
        self._pending += piece
        self._bound(len(self._pending))

    def _bound(self, size: int) -> None:
        if size > self._limit:
            raise ProtocolError(f"a line or an event of the stream is longer than {self._limit} bytes")

    def _line(self, line: bytes) -> Frame | None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._close()
        self._bound(len(line))
        if line[:5] == b"data:":
            self._data_size += len(line)
            self._bound(self._data_size)
            self._data.append(_text(line[6:] if line[5:6] == b" " else line[5:]))
        elif line[:6] == b"event:":
            self._event = _text(line[6:]).strip()
        # Everything else is a comment, an id or a retry, which no vendor of ours gives a meaning.
        return None

    def _close(self) -> Frame | None:
        frame = Frame(self._event or "message", "\n".join(self._data)) if self._data else None
        self._data, self._data_size, self._event = [], 0, ""
        return frame

    def finish(self) -> Iterator[Frame]:
        """Yield the last frame of a stream that ended without a blank line."""
        if self._pending:
            line = bytes(self._pending)
            self._pending.clear()
            with contextlib.suppress(ProtocolError):  # cut inside a character: the caller sees the missing finish
                self._line(line)
        if (frame := self._close()) is not None:
            yield frame


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"the stream is not UTF-8: {error}", payload=repr(data[:200])) from error
