"""Long recordings in pieces that a route takes: WAV in a pause between words, MP3 between two frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cncoding.media.sound.mp3 import read_mp3
from cncoding.media.sound.wav import Wav, find_quiet, read_wav, write_wav

_HEADER = 4096
"""Bytes that are kept free for what stands before the frames."""
_LATE = 2
"""Frames that a piece of MP3 is shorter than it might be: decoders begin later than the first frame, and count that."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording as a file of its own."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    data: bytes


def measure(file: bytes, media_type: str) -> float | None:
    """Return the seconds of a WAV or MP3 file, None for what is neither or broken."""
    try:
        if media_type == "audio/wav":
            return read_wav(file, strict=False).duration
        if media_type == "audio/mpeg":
            return read_mp3(file).duration
    except (ValueError, IndexError):
        return None
    return None


def cut(file: bytes, media_type: str, *, seconds: float | None, size: int | None) -> Iterator[Piece]:
    """Cut a recording into pieces of at most so many seconds and bytes; one that is short enough comes back as it is.

    Raises:
        ValueError: It is neither WAV nor MP3, or broken.
    """
    if media_type == "audio/wav":
        return _cut_wav(read_wav(file, strict=False), seconds, size)
    if media_type == "audio/mpeg":
        return _cut_mp3(file, seconds, size)
    raise ValueError(f"{media_type} cannot be cut without decoding it")


def _cut_wav(wav: Wav, seconds: float | None, size: int | None) -> Iterator[Piece]:
    form, frames = wav.form, len(wav.data) // wav.form.frame
    most = frames if seconds is None else int(seconds * form.rate)
    if size is not None:
        most = min(most, (size - _HEADER) // form.frame)
    most = max(most, 1)
    at = 0
    while at < frames:
        end = min(at + most, frames)
        if end < frames:
            end = find_quiet(wav, at + most * 2 // 3, end)
        data = wav.data[at * form.frame : end * form.frame]
        yield Piece(at / form.rate, end / form.rate, write_wav(form, data))
        at = end


def _cut_mp3(file: bytes, seconds: float | None, size: int | None) -> Iterator[Piece]:
    found = read_mp3(file)
    most = len(found.frames) if seconds is None else max(1, int(seconds / found.frame) - _LATE)
    at = 0
    while at < len(found.frames):
        end = min(at + most, len(found.frames))
        begin = found.frames[at][0]
        while size is not None and end - at > 1 and found.frames[end - 1][1] - begin > size:
            end -= max(1, (end - at) // 16)
        yield Piece(at * found.frame, end * found.frame, file[begin : found.frames[end - 1][1]])
        at = end
