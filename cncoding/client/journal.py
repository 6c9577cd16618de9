"""The journal of purchases on disk: one SQLite file that many processes share."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cncoding.client.journal_index import JournalIndex
from cncoding.client.journal_rows import (
    Hide,
    find_call,
    find_rows,
    fit,
    look,
    prepare_table,
    read_rows,
    write_call,
    write_row,
)
from cncoding.client.owners import is_alive, name_process
from cncoding.client.state_file import make_private
from cncoding.errors import BudgetExceededError, ConfigError
from cncoding.media.journal import (
    INTERRUPTED,
    REUSED,
    FindPurchases,
    JournalStep,
    Limit,
    MakePieceFolder,
    OpenPurchase,
    Purchase,
    RecordPurchase,
)

FILE = ".cncoding-journal.sqlite3"
PIECES = ".cncoding-pieces"
"""Name of the folder beside it in which what is made in pieces lies until it is whole."""
_AGAIN = frozenset({"refused", "waiting", "cancelled", "released"})
"""States after which the same call buys anew: the vendor did not make it, or a person said so."""
_FORGOTTEN = 86_400.0
"""Seconds after which a job that nobody asked for is not waited for by others: vendors forget theirs."""
_LOST = frozenset({"intended", "unconfirmed"})
"""States without an answer: whether it was bought is not known."""


def state_folder() -> Path:
    """Return the user's folder for state, by the XDG rules or `CNCODING_STATE_DIR`."""
    if given := os.environ.get("CNCODING_STATE_DIR"):
        return Path(given).expanduser()
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "state") / "cncoding"


def journal_path(given: str | os.PathLike[str] | None) -> Path:
    """Return the file of a journal: in a folder, or as named, or in the user's state folder for None."""
    if given is None:
        return state_folder() / FILE
    path = Path(given).expanduser()
    return path if path.suffix in (".sqlite3", ".sqlite", ".db") else path / FILE


def _reopen(path: str, patience: float) -> Journal:
    return Journal(path, patience=patience)


