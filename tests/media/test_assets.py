"""Reading what a file is from its structure, and noticing what is broken, wherever it is cut."""

from __future__ import annotations

import contextlib
import io
import struct
import tempfile
import time
import tracemalloc
import wave
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from cncoding import ProtocolError
from cncoding.media.inspection import Facts, from_base64, from_hex, inspect
from tests.pace import measure_pace


def drawn(form: str, size: tuple[int, int] = (37, 23), **options: Any) -> bytes:
    out = io.BytesIO()
    options = {"mode": "RGB", **options}
    Image.effect_noise(size, 50).convert(options.pop("mode")).save(out, form, **options)
    return out.getvalue()


def spoken(seconds: float = 0.5, rate: int = 24000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(int(rate * seconds) * 2))
    return out.getvalue()


def box(name: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + name + data


def film(width: int = 1280, height: int = 720, seconds: int = 5, order: str = "moov first") -> bytes:
    mvhd = box(b"mvhd", bytes(12), struct.pack(">II", 1000, seconds * 1000), bytes(80))
    tkhd = box(b"tkhd", bytes(76), struct.pack(">II", width << 16, height << 16))
    sound = box(b"trak", box(b"tkhd", bytes(84)))
    moov = box(b"moov", mvhd, sound, box(b"trak", tkhd))
    mdat = box(b"mdat", bytes(5000))
    head = box(b"ftyp", b"isom", bytes(4), b"isommp41")
    return head + (moov + mdat if order == "moov first" else mdat + box(b"free") + moov)


def page(flags: int, granule: int, number: int, *packets: bytes, serial: int = 7) -> bytes:
    """Write a page of Ogg, with its sum reckoned bit by bit."""
    lengths = b"".join(bytes([255]) * (len(one) // 255) + bytes([len(one) % 255]) for one in packets)
    head = b"OggS\0" + struct.pack("<BQII", flags, granule, serial, number)
    tail = bytes([len(lengths)]) + lengths + b"".join(packets)
    found = 0
    for byte in head + bytes(4) + tail:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ (0x04C11DB7 if found >> 31 else 0)) & 0xFFFFFFFF
    return head + struct.pack("<I", found) + tail


def ogg(codec: str = "opus", last: int = 4) -> bytes:
    heads = {
        "opus": b"OpusHead\1\1" + struct.pack("<HIhB", 312, 24000, 0, 0),
        "vorbis": b"\1vorbis" + struct.pack("<IBIIIIBB", 0, 1, 24000, 0, 64000, 0, 0xB8, 1),
        "flac": b"\x7fFLAC\1\0\0\1fLaC\0\0\0\x22" + bytes(10) + (24000 << 44 | 15 << 36).to_bytes(8, "big") + bytes(16),
    }
    skip, rate = (312, 48000) if codec == "opus" else (0, 24000)
    pages = [page(0, skip + rate * number // 2, 1 + number, bytes(range(200)) * 2) for number in (1, 2)]
    return (
        page(2, 0, 0, heads[codec])
        + page(0, 0, 1, b"OpusTags" + bytes(40))
        + b"".join(pages)
        + page(last, skip + rate * 2, 4, bytes(100))
    )


def element(name: str, *content: bytes, known: bool = True) -> bytes:
    data = b"".join(content)
    return bytes.fromhex(name) + (struct.pack(">Q", 1 << 56 | len(data)) if known else b"\x01" + b"\xff" * 7) + data


def webm(pictures: bool = True, known: bool = True) -> bytes:
    sight = element("e0", element("b0", struct.pack(">H", 640)), element("ba", struct.pack(">H", 360)))
    info = element(
        "1549a966", element("2ad7b1", struct.pack(">I", 1_000_000)), element("4489", struct.pack(">f", 1500))
    )
    track = element("ae", element("d7", b"\1"), sight if pictures else element("e1", element("9f", b"\1")))
    block = element("a3", b"\x81\0\0\x80" + bytes(300))
    clusters = [element("1f43b675", element("e7", bytes([at])), block, block, known=known) for at in (0, 1)]
    inside = [info, element("1654ae6b", track), *clusters]
    return element("1a45dfa3", element("4282", b"webm")) + element("18538067", *inside, known=known)


def facts(data: bytes, expected: str | None = None) -> Facts:
    return inspect(io.BytesIO(data), expected)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (drawn("PNG"), "image/png"),
        (drawn("PNG", mode="RGBA"), "image/png"),
        (drawn("PNG", mode="L"), "image/png"),
        (drawn("PNG", mode="P"), "image/png"),
        (drawn("PNG", mode="1"), "image/png"),
        (drawn("JPEG"), "image/jpeg"),
        (drawn("JPEG", progressive=True), "image/jpeg"),
        (drawn("JPEG", exif=Image.Exif().tobytes()), "image/jpeg"),
        (drawn("WEBP"), "image/webp"),
        (drawn("WEBP", lossless=True), "image/webp"),
        (drawn("WEBP", mode="RGBA"), "image/webp"),
        (drawn("GIF"), "image/gif"),
    ],
)
def test_pictures(data: bytes, media_type: str) -> None:
    assert facts(data, "image") == Facts(media_type, 37, 23)


def test_sound() -> None:
    assert facts(spoken(), "audio") == Facts("audio/wav", duration=0.5)
    streamed = bytearray(spoken())
    streamed[40:44] = b"\xff\xff\xff\xff"  # a length that nobody knew yet
    assert facts(bytes(streamed)).duration == 0.5


@pytest.mark.parametrize("last", [4, 0])
@pytest.mark.parametrize("codec", ["opus", "vorbis", "flac"])
def test_ogg(codec: str, last: int) -> None:
    """A stream that was written live does not say which page is its last."""
    assert facts(ogg(codec, last), "audio") == Facts("audio/ogg", duration=2.0)


def test_a_page_of_ogg_that_is_missing_or_changed_is_noticed() -> None:
    pages = ogg().split(b"OggS")[1:]
    with pytest.raises(ProtocolError, match="a page is missing"):
        facts(b"".join(b"OggS" + one for one in (*pages[:2], *pages[3:])))
    changed = bytearray(ogg())
    changed[-1] ^= 1
    with pytest.raises(ProtocolError, match="sum of a page"):
        facts(bytes(changed))


@pytest.mark.parametrize("known", [True, False])
def test_webm(known: bool) -> None:
    """A recorder that writes live knows no lengths."""
    assert facts(webm(known=known), "video") == Facts("video/webm", 640, 360, 1.5)
    assert facts(webm(pictures=False, known=known), "audio") == Facts("audio/webm", duration=1.5)
    with pytest.raises(ProtocolError, match="audio/webm, not video"):
        facts(webm(pictures=False), "video")
    found = [end for end in range(len(webm(known=known))) if is_whole(webm(known=known)[:end])]
    assert len(found) == (0 if known else 7)  # between two elements of a cluster there is nothing to see


def is_whole(data: bytes) -> bool:
    try:
        facts(data)
    except ProtocolError:
        return False
    return True


def mp3(frames: int = 10, stated: int | None = None) -> bytes:
    frame = b"\xff\xfb\x90\xc4" + bytes(413)  # 128 kbit/s, 44.1 kHz, one channel: 417 bytes
    table = b"" if stated is None else frame[:21] + b"Info\0\0\0\1" + struct.pack(">I", stated) + bytes(384)
    return table + frame * frames


def test_mp3() -> None:
    tag = b"ID3\4\0\x10\0\0\0\x0a" + bytes(10)
    footer = b"3DI\4\0\x10\0\0\0\x0a"
    for data in (
        mp3(),
        mp3(10, 10),
        tag + footer + mp3(),
        mp3() + b"TAG" + bytes(125),
        mp3() + b"APETAGEX" + bytes(24),
    ):
        assert facts(data, "audio").duration == pytest.approx((11 if len(data) > 4580 else 10) * 1152 / 44100, abs=0.03)
    with pytest.raises(ProtocolError, match="its table names are missing"):
        facts(mp3(10, 12))
    with pytest.raises(ProtocolError, match="not frames to its end"):
        facts(mp3() + b"<html>")
    assert facts(mp3()[:-1]).duration  # as every player does


def measure(data: bytes) -> int:
    """Return the most bytes that a look at a file on disk took at once."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        tracemalloc.start()
        try:
            with contextlib.suppress(ProtocolError):
                inspect(file)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_a_long_sound_is_not_read_at_once() -> None:
    assert measure(mp3(60_000)) < 1 << 20
    assert facts(mp3(60_000, 60_000)).duration == pytest.approx(60_001 * 1152 / 44100)


HOSTILE = {
    "film of boxes": box(b"ftyp", b"isom", bytes(4)) + box(b"free") * 300_000,
    "sound of streams": page(2, 0, 0, b"x") + b"".join(page(2, 0, 0, b"x", serial=8 + at) for at in range(12_000)),
    "picture of parts": box(b"ftyp", b"avif", bytes(4), b"avifmif1")
    + box(
        b"meta", bytes(4), box(b"iloc", bytes(6), struct.pack(">H", 60_000), struct.pack(">HHH", 1, 0, 65535) * 60_000)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_of_nothing_but_parts_takes_neither_memory_nor_time(name: str) -> None:
    begun = time.process_time()
    assert measure(HOSTILE[name]) < 40 << 20
    assert time.process_time() - begun < 1000 * measure_pace()
    with pytest.raises(ProtocolError, match="broken"):
        facts(HOSTILE[name])


def test_films() -> None:
    assert facts(film(), "video") == Facts("video/mp4", 1280, 720, 5.0)
    assert facts(film(order="moov last")) == Facts("video/mp4", 1280, 720, 5.0)
    wide = film().replace(
        box(b"mdat", bytes(5000)), struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 5016) + bytes(5000)
    )
    assert facts(wide).duration == 5.0


WHOLE: list[Callable[[], bytes]] = [
    lambda: drawn("PNG"), lambda: drawn("JPEG"), lambda: drawn("GIF"), lambda: drawn("WEBP"), spoken, film,
    lambda: film(order="moov last"), lambda: ogg("opus"), lambda: ogg("vorbis"), webm, lambda: webm(pictures=False),
    lambda: drawn("AVIF"), lambda: drawn("AVIF", mode="RGBA"),
]  # fmt: skip


@pytest.mark.parametrize("make", WHOLE)
def test_cut_anywhere_it_is_broken(make: Callable[[], bytes]) -> None:
    data = make()
    for end in (*range(0, 64), *range(64, len(data) - 1, max(1, len(data) // 40)), len(data) - 1):
        with pytest.raises(ProtocolError):
            facts(data[:end])


def test_the_end_mark_of_a_gif_inside_its_picture_is_no_end() -> None:
    data = next(data for data in iter(lambda: drawn("GIF"), None) if b";" in data[850:-1])
    with pytest.raises(ProtocolError, match="end is missing"):
        facts(data[: data.index(b";", 850) + 1])


def test_an_animated_gif() -> None:
    out = io.BytesIO()
    frames = [Image.effect_noise((20, 10), 50) for _ in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0, comment=b"hi")
    assert facts(out.getvalue()) == Facts("image/gif", 20, 10)


def test_a_changed_pixel_is_noticed() -> None:
    data = bytearray(drawn("PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(ProtocolError, match="sum of chunk"):
        facts(bytes(data))


@pytest.mark.parametrize("data", [b"", b"<html>", b"{}", b"\xff\xf1abc", bytes(100)])
def test_what_is_nothing(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        facts(data)


def test_a_picture_is_no_sound() -> None:
    with pytest.raises(ProtocolError, match="image/png, not audio"):
        facts(drawn("PNG"), "audio")


@pytest.mark.parametrize("text", ["abc", "0x12", "12 34", "zz", "１２"])
def test_strict_hexadecimal(text: str) -> None:
    with pytest.raises(ProtocolError, match="hexadecimal"):
        from_hex(text)
    assert from_hex("00fF") == b"\x00\xff" and from_hex("") == b""


@pytest.mark.parametrize("text", ["abc", "YWJj\n", "YW Jj", "YWJj=", "é"])
def test_strict_base64(text: str) -> None:
    with pytest.raises(ProtocolError, match="Base64"):
        from_base64(text)
    assert from_base64("data:image/png;base64,YWJj") == from_base64("YWJj") == b"abc"
