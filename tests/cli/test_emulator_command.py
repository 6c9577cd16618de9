"""`cncoding emulator` passes its words on, `--` among them."""

from __future__ import annotations

import sys

import pytest

from tests.cli.conftest import Run


def test_a_program_runs_against_it(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os; print(os.environ['KIMI_BASE_URL'])"
    assert run("emulator", "--quiet", "--", sys.executable, "-c", code).code == 0
    assert capfd.readouterr().out.startswith("http://127.0.0.1:")


def test_exports_alone(run: Run) -> None:
    done = run("emulator", "--env", "--port", "8911")
    assert done.code == 0 and "http://127.0.0.1:8911/kimi/" in done.out and done.err == ""


def test_help_and_mistakes_are_its_own(run: Run) -> None:
    assert "--record" in run("emulator", "--help").out
    assert run("emulator", "--port", "many").code == 2


def test_a_missing_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cncoding_emulator", None)
    done = run("emulator")
    assert done.code == 2 and 'pip install "cncoding[emulator]"' in done.err
