"""Whole pictures of PNG, JPEG, WebP, GIF and AVIF."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from cncoding.media.inspection.boxes import find_box, list_boxes
from cncoding.media.inspection.facts import Facts, big, little, need

MAX_PIXEL_BYTES = 1 << 30
"""Largest picture that is looked at, unpacked."""
_STEP = 256 * 1024


def read_png(file: BinaryIO, size: int) -> Facts:
    """Check every chunk's sum and unpack the pixels (PNG specification, 2nd edition, 5 and 11.2)."""
    kind = "image/png"
    file.seek(8)
    width = height = pixels = wanted = most = 0
    unpack = zlib.decompressobj()
    while True:
        head = file.read(8)
        need(len(head) == 8, kind, "it ends without IEND")
        length, name = big(head[:4]), head[4:]
        need(file.tell() + length + 4 <= size, kind, f"chunk {name!r} is cut off")
        data = file.read(length)
        need(zlib.crc32(name + data) == big(file.read(4)), kind, f"the sum of chunk {name!r} is wrong")
        if name == b"IHDR":
            width, height = big(data[:4]), big(data[4:8])
            channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(data[9], 0)
            line = (width * channels * data[8] + 7) // 8 + 1
            declared = line * height
            need(declared <= MAX_PIXEL_BYTES, kind, f"it declares {width} x {height} pixels, more than are looked at")
            wanted = 0 if data[12] else declared
            most = 2 * declared + 4096 if data[12] else declared
        elif name == b"IDAT":
            pixels += _count_pixels(unpack, data, most - pixels, kind)
        elif name == b"IEND":
            break
    need(width > 0 and height > 0 and pixels > 0, kind, "it has no pixels")
    need(not wanted or pixels >= wanted, kind, "pixels are missing")
    return Facts(kind, width, height)


def _count_pixels(unpack: zlib._Decompress, data: bytes, most: int, kind: str) -> int:
    """Return how many bytes of pixels data unpacks to, in steps: a bomb is noticed before it has gone off."""
    found = 0
    while data:
        found += len(unpack.decompress(data, _STEP))
        need(found <= most, kind, "it holds more pixels than it declares")
        data = unpack.unconsumed_tail
    return found


def read_jpeg(file: BinaryIO, size: int) -> Facts:
    """Walk the segments to the frame header and look for the end mark (ITU T.81, B.1 and B.2)."""
    kind = "image/jpeg"
    data = file.read()
    at, width, height = 2, 0, 0
    while True:
        need(data[at] == 0xFF, kind, "a segment is out of place")
        while data[at + 1] == 0xFF:
            at += 1
        mark = data[at + 1]
        if mark == 0xDA:
            break
        need(mark != 0xD9, kind, "it ends before the picture")
        length = big(data[at + 2 : at + 4])
        need(length >= 2, kind, "a segment has no length")
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = big(data[at + 5 : at + 7]), big(data[at + 7 : at + 9])
        at += 2 + length
    need(width > 0 and height > 0, kind, "it has no size")
    need(b"\xff\xd9" in data[-4096:], kind, "its end is missing")
    return Facts(kind, width, height)


def read_webp(file: BinaryIO, size: int) -> Facts:
    """Check the stated length and read the size (RFC 9649, 2)."""
    kind = "image/webp"
    head = file.read(40)
    need(little(head[4:8]) + 8 <= size, kind, "it is cut off")
    name = head[12:16]
    if name == b"VP8X":
        return Facts(kind, little(head[24:27]) + 1, little(head[27:30]) + 1)
    if name == b"VP8L":
        bits = little(head[21:25])
        return Facts(kind, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    need(name == b"VP8 ", kind, "it has no picture")
    return Facts(kind, little(head[26:28]) & 0x3FFF, little(head[28:30]) & 0x3FFF)


def read_gif(file: BinaryIO, size: int) -> Facts:
    """Walk the blocks to the end mark: the byte of the mark also stands inside pictures."""
    kind = "image/gif"
    head = file.read(13)
    need(len(head) == 13, kind, "its head is cut")
    file.seek(_colours(head[10]), 1)
    while (mark := file.read(1)) != b"\x3b":
        need(mark in (b"\x21", b"\x2c"), kind, "its end is missing")
        if mark == b"\x21":
            file.seek(1, 1)
        else:
            described = file.read(9)
            need(len(described) == 9, kind, "a picture is cut")
            file.seek(_colours(described[8]) + 1, 1)
        while length := _one(file, kind):
            file.seek(length, 1)
    return Facts(kind, little(head[6:8]), little(head[8:10]))


def _colours(flags: int) -> int:
    """Return the bytes of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _one(file: BinaryIO, kind: str) -> int:
    byte = file.read(1)
    need(bool(byte), kind, "its end is missing")
    return byte[0]


# ---------------------------------------------------------------- AVIF


def read_avif(file: BinaryIO, size: int) -> Facts:
    """Check that the boxes and the places of all items are in the file (ISO 14496-12, 8.11; AVIF 1.1)."""
    kind = "image/avif"
    start, end = find_box(list_boxes(file, 0, size, kind), b"meta", kind)
    meta = list_boxes(file, start + 4, end, kind)
    begin, stop = find_box(meta, b"iloc", kind)
    file.seek(begin)
    places = _list_places(file.read(stop - begin))
    need(bool(places), kind, "it has no picture")
    need(all(until <= size for until in places), kind, "a part of the picture is missing")
    width, height = _read_size(file, *find_box(meta, b"iprp", kind), kind)
    return Facts(kind, width, height)


def _list_places(data: bytes) -> list[int]:
    """Return where in the file each part of each item ends; a box of no version that is known has none."""
    version, sizes, at = data[0], data[4:6], 6
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    found: list[int] = []

    def take(size: int) -> int:
        nonlocal at
        at += size
        need(at <= len(data), "image/avif", "its table of places is cut")
        return big(data[at - size : at])

    for _ in range(take(wide)):
        take(wide)
        within = take(2) & 15 if version in (1, 2) else 0
        take(2)
        base = take(base_size)
        parts = take(2)
        for _ in range(parts if index_size + offset_size + length_size else min(parts, 1)):
            take(index_size)
            offset, length = take(offset_size), take(length_size)
            if within == 0:
                found.append(base + offset + length)
    return found


def _read_size(file: BinaryIO, start: int, end: int, kind: str) -> tuple[int, int]:
    """Return width and height of the largest picture: thumbnails and masks have sizes of their own."""
    inner, stop = find_box(list_boxes(file, start, end, kind), b"ipco", kind)
    sizes = []
    for name, at, _ in list_boxes(file, inner, stop, kind):
        if name == b"ispe":
            file.seek(at + 4)
            sizes.append((big(file.read(4)), big(file.read(4))))
    need(bool(sizes), kind, "it has no size")
    return max(sizes, key=lambda one: one[0] * one[1])
