"""The command line: exports, a request log, a program with everything pointed at the emulator, mistakes in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cncoding_cli.app import build
from cncoding_emulator import Emulator, main

PROGRAM = """
import json, os, sys, urllib.request
url = os.environ["KIMI_BASE_URL"] + "/chat/completions"
body = {"model": "kimi-for-coding", "messages": [{"role": "user", "content": "say 'hi'"}]}
head = {"Authorization": "Bearer " + os.environ["KIMI_API_KEY"], "Content-Type": "application/json", "User-Agent": "x"}
reply = json.load(urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), head)))
print(reply["id"], reply["choices"][0]["message"]["content"], os.environ["OPENAI_BASE_URL"].split("/", 3)[3])
sys.exit(7)
"""


def test_a_program_runs_against_it(capfd: pytest.CaptureFixture[str]) -> None:
    seen = []
    for _ in range(2):
        assert main(["--seed", "5", "--as", "glm", "--", sys.executable, "-c", PROGRAM]) == 7
        seen.append(capfd.readouterr())
    assert seen[0].out == seen[1].out and " hi glm/api/coding/paas/v4" in seen[0].out
    assert "kimi POST /coding/v1/chat/completions 200 kimi-for-coding" in seen[0].err
    assert "sk-" not in seen[0].err + seen[0].out


def test_env_prints_exports_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "--port", "8901", "--as", "kimi"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("export ") for line in lines)
    assert "export KIMI_BASE_URL=http://127.0.0.1:8901/kimi/coding/v1" in lines
    assert "export ANTHROPIC_BASE_URL=http://127.0.0.1:8901/kimi/coding" in lines
    assert "export DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:8901/qwen/api/v1" in lines


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    (tmp_path / "kimi.script").write_text("say from a file", "utf-8")
    words = [sys.executable, "-m", "cncoding_emulator", "--port", "0", "--fixtures", str(tmp_path), "--watch"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        first = program.stdout.readline()
        assert first.startswith("# cncoding emulator on http://127.0.0.1:")
        assert program.stdout.readline().startswith("export ")
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0


def test_a_request_to_end_reaches_the_program() -> None:
    wait = "import time; print('up', flush=True); time.sleep(60)"
    words = [sys.executable, "-m", "cncoding_emulator", "--", sys.executable, "-c", wait]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None and program.stdout.readline() == "up\n"
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 128 + signal.SIGTERM
        assert program.stdout.read() == ""  # the program is gone, too


MISTAKES: list[tuple[list[str], str]] = [
    (["--env", "--port", "0"], "--env prints the address of an emulator that runs: give its --port"),
    (["--hostile", "bomb"], "there is no hostile scenario 'bomb'"),
    (["--latency", "soon"], "--latency wants seconds or least-most, not 'soon'"),
    (["--record", "kimmi", "x"], "there is no provider 'kimmi'"),
    (["--fixtures", "/nowhere"], "/nowhere: there is no such file or folder"),
    (["--watch"], "--watch needs --fixtures"),
    (["--"], "nothing stands after --"),
    (["--", "/no/such/program"], "/no/such/program: No such file or directory"),
]


@pytest.mark.parametrize(("words", "problem"), MISTAKES)
def test_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str], words: list[str], problem: str) -> None:
    assert main(words if "--port" in words or "--" in words else ["--port", "0", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("cncoding emulator: ") and problem in line


def test_a_taken_port_is_one_line(capsys: pytest.CaptureFixture[str], emulator: Emulator) -> None:
    port = emulator.url.rpartition(":")[2]
    assert main(["--port", port]) == 2
    assert capsys.readouterr().err == f"cncoding emulator: port {port} of 127.0.0.1 is taken; choose another port\n"


def test_hostile_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--hostile", "list"]) == 0
    assert "drip-headers     one header, a byte at a time, for ever" in capsys.readouterr().out


def test_cncoding_emulator_passes_every_word_on(capfd: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> Any:
        with pytest.raises(SystemExit) as end:
            build()(["emulator", *words], prog_name="cncoding")
        return end.value.code

    assert run("--quiet", "--", sys.executable, "-c", "import os; print(os.environ['GLM_BASE_URL'])") == 0
    assert "/glm/api/coding/paas/v4" in capfd.readouterr().out
    assert run("--", sys.executable, "-c", "raise SystemExit(3)") == 3
    assert run("--help") == 0 and "--hostile SCENARIO" in capfd.readouterr().out
