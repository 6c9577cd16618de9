"""How a purchase lies in the journal's table: one row, read and written."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from cncoding.client.owners import is_alive
from cncoding.exchange.json_values import parse_json
from cncoding.media.journal import FindPurchases, Purchase, PurchaseState
from cncoding.media.plain_json import Shape, is_moment, is_number, is_text, list_misfits, one_of, or_none
from cncoding.media.values import Asset, JobKind, MediaJob

Hide = Callable[[str], str]
VERSION = 3
"""Of the table, as `PRAGMA user_version` keeps it; files from before it was kept say 0."""
_TABLE = """
CREATE TABLE IF NOT EXISTS purchases (
  handle TEXT PRIMARY KEY, digest TEXT NOT NULL, provider TEXT NOT NULL, endpoint TEXT NOT NULL, kind TEXT NOT NULL,
  model TEXT, prompt TEXT NOT NULL, state TEXT NOT NULL, thread TEXT, call TEXT, job TEXT, assets TEXT, usage TEXT,
  error TEXT, created_at REAL NOT NULL, cost REAL, currency TEXT, owner TEXT, route TEXT, note TEXT, priced_by TEXT,
  pieces INTEGER, part_of TEXT, raw TEXT
);
CREATE TABLE IF NOT EXISTS calls (
  thread TEXT NOT NULL, call TEXT NOT NULL, digest TEXT NOT NULL, handle TEXT NOT NULL,
  PRIMARY KEY (thread, call, digest)
);
CREATE INDEX IF NOT EXISTS purchases_call ON purchases (thread, call, digest);
CREATE INDEX IF NOT EXISTS purchases_digest ON purchases (digest, state);
"""
_ADDED = (
    ("cost", "REAL"), ("currency", "TEXT"), ("route", "TEXT"), ("note", "TEXT"), ("priced_by", "TEXT"),
    ("pieces", "INTEGER"), ("part_of", "TEXT"), ("raw", "TEXT"),
)  # fmt: skip
"""Columns that a file of an older version lacks."""
_COLUMNS = (
    "handle", "digest", "provider", "endpoint", "kind", "model", "prompt", "state", "thread", "call", "job", "assets",
    "usage", "error", "created_at", "cost", "currency", "owner", "route", "note", "priced_by",
    "pieces", "part_of", "raw",
)  # fmt: skip
_OURS = frozenset({"purchases", "calls"})
_LEFT = {"unconfirmed": "intended", "refused": "waiting"}
"""What a purchase is that a dead process left in the other state."""
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM purchases"


def prepare_table(db: sqlite3.Connection) -> None:
    """Make the table, or bring one of an older version up to date.

    Raises:
        sqlite3.DatabaseError: A newer version wrote it, or it is no journal.
        OSError: It is a database of another program.
    """
    _check_tables(db)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError(f"a newer cncoding wrote it: format {version}, this one reads {VERSION}")
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(_TABLE)
    known = {row[1] for row in db.execute("PRAGMA table_info(purchases)")}
    for column, kind in _ADDED:
        if column not in known:
            db.execute(f"ALTER TABLE purchases ADD COLUMN {column} {kind}")
    if version < VERSION:
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.commit()


def _check_tables(db: sqlite3.Connection) -> None:
    """Refuse a database of another program before anything is put into it, and one that does not keep what it is told.

    Raises:
        OSError: It is a database of another program.
        sqlite3.DatabaseError: Something in it changes what is written.
    """
    found = [tuple(map(str.lower, row)) for row in db.execute("SELECT type, name, tbl_name FROM sqlite_master")]
    tables = {name for kind, name, _ in found if kind == "table" and not name.startswith("sqlite_")}
    for kind, name, table in found:
        if kind in ("trigger", "view") and _OURS & {name, table}:
            raise sqlite3.DatabaseError(f"the {kind} {name!r} in it changes what is written")
    columns = {row[1] for row in db.execute("PRAGMA table_info(purchases)")}
    needs = set(_COLUMNS) - {column for column, _ in _ADDED}
    if tables and ("purchases" not in tables or not needs <= columns):
        raise OSError("it is a database of another program")


def write_row(db: sqlite3.Connection, one: Purchase, hide: Hide = str) -> None:
    """Write a purchase, in place of what was known of it; what a vendor told goes through `hide`."""
    job = None if one.job is None else json.dumps(replace(one.job, assets=None).to_json())
    assets = json.dumps([asset.to_json() for asset in one.assets])
    plain = {name: getattr(one, name) for name in _COLUMNS}
    texts = {"job": job, "assets": assets, "usage": json.dumps(one.usage), "raw": json.dumps(one.raw)}
    texts |= {"error": one.error, "note": one.note}
    values = {**plain, **{name: text if text is None else hide(text) for name, text in texts.items()}}
    values = {name: fit(value) for name, value in values.items()}
    marks = ", ".join(f":{name}" for name in _COLUMNS)
    db.execute(f"INSERT OR REPLACE INTO purchases ({', '.join(_COLUMNS)}) VALUES ({marks})", values)


def fit(value: Any) -> Any:
    """Return a value as a table holds it: half a character, which no file can hold, as its number."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def read_rows(db: sqlite3.Connection, where: str, values: Iterable[Any]) -> tuple[Purchase, ...]:
    """Return the purchases of a condition, newest first.

    Raises:
        sqlite3.DatabaseError: A row is none that was written here.
    """
    sought = tuple(map(fit, values))
    rows = db.execute(f"{_SELECT} WHERE {where} ORDER BY created_at DESC, rowid DESC", sought).fetchall()
    return tuple(_read(row) for row in rows)


