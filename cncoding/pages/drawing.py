"""Render pages and contact sheets of stored documents; what was rendered is kept by content. I/O, no policy."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from cncoding.errors import ConfigError
from cncoding.pages.extras import require
from cncoding.pages.pdf import MAX_PIXELS, MAX_SIDE, Pdf
from cncoding.pages.pictures import encode_picture
from cncoding.pages.store import Store, digest
from cncoding.pages.values import LOOKS, WHOLE, Box, Document, Picture, Sheet

COLUMNS = 4
SHEET_PAGES = 16
"""Thumbnails on one contact sheet."""
_CELL = (600, 800)
"""Pixels of a thumbnail at most: an A4 page keeps its headings and the print of its tables just legible."""
_CAPTION = 26
_GAP = 6


def draw_page(store: Store, document: Document, number: int, dpi: float, region: Box) -> Picture | None:
    """Render a page of a PDF or an image; None for other kinds.

    Raises:
        ConfigError: There is no such page, or it cannot be rendered.
    """
    if document.kind not in LOOKS:
        return None
    if not (0 <= region.left < region.right <= 1 and 0 <= region.top < region.bottom <= 1):
        raise ConfigError(f"region={region!r}: give fractions of the page, left below right, top below bottom")
    where = (
        ""
        if region == WHOLE
        else "-" + "_".join(f"{part:.3f}" for part in (region.left, region.top, region.right, region.bottom))
    )
    key = f"{document.id}-{number}-{dpi:g}{where}"
    kept = store.find_picture(key)
    if kept is not None:
        return kept
    with _open(store, document) as source:
        picture = encode_picture(source.draw(number, dpi, MAX_PIXELS, region))
    store.keep_picture(key, picture)
    return picture


class _ImageFile:
    """An image file that draws like a PDF; a TIFF has as many pages as frames."""

    def __init__(self, source: bytes | Path, name: str) -> None:
        images = require("PIL.Image", "pillow")
        self._name = name
        try:
            self._image = images.open(io.BytesIO(source) if isinstance(source, bytes) else source)
        except (OSError, ValueError, images.DecompressionBombError) as error:
            raise ConfigError(f"documents: {name}: {error}") from None

    def __enter__(self) -> _ImageFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._image.close()

    def draw(self, number: int, dpi: float, max_pixels: int, region: Box) -> Any:
        try:
            self._image.seek(number - 1)
            image = self._image.convert("RGB")
        except (OSError, EOFError, ValueError) as error:
            raise ConfigError(f"documents: {self._name}: page {number} cannot be read: {error}") from None
        if region != WHOLE:
            wide, high = image.size
            image = image.crop(
                (
                    int(region.left * wide),
                    int(region.top * high),
                    max(1, int(region.right * wide)),
                    max(1, int(region.bottom * high)),
                )
            )
        scale = min(1.0, (max_pixels / (image.width * image.height)) ** 0.5, MAX_SIDE / max(image.size))
        if scale == 1.0:
            return image
        return image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))))


class _PageFiles:
    """A document of pictures, one file for each page."""

    def __init__(self, store: Store, document: Document) -> None:
        self._store = store
        self._document = document

    def __enter__(self) -> _PageFiles:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def draw(self, number: int, dpi: float, max_pixels: int, region: Box) -> Any:
        with _ImageFile(self._store.open_page_file(self._document, number), self._document.name) as image:
            return image.draw(1, dpi, max_pixels, region)


def _open(store: Store, document: Document) -> Pdf | _ImageFile | _PageFiles:
    if document.kind == "pages":
        return _PageFiles(store, document)
    source = store.open_file(document)
    if document.kind == "pdf":
        return Pdf(source, document.name, store.passwords.get(document.id))
    return _ImageFile(source, document.name)


def draw_sheet(
    store: Store, pages: Sequence[tuple[Document, int]], labels: Sequence[int], columns: int = COLUMNS
) -> Sheet:
    """Put thumbnails on one picture, each under its label, the larger the fewer columns there are."""
    cell = (_CELL[0] * COLUMNS // columns, _CELL[1] * COLUMNS // columns)
    named = " ".join(f"{document.id}-{number}-{label}" for (document, number), label in zip(pages, labels, strict=True))
    key = f"{pages[0][0].id}-sheet{columns}-{digest(named.encode())[:12]}"
    rows = -(-len(pages) // columns)
    kept = store.find_picture(key)
    if kept is not None:
        return Sheet(kept, tuple(labels), columns, rows)
    pens = require("PIL.ImageDraw", "pillow")
    font = require("PIL.ImageFont", "pillow").load_default(_CAPTION - 6)
    width, height = cell[0] + _GAP, cell[1] + _CAPTION + _GAP
    canvas = require("PIL.Image", "pillow").new("RGB", (columns * width + _GAP, rows * height + _GAP), "white")
    pen = pens.Draw(canvas)
    problems = []
    for place, (label, drawn) in enumerate(zip(labels, _draw_thumbnails(store, pages, cell), strict=True)):
        left, top = _GAP + place % columns * width, _GAP + place // columns * height
        pen.text((left + 2, top), str(label), fill="black", font=font)
        if isinstance(drawn, str):
            problems.append(drawn)
            continue
        top += _CAPTION
        canvas.paste(drawn, (left, top))
        pen.rectangle((left - 1, top - 1, left + drawn.width, top + drawn.height), outline="gray")
    picture = encode_picture(canvas)
    if not problems:
        store.keep_picture(key, picture)
    return Sheet(picture, tuple(labels), columns, rows, tuple(problems))


def _draw_thumbnails(store: Store, pages: Sequence[tuple[Document, int]], cell: tuple[int, int]) -> Iterator[Any]:
    """Yield a thumbnail for each page, or why there is none; a document is opened once for pages in a row."""
    for document, group in groupby(pages, key=lambda page: page[0]):
        numbers = [number for _, number in group]
        try:
            with _open(store, document) as source:
                for number in numbers:
                    yield _draw_thumbnail(source, number, cell)
        except ConfigError as error:
            yield from (str(error) for _ in numbers)


def _draw_thumbnail(source: Pdf | _ImageFile | _PageFiles, number: int, cell: tuple[int, int]) -> Any:
    try:
        thumbnail = source.draw(number, 110 * cell[0] / _CELL[0], cell[0] * cell[1] * 4, WHOLE)
    except ConfigError as error:
        return str(error)
    thumbnail.thumbnail(cell)
    return thumbnail
