"""Films: an MP4 (ISO base media, H.264) of a given size, frame rate and duration, playable anywhere."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .h264 import Film
from .pictures import picture

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def film(prompt: str, size: tuple[int, int], fps: int, seconds: float, note: str = "") -> bytes:
    """Make a film that shows a prompt.

    Args:
        prompt: What to show; the mark of the picture is in every frame.
        size: Width and height in pixels, both even.
        fps: Frames a second.
        seconds: Duration; there are ``round(fps * seconds)`` frames.
        note: A second line.
    """
    shot = Film(picture(prompt, *size, note=note))
    frames = max(1, round(fps * seconds))
    units = [shot.key_frame(), *(shot.next_frame(i, frames) for i in range(1, frames))]
    samples = [struct.pack(">I", len(unit)) + unit for unit in units]
    ftyp = _box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2avc1mp41")
    place = len(ftyp) + len(_moov(shot, samples, fps, prompt, 0)) + 8
    moov = _moov(shot, samples, fps, prompt, place)
    return b"".join([ftyp, moov, _box(b"mdat", *samples)])


def _moov(shot: Film, samples: list[bytes], fps: int, prompt: str, place: int) -> bytes:
    scale, ticks = fps * 512, 512 * len(samples)
    length = round(1000 * len(samples) / fps)
    mvhd = _full(
        b"mvhd", struct.pack(">4I", 0, 0, 1000, length), struct.pack(">IH", 0x10000, 0x100), bytes(10), MATRIX,
        bytes(24), struct.pack(">I", 2),
    )  # fmt: skip
    tkhd = _full(
        b"tkhd", struct.pack(">5I", 0, 0, 1, 0, length), bytes(16), MATRIX,
        struct.pack(">2I", shot.width << 16, shot.height << 16), flags=7,
    )  # fmt: skip
    mdhd = _full(b"mdhd", struct.pack(">4I2H", 0, 0, scale, ticks, 0x55C4, 0))
    hdlr = _full(b"hdlr", bytes(4), b"vide", bytes(12), b"VideoHandler\x00")
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    minf = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), dinf, _table(shot, samples, place))
    trak = _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf))
    comment = prompt.encode()[:1000]
    # A user-data comment: the film can be told from others without a decoder.
    cmt = _box(b"\xa9cmt", _box(b"data", struct.pack(">2I", 1, 0), comment))
    meta = _full(b"meta", _full(b"hdlr", bytes(4), b"mdirappl", bytes(9)), _box(b"ilst", cmt))
    return _box(b"moov", mvhd, trak, _box(b"udta", meta))


def _table(shot: Film, samples: list[bytes], place: int) -> bytes:
    sps, pps = shot.parameters()
    avcc = b"".join(
        [b"\x01", sps[1:4], b"\xff\xe1", struct.pack(">H", len(sps)), sps, b"\x01", struct.pack(">H", len(pps)), pps]
    )
    entry = _box(
        b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">2H", shot.width, shot.height),
        struct.pack(">2I", 0x480000, 0x480000), bytes(4), struct.pack(">H", 1), bytes(32),
        struct.pack(">Hh", 24, -1), _box(b"avcC", avcc),
    )  # fmt: skip
    count = len(samples)
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">3I", 1, count, 512)),
        _full(b"stss", struct.pack(">2I", 1, 1)),
        _full(b"stsc", struct.pack(">4I", 1, 1, count, 1)),
        _full(b"stsz", struct.pack(">2I", 0, count), struct.pack(f">{count}I", *map(len, samples))),
        _full(b"stco", struct.pack(">2I", 1, place)),
    )


@dataclass(frozen=True)
class Probed:
    """What the boxes of an MP4 say."""

    width: int
    height: int
    frames: int
    seconds: float
    comment: str


def _children(data: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < 8 or start + size > end:
            raise ValueError("broken box")
        found.setdefault(data[start + 4 : start + 8], (start + 8, start + size))
        start += size
    return found


def probe(data: bytes) -> Probed:
    """Read the boxes of an MP4 made here.

    Raises:
        ValueError: It is none, or it was cut.
    """
    top = _children(data, 0, len(data))
    if b"ftyp" not in top or b"moov" not in top or b"mdat" not in top:
        raise ValueError("not an MP4")
    moov = _children(data, *top[b"moov"])
    trak = _children(data, *moov[b"trak"])
    stbl: dict[bytes, tuple[int, int]] = _children(data, *trak[b"mdia"])
    for name in (b"minf", b"stbl"):
        stbl = _children(data, *stbl[name])
    width, height = struct.unpack(">2I", data[trak[b"tkhd"][1] - 8 : trak[b"tkhd"][1]])
    scale, length = struct.unpack(">2I", data[moov[b"mvhd"][0] + 12 : moov[b"mvhd"][0] + 20])
    frames = int.from_bytes(data[stbl[b"stsz"][0] + 8 : stbl[b"stsz"][0] + 12], "big")
    at = data.find(b"\xa9cmt")
    size = int.from_bytes(data[at + 4 : at + 8], "big") if at > 0 else 0
    return Probed(width >> 16, height >> 16, frames, length / scale, data[at + 20 : at + 4 + size].decode())
