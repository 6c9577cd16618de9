"""What users name a picture by works, or is refused with the name of the argument before anything is sent."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding import Client, ConfigError
from cncoding_emulator import Emulator
from tests.media.conftest import Do


def draw() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 600), "red").save(buffer, "PNG")
    return buffer.getvalue()


PNG = draw()


def write(name: str, data: bytes = PNG) -> Path:
    path = Path(name)
    path.write_bytes(data)
    return path


def at_its_end() -> io.BytesIO:
    file = io.BytesIO(PNG)
    file.read()
    return file


def lie(width: int = 4000, height: int = 4000) -> bytes:
    """Make a PNG that declares 600 x 600 pixels and unpacks to many more."""
    rows = zlib.compress((b"\0" + bytes(width * 3)) * height, 9)
    head = struct.pack(">IIBBBBB", 600, 600, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def many() -> bytes:
    """Make a PNG that declares more pixels than are looked at."""
    return PNG[:16] + struct.pack(">II", 40_000, 40_000) + PNG[24:29] + struct.pack(
        ">I", zlib.crc32(b"IHDR" + struct.pack(">II", 40_000, 40_000) + PNG[24:29])
    ) + PNG[33:]  # fmt: skip


WORKS: list[Callable[[], Any]] = [
    lambda: PNG,
    lambda: bytearray(PNG),
    lambda: memoryview(PNG),
    lambda: io.BytesIO(PNG),
    lambda: write("a.png"),
    lambda: str(write("a.png")),
    lambda: write("with space ü.png").resolve().as_uri(),
    lambda: "data:image/png;base64," + base64.b64encode(PNG).decode(),
    lambda: Image.open(io.BytesIO(PNG)),
    lambda: Image.new("CMYK", (600, 600)),
    lambda: Image.new("F", (600, 600)),
    lambda: Client("glm").generate_image("a fox"),
    lambda: Client("glm").generate_image("a fox")[0],
]
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (at_its_end, "the data is empty; an open file is read from where it stands"),
    (lambda: io.StringIO("x"), "the open file gives str; open it for bytes, with mode 'rb'"),
    (lambda: write("words.png", b"just words"), r"words\.png: its type cannot be told from the bytes"),
    (lambda: write("empty.png", b""), r"empty\.png is empty"),
    (lambda: "nope.png", r"path='nope\.png': cannot be read"),
    (lambda: "/", "path='/': cannot be read"),
    (lambda: "a\0b.png", r"path='a\\x00b\.png': cannot be read"),
    (lambda: " ", "empty; give a URL, a path or bytes"),
    (lambda: b"", "the data is empty"),
    (lambda: PNG[:-200], "the image/png is broken"),
    (lie, "the image/png is broken: it holds more pixels than it declares"),
    (many, "the image/png is broken: it declares 40000 x 40000 pixels, more than are looked at"),
    (lambda: "data:image/png;base64,anVzdCB3b3Jkcw==", "the bytes are no image/png, which they are said to be"),
    (lambda: "data:image/png;base64,%%%", "the data is not Base64"),
    (lambda: "data:,hello", "the data URL is not Base64"),
    (lambda: base64.b64encode(bytes(2000)).decode(), "a text of 2668 characters is no path; give the bytes"),
    (lambda: "http://", "'http://' is no URL"),
    (lambda: 5, "is int; give"),
    (lambda: {"url": "x"}, "is dict; give"),
    (lambda: {"a.png"}, "is (a )?set; give"),
    (lambda: [[PNG]], "is a list; give one image"),
]


@pytest.mark.parametrize("make", WORKS)
def test_works(emulator: Emulator, do: Do, make: Callable[[], Any]) -> None:
    assert do("qwen", "edit_image", make(), "a red sky").assets
    assert do("minimax", "generate_video", "a fox", images=make(), poll_interval=0.01).assets
    assert do("kimi", "understand_image", data_of(make()), "what is it?")


def data_of(source: Any) -> Any:
    """Return bytes for a link of the emulator, which Kimi's client would not fetch."""
    return PNG if type(source).__name__ in ("Done", "Asset") else source


@pytest.mark.parametrize(("make", "why"), REFUSED)
def test_refused(emulator: Emulator, do: Do, make: Callable[[], Any], why: str) -> None:
    with pytest.raises(ConfigError, match=f"^images?: {why}"):
        do("qwen", "edit_image", make(), "a red sky")
    with pytest.raises(ConfigError, match=f"^images?: {why}"):
        do("minimax", "generate_video", "a fox", images=make())
    with pytest.raises(ConfigError, match=r"^image: "):
        do("glm", "understand_image", make(), "what is it?", model="glm-4.6v")
    assert not emulator.requests


def test_one_where_a_list_belongs_and_a_list_where_one_belongs(emulator: Emulator, do: Do) -> None:
    assert do("qwen", "edit_image", [PNG, PNG], "merge them").assets
    with pytest.raises(ConfigError, match="image: is a list; give one image"):
        do("kimi", "understand_image", [PNG], "what is it?")
