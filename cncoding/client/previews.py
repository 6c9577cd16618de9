"""A small picture of a made picture, for a model that is to look at it."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from cncoding.errors import ConfigError
from cncoding.types import Media

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 512
"""Longest side in pixels."""
MAX_PIXELS = 64_000_000
"""A larger picture is not opened."""


def preview(path: str) -> Media:
    """Return a picture of at most `SIDE` pixels a side as JPEG, about 60 kB.

    Raises:
        ConfigError: Pillow is not installed.
    """
    try:
        from PIL import Image as images
    except ImportError as error:
        raise ConfigError('show=True: needs Pillow; pip install "cncoding[pages]"') from error
    with images.open(path) as found:
        if found.width * found.height > MAX_PIXELS:
            raise ConfigError(f"show=True: {path} has more than {MAX_PIXELS} pixels")
        return Media("image", data=_encode(found), media_type="image/jpeg")


def _encode(found: Image) -> str:
    found.draft("RGB", (SIDE, SIDE))
    found.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    found.convert("RGB").save(buffer, "JPEG", quality=80)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
