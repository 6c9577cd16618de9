"""Whole films of MP4, QuickTime and WebM."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cncoding.exchange.media_types import sniff
from cncoding.media.inspection.boxes import find_box, list_boxes
from cncoding.media.inspection.facts import Facts, big, need


def read_mp4(file: BinaryIO, size: int) -> Facts:
    """Check that the boxes fill the file, and read length and size from `moov` (ISO 14496-12, 4.2 and 8)."""
    head = file.read(32)
    kind = sniff(head) or "video/mp4"
    boxes = list_boxes(file, 0, size, kind)
    names = {name for name, _, _ in boxes}
    file.seek(boxes[-1][2])
    need(not any(file.read(8)), kind, "it ends within a box")
    start, end = find_box(boxes, b"moov", kind)
    need(bool(names & {b"mdat", b"moof"}), kind, "the box mdat is missing")
    duration, width, height = None, None, None
    for name, inner, stop in list_boxes(file, start, end, kind):
        if name == b"mvhd":
            file.seek(inner)
            data = file.read(32)
            scale, length = (big(data[20:24]), big(data[24:32])) if data[0] else (big(data[12:16]), big(data[16:20]))
            duration = length / scale if scale else None
        elif name == b"trak":
            for part, _, to in list_boxes(file, inner, stop, kind):
                if part == b"tkhd":
                    file.seek(to - 8)
                    data = file.read(8)
                    if big(data[:2]) and big(data[4:6]):
                        width, height = big(data[:2]), big(data[4:6])
    return Facts(kind, width, height, duration)


# ---------------------------------------------------------------- WebM

_HEAD, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0xE0, 0xB0, 0xBA
_TOP = frozenset((_SEGMENT, _CLUSTER, _INFO, _TRACKS, 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1043A770, 0x1941A469))
"""Elements that end a cluster of unknown length: the segment and all that stand right in it (RFC 9559, 5.1)."""


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of EBML (RFC 8794)."""

    id: int
    start: int
    """Of its content."""
    end: int | None
    """None where the writer did not know it."""


def read_webm(file: BinaryIO, size: int) -> Facts:
    """Walk the elements (RFC 8794, RFC 9559) to the end of the file; a live one may not know its lengths."""
    kind = "video/webm"
    scale, length, width, height, films, clusters = 1_000_000, None, None, None, False, 0
    for one in _list_parts(file, size, kind):
        if one.id == _CLUSTER:
            clusters += 1
        elif one.id == _INFO:
            for part in _list_elements(file, one.start, one.end or size, kind):
                data = _read(file, part, size)
                scale = big(data) if part.id == _SCALE else scale
                length = _read_float(data) if part.id == _DURATION else length
        elif one.id == _TRACKS:
            for track in _list_elements(file, one.start, one.end or size, kind):
                if track.id == _TRACK:
                    found = _read_track(file, track, size, kind)
                    films = films or found is not None
                    width, height = found or (width, height)
    need(clusters > 0, kind, "it has no cluster")
    duration = None if length is None else length * scale / 1e9
    return Facts(kind if films else "audio/webm", width, height, duration)


def _list_parts(file: BinaryIO, size: int, kind: str) -> Iterator[_Element]:
    """Yield what stands right in the segment."""
    at = 0
    while at < size:
        one = _read_element(file, at, size, kind)
        if one.id == _SEGMENT:
            need(one.end is None or one.end <= size, kind, "it is cut off")
            at = one.start
            continue
        if one.id not in (_HEAD, _CLUSTER) or one.end is not None:
            need(one.end is not None and one.end <= size, kind, "it is cut off")
            at = one.end or size
        else:
            at = _skip_cluster(file, one.start, size, kind)
        yield one


def _skip_cluster(file: BinaryIO, at: int, size: int, kind: str) -> int:
    """Return the end of a cluster that does not know it."""
    while at < size:
        one = _read_element(file, at, size, kind)
        if one.id in _TOP:
            return at
        need(one.end is not None and one.end <= size, kind, "it is cut off")
        at = one.end or size
    return at


def _list_elements(file: BinaryIO, at: int, end: int, kind: str) -> Iterator[_Element]:
    while at < end:
        one = _read_element(file, at, end, kind)
        need(one.end is not None and one.end <= end, kind, "an element is longer than what it stands in")
        at = one.end or end
        yield one


def _read_element(file: BinaryIO, at: int, end: int, kind: str) -> _Element:
    file.seek(at)
    head = file.read(min(12, end - at))
    need(len(head) >= 2 and head[0] >= 0x10, kind, "it is cut off")
    width = 9 - head[0].bit_length()
    need(len(head) > width and head[width] > 0, kind, "it is cut off")
    long = 9 - head[width].bit_length()
    need(len(head) >= width + long, kind, "it is cut off")
    mask = (1 << 7 * long) - 1
    stated = big(head[width : width + long]) & mask
    start = at + width + long
    return _Element(big(head[:width]), start, None if stated == mask else start + stated)


def _read(file: BinaryIO, one: _Element, size: int) -> bytes:
    file.seek(one.start)
    return file.read(min(8, (one.end or size) - one.start))


def _read_float(data: bytes) -> float | None:
    if len(data) not in (4, 8):
        return None
    (found,) = struct.unpack(">f" if len(data) == 4 else ">d", data)
    return float(found)


def _read_track(file: BinaryIO, track: _Element, size: int, kind: str) -> tuple[int, int] | None:
    """Return width and height of a track of pictures, None for one of sound."""
    for part in _list_elements(file, track.start, track.end or size, kind):
        if part.id == _VIDEO:
            values = {
                one.id: big(_read(file, one, size)) for one in _list_elements(file, part.start, part.end or 0, kind)
            }
            return values.get(_WIDTH, 0), values.get(_HEIGHT, 0)
    return None
