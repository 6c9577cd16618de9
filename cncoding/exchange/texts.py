"""Files that are text."""

from __future__ import annotations

import base64
import binascii

from cncoding.errors import ConfigError
from cncoding.types import Media, Text

_CONTROL = frozenset(range(32)) - {9, 10, 12, 13, 27}
_TEXTUAL = (
    "text/",
    "application/json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/toml",
)


def decode_text(data: bytes) -> str | None:
    """Decode a text file: UTF-8, UTF-16 with its mark, or GB 18030; None for what is no text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decode(data, "utf-16")
    if not _CONTROL.isdisjoint(data[:65536]):
        return None
    text = _decode(data, "utf-8-sig")
    return _decode(data, "gb18030") if text is None else text


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def read_text_file(media: Media) -> Media | Text:
    """Return an inline file that says it is text as the text that every model reads; other media as they are.

    Raises:
        ConfigError: It is not text.
    """
    if media.kind != "file" or media.data is None or not (media.media_type or "").startswith(_TEXTUAL):
        return media
    try:
        text = decode_text(base64.b64decode(media.data, validate=True))
    except (binascii.Error, ValueError):
        text = None
    if text is None:
        raise ConfigError(
            f"file: {media.name or 'it'} says {media.media_type} and is no text; give its real media type"
        )
    return Text(f"{media.name}:\n{text}" if media.name else text)
