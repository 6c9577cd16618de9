"""The documents of a library: kept, added, removed, indexed. I/O through `store` and `reading` only."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from cncoding.errors import CncodingWarning, ConfigError
from cncoding.pages.catalogue import Catalogue, Entry
from cncoding.pages.claims import Claims
from cncoding.pages.fetching import fetch_document
from cncoding.pages.layout import drop_running_lines
from cncoding.pages.ranking import Vocabulary
from cncoding.pages.reading import SUFFIXES, read_file
from cncoding.pages.store import Store, digest
from cncoding.pages.values import Document, StoredPage


class Collection:
    """Documents, kept in a store and indexed. All methods may be called from any thread."""

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
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._catalogue: Catalogue | None = None
        self._claims = Claims()
        self.problems: list[str] = []
        """Files and pages that could not be read, each with its reason."""
        for document, pages in self._store.load():
            self._index(document, pages)

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

    def find_document(self, name: str) -> Document:
        """Return a document by its name or id.

        Raises:
            ConfigError: There is none.
        """
        with self._lock:
            found = self._entries.get(self._names.get(name, name))
        if found:
            return found[0]
        documents = self.documents
        names = ", ".join(one.name for one in documents[:8]) or "none; add one first"
        raise ConfigError(f"document={name!r}: not in the library; there are: {names}")

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
        own = self._store.folder.resolve() if self._store.folder else None
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(folder).parts
            if not path.is_file() or path.suffix.lower() not in SUFFIXES or any(one.startswith(".") for one in inner):
                continue
            if path.name.startswith("~$") or (own and own in path.resolve().parents):
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
                if password is not None:
                    self._store.passwords[known] = password
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
            if identity in self._entries:  # another thread was faster
                return self._entries[identity][0]
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
        stem, suffix = Path(name).stem, Path(name).suffix
        number, chosen = 2, name
        while self._names.get(chosen, self._places.get(place or "")) != self._places.get(place or ""):
            number, chosen = number + 1, f"{stem} ({number}){suffix}"
        return chosen

    def _forget_place(self, place: str | None) -> None:
        """A file that changed is another document: the old one goes."""
        if place in self._places:
            self.remove(self._places[place])

    def remove(self, document: str | Document) -> None:
        """Remove a document, its renderings and what was seen on its pages; its own file stays.

        Raises:
            ConfigError: There is no such document.
        """
        with self._lock:
            found = self.find_document(str(document))
            self._store.remove(found.id)
            del self._entries[found.id], self._names[found.name]
            self._places.pop(found.source or "", None)
            self._catalogue = None

    # ------------------------------------------------------------ index

    def _index(self, document: Document, pages: Sequence[StoredPage]) -> None:
        bare = drop_running_lines([page.text for page in pages])
        entries = [Entry.make(document, page, text, self._vocabulary) for page, text in zip(pages, bare, strict=True)]
        with self._lock:
            self._entries[document.id] = (document, entries)
            self._names[document.name] = document.id
            if document.source:
                self._places[document.source] = document.id
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
