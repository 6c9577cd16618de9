"""What was made and paid for and could not be saved: said by an exit code, and fetched later for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.cli.conftest import Run

NOT_SAVED = 19
WORDS = [sys.executable, "-m", "cncoding_cli"]
MADE = [
    pytest.param(("image", "glm", "a fox", "-o", "fox.png"), id="image"),
    pytest.param(("image", "glm", "a fox", "-o", "out/"), id="folder"),
    pytest.param(("image", "glm", "a fox", "-o", "-"), id="pipe"),
    pytest.param(("video", "minimax", "a fox", "-o", "fox.mp4"), id="video"),
    pytest.param(("speech", "qwen", "good morning", "-o", "a.wav"), id="speech"),
]


def read_jobs(run: Run) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("job", "list", "--all", "--json").out)
    return found


@pytest.mark.parametrize("words", MADE)
def test_a_link_that_is_gone_is_no_success(run: Run, emulator: Emulator, words: tuple[str, ...]) -> None:
    emulator.link_fault("gone", times=4)
    done = run(*words)
    (row,) = read_jobs(run)
    assert done.code == NOT_SAVED and not done.out, done.err
    assert done.err.count("404") == 1 and f"`cncoding job download {row['handle']}`" in done.err, done.err
    told = run("job", "download", str(row["handle"]), "--json")
    assert told.code == NOT_SAVED and json.loads(told.err.splitlines()[-1])["error"]["purchase"] == row["handle"]
    again = told
    while again.code == NOT_SAVED:  # until the faults are over
        again = run("job", "download", str(row["handle"]), "-o", "late")
    assert again.code == 0 and Path("late").stat().st_size and len(emulator.submissions) == 1, again.err


def test_json_tells_what_is_not_there_and_what_is(run: Run, emulator: Emulator) -> None:
    emulator.link_fault("gone", times=1)
    done = run("image", "minimax", "a fox", "-n", "2", "-o", "fox.jpg", "--json")
    (row,) = read_jobs(run)
    files = json.loads(done.out)["assets"]
    assert [one.get("path") for one in files] == [None, "fox-2.jpg"] and Path("fox-2.jpg").stat().st_size
    error = json.loads(done.err.splitlines()[-1])["error"]
    assert done.code == error["exit_code"] == NOT_SAVED and error["class"] == "NotSavedError"
    assert error["purchase"] == row["handle"] and "404" in error["message"]
    later = run("job", "download", str(row["handle"]), "-o", "later/")
    assert later.code == 0 and len(later.out.splitlines()) == 2 and len(emulator.submissions) == 1, later.err


def test_a_folder_that_cannot_be_written_is_told_before_it_is_paid(run: Run, emulator: Emulator) -> None:
    Path("file").write_text("")
    for output in ("file/fox.png", "file/sub/", "n" * 300 + ".png"):
        done = run("image", "glm", "a fox", "-o", output, "--json")
        error = json.loads(done.err.splitlines()[-1])["error"]
        assert (done.code, error["class"]) == (2, "ConfigError") and "--output" in error["message"], done.err
    assert not emulator.submissions and not emulator.requests


@pytest.mark.parametrize("provider", ["glm", "minimax"])
@pytest.mark.parametrize("json_", [False, True])
def test_a_name_that_is_taken_meanwhile(run: Run, emulator: Emulator, provider: str, json_: bool) -> None:
    emulator.slow_tasks(1000)
    begun = subprocess.Popen(
        [*WORDS, "video", provider, "a fox", "-o", "fox.mp4", *["--json"] * json_],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not emulator.submissions and time.monotonic() < until:
        time.sleep(0.05)
    Path("fox.mp4").mkdir()
    emulator.advance(2000)
    out, err = begun.communicate(timeout=120)
    (row,) = read_jobs(run)
    assert begun.returncode == NOT_SAVED and bool(out) == json_, err
    if json_:
        error = json.loads(err.splitlines()[-1])["error"]
        assert error["purchase"] == row["handle"] and "fox.mp4" in error["message"]
    assert str(row["handle"]) in err and not [one for one in os.listdir() if one.startswith(".")]
    later = run("job", "download", str(row["handle"]), "-o", "later.mp4")
    assert later.code == 0 and Path("later.mp4").stat().st_size and len(emulator.submissions) == 1, later.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_sound_that_a_full_disk_refused_is_not_lost(run: Run, emulator: Emulator) -> None:
    """The vendor keeps no copy of it."""
    command = " ".join([*WORDS, "speech", "glm", "hello", "--reuse", "-o", "-"])
    done = subprocess.run(f"{command} > /dev/full", shell=True, capture_output=True, text=True, check=False)
    (row,) = read_jobs(run)
    assert done.returncode == NOT_SAVED and f"cncoding job download {row['handle']}" in done.stderr, done.stderr
    later = run("job", "download", str(row["handle"]), "-o", "hello.wav")
    assert later.code == 0 and Path("hello.wav").read_bytes()[:4] == b"RIFF", later.err
    assert sum(one.method == "POST" for one in emulator.requests) == 1


def test_a_file_that_is_replaced_keeps_what_it_is(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    """`--force` writes through a link, and to what is no file."""
    (tmp_path / "real.png").write_bytes(b"old")
    Path("link.png").symlink_to(tmp_path / "real.png")
    assert run("image", "glm", "a fox", "-o", "link.png", "--force").code == 0
    assert Path("link.png").is_symlink() and (tmp_path / "real.png").stat().st_size > 3
