"""What is remembered of spent plans, for every process of a user: one SQLite file without a key in it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from cncoding.client.journal import state_folder
from cncoding.errors import CncodingWarning
from cncoding.plans.policy import Spent
from cncoding.target import Target

T = TypeVar("T")
FILE = "plans.sqlite3"


def plan_id(target: Target) -> str:
    """Return the name of a plan: the same in every process, and no way back to the key."""
    text = f"cncoding plan\0{target.provider.id}\0{target.root}\0{target.api_key}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class PlanMemory:
    """The file, opened for each step."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.path = (state_folder() if folder is None else Path(folder).expanduser()) / FILE

    def load(self) -> Mapping[str, Spent]:
        """Return what is remembered, by plan."""
        nothing: list[tuple[str, float, str]] = []
        rows = self._with(lambda db: db.execute("SELECT id, until, why FROM spent").fetchall(), nothing)
        return {str(name): Spent(float(until), str(why)) for name, until, why in rows}

    def save(self, name: str, spent: Spent | None) -> None:
        """Remember a plan as spent, or forget it."""

        def write(db: sqlite3.Connection) -> None:
            if spent is None:
                db.execute("DELETE FROM spent WHERE id = ?", (name,))
            else:
                db.execute("INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", (name, spent.until, spent.why))

        self._with(write, None)

    def _with(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something with the file; a broken one is moved aside, and what cannot be kept is not worth a failure."""
        for attempt in range(2):
            try:
                return self._open(work)
            except (OSError, sqlite3.Error) as error:
                self._report(error, final=attempt == 1)
        return otherwise

    def _open(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self.path, timeout=10.0)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, until REAL NOT NULL, why TEXT NOT NULL)")
            return work(db)

    def _report(self, error: Exception, *, final: bool) -> None:
        aside = self.path.with_name(f"{FILE}.broken-{int(time.time())}")
        moved = ""
        if isinstance(error, sqlite3.DatabaseError) and self.path.exists() and not final:
            os.replace(self.path, aside)
            moved = f"; it was moved to {aside.name}"
        text = f"plans: {self.path} cannot be used ({error}){moved}; what was remembered of spent plans is lost"
        warnings.warn(text, CncodingWarning, stacklevel=6)
