"""What was bought from the command line can be asked for again, and is bought once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.cli.conftest import Run


@pytest.fixture
def slow(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Vendors whose jobs stand still until the test lets time pass."""
    with Emulator(clock_speed=0.0001) as slow:
        for name, value in slow.env().items():
            monkeypatch.setenv(name, value)
        yield slow


def count_orders(emulator: Emulator) -> int:
    return sum(one.method == "POST" for one in emulator.requests)


def test_a_finished_job_is_listed_and_fetched_again_at_no_cost(run: Run, emulator: Emulator) -> None:
    run("image", "minimax", "a cat", "-o", "cat.jpg")
    assert run("job", "list").out.splitlines() == ["job\tstate\tprovider\tmodel\tbegun\tprompt"]
    [row] = json.loads(run("job", "list", "--all", "--json").out)
    assert row["state"] == "done" and row["prompt"] == "a cat"
    done = run("job", "download", row["handle"], "-o", "again.jpg")
    assert done.code == 0, done.err
    assert Path("again.jpg").read_bytes() == Path("cat.jpg").read_bytes() and count_orders(emulator) == 1


def test_reuse_buys_nothing(run: Run, emulator: Emulator) -> None:
    run("image", "minimax", "a dog", "-o", "out/")
    done = run("image", "minimax", "a dog", "-o", "out/", "--reuse")
    assert done.code == 0 and "nothing was bought" in done.err and count_orders(emulator) == 1


def test_a_named_file_is_found_again(run: Run, emulator: Emulator) -> None:
    """The vendor keeps no copy of a speech: the file that was named is the only one."""
    run("speech", "minimax", "good morning", "-o", "a.mp3")
    [row] = json.loads(run("job", "list", "--all", "--json").out)
    assert row["assets"][0]["path"] == str(Path("a.mp3").resolve())
    fetched = run("job", "download", row["handle"], "-o", "b.mp3")
    reused = run("speech", "minimax", "good morning", "-o", "c.mp3", "--reuse")
    assert fetched.code == reused.code == 0, fetched.err + reused.err
    assert Path("a.mp3").read_bytes() == Path("b.mp3").read_bytes() == Path("c.mp3").read_bytes()
    assert count_orders(emulator) == 1
    Path("a.mp3").unlink()
    again = run("speech", "minimax", "good morning", "-o", "d.mp3", "--reuse")
    assert again.code == 0 and "nothing was bought" not in again.err and count_orders(emulator) == 2


def test_a_speech_that_went_down_a_pipe_is_not_there_any_more(run: Run, emulator: Emulator) -> None:
    words = [sys.executable, "-m", "cncoding_cli", "speech", "glm", "a fox runs", "-o", "-"]
    assert subprocess.run(words, capture_output=True, check=True).stdout.startswith(b"RIFF")
    [row] = json.loads(run("job", "list", "--all", "--json").out)
    for output in ((), ("-o", "x.wav")):
        done = run("job", "download", row["handle"], *output)
        assert done.code == 2 and "this speech was made and paid for, and is not there any more" in done.err
    assert run("speech", "glm", "a fox runs", "-o", "x.wav", "--reuse").code == 0 and Path("x.wav").stat().st_size


def test_speech_that_came_at_once_is_shown_as_done_and_nobody_is_asked(run: Run, emulator: Emulator) -> None:
    assert run("speech", "glm", "a fox runs", "-o", "x.wav").code == 0
    [row] = json.loads(run("job", "list", "--all", "--json").out)
    before = len(emulator.requests)
    shown = run("job", "show", row["handle"], "--json")
    assert shown.code == 0, shown.err
    told = json.loads(shown.out)
    assert told["status"] == "done" and told["assets"][0]["path"] == str(Path("x.wav").resolve())
    assert len(emulator.requests) == before


def test_a_job_goes_on_after_the_command_that_began_it(run: Run, slow: Emulator) -> None:
    from cncoding import Client, MediaRequest
    from cncoding_cli.keeping import open_journal

    with Client("minimax", journal=open_journal()) as client:
        handle = client.begin(MediaRequest("video", "a fox")).handle
    assert handle in run("job", "list").out
    early = run("job", "download", handle, "-o", "fox.mp4")
    assert early.code == 14 and "job: {" in early.err and not Path("fox.mp4").exists()
    assert run("job", "show", handle).code == 0
    slow.advance(600)
    done = run("job", "wait", handle, "-o", "fox.mp4")
    assert (done.code, done.out) == (0, "fox.mp4\n"), done.err
    assert b"ftyp" in Path("fox.mp4").read_bytes()[:16]


def test_a_job_from_elsewhere_is_given_as_json(run: Run) -> None:
    from cncoding import Client, MediaRequest

    with Client("minimax") as client:
        job = client.submit(MediaRequest("video", "a fox")).to_json()
    done = run("job", "wait", json.dumps(job), "-o", "fox.mp4", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["assets"][0]["path"] == "fox.mp4"


def test_cancel(run: Run, slow: Emulator) -> None:
    from cncoding import Client, MediaRequest
    from cncoding_cli.keeping import open_journal

    with Client("qwen", journal=open_journal(), endpoint="api", api_key="sk-" + "0" * 32) as client:
        handle = client.begin(MediaRequest("video", "a fox")).handle
    done = run("job", "cancel", handle)
    assert done.code == 0 and "cancelled" in done.out, done.err
    assert handle not in run("job", "list").out


@pytest.mark.parametrize("words", [("show", "video-00000000"), ("wait", "{}"), ("cancel", '{"id": 3}')])
def test_what_is_no_job(run: Run, words: tuple[str, ...]) -> None:
    done = run("job", *words)
    assert done.code == 2 and done.err.startswith("ConfigError: ")


def test_a_purchase_of_unknown_outcome_is_looked_for_or_allowed_again(run: Run, emulator: Emulator) -> None:
    emulator.task_fault("minimax", "cut_before")
    lost = run("video", "minimax", "a fox", "-o", "fox.mp4")
    assert lost.code != 0 and "video-" in lost.err, lost.err
    again = run("video", "minimax", "a fox", "-o", "fox.mp4")
    assert again.code == 17 and "Nothing was bought now" in again.err, again.err
    (row,) = json.loads(run("job", "list", "--json").out)
    assert row["state"] == "unconfirmed" and row["handle"] in lost.err
    asked = run("job", "wait", row["handle"])
    assert asked.code == 2 and "cncoding job resolve" in asked.err, asked.err
    told = run("job", "resolve", row["handle"])
    assert told.code == 17 and "minimax shows no list of jobs" in told.err, told.err
    allowed = run("job", "again", row["handle"])
    assert allowed.code == 0 and "may be bought again" in allowed.out, allowed.err
    assert run("job", "list").out.count("video-") == 0
    assert run("video", "minimax", "a fox", "-o", "fox.mp4").code == 0 and len(emulator.submissions) == 1
    twice = run("job", "again", row["handle"], "--json")
    assert twice.code == 2 and "is released" in twice.err, twice.err


def test_the_price_is_said_and_nothing_is_bought(run: Run, emulator: Emulator) -> None:
    told = run("video", "minimax", "a fox", "--estimate")
    assert told.code == 0 and told.out.startswith("about 2 CNY: 1 video(s) at 2 CNY"), told.err
    assert json.loads(run("speech", "glm", "hello", "--estimate", "--json").out)["currency"] == "CNY"
    assert run("image", "unified", "a fox", "--estimate").out.startswith("price unknown")
    assert not emulator.requests and "video-" not in run("job", "list", "--all").out
