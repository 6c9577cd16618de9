"""Put a PDF into a message: its words and, for a model that sees, its pages.

Pages are rendered once per content; the last ones are kept, so that a conversation about a file does not render it
again with every turn.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Literal, TypeAlias

from cncoding.errors import ConfigError
from cncoding.pages.pdf import Pdf, RenderedPage
from cncoding.pages.values import Picture
from cncoding.types import Media, Text

Sight: TypeAlias = Literal["all", "wordless", "none"]
"""Which pages a model is shown: all, those without words (it has them described), or none."""

MAX_PICTURE_BYTES = 24 * 1024 * 1024
"""Bytes of all page pictures of one document; vendors refuse bodies of more than 20 to 64 MB."""
_TRIED = 8
"""Pages after which a long document is given up whose rest can only be worse."""
_KEPT_BYTES = 64 * 1024 * 1024
_NO_PICTURE = Picture(b"", "", 0, 0)
_NO_WORDS = "(this page holds no text layer)"


def show_pdf(data: bytes, name: str | None = None, sight: Sight = "all") -> tuple[Text | Media, ...]:
    """Put a PDF into the parts of a message: of each page its words, and where the model sees it, its picture.

    Args:
        data: The file.
        name: Named before each page.
        sight: Which pages are shown as pictures.

    Raises:
        ConfigError: It is not a readable PDF, its pages are too many, nothing of it can be shown, or the extra `pages`
            is not installed.
    """
    label = name or "document"
    parts: list[Text | Media] = []
    pages = _SHELF.render(data, name) if sight == "all" else _read_words(data, name, sight)
    for page in pages:
        words = page.text.strip()
        shown = page.picture.data != b""
        parts.append(Text(f"{label}, page {page.number}:" + (f"\n{words}" if words else "" if shown else _NO_WORDS)))
        if shown:
            parts.append(page.picture.to_media())
    if not any(page.text.strip() or page.picture.data for page in pages):
        raise ConfigError(
            f"documents: {label} holds pictures of pages and no text, and this model does not see; "
            "choose a model that takes images"
        )
    return tuple(parts)


def _read_words(data: bytes, name: str | None, sight: Sight) -> tuple[RenderedPage, ...]:
    with Pdf(data, name) as pdf:
        return tuple(
            RenderedPage(number, pdf.render(number) if sight == "wordless" and not text.strip() else _NO_PICTURE, text)
            for number in range(1, len(pdf) + 1)
            for text in [pdf.read_text(number)]
        )


class _Shelf:
    """The rendered pages of the last documents, by content."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents: OrderedDict[str, tuple[RenderedPage, ...]] = OrderedDict()

    def render(self, data: bytes, name: str | None) -> tuple[RenderedPage, ...]:
        key = hashlib.sha256(data).hexdigest()
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
                return self._documents[key]
        pages = _render_within_bounds(data, name)
        with self._lock:
            self._documents[key] = pages
            while len(self._documents) > 1 and sum(map(_weigh, self._documents.values())) > _KEPT_BYTES:
                self._documents.popitem(last=False)
        return pages


def _weigh(pages: tuple[RenderedPage, ...]) -> int:
    return sum(len(page.picture.data) for page in pages)


def _render_within_bounds(data: bytes, name: str | None) -> tuple[RenderedPage, ...]:
    pages: list[RenderedPage] = []
    size = 0
    with Pdf(data, name) as pdf:
        for number in range(1, len(pdf) + 1):
            page = RenderedPage(number, pdf.render(number), pdf.read_text(number))
            pages.append(page)
            size += len(page.picture.data)
            hopeless = number >= _TRIED and size / number * len(pdf) > 2 * MAX_PICTURE_BYTES
            if size > MAX_PICTURE_BYTES or hopeless:
                raise ConfigError(
                    f"documents: {name or 'the document'}: its {len(pdf)} pages come to more than "
                    f"{MAX_PICTURE_BYTES // 1024 // 1024} MB as pictures; send fewer pages, or find them first with "
                    "cncoding.pages.Library"
                )
    return tuple(pages)


_SHELF = _Shelf()
