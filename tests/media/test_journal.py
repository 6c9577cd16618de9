"""A journal that cannot be used stops the purchase, with words; one that breaks afterwards loses nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cncoding import CallIdentity, Client, CncodingWarning, ConfigError, Journal, MediaOrder, MediaRequest, Purchase
from cncoding.client.journal import FILE
from cncoding.client.journal_index import JournalIndex
from cncoding.media.journal import FindPurchases, RecordPurchase
from cncoding_emulator import Emulator
from langchain_cncoding import CheckMediaJobTool, SubmitVideoTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

FOX = MediaOrder(MediaRequest("image", "a fox"), CallIdentity("thread", "call"))


def as_folder_in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "journal.sqlite3"


def corrupt(folder: Path) -> Path:
    (folder / FILE).write_bytes(b"no database " * 1000)
    return folder


def break_inside(folder: Path) -> Path:
    client = Client("glm", journal=folder)
    client.make(MediaOrder(MediaRequest("image", "a hare"), CallIdentity("thread", "call")))
    with open(folder / FILE, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)
    return folder


def put_a_folder_there(folder: Path) -> Path:
    (folder / FILE).mkdir()
    return folder


def from_the_future(folder: Path) -> Path:
    with sqlite3.connect(folder / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    return folder


def strange_row(folder: Path) -> Path:
    Client("glm", journal=folder).make(FOX)
    with sqlite3.connect(folder / FILE) as db:
        db.execute("UPDATE purchases SET assets = 'no json', state = 'done'")
    db.close()
    return folder


Broken = Callable[[Path], Path]


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (as_folder_in_a_file, r"nothing was bought\. To go on, give journal= another place, or journal=None"),
        (put_a_folder_there, "give journal= another place"),
        (corrupt, r"not a database.*move it away and keep it, it says what was paid"),
        (break_inside, "move it away and keep it"),
        (from_the_future, "a newer cncoding wrote it: format 99"),
        (strange_row, "the row of 'image-"),
    ],
)
def test_an_unusable_journal_stops_the_purchase(
    emulator: Emulator, do: Do, tmp_path: Path, spoil: Broken, text: str
) -> None:
    journal = spoil(tmp_path)
    paid = len(emulator.submissions)
    with pytest.raises(ConfigError, match=text):
        do("glm", "make", FOX, str(tmp_path / "out"), client={"journal": journal})
    assert len(emulator.submissions) == paid
    made = do("glm", "make", FOX, str(tmp_path / "out"), client={"journal": None})  # told otherwise
    assert made.done[0].size and len(emulator.submissions) == paid + 1


def test_one_that_is_held_for_long_is_given_up(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    Journal(tmp_path).perform(FindPurchases())
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(ConfigError, match=r"locked.*another process holds it for more than 0\.2 s"):
            do("glm", "make", FOX, client={"journal": Journal(tmp_path, patience=0.2)})
        assert not emulator.submissions
    finally:
        holder.close()
    assert do("glm", "make", FOX, client={"journal": Journal(tmp_path, patience=0.2)}).done.assets


FULL = """
import resource, signal, sys
from cncoding import CallIdentity, Client, ConfigError, MediaOrder, MediaRequest

client = Client("glm", journal=sys.argv[1])
client.purchases()
perform, kept = client._perform, int(sys.argv[2])

def fill(step, *rest):
    global kept
    if type(step).__name__ in ("OpenPurchase", "RecordPurchase"):
        kept -= 1
        if kept < 0:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        return perform(step, *rest)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

client._perform = fill
try:
    made = client.make(MediaOrder(MediaRequest("image", "a fox"), CallIdentity("t", "c")), sys.argv[1] + "/out")
    print(made.done[0].path, "|", made.purchase.note)
