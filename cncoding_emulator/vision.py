"""Look at an image for real: decode it, name its size, format, main colour and mark."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from . import image_marks
from .errors import refuse
from .request import Picture

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 160, 50),
    "blue": (30, 60, 220),
    "yellow": (245, 230, 40),
    "orange": (250, 140, 20),
    "purple": (130, 40, 170),
    "pink": (250, 150, 190),
    "cyan": (40, 210, 220),
    "brown": (120, 75, 40),
    "black": (10, 10, 10),
    "gray": (128, 128, 128),
    "white": (250, 250, 250),
}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True)
class Seen:
    """What was seen in one image; an image behind a foreign URL is not fetched."""

    width: int = 0
    height: int = 0
    format: str = ""
    colour: str = ""
    mark: str | None = None
    url: str = ""
    marks: tuple[tuple[str, float, float], ...] = ()
    """Every mark with its centre in fractions of width and height."""

    def words(self) -> str:
        """Describe the image in a few words."""
        if self.url:
            return f"an image at {self.url} (not fetched by the emulator)"
        mark = f", mark: {self.mark}" if self.mark else ""
        return f"a {self.width}x{self.height} {self.format}, mostly {self.colour}{mark}"


async def look(picture: Picture) -> Seen:
    """Decode an image; raises ``Refused("bad_image")`` when it is none."""
    source = picture.source
    if source.startswith("ms://"):
        return Seen(url=source)
    if source.startswith(("http://", "https://")):
        if urllib.parse.urlsplit(source).hostname not in LOOPBACK:
            return Seen(url=source)
        return await asyncio.to_thread(_decode, await asyncio.to_thread(_fetch, source))
    return await asyncio.to_thread(_decode, _unpack(source))


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            data: bytes = reply.read(LARGEST + 1)
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise refuse("bad_image", f"download failed: {error}") from error
    if len(data) > LARGEST:
        raise refuse("bad_image", "too large")
    return data


def _unpack(source: str) -> bytes:
    text = source.partition(",")[2] if source.startswith("data:") else source
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise refuse("bad_image", "base64") from error


def _decode(data: bytes) -> Seen:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            name = image.format or "image"
            flat = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise refuse("bad_image", "undecodable") from error
    found = image_marks.read_all(flat)
    first = found[0][0] if found else None
    return Seen(flat.width, flat.height, name, main_colour(flat), first, marks=found)


def main_colour(image: Image.Image) -> str:
    """Return the name of the most frequent colour."""
    small = image.convert("RGB").resize((24, 24), Image.Resampling.NEAREST)
    raw = small.tobytes()
    counts = Counter(zip(raw[::3], raw[1::3], raw[2::3], strict=True))
    names: Counter[str] = Counter()
    for pixel, count in counts.items():
        names[min(COLOURS, key=lambda n: _distance(COLOURS[n], pixel))] += count
    return names.most_common(1)[0][0]


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
