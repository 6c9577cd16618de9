"""Marks: a strip of black and white blocks that carries a short ASCII text through a picture.

A test draws a mark into a chart or page; if the picture reaches the emulator intact, the text comes back in
the answer ("mark: REVENUE-42"). The strip is read along one pixel row, like a bar code, so it survives
scaling (down to about two pixels a block), JPEG, and other things on the page; not rotation.

Layout in modules (one module = one block width), inside a thin frame with four modules of white around::

    start guard   B4 W1 B1 W1 B1 W4
    data          8 bits a byte, most significant first, black = 1:
                  length (1 byte), text (ASCII), CRC-16/XMODEM of length and text (2 bytes)
    end guard     W4 B1 W1 B1 W1 B4
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from PIL import Image, ImageDraw

GUARD = (4, 1, 1, 1, 1, 4)
GUARD_WIDTH = sum(GUARD)
LONGEST = 40
_RUNS = re.compile(rb"\x00+|\xff+")

Run = tuple[int, int]


def draw(text: str, module: int = 4, height: int = 32) -> Image.Image:
    """Draw a mark.

    Args:
        text: 1 to 40 printable ASCII characters.
        module: Pixels per block; choose it so that two remain after all scaling.
        height: Pixels of the blocks.

    Raises:
        ValueError: The text is empty, too long or not printable ASCII.
    """
    if not 1 <= len(text) <= LONGEST or not (text.isascii() and text.isprintable()):
        raise ValueError("a mark carries 1 to 40 printable ASCII characters")
    blocks = _blocks(text)
    quiet = 4 * module
    size = (len(blocks) * module + 2 * (quiet + module), height + 2 * (quiet + module))
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline="black", width=module)
    for i, black in enumerate(blocks):
        if black:
            left = quiet + module + i * module
            pen.rectangle((left, quiet + module, left + module - 1, quiet + module + height - 1), fill="black")
    return image


def _blocks(text: str) -> list[int]:
    head = bytes([len(text)]) + text.encode("ascii")
    data = head + binascii.crc_hqx(head, 0).to_bytes(2, "big")
    bits = [byte >> shift & 1 for byte in data for shift in range(7, -1, -1)]
    start = [1 - i % 2 for i, run in enumerate(GUARD) for _ in range(run)]
    return [*start, *bits, *reversed(start)]


def read(image: Image.Image) -> str | None:
    """Find a mark anywhere in an image and return its text, or None."""
    gray = image.convert("L").point(lambda value: 255 if value > 127 else 0)
    raw, width = gray.tobytes(), gray.width
    for top in _row_order(gray.height):
        row = raw[top * width : (top + 1) * width]
        if 0 not in row:
            continue
        text = _read_row(row)
        if text is not None:
            return text
    return None


def read_all(image: Image.Image) -> tuple[tuple[str, float, float], ...]:
    """Find every mark in an image: its text and its centre, in fractions of width and height, from top to bottom."""
    gray = image.convert("L").point(lambda value: 255 if value > 127 else 0)
    raw, width = gray.tobytes(), gray.width
    found: list[list[float]] = []
    texts: list[str] = []
    step = max(2, gray.height // 400)
    for top in range(step // 2, gray.height, step):
        row = raw[top * width : (top + 1) * width]
        for text, left, right in _read_all_in_row(row) if 0 in row else ():
            centre = (left + right) / 2 / width
            for place, (x, _, last) in enumerate(found):
                # The same mark is met again in the rows below; the same text elsewhere is another mark.
                if texts[place] == text and abs(x - centre) < 0.05 and top - last <= 4 * step:
                    found[place][2] = top
                    break
            else:
                texts.append(text)
                found.append([centre, top, top])
    marks = zip(texts, found, strict=True)
    return tuple((text, x, (first + last) / 2 / gray.height) for text, (x, first, last) in marks)


def _read_all_in_row(row: bytes) -> Iterator[tuple[str, int, int]]:
    runs: list[Run] = [(m.start(), m.end()) for m in _RUNS.finditer(row)]
    first_black = 0 if row[0] == 0 else 1
    starts = [i for i in range(first_black, len(runs) - 6, 2) if _is_start(runs, i)]
    ends = [i for i in range(first_black, len(runs), 2) if i >= 5 and _is_end(runs, i)] if starts else []
    after = -1
    for start in starts:
        for end in ends:
            if end > start > after:
                text = _decode(row, runs[start], runs[start + 4], runs[end])
                if text is not None:
                    yield text, runs[start][0], runs[end][1]
                    after = end
                    break


def _row_order(height: int) -> Iterator[int]:
    """Rows worth reading: a mark is many rows high, so about 400 of a tall page are enough."""
    step = max(2, height // 400)
    for start in (step // 2, 0):
        yield from range(start, height, step)


def _read_row(row: bytes) -> str | None:
    runs: list[Run] = [(m.start(), m.end()) for m in _RUNS.finditer(row)]
    first_black = 0 if row[0] == 0 else 1
    starts = [i for i in range(first_black, len(runs) - 6, 2) if _is_start(runs, i)]
    if not starts:
        return None
    ends = [i for i in range(first_black, len(runs), 2) if i >= 5 and _is_end(runs, i)]
    for start in starts:
        for end in ends:
            if end > start:
                text = _decode(row, runs[start], runs[start + 4], runs[end])
                if text is not None:
                    return text
    return None


def _fits(runs: list[Run], wanted: tuple[int, ...]) -> bool:
    total = runs[-1][1] - runs[0][0]
    unit = total / sum(wanted)
    return unit >= 1.4 and all(abs(b - a - w * unit) <= 0.65 * unit for (a, b), w in zip(runs, wanted, strict=True))


def _is_start(runs: list[Run], i: int) -> bool:
    if not _fits(runs[i : i + 5], GUARD[:5]):
        return False
    unit = (runs[i + 4][1] - runs[i][0]) / 8
    return runs[i + 5][1] - runs[i + 5][0] >= 3.3 * unit


def _is_end(runs: list[Run], i: int) -> bool:
    return _fits(runs[i - 4 : i + 1], GUARD[4::-1])


def _decode(row: bytes, first: Run, fifth: Run, last: Run) -> str | None:
    left, right = first[0], last[1]
    unit = (fifth[1] - left) / 8
    rough = round(((right - left) / unit - 2 * GUARD_WIDTH) / 8)
    for size in sorted(range(max(4, rough - 3), rough + 4), key=lambda n: abs(n - rough)):
        step = (right - left) / (size * 8 + 2 * GUARD_WIDTH)
        bits = [row[min(len(row) - 1, int(left + (GUARD_WIDTH + i + 0.5) * step))] == 0 for i in range(size * 8)]
        data = bytes(sum(bit << 7 - k for k, bit in enumerate(bits[i : i + 8])) for i in range(0, size * 8, 8))
        if data[0] == size - 3 and binascii.crc_hqx(data[:-2], 0) == int.from_bytes(data[-2:], "big"):
            return data[1:-2].decode("ascii", "replace")
    return None
