"""Boxes of the ISO base media file format (ISO 14496-12, 4.2), of which MP4 and AVIF files are made."""

from __future__ import annotations

from typing import BinaryIO

from cncoding.media.inspection.facts import big, need

_MOST = 100_000
"""Most boxes within one: two for every second of 14 hours, as live films have them."""


def list_boxes(file: BinaryIO, start: int, end: int, kind: str) -> list[tuple[bytes, int, int]]:
    """Return name, start of the content and end of every box between two places."""
    found: list[tuple[bytes, int, int]] = []
    at = start
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        length, name, skip = big(head[:4]), head[4:8], 8
        if length == 1:
            length, skip = big(head[8:16]), 16
        elif length == 0:
            length = end - at
        need(length >= skip and at + length <= end, kind, f"the box {name!r} is cut off")
        need(len(found) < _MOST, kind, "it has more boxes than any film")
        found.append((name, at + skip, at + length))
        at += length
    return found


def find_box(boxes: list[tuple[bytes, int, int]], name: bytes, kind: str) -> tuple[int, int]:
    """Return start and end of the content of the first box of a name.

    Raises:
        ProtocolError: There is none.
    """
    for found, start, end in boxes:
        if found == name:
            return start, end
    need(False, kind, f"the box {name.decode('ascii', 'replace')} is missing")
    raise AssertionError("need has raised")
