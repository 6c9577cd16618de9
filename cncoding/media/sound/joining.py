"""Sounds behind one another as one file: whole frames, no header between them, the lengths right at the end.

A joiner is fed whole files in order and returns what is to be written; nothing is kept of what was written.
"""

from __future__ import annotations

from typing import Protocol

from cncoding.media.sound.mp3 import read_mp3
from cncoding.media.sound.wav import WavFormat, read_wav, same_frames, write_header


class Joiner(Protocol):
    """Makes one file of several."""

    seconds: float
    """Length of what was added so far; 0 where the bytes do not tell it."""

    def add(self, sound: bytes) -> bytes:
        """Return what is to be written for the next file.

        Raises:
            ValueError: It cannot stand behind those before it; the text says why.
        """

    def finish(self) -> tuple[bytes, bytes]:
        """Return what is to be written at the end, and what over the beginning."""


class WavJoiner:
    """Joins WAV files whose frames are alike."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._form: WavFormat | None = None
        self._length = 0

    def add(self, sound: bytes) -> bytes:
        """Return the frames of the next file, behind a header for the first."""
        wav = read_wav(sound)
        if self._form is not None and not same_frames(self._form, wav.form):
            raise ValueError(f"{_describe(wav.form)} cannot stand behind {_describe(self._form)}")
        head = b"" if self._form is not None else write_header(wav.form)
        self._form = self._form or wav.form
        write_header(self._form, self._length + len(wav.data))  # raises if a WAV file cannot be that long
        self._length += len(wav.data)
        self.seconds += wav.duration
        return head + wav.data

    def finish(self) -> tuple[bytes, bytes]:
        """Return the byte that makes the length even, and the header with the lengths."""
        if self._form is None:
            return b"", b""
        return b"\0" * (self._length % 2), write_header(self._form, self._length)


class Mp3Joiner:
    """Joins MP3 files of one version, rate and number of channels; their tags and tables of contents are left out."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._form: tuple[int, int, bool] | None = None

    def add(self, sound: bytes) -> bytes:
        """Return the frames of the next file."""
        found = read_mp3(sound)
        if self._form is not None and found.form != self._form:
            raise ValueError(
                f"MP3 of {found.form[1]} Hz cannot stand behind MP3 of {self._form[1]} Hz, or channels differ"
            )
        self._form = found.form
        self.seconds += found.duration
        return sound[found.frames[0][0] : found.frames[-1][1]] if found.frames else b""

    def finish(self) -> tuple[bytes, bytes]:
        """Return nothing."""
        return b"", b""


class RawJoiner:
    """Joins samples without a header, of which nothing is known but their width."""

    def __init__(self, width: int = 2) -> None:
        self.seconds = 0.0
        self._width = width

    def add(self, sound: bytes) -> bytes:
        """Return the whole samples."""
        return sound[: len(sound) // self._width * self._width]

    def finish(self) -> tuple[bytes, bytes]:
        """Return nothing."""
        return b"", b""


def choose_joiner(first: bytes, media_type: str | None) -> Joiner:
    """Return the joiner for files like the first.

    Raises:
        ValueError: Files of that type cannot be joined.
    """
    if first[:4] == b"RIFF":
        return WavJoiner()
    if media_type == "audio/pcm":
        return RawJoiner()
    if first[:3] == b"ID3" or first[:1] == b"\xff":
        return Mp3Joiner()
    raise ValueError(f"{media_type or 'sound of an unknown type'} cannot be joined")


def join(sounds: list[bytes], media_type: str | None) -> tuple[bytes, float]:
    """Join files in memory and return the one file and its seconds.

    Raises:
        ValueError: They cannot be joined.
    """
    joiner = choose_joiner(sounds[0], media_type)
    pieces = [joiner.add(sound) for sound in sounds]
    tail, head = joiner.finish()
    whole = b"".join((*pieces, tail))
    return head + whole[len(head) :], joiner.seconds


def _describe(form: WavFormat) -> str:
    return f"WAV of {form.rate} Hz, {form.channels} channels and {form.bits} bits"
