"""Encode pictures small: grey where there is no colour, JPEG or PNG, whichever has fewer bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cncoding.pages.values import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

_COLOURLESS = 12
"""Largest difference between two channels of a picture that counts as grey; scans and JPEG leave some."""
_QUALITY = 82


def encode_picture(image: Image) -> Picture:
    """Encode an image for a model: as grey if it has no colour, in the format that needs fewer bytes."""
    flat = image if image.mode in ("L", "RGB") else image.convert("RGB")
    if flat.mode == "RGB" and not _has_colour(flat):
        flat = flat.convert("L")
    data, kind = _save(flat, "JPEG"), "image/jpeg"
    if flat.mode == "L":
        png = _save(flat, "PNG")
        if len(png) < len(data):
            data, kind = png, "image/png"
    return Picture(data, kind, flat.width, flat.height)


def _has_colour(image: Image) -> bool:
    from PIL import ImageChops

    small = image.copy()
    small.thumbnail((256, 256))
    red, green, blue = small.split()
    pairs = ((red, green), (green, blue), (red, blue))
    return any(ImageChops.difference(one, other).getextrema()[1] > _COLOURLESS for one, other in pairs)  # type: ignore[operator]  # a single band has one pair


def _save(image: Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": _QUALITY} if kind == "JPEG" else {"compress_level": 6}))
    return buffer.getvalue()
