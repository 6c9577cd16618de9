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
from cncoding.exchange.steps import ReadPdf
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
    if kind != "application/pdf" and b"%PDF-" not in data[:1024]:
        return (_read_text(media, data, card),)
    sees = "image" in card.input or vision == "native"
    parts = yield ReadPdf(data, media.name, "all" if sees else _find_sight(vision))
    return (*parts[:-1], replace(parts[-1], cache=media.cache))


def _read_text(media: Media, data: bytes, card: ModelCard) -> Text | Media:
    text = decode_text(data)
    if text is not None:
        return Text(f"{media.name}:\n{text}" if media.name else text, cache=media.cache)
    if not card.known:
        return media
    raise ConfigError(
        f"documents: {media.name or media.media_type or 'the document'} is neither text nor a PDF; convert it to PDF, "
        "or send its text"
    )


def _find_sight(vision: Vision | None) -> Literal["wordless", "none"]:
    return "wordless" if vision == "vlm" else "none"
