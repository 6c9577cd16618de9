"""`cncoding job` on whatever the journal holds: what each command says, its exit code, and words that work."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cncoding import Client, CncodingError, MediaRequest
from cncoding.media.journal import FindPurchases, Purchase, RecordPurchase
from cncoding_cli.keeping import open_journal
from cncoding_emulator import Emulator
from tests.cli.conftest import Run

FOX = MediaRequest("video", "a fox")


def client(provider: str) -> Client:
    return Client(provider, journal=open_journal())


def read(handle: str) -> Purchase:
    found: tuple[Purchase, ...] = open_journal().perform(FindPurchases(handle=handle))
    return found[0]


def read_json(run: Run, *words: str) -> dict[str, Any]:
    done = run("job", *words, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("intended", r"unconfirmed; .*`cncoding job resolve video-0000000a`"),
        ("unconfirmed", r"unconfirmed; .*`cncoding job resolve video-0000000a`"),
        ("refused", r"refused; nothing was bought \(no balance\); ask for it again"),
        ("waiting", r"refused; nothing was bought"),
        ("released", r"released; .*ask for the same once more"),
    ],
)
def test_what_has_no_job_is_shown_with_what_to_do(run: Run, emulator: Emulator, state: Any, text: str) -> None:
    error = "no balance" if state == "refused" else None
    kept = Purchase("video-0000000a", "d", "glm", "api", "video", "m", "a fox", state, error=error, created_at=1.7e9)
    open_journal().perform(RecordPurchase(kept))
    shown = run("job", "show", kept.handle)
    assert shown.code == 0 and re.match(f"{kept.handle}: {text}", shown.out), shown.out + shown.err
    told = read_json(run, "show", kept.handle)
    assert told["job"] is None and told["handle"] == kept.handle and told["detail"].startswith(told["status"])
    for verb in ("wait", "download", "cancel"):
        done = run("job", verb, kept.handle)
        assert done.code == 2 and re.search(text.partition("; ")[2], done.err), done.err
    assert not emulator.requests


@pytest.mark.parametrize("verb", ["wait", "download"])
@pytest.mark.parametrize("provider", ["glm", "qwen", "minimax"])
def test_a_job_that_failed_says_why_and_is_over(run: Run, emulator: Emulator, provider: str, verb: str) -> None:
    emulator.task_fault(provider, "fail")
    handle = client(provider).begin(FOX).handle
    while (done := run("job", verb, handle)).code == 14:
        pass  # a download does not wait
    assert done.code == 16 and "failed the video job" in done.err
    assert read(handle).state == "failed" and handle not in run("job", "list").out
    asked = len(emulator.requests)
    assert run("job", "show", handle).out.startswith(f"{handle}: failed: ")
    assert read_json(run, "cancel", handle)["status"] == "failed"
    assert run("job", "wait", handle).code == 16 and len(emulator.requests) == asked
    again = run("job", "again", handle)
    assert again.code == 2 and "ask for the same once more" in again.err


def test_a_job_that_was_cancelled(run: Run, emulator: Emulator) -> None:
    emulator.slow_tasks(1000)
    handle = client("qwen").begin(FOX).handle
    assert read_json(run, "cancel", handle)["status"] == "cancelled"
    for verb in ("wait", "download"):
        assert run("job", verb, handle).code == 15
    assert run("job", "show", handle).out == f"{handle}: cancelled\n" == run("job", "cancel", handle).out


@pytest.mark.parametrize("provider", ["glm", "qwen"])
def test_a_job_that_is_done_is_not_asked_about_again(run: Run, emulator: Emulator, provider: str) -> None:
    handle = client(provider).begin(FOX).handle
    assert run("job", "wait", handle, "-o", "fox.mp4").code == 0
    asked = len(emulator.requests)
    assert run("job", "show", handle).out.splitlines() == [f"{handle}: done", str(Path("fox.mp4").resolve())]
    assert run("job", "wait", handle).out.strip() == str(Path("fox.mp4").resolve())
    cancelled = run("job", "cancel", handle)
    assert cancelled.code == 0 and "there is nothing to cancel" in cancelled.err
    assert len(emulator.requests) == asked
    Path("fox.mp4").unlink()
    assert f"`cncoding job download {handle}` asks the vendor" in run("job", "show", handle).err
    assert run("job", "download", handle, "-o", "again.mp4").code == 0 and Path("again.mp4").stat().st_size
    assert len(emulator.submissions) == 1


def test_what_the_vendor_has_forgotten_was_made_all_the_same(run: Run, emulator: Emulator) -> None:
    handle = client("qwen").begin(FOX).handle
    run("job", "wait", handle, "-o", "fox.mp4")
    Path("fox.mp4").unlink()
    emulator.advance(40 * 86_400)
    for _ in range(2):
        lost = run("job", "download", handle)
        assert lost.code == 16 and "fox.mp4 was made and paid for, and is not there any more" in lost.err, lost.err
        assert "Make it again" in lost.err and read(handle).state == "done"


@pytest.mark.parametrize("words", [("speech", "glm", "good morning"), ("image", "glm", "a fox", "-n", "3")])
def test_what_came_at_once_is_waited_for_like_the_rest(run: Run, emulator: Emulator, words: tuple[str, ...]) -> None:
    run(*words, "-o", "out/")
    handles = [row["handle"] for row in json.loads(run("job", "list", "--all", "--json").out)]
    assert len(handles) == (4 if "-n" in words else 1)
    asked = len(emulator.submissions)
    for handle in handles:
        done = run("job", "wait", handle)
        assert done.code == 0 and all(Path(path).stat().st_size for path in done.out.splitlines()), done.err
        assert run("job", "cancel", handle).out.startswith(f"{handle}: done")
    assert len(emulator.submissions) == asked


def test_an_order_that_is_not_whole_names_its_parts_and_goes_on(run: Run, emulator: Emulator) -> None:
    emulator.task_fault("glm", "cut_before", on="image")
    words = ("image", "glm", "a fox", "-n", "3", "-o", "out/")
    assert run(*words).code == 12
    part, order = (row["handle"] for row in json.loads(run("job", "list", "--all", "--json").out))
    shown = run("job", "show", order)
    assert shown.out == f"{order}: not whole yet ({part} unconfirmed); ask for the same once more, and it goes on\n"
    assert run(*words).code == 17 and run("job", "again", part).code == 0
    done = run(*words)
    assert done.code == 0 and len(done.out.splitlines()) == 3 and len(emulator.submissions) == 3, done.err


@pytest.mark.parametrize("provider", ["glm", "qwen", "minimax", "unified"])
def test_a_job_that_a_tool_named_without_a_journal(run: Run, emulator: Emulator, provider: str) -> None:
    emulator.slow_tasks(1000)
    job = Client(provider).submit(FOX)
    early = run("job", "download", job.handle)
    assert early.code == 14 and "`cncoding job wait '{" in early.err, early.err
    for verb in ("resolve", "again"):
        told = run("job", verb, job.handle)
        assert told.code == 2 and "`cncoding job show` asks for it" in told.err
    emulator.advance(2000)
    for name in (job.handle, json.dumps(job.to_json())):
        assert run("job", "show", name).code == 0
        done = run("job", "wait", name, "-o", "out/")
        assert done.code == 0 and Path(done.out.strip()).stat().st_size, done.err


def test_the_json_of_a_job_that_the_journal_knows_is_its_purchase(run: Run, emulator: Emulator) -> None:
    kept = client("glm").begin(FOX)
    assert kept.job is not None
    done = run("job", "wait", json.dumps(kept.job.to_json()), "-o", "fox.mp4", "--json")
    assert json.loads(done.out)["handle"] == kept.handle and read(kept.handle).state == "done"


def test_a_lost_answer_that_a_list_tells(run: Run, emulator: Emulator) -> None:
    emulator.task_fault("qwen", "cut_before")
    with contextlib.suppress(CncodingError):
        client("qwen").begin(FOX)
    (lost,) = client("qwen").purchases()
    assert run("job", "resolve", lost.handle).code == 17
    Client("qwen").submit(FOX)
    emulator.advance(5)
    assert "taken from the list of qwen" in run("job", "resolve", lost.handle).out
    assert run("job", "wait", lost.handle, "-o", "fox.mp4").code == 0 and len(emulator.submissions) == 1


@pytest.mark.parametrize("verb", ["show", "wait", "download", "cancel", "resolve", "again"])
@pytest.mark.parametrize(
    "name", ["video-deadbeef", "", "x:y:z", "{", '{"id": 3}', "../../etc/passwd", "glm-video:m:.."]
)
def test_a_name_that_is_none(run: Run, emulator: Emulator, verb: str, name: str) -> None:
    told = run("job", verb, name, "--json")
    error = json.loads(told.err.splitlines()[-1])["error"]
    assert (told.code, error["class"], told.out) == (2, "ConfigError", "") and not emulator.submissions
    if "{" not in name and not name.startswith("glm"):
        assert "`cncoding job list --all --everywhere`" in error["message"]
