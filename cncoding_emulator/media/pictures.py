"""Pictures that show their prompt: words, a colour, and a mark that a vision model of this emulator reads back."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .. import image_marks
from ..vision import COLOURS

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
NAMES = {
    "红": "red", "绿": "green", "蓝": "blue", "黄": "yellow", "橙": "orange", "橘": "orange", "紫": "purple",
    "粉": "pink", "青": "cyan", "棕": "brown", "黑": "black", "灰": "gray", "白": "white",
}  # fmt: skip
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}


def mark_of(prompt: str) -> str:
    """Return the mark that a picture of this prompt carries.

    A short ASCII prompt is its own mark; any other gives its first ASCII words and eight hex digits of its hash.
    """
    prompt = " ".join(prompt.split())
    if 1 <= len(prompt) <= 22 and prompt.isascii() and prompt.isprintable():
        return prompt
    words = "".join(c for c in prompt if c.isascii() and c.isprintable())[:13].strip()
    return f"{words}#{sha256(prompt.encode()).hexdigest()[:8]}"


def colour_of(prompt: str) -> tuple[int, int, int]:
    """Return the colour that the prompt names, else a light one that depends on the prompt."""
    lower = prompt.lower()
    english = (c for c in COLOURS if re.search(rf"\b{c}\b", lower))
    name = next(english, None) or next((e for c, e in NAMES.items() if c in prompt), None)
    if name is not None:
        return COLOURS[name]
    digest = sha256(prompt.encode()).digest()
    return (170 + digest[0] % 70, 170 + digest[1] % 70, 170 + digest[2] % 70)


@lru_cache(maxsize=1)
def _chinese() -> str:
    """Return a font of this machine that has Chinese characters, "" when there is none."""
    names = ("*CJK*Regular*.tt[cf]", "*CJK*Regular*.otf", "wqy*.tt[cf]", "DroidSansFallback*.ttf", "PingFang*.ttc")
    roots = [Path("/usr/share/fonts"), Path("/System/Library/Fonts"), Path("C:/Windows/Fonts")]
    return str(next((f for r in roots if r.is_dir() for n in names for f in sorted(r.rglob(n))), ""))


def _font(size: int, text: str) -> Font:
    """Return Pillow's own font; for Chinese one of the machine if there is any (else boxes are drawn)."""
    if any(ord(c) > 0x2E7F for c in text) and _chinese():
        return ImageFont.truetype(_chinese(), size)
    return ImageFont.load_default(size)


def _wrap(pen: ImageDraw.ImageDraw, words: str, font: Font, room: float) -> list[str]:
    lines = [""]
    for piece in re.findall(r"\n|[\x21-\x7e]+ ?|\s|[^\x21-\x7e\s]", words):
        if piece == "\n":
            lines.append("")
        elif lines[-1] and pen.textlength(lines[-1] + piece, font=font) > room:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return lines


def picture(prompt: str, width: int, height: int, number: int = 0, note: str = "") -> Image.Image:
    """Paint a prompt.

    Args:
        prompt: What to show.
        width: Pixels.
        height: Pixels.
        number: Which of several pictures of one prompt; changes the figure.
        note: A second line, for example what was seen in a reference picture.
    """
    ground = colour_of(prompt)
    image = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(image)
    digest = sha256(f"{prompt}{number}".encode()).digest()
    radius = min(width, height) // 5
    x, y = radius + digest[3] * (width - 2 * radius) // 255, height // 3
    figure = tuple((c + 90 + digest[4] % 60) % 256 for c in ground)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=figure)
    ink = "black" if sum(ground) > 380 else "white"
    font = _font(max(12, min(width, height) // 18), prompt)
    text = f"{prompt}\n{note}" if note else prompt
    lines = _wrap(pen, text + (f"\n({number + 1})" if number else ""), font, width * 0.9)
    step = max(12, min(width, height) // 18) * 1.25
    for row, line in enumerate(lines[: max(1, int(height * 0.7 / step))]):
        pen.text((width * 0.05, height * 0.05 + row * step), line, fill=ink, font=font)
    _stamp(image, mark_of(prompt))
    return image


def _stamp(image: Image.Image, mark: str) -> None:
    """Put the mark at the lower edge, as large as there is room; leave it out when it would not be readable."""
    blocks = image_marks.draw(mark, module=1, height=1).width
    module = min(6, max(int(image.width * 0.96) // blocks, min(2, image.width // blocks)))
    if module < 2:
        return
    strip = image_marks.draw(mark, module, max(12, min(48, image.height // 16)))
    image.paste(strip, ((image.width - strip.width) // 2, image.height - strip.height - max(20, module)))


def paint(prompt: str, width: int, height: int, *, form: str = "png", number: int = 0, note: str = "") -> bytes:
    """Paint a prompt into the bytes of a PNG, JPEG or WebP."""
    buffer = io.BytesIO()
    image = picture(prompt, width, height, number, note)
    if form == "jpeg":
        image.save(buffer, "JPEG", quality=92)
    else:
        image.save(buffer, FORMATS[form], **({"compress_level": 1} if form == "png" else {}))
    return buffer.getvalue()
