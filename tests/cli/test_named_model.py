"""`cncoding chat --model NAME` with a name of cncoding.yaml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.cli.conftest import Run

GOOD = "models:\n  fast:\n    provider: glm\n    model: glm-5.3-flash\n    temperature: 0.25\n"


def test_a_name_of_the_file(run: Run, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cncoding.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    emulator.script("say 答案", "glm")
    done = run("chat", "--model", "fast", "你好", "--max-tokens", "77")
    assert (done.code, done.out) == (0, "答案\n")
    sent = emulator.requests[-1].json
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("glm-5.3-flash", 0.25, 77)
    run("chat", "glm", "--model", "glm-4.7", "hi")
    assert emulator.requests[-1].json["model"] == "glm-4.7"
    (tmp_path / "cncoding.yaml").write_text("models:\n  fast:\n    provider: glmm\n")
    done = run("chat", "--model", "fast", "hi")
    assert done.code != 0 and "line 3, column 5" in done.err


BUDGETS = """
budget: {calls: 5, per: week}
models:
  fast:
    provider: glm
    budget: {calls: 2, per: day}
  pictures:
    provider: glm
    budget: {amount: 10}
"""


def test_a_budget_of_the_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cncoding.yaml"
    file.write_text(BUDGETS)
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run("chat", "--model", "fast", "hi").code == 0
    done = run("chat", "--model", "fast", "hi")
    assert done.code == 18 and f"BudgetSpentError: budget of models.fast of {file}: 2 of 2 calls in a day" in done.err
    told = json.loads(run("chat", "--json", "--model", "fast", "hi").err)["error"]
    assert (told["class"], told["used"], told["limit"], told["unit"]) == ("BudgetSpentError", 2, 2, "calls")
    assert told["budget"] == f"models.fast of {file}" and told["resets_at"]
    assert run("config", "check").code == 0
    shown = json.loads(run("config", "show", "--json").out)
    assert shown["models"]["fast"]["budget"] == {"calls": {"limit": 2, "used": 2}, "per": "day"}
    assert shown["budget"] == {"calls": {"limit": 5, "used": 2}, "per": "week"}
    done = run("config", "show")
    assert "2 of 2 calls in a day" in done.out and "all together\t\t2 of 5 calls in a week" in done.out
