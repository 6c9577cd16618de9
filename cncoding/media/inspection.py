"""Is this file what it claims to be, and what does it show? Read from its structure, without an imaging library.

`inspect` opens a file of any size with a few reads; it raises for a picture that would not open, a sound that would
not play and a film whose boxes do not fit.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from cncoding.errors import ProtocolError
from cncoding.exchange.media_types import sniff
from cncoding.media.sound.mp3 import read_frame

EXTENSIONS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif", "image/bmp": ".bmp",
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "audio/wav": ".wav", "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg", "audio/flac": ".flac", "audio/mp4": ".m4a", "audio/pcm": ".pcm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is."""

    media_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    """Seconds."""

    @property
    def extension(self) -> str:
        """The ending of its name, with the dot."""
        return EXTENSIONS.get(self.media_type, ".bin")


def from_hex(text: str) -> bytes:
    """Decode hexadecimal text strictly.

    Raises:
        ProtocolError: It has another character or an odd number of digits.
    """
    if len(text) % 2 or not re.fullmatch(r"[0-9a-fA-F]*", text):
        raise ProtocolError("the vendor's data is not hexadecimal", payload=text[:100])
    return bytes.fromhex(text)


def from_base64(text: str) -> bytes:
    """Decode Base64 text strictly, with or without a `data:` prefix.

    Raises:
        ProtocolError: It is not Base64.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    # `b64decode(validate=True)` still takes too much padding.
    if len(text) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text):
        raise ProtocolError("the vendor's data is not Base64", payload=text[:100])
    return base64.b64decode(text)


def inspect(file: BinaryIO, expected: str | None = None) -> Facts:
    """Read what a file is and whether it is whole.

    Args:
        file: Open for reading, at any place.
        expected: image, video or audio; another kind is an error. None accepts any.

    Raises:
        ProtocolError: It is empty, of another kind, or broken.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(32)
    kind = sniff(head) or ("audio/mpeg" if head[:1] == b"\xff" and read_frame(head[:4]) else None)
    if kind is None:
        shown = head.decode("utf-8", errors="replace")
        raise ProtocolError(f"the medium is of no known type ({size} bytes)", payload=shown)
    if expected is not None and not kind.startswith(f"{expected}/"):
        raise ProtocolError(f"the medium is {kind}, not {expected}", payload=repr(head))
    file.seek(0)
    try:
        reader = _READERS.get(kind)
        return Facts(kind) if reader is None else reader(file, size)
    except (IndexError, zlib.error, ValueError) as error:
        raise ProtocolError(f"the {kind} is broken: {error}") from error


def _need(sound: bool, kind: str, why: str) -> None:
    if not sound:
        raise ProtocolError(f"the {kind} is broken: {why}")


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


# ---------------------------------------------------------------- pictures

MAX_PIXEL_BYTES = 1 << 30
"""Largest picture that is looked at, unpacked."""
_STEP = 256 * 1024


def _png(file: BinaryIO, size: int) -> Facts:
    """Check every chunk's sum and unpack the pixels (PNG specification, 2nd edition, 5 and 11.2)."""
    kind = "image/png"
    file.seek(8)
    width = height = pixels = wanted = most = 0
    unpack = zlib.decompressobj()
    while True:
        head = file.read(8)
        _need(len(head) == 8, kind, "it ends without IEND")
        length, name = _big(head[:4]), head[4:]
        _need(file.tell() + length + 4 <= size, kind, f"chunk {name!r} is cut off")
        data = file.read(length)
        _need(zlib.crc32(name + data) == _big(file.read(4)), kind, f"the sum of chunk {name!r} is wrong")
        if name == b"IHDR":
            width, height = _big(data[:4]), _big(data[4:8])
            channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(data[9], 0)
            line = (width * channels * data[8] + 7) // 8 + 1
            declared = line * height
            _need(declared <= MAX_PIXEL_BYTES, kind, f"it declares {width} x {height} pixels, more than are looked at")
            wanted = 0 if data[12] else declared
            most = 2 * declared + 4096 if data[12] else declared
        elif name == b"IDAT":
            pixels += _count_pixels(unpack, data, most - pixels, kind)
        elif name == b"IEND":
            break
    _need(width > 0 and height > 0 and pixels > 0, kind, "it has no pixels")
    _need(not wanted or pixels >= wanted, kind, "pixels are missing")
    return Facts(kind, width, height)


def _count_pixels(unpack: zlib._Decompress, data: bytes, most: int, kind: str) -> int:
    """Return how many bytes of pixels data unpacks to, in steps: a bomb is noticed before it has gone off."""
    found = 0
    while data:
        found += len(unpack.decompress(data, _STEP))
        _need(found <= most, kind, "it holds more pixels than it declares")
        data = unpack.unconsumed_tail
    return found


def _jpeg(file: BinaryIO, size: int) -> Facts:
    """Walk the segments to the frame header and look for the end mark (ITU T.81, B.1 and B.2)."""
    kind = "image/jpeg"
    data = file.read()
    at, width, height = 2, 0, 0
    while True:
        _need(data[at] == 0xFF, kind, "a segment is out of place")
        while data[at + 1] == 0xFF:
            at += 1
        mark = data[at + 1]
        if mark == 0xDA:
            break
        _need(mark != 0xD9, kind, "it ends before the picture")
        length = _big(data[at + 2 : at + 4])
        _need(length >= 2, kind, "a segment has no length")
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = _big(data[at + 5 : at + 7]), _big(data[at + 7 : at + 9])
        at += 2 + length
    _need(width > 0 and height > 0, kind, "it has no size")
    _need(b"\xff\xd9" in data[-4096:], kind, "its end is missing")
    return Facts(kind, width, height)


