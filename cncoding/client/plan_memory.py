"""What is remembered of spent plans, for every process of a user: one SQLite file without a key in it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from cncoding.client.journal import state_folder
from cncoding.client.state_file import StateFile
from cncoding.errors import CncodingWarning
from cncoding.plans.policy import LoadSpent, SaveSpent, Spent
from cncoding.target import Target

T = TypeVar("T")
FILE = "plans.sqlite3"
_TABLE = "CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, until REAL NOT NULL, why TEXT NOT NULL)"
_LOST = "what was remembered of spent plans is lost"


def plan_id(*targets: Target) -> str:
    """Return the name of a plan, or of several as one: the same in every process, and no way back to the key."""
    names = [f"cncoding plan\0{one.provider.id}\0{one.root}\0{one.api_key}" for one in targets]
    return hashlib.blake2b("\n".join(names).encode(), digest_size=12).hexdigest()


class PlanMemory:
    """The file, opened for each step. What cannot be kept is not worth a failure: it is said."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        path = (state_folder() if folder is None else Path(folder).expanduser()) / FILE
        self._file = StateFile(path, _TABLE, "plans", _LOST)

    def perform(self, step: LoadSpent | SaveSpent) -> Mapping[str, Spent] | None:
        """Perform a step of the policy."""
        if isinstance(step, LoadSpent):
            return self.load()
        self.save(step.id, step.spent)
        return None

    def load(self) -> Mapping[str, Spent]:
        """Return what is remembered, by plan."""
        nothing: list[tuple[str, float, str]] = []
        rows = self._run(lambda db: db.execute("SELECT id, until, why FROM spent").fetchall(), nothing)
        return {str(name): Spent(float(until), str(why)) for name, until, why in rows}

    def save(self, name: str, spent: Spent | None) -> None:
        """Remember a plan as spent, or forget it."""

        def write(db: sqlite3.Connection) -> None:
            if spent is None:
                db.execute("DELETE FROM spent WHERE id = ?", (name,))
            else:
                db.execute("INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", (name, spent.until, spent.why))

        self._run(write, None)

    def _run(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            return self._file.run(work)
        except (OSError, sqlite3.Error) as error:
            text = f"plans: {self._file.path} cannot be used ({error}); {_LOST}"
            warnings.warn(text, CncodingWarning, stacklevel=5)
            return otherwise
