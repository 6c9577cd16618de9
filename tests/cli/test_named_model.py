"""`cncoding chat --model NAME` with a name of cncoding.yaml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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


BOTH = """
models:
  fast: {provider: glm, model: glm-5.3-flash, max_retries: 0}
  spare: {provider: deepseek, max_retries: 0}
  both: {over: [fast, spare]}
  pictures: {provider: glm, model: cogview-4, budget: {calls: 1}}
  eyes: {provider: glm, model: glm-4.6v, temperature: 0.5}
"""


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    (tmp_path / "cncoding.yaml").write_text(BOTH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_conversation_goes_on_by_name(run: Run, emulator: Emulator, both: Path, tmp_path: Path) -> None:
    emulator.script("think 记住\nsay 记住了", "glm")
    assert run("chat", "-m", "fast", "My name is Li.", "--system", "Be brief.").code == 0
    assert run("chat", "--continue", "What is my name?").code == 0
    sent = emulator.requests[-1]
    assert sent.json["model"] == "glm-5.3-flash"
    assert [one["role"] for one in sent.json["messages"]] == ["system", "user", "assistant", "user"]
    assert run("chat", "-c", "-m", "spare", "And now?").code == 0
    sent = emulator.requests[-1]
    assert sent.provider == "deepseek" and len(sent.json["messages"]) == 6
    assert run("chat", "-c", "kimi", "And here?").code == 0
    assert emulator.requests[-1].provider == "kimi" and len(emulator.requests[-1].json["messages"]) == 8
    assert run("chat", "-c", "Go on.").code == 0 and emulator.requests[-1].provider == "kimi"
    run("chat", "-m", "fast", "hi")
    assert run("chat", "no name").code == 0 and emulator.requests[-1].provider == "kimi"  # the last that was not named
    run("chat", "-m", "fast", "hi")
    (tmp_path / "cncoding.yaml").unlink()
    done = run("chat", "-c", "hi")
    assert done.code == 2 and "'fast' of a cncoding.yaml that is not found from here" in done.err


def test_what_happened_to_several_is_said(run: Run, emulator: Emulator, both: Path) -> None:
    emulator.spend("glm")
    done = run("chat", "-m", "both", "hi")
    assert done.code == 0 and "glm coding: QuotaExhaustedError, until 20" in done.err and "deepseek answers" in done.err
    value = json.loads(run("chat", "-m", "both", "hi", "--json").out)
    assert value["provider"] == "deepseek" and [one["error"] for one in value["tried"]] == ["spent"]


def test_an_address_does_not_go_with_a_name(run: Run, emulator: Emulator, both: Path) -> None:
    for words in (("chat", "-m", "fast", "hi"), ("image", "-m", "pictures", "a fox")):
        done = run(*words, "--endpoint", "api")
        assert done.code == 2 and "--endpoint: cncoding.yaml says it for" in done.err
    assert not emulator.requests


def test_media_by_name(run: Run, emulator: Emulator, both: Path) -> None:
    assert run("image", "-m", "pictures", "a fox").code == 0
    assert emulator.submissions[-1].model == "cogview-4"
    done = run("image", "-m", "pictures", "a hen")
    assert done.code == 18 and "models.pictures of" in done.err and len(emulator.submissions) == 1
    done = run("image", "-m", "eyes", "a hen")
    assert done.code == 2 and "models.eyes.temperature: media tools take no such setting" in done.err
    done = run("speech", "-m", "both", "hi")
    assert done.code == 2 and "models.both.over: media tools take one model" in done.err
    emulator.script("say a fox", "glm")
    (picture,) = both.glob("*.png")
    assert run("see", "-m", "eyes", str(picture), "what?").out == "a fox\n"
    assert emulator.requests[-1].json["model"] == "glm-4.6v"
    done = run("see", "-m", "both", str(picture))
    assert done.code == 2 and "models.both.over: name one of these: fast, spare" in done.err


def test_the_doctor_by_name(run: Run, emulator: Emulator, both: Path) -> None:
    done = run("doctor", "-m", "both", "--yes", "--json")
    found = json.loads(done.out)
    assert [one["provider"] for one in found] == ["fast", "spare"]
    states = [{one["name"]: one["state"] for one in several["findings"]} for several in found]
    assert all(one["answer"] == one["streaming"] == "ok" for one in states)
    asked = [one for one in emulator.requests if one.method == "POST" and one.provider == "glm"]
    assert {one.json["model"] for one in asked} == {"glm-5.3-flash"}
    emulator.fault("glm", "auth", times=None)
    assert run("doctor", "-m", "fast", "--yes").code == 1


def test_a_cycle_and_an_empty_list(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "cncoding.yaml"
    for text, said in (
        ("models:\n  a:\n    over: [b]\n  b:\n    over: [a]\n", "goes in a circle: a > b > a"),
        ("models:\n  a:\n    over: [a]\n", "goes in a circle: a > a"),
        ("models:\n  a:\n    over: []\n", "give a list of names of models"),
    ):
        file.write_text(text)
        for words in (("config", "check"), ("config", "show"), ("chat", "-m", "a", "hi")):
            done = run(*words)
            assert done.code == 2 and f"{file}, line 3, column 5: models.a.over: {said}" in done.err


def test_a_broken_state_file_is_said(run: Run, emulator: Emulator, both: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(exist_ok=True)
    (state / "plans.sqlite3").write_bytes(b"no database at all, but text that is long enough to look like one" * 40)
    with pytest.warns(UserWarning, match="moved to plans.sqlite3.broken-"):
        assert run("chat", "-m", "both", "hi").code == 0


def test_a_name_that_is_nearly_one_of_the_file_is_not_sent(run: Run, emulator: Emulator, both: Path) -> None:
    run("chat", "glm", "hi")
    sent = len(emulator.requests)
    done = run("chat", "-m", "fst", "hi")
    assert done.code == 2 and "--model fst: no model of that id is known, did you mean 'fast'?" in done.err
    assert len(emulator.requests) == sent
    assert run("chat", "-m", "glm-4.7", "hi").code == 0 and emulator.requests[-1].json["model"] == "glm-4.7"


def test_a_warning_is_a_line_of_the_command_line(emulator: Emulator, both: Path, tmp_path: Path) -> None:
    program = "import sys; from cncoding_cli import main; sys.argv[1:] = ['chat', '-m', 'two', 'hi']; main()"
    (both / "cncoding.yaml").write_text("models: {a: {provider: kimi}, b: {provider: glm}, two: {over: [a, b]}}")
    environ = {**os.environ, **emulator.env(), "CNCODING_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, cwd=both, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr.startswith("terms: kimi coding: personal, interactive use")
    assert "CncodingWarning" not in done.stderr and "typer" not in done.stderr