def _webp(file: BinaryIO, size: int) -> Facts:
    kind = "image/webp"
    head = file.read(40)
    _need(_little(head[4:8]) + 8 <= size, kind, "it is cut off")
    name = head[12:16]
    if name == b"VP8X":
        return Facts(kind, _little(head[24:27]) + 1, _little(head[27:30]) + 1)
    if name == b"VP8L":
        bits = _little(head[21:25])
        return Facts(kind, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    _need(name == b"VP8 ", kind, "it has no picture")
    return Facts(kind, _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF)


def _gif(file: BinaryIO, size: int) -> Facts:
    """Walk the blocks to the end mark: the byte of the mark also stands inside pictures."""
    kind = "image/gif"
    head = file.read(13)
    _need(len(head) == 13, kind, "its head is cut")
    file.seek(_colours(head[10]), 1)
    while (mark := file.read(1)) != b"\x3b":
        _need(mark in (b"\x21", b"\x2c"), kind, "its end is missing")
        if mark == b"\x21":
            file.seek(1, 1)
        else:
            described = file.read(9)
            _need(len(described) == 9, kind, "a picture is cut")
            file.seek(_colours(described[8]) + 1, 1)
        while length := _one(file, kind):
            file.seek(length, 1)
    return Facts(kind, _little(head[6:8]), _little(head[8:10]))


def _colours(flags: int) -> int:
    """Return the bytes of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _one(file: BinaryIO, kind: str) -> int:
    byte = file.read(1)
    _need(bool(byte), kind, "its end is missing")
    return byte[0]


# ---------------------------------------------------------------- sound


def _wav(file: BinaryIO, size: int) -> Facts:
    """Read format and data chunk. A streamed WAV states 0 or the largest number instead of its length."""
    kind = "audio/wav"
    at, rate, length = 12, 0, 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, stated = head[:4], _little(head[4:])
        if name == b"fmt ":
            rate = _little(file.read(16)[8:12])
        elif name == b"data":
            rest = size - at - 8
            length = rest if stated in (0, 0xFFFFFFFF, 0x7FFFFFFF) or stated >= 0x7FFFFF00 else stated
            _need(length <= rest, kind, "sound is missing")
            break
        at += 8 + stated + stated % 2
    _need(rate > 0 and length > 0, kind, "it has no sound")
    return Facts(kind, duration=length / rate)


def _mp3(file: BinaryIO, size: int) -> Facts:
    """Walk the frames (ISO 11172-3, 2.4.2.3) behind an ID3 tag."""
    kind = "audio/mpeg"
    data = file.read()
    at = 0
    if data[:3] == b"ID3":
        at = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
        while at < len(data) and data[at] == 0:
            at += 1
    frames, seconds = 0, 0.0
    while (frame := read_frame(data[at : at + 4])) is not None:
        at += frame[0]
        seconds += frame[1]
        frames += 1
    _need(frames > 0, kind, "it has no frames")
    rest = data[at : at + 3]
    _need(
        at >= len(data) or rest in (b"TAG", b"APE", b"ID3") or not any(data[at:]), kind, "it is not frames to its end"
    )
    return Facts(kind, duration=seconds)


def _flac(file: BinaryIO, size: int) -> Facts:
    head = file.read(42)
    bits = _big(head[18:26])
    rate, samples = bits >> 44, bits & 0xFFFFFFFFF
    _need(head[4] & 0x7F == 0 and rate > 0, "audio/flac", "it has no stream information")
    return Facts("audio/flac", duration=samples / rate if samples else None)


# ---------------------------------------------------------------- films


def _mp4(file: BinaryIO, size: int) -> Facts:
    """Check that the boxes fill the file, and read length and size from `moov` (ISO 14496-12, 4.2 and 8)."""
    head = file.read(32)
    kind = sniff(head) or "video/mp4"
    boxes = list(_boxes(file, 0, size, kind))
    names = {name for name, _, _ in boxes}
    _need(b"moov" in names, kind, "the box moov is missing")
    _need(bool(names & {b"mdat", b"moof"}), kind, "the box mdat is missing")
    start, end = next((start, end) for name, start, end in boxes if name == b"moov")
    duration, width, height = None, None, None
    for name, inner, stop in _boxes(file, start, end, kind):
        if name == b"mvhd":
            file.seek(inner)
            data = file.read(32)
            scale, length = (
                (_big(data[20:24]), _big(data[24:32])) if data[0] else (_big(data[12:16]), _big(data[16:20]))
            )
            duration = length / scale if scale else None
        elif name == b"trak":
            for part, _, to in _boxes(file, inner, stop, kind):
                if part == b"tkhd":
                    file.seek(to - 8)
                    data = file.read(8)
                    if _big(data[:2]) and _big(data[4:6]):
                        width, height = _big(data[:2]), _big(data[4:6])
    return Facts(kind, width, height, duration)


def _boxes(file: BinaryIO, start: int, end: int, kind: str) -> list[tuple[bytes, int, int]]:
    """Return name, start of the content and end of every box between two places."""
    found: list[tuple[bytes, int, int]] = []
    at = start
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        length, name, skip = _big(head[:4]), head[4:8], 8
        if length == 1:
            length, skip = _big(head[8:16]), 16
        elif length == 0:
            length = end - at
        _need(length >= skip and at + length <= end, kind, f"the box {name!r} is cut off")
        found.append((name, at + skip, at + length))
        at += length
    return found


_READERS = {
    "image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "image/gif": _gif, "audio/wav": _wav,
    "audio/mpeg": _mp3, "audio/flac": _flac, "video/mp4": _mp4, "video/quicktime": _mp4, "audio/mp4": _mp4,
}  # fmt: skip
