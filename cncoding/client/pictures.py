"""Pictures that change their type on the way to a vendor, and small ones of those that were made, with Pillow."""

from __future__ import annotations

import base64
import io
import warnings
from typing import TYPE_CHECKING, Any

from cncoding.errors import ConfigError
from cncoding.exchange.measuring import measure
from cncoding.exchange.steps import ConvertPicture
from cncoding.types import Media

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 512
"""Longest side of a preview in pixels."""
MAX_PIXELS = 64_000_000
"""A larger picture is not opened."""
_INSTALL = 'needs Pillow; pip install "cncoding[pages]"'


def _load_pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ConfigError(_INSTALL) from error
    return Image


def convert(step: ConvertPicture) -> tuple[str, str, int]:
    """Return a picture as Base64 in another type, that type, and how many frames it had.

    Raises:
        ConfigError: Pillow is not installed or cannot read it, or it is larger than `MAX_PIXELS`.
    """
    images = _load_pillow()
    data = base64.b64decode(step.data)
    sides = measure(data)
    if sides is not None and sides[0] * sides[1] > MAX_PIXELS:
        raise ConfigError(f"{sides[0]}x{sides[1]} pixels are more than are opened here")
    try:
        with warnings.catch_warnings(), images.open(io.BytesIO(data)) as found:
            warnings.simplefilter("ignore")
            if found.width * found.height > MAX_PIXELS:
                raise ConfigError(f"{found.width}x{found.height} pixels are more than are opened here")
            frames = int(getattr(found, "n_frames", 1))
            found.seek(0)
            return (*_write(found, step), frames)
    except (OSError, ValueError, SyntaxError, images.DecompressionBombError) as error:
        raise ConfigError(f"Pillow cannot read it ({error})") from error


def _write(found: Image, step: ConvertPicture) -> tuple[str, str]:
    """Write a picture without loss if it is small enough then."""
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(found)
    first = _save(upright, step.to)
    if step.otherwise is None or step.max_bytes is None or len(first) <= step.max_bytes:
        return base64.b64encode(first).decode("ascii"), step.to
    return base64.b64encode(_save(upright, step.otherwise)).decode("ascii"), step.otherwise


def _save(found: Image, media_type: str) -> bytes:
    buffer = io.BytesIO()
    if media_type == "image/jpeg":
        _flatten(found).save(buffer, "JPEG", quality=90)
    else:
        has_alpha = "A" in found.getbands() or "transparency" in found.info
        found.convert("RGBA" if has_alpha else "RGB").save(buffer, media_type.partition("/")[2].upper())
    return buffer.getvalue()


def _flatten(found: Image) -> Image:
    """Return a picture without transparency, on white."""
    from PIL import Image as images

    whole = found.convert("RGBA")
    return images.alpha_composite(images.new("RGBA", whole.size, "white"), whole).convert("RGB")


def write_png(picture: Any) -> bytes:
    """Return Pillow's image as PNG."""
    buffer = io.BytesIO()
    kept = picture if picture.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") else picture.convert("RGB")
    kept.save(buffer, "PNG")
    return buffer.getvalue()


def preview(path: str) -> Media:
    """Return a picture of at most `SIDE` pixels a side as JPEG, about 60 kB.

    Raises:
        ConfigError: Pillow is not installed.
    """
    try:
        images = _load_pillow()
    except ConfigError as error:
        raise ConfigError(f"show=True: {error}") from error
    with images.open(path) as found:
        if found.width * found.height > MAX_PIXELS:
            raise ConfigError(f"show=True: {path} has more than {MAX_PIXELS} pixels")
        found.draft("RGB", (SIDE, SIDE))
        found.thumbnail((SIDE, SIDE))
        buffer = io.BytesIO()
        found.convert("RGB").save(buffer, "JPEG", quality=80)
    return Media("image", data=base64.b64encode(buffer.getvalue()).decode("ascii"), media_type="image/jpeg")
