"""A library of documents: add, find, look at pages, remove. Reads and renders lazily; asks no model."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import assert_never

from cncoding.errors import CncodingError, CncodingWarning, ConfigError
from cncoding.pages.catalogue import Catalogue, Entry, Filter, Match
from cncoding.pages.claims import Claims
from cncoding.pages.drawing import draw_page, draw_sheet
from cncoding.pages.fetching import fetch_document
from cncoding.pages.hits import Hit, Hits, Page
from cncoding.pages.layout import drop_running_lines
from cncoding.pages.pdf import Pdf
from cncoding.pages.ranking import Vocabulary
from cncoding.pages.reading import SUFFIXES, read_file
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
from cncoding.pages.store import Document, Store, StoredPage, digest
from cncoding.pages.values import WHOLE, Box, Picture, Sheet


class Library:
    """Documents and their pages.

    `Library("folder")` is persistent, `Library()` lives in memory. All methods may be called from any thread.
    """

    def __init__(self, folder: str | PathLike[str] | None = None) -> None:
        """Open or make a library.

        Args:
            folder: Where to keep it; None keeps it in memory.

        Raises:
            ConfigError: The folder cannot be made or written.
        """
        self._store = Store(Path(folder) if folder is not None else None)
        self._lock = threading.RLock()
        self._vocabulary = Vocabulary()
        self._entries: dict[str, tuple[Document, list[Entry]]] = {}
        self._catalogue: Catalogue | None = None
        self._claims = Claims()
        self.problems: list[str] = []
        """Files and pages that could not be read, each with its reason."""
        for document, pages in self._store.load():
            self._index(document, pages)

    def __enter__(self) -> Library:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the database; the library cannot be used any more."""
        self._store.close()

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self.catalogue().entries)

    @property
    def documents(self) -> list[Document]:
        """The documents, in the order of adding."""
        with self._lock:
            return [document for document, _ in self._entries.values()]

    # ------------------------------------------------------------ add and remove

    def add(
        self,
        source: str | PathLike[str] | bytes,
        *,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        password: str | None = None,
    ) -> list[Document]:
        """Add a file, a folder, bytes or a URL. What is there already and unchanged is not read again.

        Args:
            source: Path of a file or folder, the bytes of a file, or an http(s) URL.
            name: What to call the document; needed to tell the kind of bytes that do not say it themselves.
            metadata: For filters: `library.search(..., where={"year": 2020})`.
            password: Of an encrypted PDF.

        Returns:
            The documents of `source`, added now or before.

        Raises:
            ConfigError: The file is missing, broken, encrypted, empty or of an unknown kind; of a folder, such files
                are named in `problems` with a warning, and the others are added.
        """
        given = dict(metadata or {})
        if isinstance(source, bytes):
            return [self._add_bytes(source, name or f"document-{digest(source)[:8]}", given, password)]
        if isinstance(source, str) and re.match(r"https?://", source, re.I):
            data, found = fetch_document(source)
            return [self._add_bytes(data, name or found, {"url": source, **given}, password)]
        path = Path(source)
        if path.is_dir():
            return self._add_folder(path, given, password)
        if not path.is_file():
            raise ConfigError(f"documents: there is no file {str(path)!r}")
        return [self._add_file(path, name or path.name, given, password)]

    def add_pages(
        self, pages: Sequence[tuple[str, bytes | None]], name: str, *, metadata: Mapping[str, Any] | None = None
    ) -> Document:
        """Add a document of which each page is given: its text, and its picture in any image format or None.

        Raises:
            ConfigError: There are no pages.
        """
        if not pages:
            raise ConfigError("pages: give at least one page")
        marks = [digest(text.encode() + b"\0" + (data or b"")) for text, data in pages]
        identity = digest("\n".join([name, *marks]).encode())
        with self._lock:
            if identity in self._entries:
                return self._entries[identity][0]
            document = Document(
                identity, self._choose_name(name, None), "pages", len(pages), (), None, dict(metadata or {})
            )
            stored = [StoredPage(identity, number, None, text) for number, (text, _) in enumerate(pages, start=1)]
            for number, (_, data) in enumerate(pages, start=1):
                if data:
                    self._store.keep_file(f"{identity}-{number}", data)
            self._store.save(document, stored, None)
            self._index(document, stored)
        return document

    def _add_folder(self, folder: Path, metadata: dict[str, Any], password: str | None) -> list[Document]:
        added = []
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.suffix.lower() not in SUFFIXES or path.name.startswith((".", "~$")):
                continue
            try:
                added.append(self._add_file(path, path.relative_to(folder).as_posix(), metadata, password))
            except ConfigError as error:
                self._report(str(error))
        if not added:
            raise ConfigError(f"documents: {folder} holds no readable document; {'; '.join(self.problems[-3:])}")
        return added

    def _report(self, problem: str) -> None:
        self.problems.append(problem)
        warnings.warn(problem, CncodingWarning, stacklevel=4)

    def _add_file(self, path: Path, name: str, metadata: dict[str, Any], password: str | None) -> Document:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime)
        place = str(path.resolve())
        known = self._store.find_unchanged(place, stamp)
        with self._lock:
            if known in self._entries:
                return self._entries[known][0]
        return self._read(path, digest(path.read_bytes()), name, place, stamp, metadata, password)

    def _add_bytes(self, data: bytes, name: str, metadata: dict[str, Any], password: str | None) -> Document:
        return self._read(data, digest(data), name, None, None, metadata, password)

    def _read(
        self,
        source: bytes | Path,
        identity: str,
        name: str,
        place: str | None,
        stamp: tuple[int, float] | None,
        metadata: dict[str, Any],
        password: str | None,
    ) -> Document:
        with self._lock:
            if identity in self._entries:
                if password is not None:
                    self._store.passwords[identity] = password
                return self._entries[identity][0]
        read = read_file(source, name, password)
        pages = [
            StoredPage(identity, number, page.label, page.text, page.problem)
            for number, page in enumerate(read.pages, start=1)
        ]
        with self._lock:
            if password is not None:
                self._store.passwords[identity] = password
            document = Document(
                identity, self._choose_name(name, place), read.kind, len(pages), read.outline, place, metadata
            )
            if isinstance(source, bytes):
                self._store.keep_file(identity, source)
            self._forget_place(place)
            self._store.save(document, pages, stamp)
            self._index(document, pages)
        for page in pages:
            if page.problem:
                self._report(page.problem)
        return document

    def _choose_name(self, name: str, place: str | None) -> str:
        taken = {document.name for document, _ in self._entries.values() if not place or document.source != place}
        stem, suffix = Path(name).stem, Path(name).suffix
        number, chosen = 2, name
        while chosen in taken:
            number, chosen = number + 1, f"{stem} ({number}){suffix}"
        return chosen

    def _forget_place(self, place: str | None) -> None:
        """A file that changed is another document: the old one goes."""
        for document, _ in list(self._entries.values()):
            if place and document.source == place:
                self.remove(document.name)

    def remove(self, document: str | Document) -> None:
        """Remove a document, its renderings and what was seen on its pages; its own file stays.

        Raises:
            ConfigError: There is no such document.
        """
        with self._lock:
            found = self.find_document(str(document))
            self._store.remove(found.id)
            del self._entries[found.id]
            self._catalogue = None

    # ------------------------------------------------------------ index

    def _index(self, document: Document, pages: Sequence[StoredPage]) -> None:
        bare = drop_running_lines([page.text for page in pages])
        entries = [Entry.make(document, page, text, self._vocabulary) for page, text in zip(pages, bare, strict=True)]
        with self._lock:
            self._entries[document.id] = (document, entries)
            self._catalogue = None

    def catalogue(self) -> Catalogue:
        """Return what is in the library now, as one frozen value that can be searched."""
        with self._lock:
            if self._catalogue is None:
                documents = [document for document, _ in self._entries.values()]
                entries = [entry for _, own in self._entries.values() for entry in own]
                self._catalogue = Catalogue(tuple(documents), tuple(entries), self._vocabulary)
            return self._catalogue

    def note_seen(self, notes: Iterable[tuple[str, int, str]]) -> None:
        """Keep what a model saw on pages, so that they are found by it: (document id, page, text)."""
        kept = [note for note in notes if note[2].strip()]
        with self._lock:
            self._store.note_seen(kept)
            for identity, number, text in kept:
                if identity in self._entries:
                    document, entries = self._entries[identity]
                    entries[number - 1] = entries[number - 1].with_seen(text, document, self._vocabulary)
            self._catalogue = None

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

    def find_document(self, name: str) -> Document:
        """Return a document by its name or id.

        Raises:
            ConfigError: There is none.
        """
        documents = self.documents
        for one in documents:
            if name in (one.name, one.id):
                return one
        names = ", ".join(one.name for one in documents[:8]) or "none; add one first"
        raise ConfigError(f"document={name!r}: not in the library; there are: {names}")

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

    def draw_sheet(self, pages: Sequence[tuple[str, int]], labels: Sequence[int] | None = None) -> Sheet:
        """Put thumbnails of (document, page) pairs on one picture, each under its label: a contact sheet."""
        found = [(self.find_document(document), number) for document, number in pages]
        return draw_sheet(self._store, found, labels or [number for _, number in pages])

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
                return self._try(lambda: self.draw_sheet(step.pages, step.labels))
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
