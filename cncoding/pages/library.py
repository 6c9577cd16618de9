"""A library of documents: find and look at pages. Renders lazily; asks no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from typing_extensions import assert_never

from cncoding.errors import CncodingError, ConfigError
from cncoding.pages.catalogue import Entry, Filter, Match
from cncoding.pages.collection import Collection
from cncoding.pages.drawing import draw_page, draw_sheet
from cncoding.pages.hits import Hit, Hits, Page
from cncoding.pages.pdf import Pdf
from cncoding.pages.steps import (
    Claim,
    DrawPage,
    DrawSheet,
    Failed,
    FindBoxes,
    LibraryStep,
    NoteSeen,
    Outcome,
    Packed,
    Survey,
)
from cncoding.pages.values import WHOLE, Box, Picture, Sheet


class Library(Collection):
    """Documents and their pages.

    `Library("folder")` is persistent, `Library()` lives in memory. All methods may be called from any thread.
    """

    def __enter__(self) -> Library:
        """Return itself."""
        return self

    def __deepcopy__(self, memo: object) -> Library:
        """Return itself: pages and models that refer to a library are copied, the library is not."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    # ------------------------------------------------------------ find

    def search(
        self,
        question: str,
        k: int = 8,
        *,
        document: str | Sequence[str] | None = None,
        pages: tuple[int, int] | None = None,
        where: Mapping[str, Any] | Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> Hits:
        """Find pages by the words of a question, or by the page numbers that it names. No model is asked.

        Args:
            question: In any language.
            k: Most hits.
            document: Only in these documents.
            pages: Only from page to page, both included.
            where: Metadata that documents must have, or a function of it.

        Returns:
            Hits, best first; an empty list has a `reason`.

        Raises:
            ConfigError: `k` is no positive number, or there is no such document.
        """
        if k < 1:
            raise ConfigError(f"k={k!r}: give a number above 0")
        view = self.catalogue()
        chosen = Filter.make(view, document, pages, where)
        found, reason = view.search(question, k, chosen)
        hits = self.make_hits(found)
        hits.reason = reason
        return hits

    def make_hits(self, matches: Iterable[Match]) -> Hits:
        """Make hits of what a flow found."""
        return Hits(self._make_hit(one.entry, one.score, one.coverage, one.why) for one in matches)

    def _make_hit(self, entry: Entry, score: float, coverage: float, why: str) -> Hit:
        return Hit(
            entry.document, entry.number, score, entry.text, coverage, entry.seen, entry.label, why, self
        )  # fmt: skip

    def page(self, number: int, document: str | None = None) -> Page:
        """Return a page by its number from 1.

        Args:
            number: Of the page.
            document: Name of the document; needed when there is more than one.

        Raises:
            ConfigError: There is no such page or document, or it is not said which of several.
        """
        documents = self.documents
        if document is None and len(documents) != 1:
            what = "there are several documents; say which" if documents else "the library is empty; add a document"
            raise ConfigError(f"document=None: {what}: {', '.join(one.name for one in documents[:8])}")
        found = self.find_document(document) if document is not None else documents[0]
        if not 1 <= number <= found.pages:
            raise ConfigError(f"page={number!r}: {found.name} has pages 1 to {found.pages}")
        with self._lock:
            entry = self._entries[found.id][1][number - 1]
        return Page(found.name, number, entry.label, entry.text, entry.seen, entry.problem, self)

    # ------------------------------------------------------------ look

    def draw(self, document: str, number: int, dpi: float = 150, region: Box = WHOLE) -> Picture | None:
        """Render a page or a region of it; kept, so that the same picture is made once.

        Raises:
            ConfigError: There is no such page, or it cannot be rendered.
        """
        found = self.find_document(document)
        return draw_page(self._store, found, number, dpi, region)

    def draw_sheet(
        self, pages: Sequence[tuple[str, int]], labels: Sequence[int] | None = None, columns: int = 4
    ) -> Sheet:
        """Put thumbnails of (document, page) pairs on one picture, each under its label: a contact sheet."""
        found = [(self.find_document(document), number) for document, number in pages]
        return draw_sheet(self._store, found, labels or [number for _, number in pages], columns)

    def find_boxes(self, document: str, number: int, words: str) -> tuple[Box, ...]:
        """Return where words stand on a page of a PDF; none where they do not, or in other kinds of documents."""
        found = self.find_document(document)
        if found.kind != "pdf":
            return ()
        try:
            with Pdf(self._store.open_file(found), found.name, self._store.passwords.get(found.id)) as pdf:
                return pdf.find_boxes(number, words)
        except CncodingError:
            return ()

    # ------------------------------------------------------------ steps of the flows

    def perform(self, step: LibraryStep, owner: object) -> Outcome:
        """Perform a step of a flow."""
        match step:
            case Survey():
                view = self.catalogue()
                view.warm_up()
                return view
            case DrawPage():
                return self._try(lambda: self.draw(step.document, step.number, step.dpi))
            case DrawSheet():
                return self._try(lambda: self.draw_sheet(step.pages, step.labels, step.columns))
            case Claim():
                return self._claims.take(step.pages, owner)
            case NoteSeen():
                self.note_seen(step.notes)
                return None
            case FindBoxes():
                tries = (self.find_boxes(step.document, step.number, words) for words in step.candidates)
                return next((boxes for boxes in tries if boxes), ())
            case Packed():
                return self._claims.check_packed(step.documents, step.note)
        assert_never(step)

    def _try(self, draw: Callable[[], Picture | Sheet | None]) -> Picture | Sheet | Failed | None:
        try:
            return draw()
        except ConfigError as error:
            return Failed(str(error))

    def release(self, owner: object) -> None:
        """Give back the pages that a question claimed and did not finish."""
        self._claims.release(owner)
