"""A small picture."""

from __future__ import annotations

import base64
import io

from PIL import Image


def _draw() -> str:
    data = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode("ascii")


DOT = _draw()
"""A red square as PNG, in base64."""
