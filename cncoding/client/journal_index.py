"""Where this user's journals lie, so that a handle is found from anywhere.

A file of paths in the user's state folder, and nothing else: no handle, no prompt, no key. It only helps to find; what
goes wrong with it stops nothing.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Generator
from pathlib import Path

FILE = "journals.sqlite3"
_MOST = 500
"""Of these paths are looked at; older ones are forgotten."""


class JournalIndex:
    """The paths of the journals of one user; many processes share it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def add(self, journal: Path) -> None:
        """Remember a journal."""
        with contextlib.suppress(OSError, sqlite3.Error), self._open() as db:
            db.execute("INSERT OR REPLACE INTO journals VALUES (?, ?)", (str(journal.resolve()), time.time()))
            db.execute(
                "DELETE FROM journals WHERE path NOT IN (SELECT path FROM journals ORDER BY seen DESC LIMIT ?)",
                (_MOST,),
            )

    def list(self) -> tuple[Path, ...]:
        """Return the journals that are there, the one used last first; those that are gone are forgotten."""
        if not self.path.exists():
            return ()
        with contextlib.suppress(OSError, sqlite3.Error), self._open() as db:
            rows = db.execute("SELECT path FROM journals ORDER BY seen DESC").fetchall()
            gone = [(path,) for (path,) in rows if not os.path.exists(path)]
            db.executemany("DELETE FROM journals WHERE path = ?", gone)
            return tuple(Path(path) for (path,) in rows if (path,) not in gone)
        return ()

    @contextlib.contextmanager
    def _open(self) -> Generator[sqlite3.Connection, None, None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(self.path, timeout=2.0)
        try:
            db.execute("CREATE TABLE IF NOT EXISTS journals (path TEXT PRIMARY KEY, seen REAL NOT NULL)")
            with db:
                yield db
        finally:
            db.close()
