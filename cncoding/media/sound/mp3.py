"""MP3 files: their frames (ISO 11172-3, 2.4.2.3), and what stands around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BITRATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def read_frame(head: bytes) -> tuple[int, float] | None:
    """Return length in bytes and seconds of an MPEG audio layer III frame, None if it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] & 0x06 != 0x02:
        return None
    version = head[1] >> 3 & 3
    if version == 1 or head[2] >> 2 & 3 == 3:
        return None
    bitrate = _BITRATES[3 if version == 3 else 2][head[2] >> 4] * 1000
    rate = _RATES[version][head[2] >> 2 & 3]
    if not bitrate:
        return None
    samples = 1152 if version == 3 else 576
    return samples // 8 * bitrate // rate + (head[2] >> 1 & 1), samples / rate


@dataclass(frozen=True, slots=True)
class Mp3:
    """An MP3 file that was taken apart."""

    form: tuple[int, int, bool]
    """Version, frames in a second, and whether one channel: what all frames of a file have in common."""
    frames: tuple[tuple[int, int], ...]
    """Start and end of each frame of sound, in order and without holes."""
    frame: float
    """Seconds of one frame."""
    end: int
    """Where the frames end in the file."""
    stated: int | None = None
    """Frames that the file's own table of contents names."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.frames) * self.frame


def skip_tags(file: bytes | memoryview) -> int:
    """Return where the frames begin behind ID3v2 tags and zeros."""
    at = 0
    while bytes(file[at : at + 3]) == b"ID3" and len(file) >= at + 10:
        at += measure_tag(file[at : at + 10])
        while at < len(file) and file[at] == 0:
            at += 1
    return at


def measure_tag(head: bytes | memoryview) -> int:
    """Return the bytes of an ID3v2 tag by its first ten, with its footer."""
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def read_mp3(file: bytes) -> Mp3:
    """Take an MP3 file apart; a frame that is cut at its end is none.

    Raises:
        ValueError: It has no frames.
    """
    at = skip_tags(file)
    begin, head = at, file[at : at + 4]
    frames = tuple(_walk(file, at))
    if not frames:
        raise ValueError("it has no frames")
    end = frames[-1][1]
    stated = None
    if (table := find_table(file[frames[0][0] : frames[0][1]])) is not None:
        stated, frames = table[0], frames[1:]
    first = read_frame(head)
    assert first is not None
    form = (head[1] >> 3 & 3, _RATES[head[1] >> 3 & 3][head[2] >> 2 & 3], head[3] >> 6 == 3)
    return Mp3(form, frames, first[1], end if frames or stated else begin, stated)


def _walk(file: bytes, at: int) -> Iterator[tuple[int, int]]:
    while (frame := read_frame(file[at : at + 4])) is not None and at + frame[0] <= len(file):
        yield at, at + frame[0]
        at += frame[0]


def find_table(frame: bytes) -> tuple[int | None] | None:
    """Return the number of frames that a first frame tells (Xing, Info, VBRI) instead of sound; None if it is sound."""
    mono, full = frame[3] >> 6 == 3, frame[1] >> 3 & 3 == 3
    place = 4 + ((17 if mono else 32) if full else (9 if mono else 17)) + (0 if frame[1] & 1 else 2)
    if frame[place : place + 4] in (b"Xing", b"Info"):
        return (int.from_bytes(frame[place + 8 : place + 12], "big") if frame[place + 7] & 1 else None,)
    if frame[36:40] == b"VBRI":
        return (int.from_bytes(frame[50:54], "big"),)
    return None


def is_table(frame: bytes) -> bool:
    """Tell whether a first frame is a table of contents instead of sound."""
    return find_table(frame) is not None
