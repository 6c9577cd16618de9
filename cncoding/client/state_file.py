"""A SQLite file of the state folder that many processes share; a broken one is moved aside and said."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cncoding.errors import CncodingWarning

T = TypeVar("T")


def make_private(path: Path) -> None:
    """Make a file for its owner alone, unless there is one.

    Raises:
        OSError: It cannot be made, or what is there is no file: a pipe would be waited for without an end.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError("it is no file")


class StateFile:
    """The file, opened for each piece of work, which is one transaction."""

    def __init__(self, path: Path, table: str, what: str, lost: str, *, patience: float = 30.0) -> None:
        """Name the file; nothing is opened yet.

        Args:
            path: Where it is.
            table: SQL that makes its tables where there are none.
            what: Whose file it is, for warnings.
            lost: What is lost where it is broken, as a sentence.
            patience: Seconds to wait for another process that writes.
        """
        self.path, self._patience = path, patience
        self._table, self._what, self._lost = table, what, lost

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file; what it raises undoes it.

        Raises:
            OSError, sqlite3.Error: The file cannot be used.
        """
        before = self._identify()
        try:
            return self._run(work)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # it is locked, or cannot be written: nothing is broken
            self._move_aside(before, error)
        return self._run(work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_private(self.path)
        with contextlib.closing(sqlite3.connect(self.path, timeout=self._patience, isolation_level=None)) as db:
            db.executescript(self._table)
            db.execute("BEGIN IMMEDIATE")
            try:
                done = work(db)
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            return done

    def _identify(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _move_aside(self, before: tuple[int, int] | None, error: sqlite3.Error) -> None:
        """Move the broken file aside, unless another process has done it and begun a new one."""
        if before is None or self._identify() != before:
            return
        aside = self.path.with_name(f"{self.path.name}.broken-{int(time.time())}")
        os.replace(self.path, aside)
        text = f"{self._what}: {self.path} cannot be used ({error}); it was moved to {aside.name}; {self._lost}"
        warnings.warn(text, CncodingWarning, stacklevel=6)
