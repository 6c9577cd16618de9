"""WAV files: what their format is, their frames, and how loud a stretch is.

Read without the standard library's `wave`, which knows whole numbers only: vendors and recorders write floating point,
mu-law and lengths that were never filled in.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
UNKNOWN = 0xFFFFFFFF
"""Stands for a length that nobody knows yet: of a stream."""
_LARGEST = 0xFFFFFFFF - 1024
"""Bytes that the 32 bits of a RIFF length can name, and some room for the header."""


@dataclass(frozen=True, slots=True)
class WavFormat:
    """How the frames of a WAV file are made."""

    code: int = PCM
    channels: int = 1
    rate: int = 24000
    """Frames in a second."""
    bits: int = 16
    """Of one sample."""
    written: bytes = b""
    """The `fmt ` chunk as it stood in a file; made anew if empty."""

    @property
    def frame(self) -> int:
        """Bytes of one frame: a sample of every channel."""
        return self.channels * self.bits // 8

    @property
    def per_second(self) -> int:
        """Bytes in a second."""
        return self.frame * self.rate


@dataclass(frozen=True, slots=True)
class Wav:
    """A WAV file that was taken apart."""

    form: WavFormat
    data: memoryview
    """Whole frames."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.data) / self.form.per_second


def read_wav(file: bytes, *, strict: bool = True) -> Wav:
    """Take a WAV file apart.

    Args:
        file: The whole of it.
        strict: Whether sound that the header names must be there; else what is there is taken.

    Raises:
        ValueError: It is no WAV file, or none whose frames are known; the text says why.
    """
    if file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise ValueError("it is no WAV file")
    form: WavFormat | None = None
    at = 12
    while at + 8 <= len(file):
        name, stated = file[at : at + 4], int.from_bytes(file[at + 4 : at + 8], "little")
        rest = len(file) - at - 8
        if not (name.isascii() and name.decode("ascii").isprintable()):
            break
        if name == b"fmt ":
            form = _read_format(file[at + 8 : at + 8 + min(stated, rest)])
        elif name == b"data":
            if form is None:
                raise ValueError("its sound stands before its format")
            length = rest if stated == 0 or stated >= 0x7FFFFF00 else stated
            if strict and length > rest:
                raise ValueError("sound is missing")
            length = min(length, rest) // form.frame * form.frame
            if not length:
                break
            return Wav(form, memoryview(file)[at + 8 : at + 8 + length])
        at += 8 + stated + stated % 2
    raise ValueError("it has no sound")


def _read_format(chunk: bytes) -> WavFormat:
    if len(chunk) < 16:
        raise ValueError("its format is cut")
    code, channels, rate, _, align, bits = struct.unpack("<HHIIHH", chunk[:16])
    if code == EXTENSIBLE and len(chunk) >= 26:
        code = int.from_bytes(chunk[24:26], "little")
    form = WavFormat(code, channels, rate, bits, bytes(chunk))
    if not (channels and rate and bits and bits % 8 == 0 and align == form.frame):
        raise ValueError(f"its frames are not whole samples (format {code}, {channels} channels, {bits} bits)")
    return form


def write_header(form: WavFormat, length: int | None = None) -> bytes:
    """Write what stands before the frames.

    Args:
        form: Of the frames.
        length: Bytes of frames; None for a stream, whose players read on until it ends.

    Raises:
        ValueError: A WAV file cannot be that long.
    """
    if length is not None and length > _LARGEST:
        raise ValueError("a WAV file holds at most 4 GB")
    chunk = form.written or struct.pack(
        "<HHIIHH", form.code, form.channels, form.rate, form.per_second, form.frame, form.bits
    )
    chunks = [b"fmt ", struct.pack("<I", len(chunk)), chunk, b"\0" * (len(chunk) % 2)]
    if form.code != PCM:
        frames = UNKNOWN if length is None else length // form.frame
        chunks += [b"fact", struct.pack("<II", 4, frames)]
    chunks += [b"data", struct.pack("<I", UNKNOWN if length is None else length)]
    inner = b"WAVE" + b"".join(chunks)
    whole = UNKNOWN if length is None else len(inner) + length + length % 2
    return b"RIFF" + struct.pack("<I", whole) + inner


def write_wav(form: WavFormat, data: bytes | memoryview) -> bytes:
    """Write a whole WAV file."""
    return b"".join((write_header(form, len(data)), data, b"\0" * (len(data) % 2)))


# ---------------------------------------------------------------- how loud

_MU_LAW = bytes(~byte & 0x7F for byte in range(256))
_A_LAW = bytes((byte ^ 0x55) & 0x7F for byte in range(256))
"""Loudness of a byte: both codes rise with it, but for the sign."""


def _peak_of_bytes(table: bytes) -> Callable[[memoryview, int], float]:
    return lambda data, _: max(bytes(data).translate(table), default=0)


def _peak_of_unsigned(data: memoryview, _: int) -> float:
    return max(max(data) - 128, 128 - min(data))


def _peak_of_whole(data: memoryview, width: int) -> float:
    """Look at the highest two bytes of each sample, or at the highest alone where they do not stand together."""
    samples = array("h", bytes(data)) if width == 2 else array("b", bytes(data[width - 1 :: width]))
    if width == 2 and sys.byteorder == "big":
        samples.byteswap()
    return max(max(samples), -min(samples))


def _peak_of_float(data: memoryview, width: int) -> float:
    samples = array("f" if width == 4 else "d", bytes(data))
    if sys.byteorder == "big":
        samples.byteswap()
    return max(max(samples), -min(samples))


_PEAKS: Mapping[tuple[int, int], Callable[[memoryview, int], float]] = {
    (PCM, 1): _peak_of_unsigned, (PCM, 2): _peak_of_whole, (PCM, 3): _peak_of_whole, (PCM, 4): _peak_of_whole,
    (FLOAT, 4): _peak_of_float, (FLOAT, 8): _peak_of_float, (MU_LAW, 1): _peak_of_bytes(_MU_LAW),
    (A_LAW, 1): _peak_of_bytes(_A_LAW),
}  # fmt: skip


def find_quiet(wav: Wav, start: int, end: int) -> int:
    """Return the frame in the middle of the quietest fifth of a second between two frames; the last if none is known.

    Of several that are equally quiet the last one counts, so that pieces are as long as they may be.
    """
    form = wav.form
    peak = _PEAKS.get((form.code, form.bits // 8))
    step = max(1, form.rate // 50)
    if peak is None or end - start < 10 * step:
        return end
    marks = range(start, end - step + 1, step)
    width = form.bits // 8
    loud = [peak(wav.data[at * form.frame : (at + step) * form.frame], width) for at in marks]
    sums = [sum(loud[place : place + 10]) for place in range(len(loud) - 9)]
    best = min(range(len(sums)), key=lambda place: (sums[place], -place))
    return marks[best] + 5 * step


def same_frames(one: WavFormat, other: WavFormat) -> bool:
    """Tell whether frames of one format can stand behind those of another."""
    return replace(one, written=b"") == replace(other, written=b"")
