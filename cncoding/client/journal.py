"""The journal of purchases on disk: one SQLite file that many processes share."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cncoding.errors import BudgetExceededError, ConfigError
from cncoding.media.journal import FindPurchases, JournalStep, Limit, OpenPurchase, Purchase, RecordPurchase
from cncoding.media.values import Asset, MediaJob

FILE = ".cncoding-journal.sqlite3"
_TABLE = """
CREATE TABLE IF NOT EXISTS purchases (
  handle TEXT PRIMARY KEY, digest TEXT NOT NULL, provider TEXT NOT NULL, endpoint TEXT NOT NULL, kind TEXT NOT NULL,
  model TEXT, prompt TEXT NOT NULL, state TEXT NOT NULL, thread TEXT, call TEXT, job TEXT, assets TEXT, usage TEXT,
  error TEXT, created_at REAL NOT NULL, cost REAL, currency TEXT, owner TEXT, route TEXT, note TEXT,
  priced_by TEXT
);
CREATE INDEX IF NOT EXISTS purchases_call ON purchases (thread, call, digest);
CREATE INDEX IF NOT EXISTS purchases_digest ON purchases (digest, state);
"""
_ADDED = (("cost", "REAL"), ("currency", "TEXT"), ("route", "TEXT"), ("note", "TEXT"), ("priced_by", "TEXT"))
"""Columns that a file of an older version lacks."""
_COLUMNS = (
    "handle", "digest", "provider", "endpoint", "kind", "model", "prompt", "state", "thread", "call", "job", "assets",
    "usage", "error", "created_at", "cost", "currency", "owner", "route", "note",
    "priced_by",
)  # fmt: skip
_AGAIN = frozenset({"refused", "waiting", "cancelled", "released"})
"""States after which the same call buys anew: the vendor did not make it, or a person said so."""
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


class Journal:
    """A file of purchases. It is opened at the first step; every step is a transaction of its own."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = journal_path(path)
        self._ready: int | None = None
        self._lock = threading.Lock()

    def perform(self, step: JournalStep) -> Any:
        """Perform a step of a flow.

        Raises:
            ConfigError: The file cannot be read or written; nothing was bought because of this step.
        """
        try:
            with self._transaction() as db:
                if isinstance(step, OpenPurchase):
                    return self._open(db, step)
                if isinstance(step, RecordPurchase):
                    return _write(db, step.purchase)
                return _find(db, step)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"journal: {self.path} cannot be used ({error}); nothing was bought. Give journal= another place, or "
                "journal=None to buy without one"
            ) from error

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        self._prepare()
        db = sqlite3.connect(self.path, timeout=30.0, isolation_level=None)
        try:
            db.execute("PRAGMA busy_timeout = 30000")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        finally:
            db.close()

    def _prepare(self) -> None:
        """Make the file, for its owner alone, once a process."""
        with self._lock:
            if self._ready == os.getpid() and self.path.exists():
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            os.chmod(self.path, 0o600)
            db = sqlite3.connect(self.path, timeout=30.0)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_TABLE)
                known = {row[1] for row in db.execute("PRAGMA table_info(purchases)")}
                for column, kind in _ADDED:
                    if column not in known:
                        db.execute(f"ALTER TABLE purchases ADD COLUMN {column} {kind}")
                db.commit()
            finally:
                db.close()
            self._ready = os.getpid()

    @staticmethod
    def _open(db: sqlite3.Connection, step: OpenPurchase) -> tuple[Purchase, bool]:
        wanted = step.purchase
        known = _find_call(db, wanted)
        if known is not None and known.owner is not None and _is_alive(known.owner):
            return known, False
        if known is None or known.state in _AGAIN:
            known = _find_orphan(db, wanted)
        if known is not None and not (step.again and known.state in _LOST):
            return _adopt(db, known), True
        if known is not None:
            _write(db, replace(known, state="released", owner=None))
        if step.limit is not None:
            _check_limit(db, step.limit, wanted)
        fresh = replace(wanted, handle=f"{wanted.kind}-{secrets.token_hex(4)}", owner=_me())
        _write(db, fresh)
        return fresh, True


def _find_call(db: sqlite3.Connection, wanted: Purchase) -> Purchase | None:
    """Return the newest purchase of the same call."""
    if wanted.identity is None:
        return None
    rows = db.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM purchases WHERE thread = ? AND call = ? AND digest = ? "
        "ORDER BY created_at DESC, rowid DESC LIMIT 1",
        (wanted.thread, wanted.call, wanted.digest),
    ).fetchall()
    return _read(rows[0]) if rows else None


def _adopt(db: sqlite3.Connection, known: Purchase) -> Purchase:
    known = replace(known, state="unconfirmed" if known.state in _LOST else known.state, owner=_me())
    _write(db, known)
    return known


def _find_orphan(db: sqlite3.Connection, wanted: Purchase) -> Purchase | None:
    """Return the same request that a process left unfinished when it died, whatever call it was for.

    One of unknown outcome in the same conversation is the same, too: a model that reads "this may have been paid" and
    calls the tool once more does not want two.
    """
    rows = db.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM purchases WHERE digest = ? AND state IN ('intended', 'submitted', "
        "'unconfirmed') ORDER BY created_at DESC",
        (wanted.digest,),
    ).fetchall()
    for one in map(_read, rows):
        if one.owner is None:
            if one.state == "unconfirmed" and wanted.thread is not None and one.thread == wanted.thread:
                return one
        elif not _is_alive(one.owner):
            return one
    return None


