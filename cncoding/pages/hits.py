"""Pages as they are handed out: with text, and a picture that is drawn when it is asked for."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Protocol

from cncoding.errors import CncodingWarning, ConfigError
from cncoding.pages.values import WHOLE, Box, Picture, read_seen


def join_words(text: str, seen: str | None) -> str:
    """Return the text layer of a page, and after it what a model saw there."""
    return "\n".join(part.strip() for part in (text, read_seen(seen)) if part.strip())


class Draws(Protocol):
    """Whoever can render pages: a library."""

    def draw(self, document: str, number: int, dpi: float = 150, region: Box = WHOLE) -> Picture | None:
        """Render a page or a region of it."""


def draw_or_warn(library: Draws, document: str, number: int) -> Picture | None:
    """Render a page for a message; a page that cannot be drawn is named in a warning and goes with its text alone."""
    try:
        return library.draw(document, number)
    except ConfigError as error:
        warnings.warn(f"pages: {error}", CncodingWarning, stacklevel=3)
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document.

    Attributes:
        document: Name of the document.
        page: Number from 1.
        label: What the document itself calls the page, if it says.
        text: Its text layer, `""` for a scan.
        seen: What a model saw on it, if one looked.
        problem: Why it could not be read, if so.
    """

    document: str
    page: int
    label: str | None
    text: str
    seen: str | None
    problem: str | None
    library: Draws

    @property
    def words(self) -> str:
        """The text layer, and what a model saw on the page."""
        return join_words(self.text, self.seen)

    def image(self, dpi: float = 150, region: Box = WHOLE) -> Picture | None:
        """Render the page, or a region of it; None where a document has no looks, as text files."""
        return self.library.draw(self.document, self.page, dpi, region)


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found, with its score; `coverage` is the share of the question's words on it, 0 to 1."""

    document: str
    page: int
    score: float
    text: str
    coverage: float
    seen: str | None
    label: str | None
    why: str
    library: Draws

    @property
    def words(self) -> str:
        """The text layer, and what a model saw on the page."""
        return join_words(self.text, self.seen)

    def image(self, dpi: float = 150, region: Box = WHOLE) -> Picture | None:
        """Render the page, or a region of it; None where a document has no looks, as text files."""
        return self.library.draw(self.document, self.page, dpi, region)


class Hits(list[Hit]):
    """Pages, best first; `reason` says why there are none."""

    reason: str | None = None
