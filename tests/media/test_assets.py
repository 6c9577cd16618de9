"""Reading what a file is from its structure, and noticing what is broken, wherever it is cut."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from cncoding import ProtocolError
from cncoding.media.inspection import Facts, from_base64, from_hex, inspect


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


def test_films() -> None:
    assert facts(film(), "video") == Facts("video/mp4", 1280, 720, 5.0)
    assert facts(film(order="moov last")) == Facts("video/mp4", 1280, 720, 5.0)
    wide = film().replace(
        box(b"mdat", bytes(5000)), struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 5016) + bytes(5000)
    )
    assert facts(wide).duration == 5.0


WHOLE: list[Callable[[], bytes]] = [
    lambda: drawn("PNG"), lambda: drawn("JPEG"), lambda: drawn("GIF"), lambda: drawn("WEBP"), spoken, film,
    lambda: film(order="moov last"),
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
