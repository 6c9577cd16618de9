"""A journal that somebody else wrote or changed: refused in words before money is spent, and left as it was."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cncoding import (
    Budget,
    CallIdentity,
    Client,
    ConfigError,
    Journal,
    MediaOrder,
    MediaRequest,
    MediaToolCall,
    MediaToolSettings,
)
from cncoding.client.journal import FILE
from cncoding.client.journal_index import JournalIndex
from cncoding_emulator import Emulator

FOX = MediaOrder(MediaRequest("image", "a fox"), CallIdentity("thread", "call"))
HARE = MediaOrder(MediaRequest("image", "a hare"), CallIdentity("thread", "other"), budget=Budget(calls=100))
DEEP = "[" * 100_000 + "]" * 100_000


def change(folder: Path, *commands: str, **values: object) -> None:
    with sqlite3.connect(folder / FILE) as db:
        for command in commands:
            db.execute(command, values)
    db.close()


# ---------------------------------------------------------------- what is no journal


def put_pipe(path: Path) -> None:
    os.mkfifo(path)


def put_loop(path: Path) -> None:
    path.symlink_to(path)


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere")


def link_to_text(path: Path) -> None:
    (path.parent / "text").write_text("somebody's text, " * 100)
    (path.parent / "text").chmod(0o644)
    path.symlink_to(path.parent / "text")


def put_bookmarks(path: Path) -> None:
    change(path.parent, "CREATE TABLE bookmarks (address)", "PRAGMA user_version = 99")


def put_shop(path: Path) -> None:
    change(path.parent, "CREATE TABLE purchases (number INTEGER PRIMARY KEY, customer TEXT)")


def put_view(path: Path) -> None:
    change(path.parent, "CREATE TABLE a (b)", "CREATE VIEW purchases AS SELECT b AS handle FROM a")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links are POSIX")
@pytest.mark.parametrize(
    ("put", "why"),
    [
        (put_pipe, "it is no file"),
        (put_loop, "symbolic links"),
        (link_to_nothing, "No such file"),
        (link_to_text, "not a database"),
        (put_bookmarks, "a database of another program"),
        (put_shop, "a database of another program"),
        (put_view, "changes what is written"),
    ],
)
def test_what_is_no_journal_stays_as_it_is(
    emulator: Emulator, tmp_path: Path, put: Callable[[Path], None], why: str
) -> None:
    put(tmp_path / FILE)
    before = {one.name: (one.lstat().st_mode, one.lstat().st_size) for one in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match=f"{why}.*nothing was bought.*give journal= another place"):
        Client("glm", journal=tmp_path).make(FOX)
    assert not emulator.submissions
    assert {one.name: (one.lstat().st_mode, one.lstat().st_size) for one in tmp_path.iterdir()} == before


def test_a_journal_behind_a_link_is_one(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "link").mkdir()
    Client("glm", journal=tmp_path).make(FOX)
    (tmp_path / "link" / FILE).symlink_to(tmp_path / FILE)
    assert Client("glm", journal=tmp_path / "link").make(FOX).reused and len(emulator.submissions) == 1


def test_a_pipe_that_takes_its_place_is_not_waited_for(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("glm", journal=tmp_path)
    client.make(FOX)
    for one in tmp_path.glob(f"{FILE}*"):
        one.unlink()
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(ConfigError, match="it is no file"):
        client.make(HARE)


@pytest.mark.parametrize(
    "trigger",
    [
        "CREATE TRIGGER t AFTER INSERT ON purchases BEGIN DELETE FROM purchases; END",
        "CREATE TRIGGER t BEFORE INSERT ON Purchases BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER t BEFORE INSERT ON calls BEGIN SELECT RAISE(IGNORE); END",
    ],
)
def test_one_that_forgets_what_it_is_told_is_not_bought_with(emulator: Emulator, tmp_path: Path, trigger: str) -> None:
    Client("glm", journal=tmp_path).make(FOX)
    change(tmp_path, trigger)
    for order in (FOX, HARE):
        with pytest.raises(ConfigError, match="the trigger 't' in it changes what is written"):
            Client("glm", journal=tmp_path).make(order)
    assert len(emulator.submissions) == 1


# ---------------------------------------------------------------- rows that nobody here wrote

ROWS = [
    ("usage", DEEP), ("usage", "[1]"), ("raw", "3"), ("job", DEEP), ("job", '"text"'), ("job", '{"provider": 1}'),
    ("assets", '[{"kind": "exe", "url": "http://x/a"}]'), ("assets", '[{"kind": "image", "metadata": 3}]'),
    ("assets", '[{"kind": "image", "path": 3}]'), ("assets", '[{"path": "/etc/passwd"}]'), ("assets", "{}x"),
    ("assets", '[{"kind": "image", "expires_at": 1e999}]'),
    ("created_at", 1e300), ("created_at", -1e300), ("created_at", float("inf")), ("created_at", "yesterday"),
    ("prompt", b"\xff\0"), ("model", b"\0"), ("state", "bogus"), ("kind", "exe"), ("cost", "free"), ("pieces", "many"),
    ("handle", "../../image-1"), ("handle", None), ("handle", b"\0"), ("handle", "\x1b[31mred"), ("error", b"\0"),
    ("thread", b"thread"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), ROWS)
def test_a_row_of_another_shape_is_refused(emulator: Emulator, tmp_path: Path, column: str, value: object) -> None:
    client = Client("glm", journal=tmp_path)
    handle = client.make(FOX, str(tmp_path)).purchase.handle
    change(tmp_path, f"UPDATE purchases SET {column} = :value", value=value)
    settings = MediaToolSettings(folder=str(tmp_path))
    asked = len(emulator.requests)

    def check() -> None:
        client.use_tool(MediaToolCall("check_media_job", {"job": handle}), settings)

    with pytest.raises(ConfigError, match=r"the row of .* cannot be read.*move it away and keep it"):
        client.purchases()
    with pytest.raises(ConfigError, match=r"cannot be read|not in the journal"):
        check()
    assert len(emulator.requests) == asked
    if column != "thread":  # the call is another's then
        with pytest.raises(ConfigError, match=r"the row of .* cannot be read"):
            client.make(FOX, str(tmp_path))
        assert len(emulator.submissions) == 1


def test_the_fields_of_a_job_are_looked_at(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("glm", journal=tmp_path)
    client.make(FOX, str(tmp_path))
    for path, value in (("extra", "[]"), ("extra", "null"), ("submitted_at", '"x"'), ("id", "{}"), ("assets", "[1]")):
        change(tmp_path, f"UPDATE purchases SET job = json_set(job, '$.{path}', json(:value))", value=value)
        with pytest.raises(ConfigError, match="cannot be read"):
            client.make(FOX)
    assert len(emulator.submissions) == 1


def test_a_purchase_without_its_job_is_no_crash(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("glm", journal=tmp_path)
    client.make(FOX, str(tmp_path))
    change(tmp_path, "UPDATE purchases SET job = NULL, assets = NULL")
    with pytest.raises(ConfigError, match="was made and paid for, and is not there any more"):
        client.make(FOX)
    change(tmp_path, "UPDATE purchases SET pieces = 3")
    with pytest.raises(ConfigError, match="made by 3 calls and not whole yet"):
        client.make(FOX)
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("owner", ["3", "x", "host/\u00b2/1", "a/1/2/3", f"a/{'9' * 50}/1"])
def test_an_owner_that_is_no_process_is_not_waited_for(emulator: Emulator, tmp_path: Path, owner: str) -> None:
    client = Client("glm", journal=tmp_path)
    client.make(FOX, str(tmp_path))
    change(tmp_path, "UPDATE purchases SET owner = :owner", owner=owner)
    assert client.make(FOX, str(tmp_path)).reused and len(emulator.submissions) == 1


def test_half_a_character_is_written_down(emulator: Emulator, tmp_path: Path) -> None:
    """A thread may be called anything; its budget and its calls are its own."""
    order = MediaOrder(FOX.request, CallIdentity("\ud800", "\udcff"), budget=Budget(calls=1, per="thread"))
    client = Client("glm", journal=tmp_path)
    first, second = client.make(order, str(tmp_path)), client.make(order, str(tmp_path))
    assert second.reused and first.purchase.handle == second.purchase.handle and len(emulator.submissions) == 1


def test_an_index_of_nonsense_leads_nowhere(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNCODING_STATE_DIR", str(tmp_path / "state"))
    client = Client("glm", journal=tmp_path)
    client.make(FOX)
    (tmp_path / "text").write_text("text")
    (tmp_path / "text").chmod(0o644)
    os.mkfifo(tmp_path / "pipe")
    index = JournalIndex(tmp_path / "state")
    with sqlite3.connect(index.path) as db:
        for place in (b"\0", None, 3, "/dev/null", str(tmp_path / "text"), str(tmp_path / "pipe"), "a\0b"):
            db.execute("INSERT INTO journals VALUES (?, 9e9)", (place,))
    db.close()
    with pytest.raises(ConfigError, match="not in the journal"):
        client.check("image-00000000")
    assert (tmp_path / "text").stat().st_mode & 0o777 == 0o644
    assert Journal(tmp_path).path in index.list()
