"""How large a picture is, by its head: nothing is unpacked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cncoding.exchange.media_types import sniff

Sides = tuple[int, int]


def measure(data: bytes) -> Sides | None:
    """Return width and height of a picture in pixels, None if its head does not tell.

    Args:
        data: The whole picture; a JPEG tells its size behind previews of any length.
    """
    reader = _READERS.get(sniff(data[:32]) or "")
    try:
        found = None if reader is None else reader(data)
    except IndexError:
        return None
    return found if found is not None and min(found) > 0 else None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _png(data: bytes) -> Sides:
    return _big(data[16:20]), _big(data[20:24])


def _gif(data: bytes) -> Sides:
    return _little(data[6:8]), _little(data[8:10])


def _bmp(data: bytes) -> Sides:
    """A negative height says that the rows go down."""
    height = int.from_bytes(data[22:26], "little", signed=True)
    return _little(data[18:22]), abs(height)


def _jpeg(data: bytes) -> Sides | None:
    """Walk the segments to the frame header (ITU T.81, B.2)."""
    at = 2
    while at + 9 < len(data):
        mark, length = data[at + 1], _big(data[at + 2 : at + 4])
        if data[at] != 0xFF or length < 2:
            return None
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            return _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7])
        at += 2 + length
    return None


def _webp(data: bytes) -> Sides:
    name = data[12:16]
    if name == b"VP8X":
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if name == b"VP8L":
        bits = _little(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF


def _tiff(data: bytes) -> Sides | None:
    """Read tags 256 and 257 of the first directory (TIFF 6.0, 2)."""
    read = _little if data[:2] == b"II" else _big
    at = read(data[4:8])
    found: dict[int, int] = {}
    for row in range(read(data[at : at + 2])):
        entry = data[at + 2 + 12 * row :][:12]
        tag, kind = read(entry[:2]), read(entry[2:4])
        if tag in (256, 257):
            found[tag] = read(entry[8:10]) if kind == 3 else read(entry[8:12])
    return (found[256], found[257]) if len(found) == 2 else None


def _heif(data: bytes) -> Sides | None:
    """Read the property `ispe`, of which the largest is the picture's (ISO 23008-12, 6.5.3)."""
    found: list[Sides] = []
    at = data.find(b"ispe")
    while at >= 0 and len(found) < 64:
        found.append((_big(data[at + 8 : at + 12]), _big(data[at + 12 : at + 16])))
        at = data.find(b"ispe", at + 4)
    return max(found, key=lambda sides: sides[0] * sides[1], default=None)


_READERS: Mapping[str, Callable[[bytes], Sides | None]] = {
    "image/png": _png, "image/gif": _gif, "image/bmp": _bmp, "image/jpeg": _jpeg, "image/webp": _webp,
    "image/tiff": _tiff, "image/heic": _heif, "image/heif": _heif, "image/avif": _heif,
}  # fmt: skip