class Journal:
    """A file of purchases. It is opened at the first step; every step is a transaction of its own.

    Args:
        path: Folder or file; the user's state folder if None.
        patience: Seconds to wait for another process that writes to it.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, patience: float = 30.0) -> None:
        self.path = journal_path(path)
        self._patience = patience
        self._ready: int | None = None
        self._lock = threading.Lock()

    def __eq__(self, other: object) -> bool:
        """Tell whether another journal is the same file."""
        return isinstance(other, Journal) and self.path == other.path

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by the name of the file: a copy is another door to it."""
        return _reopen, (str(self.path), self._patience)

    def __hash__(self) -> int:
        """Return a hash of the file's name."""
        return hash(self.path)

    def perform(self, step: JournalStep, hide: Hide = str) -> Any:
        """Perform a step of a flow.

        Args:
            step: What to do.
            hide: Takes keys out of what a vendor told before it is written down.

        Raises:
            ConfigError: The file cannot be read or written; nothing was bought because of this step.
        """
        if isinstance(step, RecordPurchase) and step.purchase.kept_in is not None:
            home = Journal(step.purchase.kept_in, patience=self._patience)
            return home.perform(RecordPurchase(replace(step.purchase, kept_in=None)), hide)
        if isinstance(step, MakePieceFolder):
            return self._make_piece_folder(step.handle)
        try:
            with self._transaction() as db:
                if isinstance(step, OpenPurchase):
                    return self._open(db, step)
                if isinstance(step, RecordPurchase):
                    return write_row(db, step.purchase, hide)
                found = find_rows(db, step)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(self._explain(error, step)) from error
        if step.scope == "here" or (found and step.scope == "anywhere"):
            return found
        everything = (*found, *self._find_elsewhere(replace(step, scope="here")))
        return tuple(sorted(everything, key=lambda one: -one.created_at))

    def _make_piece_folder(self, handle: str) -> str:
        """Make a folder for its owner alone; sound that was paid for lies there until it is joined."""
        folder = self.path.parent.resolve() / PIECES / handle
        try:
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep_pieces(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"journal: {folder} cannot be made: {error.strerror}; nothing was bought") from error
        return str(folder)

    def _sweep_pieces(self, folder: Path) -> None:
        """Remove what is left of orders that are whole: a process may have died before it did."""
        for old in folder.iterdir():
            known: tuple[Purchase, ...] = self.perform(FindPurchases(handle=old.name))
            if known and known[0].state == "done":
                shutil.rmtree(old, ignore_errors=True)

    def _find_elsewhere(self, step: FindPurchases) -> Generator[Purchase, None, None]:
        """Look into the user's other journals. One that cannot be read is not this one's concern."""
        for path in JournalIndex(state_folder()).list():
            if path != self.path.resolve():
                with contextlib.suppress(ConfigError, OSError, sqlite3.Error):
                    found = look(path, step)
                    if found is None:
                        found = Journal(path, patience=2.0).perform(step)
                    for one in found:
                        yield replace(one, kept_in=str(path))

    def _explain(self, error: Exception, step: JournalStep) -> str:
        what = "what was bought could not be written down" if isinstance(step, RecordPurchase) else "nothing was bought"
        text = str(error) or type(error).__name__
        if "locked" in text:
            why = f"another process holds it for more than {self._patience:g} s: end that, or try again"
        elif isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            why = "move it away and keep it, it says what was paid; or give journal= another place"
        else:
            why = "give journal= another place, or journal=None to buy without one"
        return f"journal: {self.path} cannot be used ({text}); {what}. To go on, {why}"

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        self._prepare()
        db = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself where the disk is full
                    db.execute("ROLLBACK")
                raise
        finally:
            db.close()

    def _prepare(self) -> None:
        """Make the file, for its owner alone, once a process."""
        with self._lock:
            if self._ready == os.getpid() and self.path.is_file():
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            make_private(self.path)
            db = sqlite3.connect(self.path, timeout=self._patience)
            try:
                prepare_table(db)
            finally:
                db.close()
            os.chmod(self.path, 0o600)  # only now: it is a journal, and no file of another program
            JournalIndex(state_folder()).add(self.path)
            self._ready = os.getpid()

    @staticmethod
    def _open(db: sqlite3.Connection, step: OpenPurchase) -> tuple[Purchase, bool]:
        wanted = step.purchase
        known = find_call(db, wanted)
        if known is not None and known.identity != wanted.identity and known.handle in step.gone:
            known = None
        if known is not None and _is_worked_on(known):
            return known, False
        if known is None or known.state in _AGAIN:
            known = _find_orphan(db, wanted)
        if known is None and step.reuse and (same := _find_same(db, step)) is not None:
            if same.state == "done":
                write_call(db, wanted, same.handle)
                return same, True
            if _is_worked_on(same):
                return same, False
            known = same
        if known is not None and not (step.again and known.state in _LOST):
            return _adopt(db, known, wanted), True
        if known is not None:
            write_row(db, replace(known, state="released", owner=None))
        if step.limit is not None:
            _check_limit(db, step.limit, wanted)
        fresh = replace(wanted, handle=f"{wanted.kind}-{secrets.token_hex(4)}", owner=name_process())
        write_row(db, fresh)
        return fresh, True


def _is_worked_on(one: Purchase) -> bool:
    return one.owner is not None and is_alive(one.owner)


def _find_same(db: sqlite3.Connection, step: OpenPurchase) -> Purchase | None:
    """Return what another call bought or is about to buy with the same request."""
    marks = ", ".join("?" * len(REUSED))
    where = f"digest = ? AND part_of IS NULL AND state IN ({marks}) AND (state = 'done' OR created_at >= ?)"
    wanted = step.purchase
    for one in read_rows(db, where, (wanted.digest, *REUSED, wanted.created_at - _FORGOTTEN)):
        if one.handle not in step.gone and (one.state in ("done", "submitted") or _is_worked_on(one)):
            return one
    return None


