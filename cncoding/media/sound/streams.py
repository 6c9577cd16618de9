"""Sound that comes in pieces: what it is, and several streams behind one another as one."""

from __future__ import annotations

from dataclasses import dataclass

from cncoding.media.sound.mp3 import is_table, read_frame, skip_tags
from cncoding.media.sound.wav import PCM, WavFormat, write_header

_LONGEST_HEAD = 1 << 20
"""Bytes of tags and headers that are waited for before sound has to come."""


@dataclass(frozen=True, slots=True)
class SoundKind:
    """What the pieces of a stream are."""

    media_type: str
    """`audio/pcm` is samples of 16 bits without a header."""
    rate: int | None = None
    """Samples in a second, of `audio/pcm`."""
    channels: int = 1

    def write_header(self) -> bytes:
        """Write the header with which samples are a WAV file whose length nobody knows yet.

        Raises:
            ValueError: They are no samples without a header.
        """
        if self.media_type != "audio/pcm" or self.rate is None:
            raise ValueError(f"the pieces are {self.media_type} already, which has headers of its own")
        return write_header(WavFormat(PCM, self.channels, self.rate, 16))


class StreamJoiner:
    """Leaves out of every stream but the first what stands before its sound: a header, tags, a table of contents."""

    def __init__(self, kind: SoundKind) -> None:
        self._kind = kind.media_type
        self._number = 0
        self._held = b""
        self._begun = True
        self._odd = False

    def begin(self) -> None:
        """Begin another stream."""
        self._number += 1
        self._held, self._begun = b"", self._number == 1

    def feed(self, piece: bytes) -> bytes:
        """Return what of a piece is sound, none while its beginning is not whole."""
        if self._kind == "audio/pcm":
            return self._align(piece)
        if self._begun:
            return piece
        self._held += piece
        start = _find_sound(self._held)
        if start is None and len(self._held) < _LONGEST_HEAD:
            return b""
        self._begun = True
        found, self._held = self._held[start or 0 :], b""
        return found

    def finish(self) -> bytes:
        """Return what was held back of a stream that ended before its beginning was whole."""
        if self._odd:
            self._odd = False
            return b"\0"  # half a sample: the samples of the next stream begin at a whole one
        found, self._held = self._held, b""
        return found

    def _align(self, piece: bytes) -> bytes:
        self._odd ^= bool(len(piece) % 2)
        return piece


def _find_sound(data: bytes) -> int | None:
    """Return where the sound of a stream begins; None while that cannot be told, 0 where it has no head."""
    if len(data) < 12:
        return None
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        place = data.find(b"data", 12)
        return place + 8 if place >= 0 and len(data) >= place + 8 else None
    at = skip_tags(data)
    frame = read_frame(data[at : at + 4])
    if frame is None:
        return at if len(data) >= at + 4 else None
    if len(data) < at + frame[0]:
        return None
    return at + (frame[0] if is_table(data[at : at + frame[0]]) else 0)