def find_call(db: sqlite3.Connection, wanted: Purchase) -> Purchase | None:
    """Return the newest purchase that was made for a call, or taken over by it."""
    if wanted.identity is None:
        return None
    call = (wanted.thread, wanted.call, wanted.digest)
    own = "(thread = ? AND call = ? AND digest = ?)"
    taken = "handle IN (SELECT handle FROM calls WHERE thread = ? AND call = ? AND digest = ?)"
    return next(iter(read_rows(db, f"{own} OR {taken}", (*call, *call))), None)


def write_call(db: sqlite3.Connection, wanted: Purchase, handle: str) -> None:
    """Write that a call took over a purchase that was made for another one."""
    if wanted.identity is not None:
        values = tuple(map(fit, (wanted.thread, wanted.call, wanted.digest, handle)))
        db.execute("INSERT OR REPLACE INTO calls (thread, call, digest, handle) VALUES (?, ?, ?, ?)", values)


def _read(row: tuple[Any, ...]) -> Purchase:
    known = dict(zip(_COLUMNS, row, strict=True))
    try:
        if wrong := list_misfits(known, _SHAPE):
            raise ValueError(f"{wrong[0]} is {known[wrong[0]]!r:.80}")
        names = ("job", "assets", "usage", "raw")
        job, assets, usage, raw = (parse_json(known.pop(name) or "null") for name in names)
        return Purchase(
            **known,
            job=None if job is None else MediaJob.from_json(job),
            assets=tuple(Asset.from_json(asset) for asset in assets or ()),
            usage=dict(usage or {}),
            raw=dict(raw or {}),
        )
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise sqlite3.DatabaseError(f"the row of {row[0]!r:.80} cannot be read: {error}") from error


_TEXT = or_none(is_text)
_SHAPE: Shape = {
    "handle": lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][\w-]{0,99}", value) is not None,
    "digest": is_text, "provider": is_text, "endpoint": is_text, "kind": one_of(get_args(JobKind)), "model": _TEXT,
    "prompt": is_text, "state": one_of(get_args(PurchaseState)), "thread": _TEXT, "call": _TEXT, "job": _TEXT,
    "assets": _TEXT, "usage": _TEXT, "error": _TEXT, "created_at": is_moment, "cost": or_none(is_number),
    "currency": _TEXT, "owner": _TEXT, "route": _TEXT, "note": _TEXT, "priced_by": _TEXT,
    "pieces": or_none(is_number), "part_of": _TEXT, "raw": _TEXT,
}  # fmt: skip


def find_rows(db: sqlite3.Connection, step: FindPurchases) -> tuple[Purchase, ...]:
    """Return the purchases that a step asks for, newest first."""
    clauses, values = ["1"], []
    for column in ("handle", "digest", "thread", "provider"):
        if (value := getattr(step, column)) is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    wanted = tuple(step.states)
    if states := (*wanted, *(_LEFT[state] for state in wanted if state in _LEFT)):
        clauses.append(f"state IN ({', '.join('?' * len(states))})")
        values += states
    if step.since is not None:
        clauses.append("created_at >= ?")
        values.append(step.since)
    found = (_judge(one) for one in read_rows(db, " AND ".join(clauses), values))
    return tuple(one for one in found if not wanted or one.state in wanted)


def look(path: Path, step: FindPurchases) -> tuple[Purchase, ...] | None:
    """Read a journal without writing to it, None for one of another version: many are looked into for one handle.

    Raises:
        sqlite3.Error: It is no journal, or cannot be read.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2.0, isolation_level=None)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        return find_rows(db, step) if version == VERSION else None


def _judge(one: Purchase) -> Purchase:
    """Return a purchase as it is: nobody works any more on what a dead process intended."""
    if one.state not in ("intended", "waiting") or (one.owner is not None and is_alive(one.owner)):
        return one
    return replace(one, state="unconfirmed" if one.state == "intended" else "refused", owner=None)
