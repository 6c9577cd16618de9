"""Keep documents, pages and renderings: SQLite and files in one folder, or memory without one. I/O, no policy."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cncoding.errors import ConfigError
from cncoding.pages.values import Document, Heading, Picture, StoredPage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, source TEXT, size INTEGER, changed REAL,
    outline TEXT NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pages (
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, number INTEGER NOT NULL, label TEXT,
    text TEXT NOT NULL, problem TEXT, seen TEXT, PRIMARY KEY (document, number)) WITHOUT ROWID;
PRAGMA foreign_keys = ON;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""
_MOST_CACHED = 64_000_000


def digest(data: bytes) -> str:
    """Return the id of a content."""
    return sha256(data).hexdigest()[:24]


class Store:
    """The documents of one library; safe for any number of threads."""

    def __init__(self, folder: Path | None) -> None:
        """Open a folder, making it if need be; None keeps everything in memory.

        Raises:
            ConfigError: The folder cannot be made or written.
        """
        self.folder = folder
        self._lock = threading.RLock()
        self._files: dict[str, bytes] = {}
        self.passwords: dict[str, str] = {}
        """Of encrypted documents; never written to disk."""
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        try:
            if folder:
                (folder / "files").mkdir(parents=True, exist_ok=True)
                (folder / "pictures").mkdir(exist_ok=True)
            place = str(folder / "library.sqlite") if folder else ":memory:"
            self._database = sqlite3.connect(place, check_same_thread=False, timeout=30, isolation_level=None)
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"folder={str(folder)!r}: {error}") from None

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    # ------------------------------------------------------------ documents

    def save(self, document: Document, pages: Sequence[StoredPage], stamp: tuple[int, float] | None) -> None:
        """Keep a document with its pages, in place of one with its id or name."""
        size, changed = stamp or (None, None)
        outline = json.dumps([[one.title, one.level, one.page] for one in document.outline], ensure_ascii=False)
        row = (
            document.id, document.name, document.kind, document.source, size, changed, outline,
            json.dumps(dict(document.metadata), ensure_ascii=False),
        )  # fmt: skip
        with self._change() as database:
            database.execute("DELETE FROM documents WHERE id = ? OR name = ?", (document.id, document.name))
            database.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            database.executemany(
                "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)",
                [(one.document, one.number, one.label, one.text, one.problem, one.seen) for one in pages],
            )

    def remove(self, document: str) -> None:
        """Forget a document, its file and its pictures."""
        with self._change() as database:
            database.execute("DELETE FROM documents WHERE id = ?", (document,))
        with self._lock:
            for key in [key for key in self._files if key.startswith(document)]:
                del self._files[key]
            for key in [key for key in self._pictures if key.startswith(document)]:
                del self._pictures[key]
        if self.folder:
            for file in (self.folder / "files").glob(f"{document}*"):
                file.unlink(missing_ok=True)
            for file in (self.folder / "pictures").glob(f"{document}-*"):
                file.unlink(missing_ok=True)

    def load(self) -> list[tuple[Document, list[StoredPage]]]:
        """Return everything, in the order of adding."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, name, kind, outline, source, metadata FROM documents ORDER BY rowid"
            ).fetchall()
            pages: dict[str, list[StoredPage]] = {row[0]: [] for row in rows}
            for row in self._database.execute(
                "SELECT document, number, label, text, problem, seen FROM pages ORDER BY document, number"
            ):
                pages[row[0]].append(StoredPage(*row))
        found = []
        for identity, name, kind, outline, source, metadata in rows:
            headings = tuple(Heading(*entry) for entry in json.loads(outline))
            own = pages[identity]
            found.append((Document(identity, name, kind, len(own), headings, source, json.loads(metadata)), own))
        return found

    def find_unchanged(self, source: str, stamp: tuple[int, float]) -> str | None:
        """Return the id of a file that was read before and has not changed since."""
        with self._lock:
            row = self._database.execute(
                "SELECT id FROM documents WHERE source = ? AND size = ? AND changed = ?", (source, *stamp)
            ).fetchone()
        return row[0] if row else None

    def note_seen(self, notes: Iterable[tuple[str, int, str]]) -> None:
        """Keep what a model saw on pages."""
        with self._change() as database:
            database.executemany(
                "UPDATE pages SET seen = ? WHERE document = ? AND number = ?",
                [(text, document, number) for document, number, text in notes],
            )

    # ------------------------------------------------------------ files and pictures

    def keep_file(self, document: str, data: bytes) -> None:
        """Keep the bytes of a document that has no file of its own."""
        if self.folder:
            (self.folder / "files" / document).write_bytes(data)
        else:
            self._files[document] = data

    def open_file(self, document: Document) -> bytes | Path:
        """Return where a document's bytes are.

        Raises:
            ConfigError: The file was moved or deleted.
        """
        if document.source is None and not self.folder:
            return self._files[document.id]
        path = Path(document.source) if document.source else Path(str(self.folder)) / "files" / document.id
        if not path.is_file():
            raise ConfigError(f"documents: {document.name}: there is no file {str(path)!r} any more; add it again")
        return path

    def open_page_file(self, document: Document, number: int) -> bytes | Path:
        """Return the picture of a page of a document of pictures.

        Raises:
            ConfigError: The page has none.
        """
        key = f"{document.id}-{number}"
        if not self.folder and key in self._files:
            return self._files[key]
        if self.folder and (self.folder / "files" / key).is_file():
            return self.folder / "files" / key
        raise ConfigError(f"documents: {document.name}: page {number} has no picture")

    def find_picture(self, key: str) -> Picture | None:
        """Return a rendering that was made before."""
        with self._lock:
            picture = self._pictures.get(key)
            if picture is not None:
                self._pictures.move_to_end(key)
                return picture
        if not self.folder:
            return None
        for file in (self.folder / "pictures").glob(f"{key}.*"):
            size, _, suffix = file.name.removeprefix(f"{key}.").partition(".")
            width, _, height = size.partition("x")
            try:
                return Picture(file.read_bytes(), f"image/{suffix}", int(width), int(height))
            except (OSError, ValueError):
                continue
        return None

    def keep_picture(self, key: str, picture: Picture) -> None:
        """Keep a rendering: on disk, or the latest in memory."""
        if self.folder:
            name = f"{key}.{picture.width}x{picture.height}.{picture.media_type.rpartition('/')[2]}"
            part = self.folder / "pictures" / f".{name}.{threading.get_ident()}"
            part.write_bytes(picture.data)
            part.replace(self.folder / "pictures" / name)
            return
        with self._lock:
            self._pictures[key] = picture
            while sum(len(one.data) for one in self._pictures.values()) > _MOST_CACHED:
                self._pictures.popitem(last=False)
