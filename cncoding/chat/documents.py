"""Files in messages: every model gets of them what it can read.

No model that we know takes a file as bytes, and some take one by URL. The others get text files as text, and of a PDF
the words of each page and, where they see, its picture.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Literal

from cncoding.cards import ModelCard
from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import ReadDocument
from cncoding.exchange.texts import decode_text
from cncoding.types import Media, Text, Vision


def settle_file(media: Media, card: ModelCard, vision: Vision | None) -> Flow[tuple[Text | Media, ...]]:
    """Return what takes the place of a file that came as bytes; one of an unknown kind goes to unknown models as it is.

    Args:
        media: The file, with its data.
        card: What is known of the model.
        vision: What becomes of images that the model cannot see.

    Raises:
        ConfigError: It is neither text nor a readable PDF, or nothing of it can be shown to this model.
    """
    try:
        data = base64.b64decode(media.data or "", validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"file: the data of {media.name or 'a file'} is not Base64") from None
    kind = media.media_type or ""
    if kind.startswith("image/"):
        return (Media("image", data=media.data, media_type=kind, cache=media.cache),)
    is_pdf = kind == "application/pdf" or b"%PDF-" in data[:1024]
    if not is_pdf and decode_text(data) is None and not card.known:
        return (media,)
    sees = "image" in card.input or vision == "native"
    parts = yield ReadDocument(data, media.media_type, media.name, "all" if sees else _find_sight(vision))
    return _mark_last(parts) if media.cache else parts


def _find_sight(vision: Vision | None) -> Literal["wordless", "none"]:
    return "wordless" if vision == "vlm" else "none"


def _mark_last(parts: tuple[Text | Media, ...]) -> tuple[Text | Media, ...]:
    """Return the parts with the cache mark of the file that they stand for."""
    return (*parts[:-1], replace(parts[-1], cache=True))
