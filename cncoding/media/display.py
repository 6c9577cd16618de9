"""How a medium shows itself in a notebook and in Pillow."""

from __future__ import annotations

import base64
import html
import io
from typing import Any

from cncoding.errors import ConfigError


def as_html(kind: str, media_type: str | None, url: str | None, data: bytes | None) -> str | None:
    """Return a picture, or a player for a film or a sound; None where there is neither data nor a link."""
    source = url
    if data is not None:
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
        ConfigError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ConfigError('asset: opening needs Pillow; pip install "cncoding[pages]"') from error
    return Image.open(io.BytesIO(data))
