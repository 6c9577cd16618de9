"""Render PDF pages to images with pypdfium2 (extra `pdf`)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cncoding import ConfigError


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its PNG bytes and the text that the PDF itself holds, often none in scans."""

    png: bytes
    text: str


def render_pages(pdf: bytes | str | Path, dpi: int = 150) -> Iterator[Page]:
    """Render the pages of a PDF one after the other.

    Args:
        pdf: The file's bytes or its path.
        dpi: Resolution; 150 keeps the small print of an A4 page readable.

    Raises:
        ConfigError: pypdfium2 or Pillow is not installed, or this is not a PDF, or `dpi` is none.
    """
    if not dpi > 0:
        raise ConfigError(f"dpi={dpi!r}: give a number above 0, for example 150")
    try:
        import PIL.Image  # noqa: F401  # pypdfium2 needs it to make images, and says so only later
        import pypdfium2  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        raise ConfigError(f'documents: rendering PDF pages needs {error.name}: pip install "cncoding[pdf]"') from None
    try:
        document = pypdfium2.PdfDocument(pdf if isinstance(pdf, bytes) else Path(pdf))
    except FileNotFoundError:
        raise ConfigError(f"documents: there is no file {str(pdf)!r}") from None
    except pypdfium2.PdfiumError as error:
        raise ConfigError(f"documents: this is not a readable PDF, give an intact one: {error}") from None
    try:
        for number in range(len(document)):
            page = document[number]
            buffer = io.BytesIO()
            page.render(scale=dpi / 72).to_pil().save(buffer, "PNG")
            yield Page(buffer.getvalue(), page.get_textpage().get_text_bounded())
    finally:
        document.close()