def _adopt(db: sqlite3.Connection, known: Purchase, wanted: Purchase) -> Purchase:
    if known.identity != wanted.identity:
        write_call(db, wanted, known.handle)
    known = replace(known, state="unconfirmed" if known.state in _LOST else known.state, owner=name_process())
    write_row(db, known)
    return known


def _find_orphan(db: sqlite3.Connection, wanted: Purchase) -> Purchase | None:
    """Return the same request that a process left unfinished when it died, whatever call it was for.

    An order in pieces that was left unfinished goes on, too: what was paid of it is not paid again.
    One of unknown outcome in the same conversation is the same, too, and one whose wait was broken off: a model that
    reads "this may have been paid" and calls the tool once more does not want two, nor does a person after Ctrl-C.
    Calls without a name are one conversation: a program that tries again after a lost answer.
    """
    where = "digest = ? AND state IN ('intended', 'submitted', 'unconfirmed')"
    for one in read_rows(db, where, (wanted.digest,)):
        if one.owner is None:
            if one.pieces is not None and wanted.pieces is not None:
                return one
            left = one.state == "unconfirmed" or one.error == INTERRUPTED
            if left and one.thread == wanted.thread:
                return one
        elif not is_alive(one.owner):
            return one
    return None


def _check_limit(db: sqlite3.Connection, limit: Limit, wanted: Purchase) -> None:
    """Count what was spent, in the transaction that spends more.

    Raises:
        BudgetExceededError: It would be too much.
    """
    _forget_waits(db)
    clauses, values = ["state NOT IN ('refused') AND pieces IS NULL"], []
    for clause, value in (("created_at >= ?", limit.since), ("thread = ?", fit(limit.thread))):
        if value is not None:
            clauses.append(clause)
            values.append(value)
    where = " AND ".join(clauses)
    calls, spent = db.execute(
        f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN currency = ? THEN cost END), 0) FROM purchases WHERE {where}",
        (limit.currency, *values),
    ).fetchone()
    if limit.calls is not None and calls + 1 + limit.ahead > limit.calls:
        needs = f", and this needs {1 + limit.ahead}" if limit.ahead else ""
        raise BudgetExceededError(
            f"budget: {limit.calls} purchases are allowed and {calls} were made; {max(0, limit.calls - calls)} are left"
            f"{needs}. Nothing was bought"
        )
    if limit.amount is None:
        return
    left = limit.amount - spent
    known = wanted.cost is not None and limit.ahead_cost is not None
    if known and wanted.currency != limit.currency:
        raise BudgetExceededError(
            f"budget: the price of this {wanted.kind} is in {wanted.currency}, and what is left is {left:g} "
            f"{limit.currency}; give the budget in {wanted.currency}, or limit calls. Nothing was bought",
            left=left,
        )
    if wanted.cost is None or limit.ahead_cost is None:
        raise BudgetExceededError(
            f"budget: the price of this {wanted.kind} is not known, and {left:g} {limit.currency} are left; limit "
            "calls instead of an amount. Nothing was bought",
            left=left,
        )
    cost = wanted.cost + limit.ahead_cost
    if cost > left:
        raise BudgetExceededError(
            f"budget: this {wanted.kind} costs about {cost:g} {wanted.currency}, and {left:g} are left. Nothing was "
            "bought",
            left=left,
        )


def _forget_waits(db: sqlite3.Connection) -> None:
    """Write down that what waited for a busy vendor when its process died was never bought."""
    for handle, owner in db.execute("SELECT handle, owner FROM purchases WHERE state = 'waiting'").fetchall():
        if owner is None or not is_alive(owner):
            db.execute("UPDATE purchases SET state = 'refused', owner = NULL WHERE handle = ?", (handle,))
