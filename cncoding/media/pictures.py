"""Bring a picture into a form that the vendor takes, or refuse it before it is sent: one policy for chat and media.

A picture behind a link is the vendor's to look at.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError
from cncoding.exchange.measuring import measure
from cncoding.exchange.media_types import sniff
from cncoding.exchange.steps import ConvertPicture, Step
from cncoding.types import Media, Warned

NAMES = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP", "image/gif": "GIF", "image/bmp": "BMP",
    "image/tiff": "TIFF", "image/heic": "HEIC", "image/heif": "HEIF", "image/avif": "AVIF",
}  # fmt: skip
_MEGABYTE = 1 << 20


def fit_type(
    media: Media, form: PictureForm, name: str, who: str
) -> Generator[Step, Any, tuple[Media, tuple[Warned, ...]]]:
    """Return a picture in a type that is taken, and what is lost by that.

    Args:
        media: With data; anything else is returned as it is.
        form: What is taken.
        name: Of the argument, for errors.
        who: Takes it: a model, or a vendor.

    Raises:
        ConfigError: It is of another type, and cannot be converted here; the text names the types that are taken.
    """
    if media.data is None or not form.types:
        return media, ()
    kind = sniff(_decode(media.data[:64], name)) or media.media_type
    if kind is None or kind in form.types or not kind.startswith("image/"):
        return media, ()
    source = f" ({form.source})" if form.source else ""
    said = f"{name}: the picture is {NAMES.get(kind, kind)}; {who} takes {list_types(form)}{source}"
    to = "image/png" if "image/png" in form.types else form.types[0]
    most = None if form.megabytes is None else form.megabytes * _MEGABYTE
    also = "image/jpeg" if "image/jpeg" in form.types else None
    try:
        data, found, frames = yield ConvertPicture(media.data, to, also, most)
    except ConfigError as error:
        raise ConfigError(f"{said}, and it was not converted: {error}") from error
    lost = f"the picture moves, and {who} takes none that does; its first frame was sent"
    warned = (Warned(name, lost),) if frames > 1 else ()
    return replace(media, data=data, media_type=found), warned


def list_types(form: PictureForm) -> str:
    """Return the types of a form in words."""
    words = [NAMES.get(kind, kind) for kind in form.types]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def check_form(media: Media, form: PictureForm, name: str, who: str) -> None:
    """Refuse a picture with data that is too large, too small or too long for the vendor.

    Raises:
        ConfigError: With the rule and its page.
    """
    if media.data is None:
        return
    source = f" ({form.source})" if form.source else ""
    if form.megabytes is not None and media.size > form.megabytes * _MEGABYTE:
        size = f"{media.size / _MEGABYTE:.1f} MB"
        raise ConfigError(f"{name}: the picture has {size}; {who} takes {form.megabytes} MB{source}")
    if form.sides is None and form.ratio is None:
        return
    sides = measure(_decode(media.data, name))
    if sides is None:
        return  # a type whose head does not tell; the vendor will look
    if form.sides is not None and not form.sides[0] <= min(sides) <= max(sides) <= form.sides[1]:
        least, most = form.sides
        raise ConfigError(
            f"{name}: the picture is {sides[0]}x{sides[1]}; {who} takes sides of {least} to {most} pixels{source}"
        )
    if form.ratio is not None and not form.ratio[0] <= sides[0] / sides[1] <= form.ratio[1]:
        least_ratio, most_ratio = form.ratio
        raise ConfigError(
            f"{name}: the picture is {sides[0]}x{sides[1]}; {who} takes a width of {least_ratio:g} to {most_ratio:g} "
            f"times the height{source}"
        )


def read_sides(media: Media) -> tuple[int, int] | None:
    """Return width and height of a picture with data, None if they cannot be told."""
    return None if media.data is None else measure(_decode(media.data, media.kind))


def _decode(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(f"{name}: the data is not Base64 ({error}); pass Base64 text without line breaks") from error
