"""SIGTERM and Ctrl-C in commands that buy: the job is cancelled or named, and nothing is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cncoding import Client
from cncoding.media.journal import Purchase
from cncoding_emulator import Emulator
from cncoding_emulator.media.tasks import media_state
from tests.cli.conftest import Run
from tests.cli.test_speech import install

STATE = Path("../state")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SIGNALS = [
    pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.full),
    pytest.param(signal.SIGTERM, id="SIGTERM"),
]
FORMS = [pytest.param(False, id="words"), pytest.param(True, id="json")]
PLAYED = 'open("pid", "w").write(str(__import__("os").getpid()))'


def send(sent: signal.Signals, words: tuple[str, ...], reached: Callable[[], Any], json_: bool = False) -> str:
    """Run a command, send it a signal when something is reached, and return its standard error."""
    command = [sys.executable, "-m", "cncoding_cli", *words, *["--json"] * json_]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 60
        while not reached():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(process.pid, sent)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == CODES[sent] and not out and "Traceback" not in err, err
    if json_:
        error = json.loads(err.splitlines()[-1])["error"]
        assert error["exit_code"] == CODES[sent] and err.count("{") == json.dumps(error).count("{") + 1
    return err


def read_error(err: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(err.splitlines()[-1])["error"]
    return found


def read_purchase(provider: str) -> Purchase:
    (kept,) = Client(provider, journal=STATE).purchases()
    return kept


@pytest.mark.parametrize("json_", FORMS)
@pytest.mark.parametrize("sent", SIGNALS)
def test_a_job_that_can_be_cancelled_is(run: Run, emulator: Emulator, sent: signal.Signals, json_: bool) -> None:
    emulator.slow_tasks(1000)
    err = send(sent, ("video", "qwen", "a fox", "-o", "fox.mp4"), lambda: emulator.submissions, json_)
    kept = read_purchase("qwen")
    assert (kept.state, kept.owner) == ("cancelled", None) and not os.listdir()
    assert sum(one.path.endswith("/cancel") for one in emulator.requests) == 1
    assert read_error(err)["cancelled"] is True if json_ else "the job was cancelled" in err


@pytest.mark.parametrize("json_", FORMS)
@pytest.mark.parametrize("sent", SIGNALS)
def test_any_other_is_handed_back(run: Run, emulator: Emulator, sent: signal.Signals, json_: bool) -> None:
    emulator.slow_tasks(1000)
    words = ("video", "glm", "a fox", "-o", "fox.mp4")
    err = send(sent, words, lambda: emulator.submissions, json_)
    kept = read_purchase("glm")
    assert (kept.state, kept.owner) == ("submitted", None) and not os.listdir()
    assert read_error(err)["handle"] == kept.handle if json_ else f"`cncoding job wait {kept.handle}`" in err
    emulator.advance(2000)
    again = run(*words)  # the same words go on with it, too
    assert again.code == 0 and "nothing was bought now" in again.err and len(emulator.submissions) == 1, again.err


@pytest.mark.parametrize("json_", FORMS)
@pytest.mark.parametrize("kind", ["video", "image", "speech"])
def test_what_has_no_answer_is_named(run: Run, emulator: Emulator, kind: str, json_: bool) -> None:
    emulator.hostile("no-answer", "glm", on="any")
    err = send(signal.SIGTERM, (kind, "glm", "a fox", "-o", "fox"), lambda: emulator.requests, json_)
    kept = read_purchase("glm")
    assert (kept.state, kept.owner) == ("unconfirmed", None) and not os.listdir()
    assert read_error(err)["purchase"] == kept.handle if json_ else f"`cncoding job resolve {kept.handle}`" in err


@pytest.mark.parametrize("json_", FORMS)
@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("provider", ["qwen", "glm"])
def test_waiting_for_a_job_leaves_it_alone(
    run: Run, emulator: Emulator, provider: str, sent: signal.Signals, json_: bool
) -> None:
    from cncoding import MediaRequest

    emulator.slow_tasks(1000)
    handle = Client(provider, journal=STATE).begin(MediaRequest("video", "a fox")).handle
    asked = len(emulator.requests)
    words = ("job", "wait", handle, "-o", "fox.mp4")
    err = send(sent, words, lambda: len(emulator.requests) > asked, json_)
    assert read_purchase(provider).state == "submitted" and not os.listdir()
    if json_:
        assert (read_error(err)["handle"], read_error(err)["cancelled"]) == (handle, False)
    else:
        assert f"`cncoding job wait {handle}`" in err
    emulator.advance(2000)
    assert run(*words).code == 0 and Path("fox.mp4").stat().st_size


@pytest.mark.parametrize("provider", ["qwen", "glm", pytest.param("minimax", marks=pytest.mark.full)])
@pytest.mark.parametrize("output", ["fox.mp4", "out/"])
def test_a_download_that_is_cut_leaves_nothing_and_is_fetched_later(
    run: Run, emulator: Emulator, provider: str, output: str
) -> None:
    emulator.link_fault("slow", times=1, seconds=30)
    faults = media_state(emulator.state).link_faults
    err = send(signal.SIGTERM, ("video", provider, "a fox", "-o", output), lambda: not faults)
    kept = read_purchase(provider)
    assert not [one for one in Path().rglob("*") if one.is_file()] and kept.owner is None
    assert kept.state == "submitted" and f"`cncoding job wait {kept.handle}`" in err, err
    done = run("job", "download", kept.handle, "-o", "later.mp4")
    assert done.code == 0 and Path("later.mp4").stat().st_size and len(emulator.submissions) == 1, done.err


def test_a_player_is_ended(run: Run, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "players").mkdir()
    install(tmp_path / "players", "mpv", PLAYED)
    monkeypatch.setenv("PATH", str(tmp_path / "players"))
    emulator.hostile("stall-mid", "glm", on="/audio/speech")
    send(signal.SIGTERM, ("speech", "glm", "hello over there " * 30, "--play"), Path("pid").exists)
    with pytest.raises(ProcessLookupError):
        os.kill(int(re.sub(r"\D", "", Path("pid").read_text())), 0)


def test_a_conversation_ends(run: Run, emulator: Emulator) -> None:
    emulator.hostile("no-answer", "kimi", on="any")
    assert "terminated" in send(signal.SIGTERM, ("chat", "kimi", "hi"), lambda: emulator.requests)


def test_who_ignores_the_signal_is_not_overruled(run: Run, emulator: Emulator) -> None:
    emulator.slow_tasks(1000)
    code = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "from cncoding_cli import main; sys.argv[1:] = ['video', 'glm', 'a fox', '-o', 'fox.mp4']; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while not emulator.submissions:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        emulator.advance(2000)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.communicate()


def test_what_came_at_once_is_said_to_be_made(run: Run, emulator: Emulator) -> None:
    emulator.link_fault("slow", seconds=30)
    faults = media_state(emulator.state).link_faults
    err = send(signal.SIGTERM, ("image", "glm", "a fox", "-o", "fox.png"), lambda: not faults)
    kept = read_purchase("glm")
    assert f"it is made and paid for: `cncoding job wait {kept.handle}`" in err and not os.listdir()
    done = run("job", "wait", kept.handle, "-o", "fox.png")
    assert done.code == 0 and Path("fox.png").stat().st_size and len(emulator.submissions) == 1, done.err
