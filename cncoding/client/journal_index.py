"""Where this user's journals lie, so that a handle is found from anywhere.

A file of paths in the user's state folder, and nothing else: no handle, no prompt, no key. It only helps to find; what
goes wrong with it stops nothing.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from cncoding.client.state_file import StateFile

FILE = "journals.sqlite3"
_TABLE = "CREATE TABLE IF NOT EXISTS journals (path TEXT PRIMARY KEY, seen REAL NOT NULL)"
_PATIENCE = 2.0
"""Seconds: it only helps to find."""
_MOST = 500
"""Of these paths are looked at; older ones are forgotten."""


class JournalIndex:
    """The paths of the journals of one user; many processes share it."""

    def __init__(self, folder: Path) -> None:
        lost = "handles of other folders are found again as their journals are used"
        self.path = folder / FILE
        self._file = StateFile(self.path, _TABLE, "journals", lost, patience=_PATIENCE)

    def add(self, journal: Path) -> None:
        """Remember a journal."""
        with contextlib.suppress(OSError, sqlite3.Error):
            self._file.run(lambda db: _add(db, str(journal.resolve())))

    def list(self) -> tuple[Path, ...]:
        """Return the journals that are there, the one used last first; those that are gone are forgotten."""
        if self.path.exists():
            with contextlib.suppress(OSError, sqlite3.Error):
                return self._file.run(_list)
        return ()


def _add(db: sqlite3.Connection, path: str) -> None:
    db.execute("INSERT OR REPLACE INTO journals VALUES (?, ?)", (path, time.time()))
    db.execute(
        "DELETE FROM journals WHERE path NOT IN (SELECT path FROM journals ORDER BY seen DESC LIMIT ?)", (_MOST,)
    )


def _list(db: sqlite3.Connection) -> tuple[Path, ...]:
    rows = db.execute("SELECT path FROM journals WHERE typeof(path) = 'text' ORDER BY seen DESC").fetchall()
    gone = [(path,) for (path,) in rows if not os.path.isfile(path)]
    db.executemany("DELETE FROM journals WHERE path = ?", gone)
    return tuple(Path(path) for (path,) in rows if (path,) not in gone)