def _check_limit(db: sqlite3.Connection, limit: Limit, wanted: Purchase) -> None:
    """Count what was spent, in the transaction that spends more.

    Raises:
        BudgetExceededError: It would be too much.
    """
    _forget_waits(db)
    clauses, values = ["state NOT IN ('refused')"], []
    for clause, value in (("created_at >= ?", limit.since), ("thread = ?", limit.thread)):
        if value is not None:
            clauses.append(clause)
            values.append(value)
    where = " AND ".join(clauses)
    calls, spent = db.execute(
        f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN currency = ? THEN cost END), 0) FROM purchases WHERE {where}",
        (limit.currency, *values),
    ).fetchone()
    if limit.calls is not None and calls >= limit.calls:
        raise BudgetExceededError(
            f"budget: {limit.calls} purchases are allowed and {calls} were made; 0 are left. Nothing was bought"
        )
    if limit.amount is None:
        return
    left = limit.amount - spent
    if wanted.cost is None or wanted.currency != limit.currency:
        raise BudgetExceededError(
            f"budget: the price of this {wanted.kind} is not known, and {left:g} {limit.currency} are left; limit "
            "calls instead of an amount. Nothing was bought",
            left=left,
        )
    if wanted.cost > left:
        raise BudgetExceededError(
            f"budget: this {wanted.kind} costs about {wanted.cost:g} {wanted.currency}, and {left:g} are left. Nothing "
            "was bought",
            left=left,
        )


def _forget_waits(db: sqlite3.Connection) -> None:
    """Write down that what waited for a busy vendor when its process died was never bought."""
    for handle, owner in db.execute("SELECT handle, owner FROM purchases WHERE state = 'waiting'").fetchall():
        if owner is None or not _is_alive(owner):
            db.execute("UPDATE purchases SET state = 'refused', owner = NULL WHERE handle = ?", (handle,))


def _write(db: sqlite3.Connection, one: Purchase) -> None:
    job = None if one.job is None else json.dumps(replace(one.job, assets=None).to_json())
    values = (
        one.handle, one.digest, one.provider, one.endpoint, one.kind, one.model, one.prompt, one.state, one.thread,
        one.call, job, json.dumps([asset.to_json() for asset in one.assets]), json.dumps(one.usage), one.error,
        one.created_at, one.cost, one.currency, one.owner, one.route, one.note,
        one.priced_by,
    )  # fmt: skip
    marks = ", ".join("?" * len(_COLUMNS))
    db.execute(f"INSERT OR REPLACE INTO purchases ({', '.join(_COLUMNS)}) VALUES ({marks})", values)


def _find(db: sqlite3.Connection, step: FindPurchases) -> tuple[Purchase, ...]:
    clauses, values = ["1"], []
    for column, value in (
        ("handle", step.handle),
        ("digest", step.digest),
        ("thread", step.thread),
        ("provider", step.provider),
    ):
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    states = (*step.states, *(("intended",) if "unconfirmed" in step.states else ()))
    if states:
        clauses.append(f"state IN ({', '.join('?' * len(states))})")
        values += states
    if step.since is not None:
        clauses.append("created_at >= ?")
        values.append(step.since)  # type: ignore[arg-type]  # SQLite takes numbers beside texts
    query = f"SELECT {', '.join(_COLUMNS)} FROM purchases WHERE {' AND '.join(clauses)} ORDER BY created_at DESC"
    found = (_judge(_read(row)) for row in db.execute(query, values).fetchall())
    return tuple(one for one in found if not states or one.state in step.states)


def _judge(one: Purchase) -> Purchase:
    """Return a purchase as it is: nobody works any more on what a dead process intended."""
    if one.state not in ("intended", "waiting") or (one.owner is not None and _is_alive(one.owner)):
        return one
    return replace(one, state="unconfirmed" if one.state == "intended" else "refused", owner=None)


def _read(row: tuple[Any, ...]) -> Purchase:
    known = dict(zip(_COLUMNS, row, strict=True))
    job = known.pop("job")
    assets = json.loads(known.pop("assets") or "[]")
    usage = json.loads(known.pop("usage") or "{}")
    return Purchase(
        **known,
        job=None if job is None else MediaJob.from_json(json.loads(job)),
        assets=tuple(Asset.from_json(asset) for asset in assets),
        usage=usage,
    )


# ---------------------------------------------------------------- who works on it


def _me() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{_start_of(os.getpid())}"


def _is_alive(owner: str) -> bool:
    """Tell whether the process that wrote its name still runs; one of another machine is taken to."""
    host, _, rest = owner.partition("/")
    pid, _, start = rest.partition("/")
    if host != socket.gethostname():
        return True
    return pid.isdigit() and _start_of(int(pid)) == start and start != ""


def _start_of(pid: int) -> str:
    """Return when a process began, so that another one with its number is not taken for it; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    if os.path.isdir("/proc/self"):
        return ""
    if os.name == "nt":  # there, asking with signal 0 would end the process
        return "?"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "?"
    return "?"