except ConfigError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are POSIX")
@pytest.mark.parametrize(("written", "paid"), [(0, 0), (1, 1), (2, 1)])
def test_a_full_disk(emulator: Emulator, tmp_path: Path, written: int, paid: int) -> None:
    """Before the purchase it stops it; after it, what was paid for is made and saved, and the result says so."""
    words = [sys.executable, "-c", FULL, str(tmp_path), str(written)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(emulator.submissions) == paid
    if not paid:
        assert done.stdout.startswith("refused: journal:") and "nothing was bought" in done.stdout
        return
    path, note = done.stdout.strip().split(" | ")
    assert Path(path).stat().st_size and "what was bought could not be written down" in note
    states = [one.state for one in Client("glm", journal=tmp_path).purchases()]
    assert states == [["unconfirmed"], ["submitted"]][written - 1]


def test_an_older_table_is_brought_up_to_date(emulator: Emulator, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(
            "CREATE TABLE purchases (handle TEXT PRIMARY KEY, digest TEXT NOT NULL, provider TEXT NOT NULL, endpoint "
            "TEXT NOT NULL, kind TEXT NOT NULL, model TEXT, prompt TEXT NOT NULL, state TEXT NOT NULL, thread TEXT, "
            "call TEXT, job TEXT, assets TEXT, usage TEXT, error TEXT, created_at REAL NOT NULL, owner TEXT)"
        )
        old = ("image-1", "d", "glm", "coding", "image", None, "old", "unconfirmed", *[None] * 3, "[]", "{}", None, 1.0)
        db.execute(f"INSERT INTO purchases VALUES ({', '.join('?' * 16)})", (*old, None))
    db.close()
    client = Client("glm", journal=tmp_path)
    assert client.make(FOX).purchase
    assert [one.prompt for one in client.purchases()] == ["a fox", "old"]
    with pytest.raises(ConfigError, match="an older version"):
        client.resolve_purchase("image-1")
    assert client.release_purchase("image-1").state == "released"


def test_twenty_agents_on_one_journal_pay_once_each(emulator: Emulator, tmp_path: Path) -> None:
    """Ten calls, each asked by two agents at once: ten payments."""
    barrier = threading.Barrier(20)

    def buy(number: int) -> str:
        client = Client("glm", journal=tmp_path)
        order = MediaOrder(MediaRequest("image", f"fox {number % 10}"), CallIdentity("thread", f"call {number % 10}"))
        barrier.wait()
        return str(client.make(order, str(tmp_path)).done[0].path)

    with ThreadPoolExecutor(20) as pool:
        paths = list(pool.map(buy, range(20)))
    assert len(emulator.submissions) == 10 and len(set(paths)) == 10


# ---------------------------------------------------------------- handles of other journals


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CNCODING_STATE_DIR", str(tmp_path / "state"))
    yield tmp_path / "state"


def test_a_handle_is_found_from_another_folder(emulator: Emulator, do: Do, tmp_path: Path, state: Path) -> None:
    begun = Client("qwen", journal=tmp_path / "one").begin(MediaRequest("video", "a fox"))
    emulator.advance(100)
    made = do("qwen", "check", begun.handle, str(tmp_path / "two"), client={"journal": tmp_path / "two"})
    path = made.done[0].path
    assert Path(path).parent == tmp_path / "two"
    (known,) = Client("qwen", journal=tmp_path / "one").purchases()
    assert known.state == "done" and known.assets[0].path == path  # written where it was bought
    assert not Client("qwen", journal=tmp_path / "two").purchases()
    asked = len(emulator.requests)
    again = do("qwen", "check", begun.handle, str(tmp_path / "three"), client={"journal": tmp_path / "three"})
    assert again.done[0].path == path and again.reused and len(emulator.requests) == asked


def test_tools_of_other_folders_look_after_it(emulator: Emulator, tmp_path: Path, state: Path) -> None:
    call = {"type": "tool_call", "id": "c", "name": "x", "args": {"prompt": "a fox"}}
    begun = SubmitVideoTool(provider="qwen", output_dir=tmp_path / "one").invoke(call)
    handle = begun.artifact["handle"]
    emulator.advance(100)
    call["args"] = {"job": handle}
    first = CheckMediaJobTool(provider="qwen", output_dir=tmp_path / "two").invoke(call)
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path / "three", show_progress=False)
    second = spec.check_media_job(handle)
    path = first.artifact["assets"][0]["path"]
    assert path in second[0].text and len(list((tmp_path / "two").glob("*.mp4"))) == 1
    assert not list((tmp_path / "three").glob("*.mp4"))


def test_provider_and_endpoint_must_match_there_too(emulator: Emulator, tmp_path: Path, state: Path) -> None:
    begun = Client("qwen", journal=tmp_path / "one").begin(MediaRequest("video", "a fox"))
    asked = len(emulator.requests)
    for client in (
        Client("glm", journal=tmp_path / "two"),
        Client("qwen", journal=tmp_path / "two", endpoint="api-global", api_key="sk-1"),
    ):
        for method in (client.check, client.cancel_purchase, client.resolve_purchase, client.release_purchase):
            with pytest.raises(ConfigError, match="was bought from qwen at 'api'"):
                method(begun.handle)
    assert len(emulator.requests) == asked


def test_the_index_holds_paths_and_nothing_else(emulator: Emulator, tmp_path: Path, state: Path) -> None:
    for name in ("one", "two"):
        Client("glm", journal=tmp_path / name).make(MediaRequest("image", "a secret fox"))
    index = JournalIndex(state)
    assert [path.parent.name for path in index.list()] == ["two", "one"]
    assert index.path.stat().st_mode & 0o777 == 0o600
    content = index.path.read_bytes()
    assert b"fox" not in content and b"image-" not in content and b"secret" not in content
    (tmp_path / "one" / FILE).unlink()
    assert [path.parent.name for path in index.list()] == ["two"]
    index.path.write_bytes(b"broken")
    with pytest.warns(CncodingWarning, match="moved to journals.sqlite3.broken-"):
        assert index.list() == ()
    assert Client("glm", journal=tmp_path / "three").make(MediaRequest("image", "a fox"))
    with pytest.raises(ConfigError, match="not in the journal"):
        Client("glm", journal=tmp_path / "three").check("image-00000000")


def test_a_broken_journal_elsewhere_is_no_concern(emulator: Emulator, tmp_path: Path, state: Path) -> None:
    begun = Client("minimax", journal=tmp_path / "one").begin(MediaRequest("video", "a fox"))
    Client("minimax", journal=tmp_path / "two").make(MediaRequest("image", "a fox"))
    corrupt(tmp_path / "two")
    assert Client("minimax", journal=tmp_path / "three").check(begun.handle)


def test_a_journal_elsewhere_is_only_read(emulator: Emulator, tmp_path: Path, state: Path) -> None:
    """Whoever writes to it at that moment is not waited for, and it is not counted as used."""
    begun = Client("minimax", journal=tmp_path / "one").begin(MediaRequest("video", "a fox"))
    for name in ("two", "three"):
        Client("minimax", journal=tmp_path / name).purchases()
    before = JournalIndex(state).list()
    with sqlite3.connect(tmp_path / "one" / FILE, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        (found,) = Journal(tmp_path / "three").perform(FindPurchases(handle=begun.handle, scope="anywhere"))
        writer.execute("ROLLBACK")
    writer.close()
    assert found.state == "submitted" and found.kept_in == str(tmp_path / "one" / FILE)
    assert JournalIndex(state).list() == before


def test_where_a_purchase_is_kept_is_not_told() -> None:
    purchase = Purchase("image-1", "d", "glm", "coding", "image", None, "a fox", kept_in="/secret/path")
    assert "secret" not in str(purchase.to_json())


def test_a_record_goes_to_the_journal_that_holds_it(tmp_path: Path, state: Path) -> None:
    purchase = Purchase("image-1", "d", "glm", "coding", "image", None, "a fox", kept_in=str(tmp_path / "a" / FILE))
    Journal(tmp_path / "b").perform(RecordPurchase(purchase))
    assert not Journal(tmp_path / "b").perform(FindPurchases())
    (found,) = Journal(tmp_path / "a").perform(FindPurchases())
    assert found.kept_in is None
