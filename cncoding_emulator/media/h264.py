"""A very small H.264 encoder (baseline): one frame of raw blocks, then frames that repeat it.

Every macroblock of the first frame is I_PCM; later frames skip all macroblocks but one, which travels along the
lower edge, so that the film moves. Any player or browser decodes it. ITU-T H.264, 7.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PIL import Image

LEVELS = ((1620, 30), (3600, 31), (8192, 40), (22080, 50), (36864, 52))
NO_ZERO = bytes([1, *range(1, 256)])


class Bits:
    """Bits in the order in which the standard writes them."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def u(self, width: int, value: int) -> Bits:
        """Write an unsigned number of fixed width."""
        self._text.append(format(value, f"0{width}b"))
        return self

    def ue(self, *values: int) -> Bits:
        """Write Exp-Golomb numbers."""
        for value in values:
            code = format(value + 1, "b")
            self._text.append("0" * (len(code) - 1) + code)
        return self

    def align(self) -> Bits:
        """Fill up with zero bits."""
        text = "".join(self._text)
        self._text = [text + "0" * (-len(text) % 8)]
        return self

    def close(self) -> Bits:
        """Write the stop bit and fill up."""
        return self.u(1, 1).align()

    def bytes(self) -> bytes:
        """Return the whole bytes."""
        text = "".join(self._text)
        return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


def _nal(head: int, body: bytes) -> bytes:
    """Return a unit with its emulation prevention bytes."""
    return bytes([head]) + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", body)


class Film:
    """The units of a film of one picture.

    Args:
        image: The first frame; its size is the size of the film, both sides even.
    """

    def __init__(self, image: Image.Image) -> None:
        self.width, self.height = image.size
        self.columns, self.rows = (self.width + 15) // 16, (self.height + 15) // 16
        self.level = next((n for blocks, n in LEVELS if self.columns * self.rows <= blocks), 62)
        self._image = image

    def parameters(self) -> tuple[bytes, bytes]:
        """Return the sequence and the picture parameter set."""
        bits = Bits().u(8, 66).u(8, 0xC0).u(8, self.level).ue(0, 4, 2, 1).u(1, 0)
        bits.ue(self.columns - 1, self.rows - 1).u(1, 1).u(1, 1)
        right, bottom = self.columns * 16 - self.width, self.rows * 16 - self.height
        bits.u(1, int(bool(right or bottom)))
        if right or bottom:
            bits.ue(0, right // 2, 0, bottom // 2)
        # Colours: full range, BT.601, as Pillow converts.
        bits.u(1, 1).u(2, 0).u(1, 1).u(3, 5).u(1, 1).u(1, 1).u(8, 6).u(8, 6).u(8, 6).u(6, 0)
        pps = Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0b100)
        return _nal(0x67, bits.close().bytes()), _nal(0x68, pps.close().bytes())

    def key_frame(self) -> bytes:
        """Return the first frame."""
        head = Bits().ue(0, 7, 0).u(8, 0).ue(0).u(2, 0).ue(0, 1).ue(25).align().bytes()
        blocks = self._blocks()
        return _nal(0x65, b"".join([head, next(blocks), *(b"\x0d\x00" + b for b in blocks), b"\x80"]))

    def next_frame(self, number: int, of: int) -> bytes:
        """Return frame ``number`` (from 1) of ``of``: all as before, but for the travelling block."""
        total = self.columns * self.rows
        place = total - self.columns + number * self.columns // max(of, 1) % self.columns
        bits = Bits().ue(0, 5, 0).u(8, number % 256).u(3, 0).ue(0, 1)
        bits.ue(place, 30).align()
        shade = bytes([255 - number * 200 // max(of, 1)]) * 256
        tail = Bits()
        if total - place - 1:
            tail.ue(total - place - 1)
        return _nal(0x41, bits.bytes() + shade + b"\x80" * 128 + tail.close().bytes())

    def _blocks(self) -> Iterator[bytes]:
        wide, high = self.columns * 16, self.rows * 16
        padded = Image.new("RGB", (wide, high))
        padded.paste(self._image)
        luma, blue, red = padded.convert("YCbCr").split()
        planes = [luma.tobytes().translate(NO_ZERO)]
        for channel in (blue, red):
            half = channel.resize((wide // 2, high // 2), Image.Resampling.BOX)
            planes.append(half.tobytes().translate(NO_ZERO))
        for row in range(self.rows):
            lines = [planes[0][(row * 16 + i) * wide : (row * 16 + i + 1) * wide] for i in range(16)]
            half_wide = wide // 2
            for plane in planes[1:]:
                lines += [plane[(row * 8 + i) * half_wide : (row * 8 + i + 1) * half_wide] for i in range(8)]
            for column in range(self.columns):
                a, b = column * 16, column * 8
                yield b"".join([*(x[a : a + 16] for x in lines[:16]), *(x[b : b + 8] for x in lines[16:])])
