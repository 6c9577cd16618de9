"""How a medium shows itself in a notebook and in Pillow."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import Any

from cncoding.errors import ConfigError

SHOWN = 32 << 20
"""Bytes of a medium that are put into a notebook; a larger one is named."""


def read_medium(kind: str, path: str) -> bytes:
    """Return the bytes of a saved medium.

    Raises:
        ConfigError: Its file is not there any more, or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"asset: the {kind} was saved as {path}, which cannot be read: {error.strerror}; download it again"
        ) from error


def as_html(kind: str, media_type: str | None, url: str | None, path: str | None, data: bytes | None) -> str | None:
    """Return a picture, or a player for a film or a sound.

    A file that is gone is shown by its link. None where nothing can be shown: neither data nor a link of the web, or
    samples of sound without a header, which no browser plays.
    """
    if data is None and path is not None:
        try:
            if Path(path).stat().st_size > SHOWN:
                return f"<code>{html.escape(path)}</code>"
            data = read_medium(kind, path)
        except (ConfigError, OSError):
            data = None
    source = url if url is not None and url.partition("://")[0].lower() in ("http", "https") else None
    if data is not None and len(data) <= SHOWN:
        if media_type == "audio/pcm":
            return None
        source = f"data:{media_type or f'{kind}/*'};base64,{base64.b64encode(data).decode('ascii')}"
    if source is None:
        return None
    shown = html.escape(source, quote=True)
    if kind == "image":
        return f'<img src="{shown}" style="max-width: 100%">'
    return f'<{kind} src="{shown}" controls style="max-width: 100%"></{kind}>'


def as_picture(data: bytes) -> Any:
    """Return Pillow's image.

    Raises:
        ConfigError: Pillow is not installed, or reads no picture in it.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ConfigError('asset: opening needs Pillow; pip install "cncoding[pages]"') from error
    try:
        return Image.open(io.BytesIO(data))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ConfigError(f"asset: Pillow does not open it: {error}; read() gives its bytes") from error
