"""What the other modules of this folder pass around. Pages count from 1; boxes are fractions of a page."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cncoding.types import Media


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page as fractions of its width and height, from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE = Box(0.0, 0.0, 1.0, 1.0)

UNSAID = "(nothing was said about this page)"
UNREAD = "(nothing can be read on this page)"
UNDRAWN = "(this page cannot be drawn)"
"""Notes of pages that were looked at in vain."""

LOOKS = frozenset({"pdf", "image", "pages"})
"""Kinds of documents whose pages can be drawn."""


def read_seen(seen: str | None) -> str:
    """Return what a model saw on a page; `""` where it was not looked at, or in vain."""
    return "" if seen is None or seen in (UNSAID, UNREAD, UNDRAWN) else seen


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded image and its size in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int

    def __bytes__(self) -> bytes:
        """Return the encoded image."""
        return self.data

    def to_media(self) -> Media:
        """Return the part of a message that shows this picture."""
        return Media("image", data=base64.b64encode(self.data).decode(), media_type=self.media_type)


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of a document's outline: its depth from 0 and the page on which it stands."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contact sheet: thumbnails of pages on a grid, in reading order, each under its label."""

    picture: Picture
    labels: tuple[int, ...]
    columns: int
    rows: int
    problems: tuple[str, ...] = ()
    """Pages that could not be drawn, and why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a library.

    Attributes:
        id: Made of its content: the same file is never kept twice.
        name: File name; unique in its library.
        kind: pdf, image, text, docx, pptx, xlsx or html.
        pages: How many.
        outline: Its headings and where they stand.
        source: Path of the file, None if its bytes are kept by the library.
        metadata: What the caller gave.
    """

    id: str
    name: str
    kind: str
    pages: int
    outline: tuple[Heading, ...] = ()
    source: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as it is kept: text layer, why it could not be read, and what a model saw on it."""

    document: str
    number: int
    label: str | None
    text: str
    problem: str | None = None
    seen: str | None = None
