"""The command line as a process of its own: encodings, pipes, versions, the demonstration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cncoding_emulator import Emulator

Start = Callable[..., "subprocess.CompletedProcess[bytes]"]
CODE = "from cncoding_cli import main; main()"


@pytest.fixture
def start(emulator: Emulator, tmp_path: Path) -> Start:
    environ = {
        **os.environ,
        **emulator.env(),
        "CNCODING_ALLOW_HOSTS": "127.0.0.1",
        "CNCODING_STATE_DIR": str(tmp_path / "state"),
        "COLUMNS": "160",
        "NO_COLOR": "1",
    }

    def start(*words: str | bytes, stdin: bytes = b"", **extra: str) -> subprocess.CompletedProcess[bytes]:
        command: list[str | bytes] = [sys.executable, "-c", CODE, *words]
        return subprocess.run(command, env={**environ, **extra}, capture_output=True, input=stdin, cwd=tmp_path)

    return start


def test_a_gbk_console_gets_utf8_and_may_speak_gbk(start: Start, emulator: Emulator) -> None:
    emulator.script("say 好的 ✅", "kimi")
    done = start("chat", "kimi", "你好".encode("gbk"), stdin="世界".encode("gbk"), PYTHONIOENCODING="gbk", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8") == "好的 ✅\n"
    assert emulator.requests[-1].json["messages"][-1]["content"] == "你好\n\n世界"


def test_a_reader_that_leaves_is_no_traceback(start: Start) -> None:
    command = f'{sys.executable} -c "{CODE}" models glm | head -1'
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=os.environ.copy())
    assert done.stdout.startswith(b"model\t") and done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_one_line() -> None:
    command = f'{sys.executable} -c "{CODE}" models glm > /dev/full'
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=os.environ.copy())
    assert done.returncode == 1 and done.stderr.startswith(b"OSError: ") and done.stderr.count(b"\n") == 1, done.stderr


def test_a_closed_standard_output_is_no_traceback() -> None:
    command = f'{sys.executable} -c "{CODE}" models glm >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=os.environ.copy())
    assert done.returncode == 0 and done.stderr == b""


def test_the_demo_runs_to_the_end(start: Start) -> None:
    done = start("demo")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode()
    for word in ("get_weather", "to_fahrenheit", "69.8", "320x200 PNG, mostly red", "QuotaExhausted", "takes over"):
        assert word in shown, word
