"""What the environment says about the configuration wins over the file; its mistakes name the variable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cncoding import BudgetSpentError, ConfigError, load_configuration, open_named
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM

FILE = """
models:
  fast-one: {provider: glm, model: glm-5.3-flash, temperature: 0.5}
  spare: {provider: deepseek}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cncoding.yaml"
    path.write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return path


def test_it_wins_over_the_file(emulator: Emulator, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CNCODING_MODELS__FAST_ONE__TEMPERATURE": "0.25",
        "CNCODING_MODELS__FAST_ONE__THINKING": "false",
        "CNCODING_MODELS__BOTH__OVER": "[fast-one, spare]",
        "CNCODING_MODELS__BOTH__MAX_TOKENS": "77",
        "CNCODING_MODELS__SPARE__EXTRA_BODY": "{a: 1}",
        "CNCODING_MODELS__SPARE__BUDGET__CALLS": "1",
        "CNCODING_MODEL": "both",
    }.items():
        monkeypatch.setenv(name, value)
    ChatCNCoding.from_config().invoke("hi")
    sent = emulator.requests[-1]
    assert sent.provider == "glm" and sent.json["temperature"] == 0.25 and 77 in sent.json.values()
    assert sent.json["thinking"] == {"type": "disabled"}
    CNCodingLLM.from_config("spare").complete("hi")
    assert emulator.requests[-1].json["a"] == 1
    with pytest.raises(BudgetSpentError, match=r"models\.spare of"):
        open_named(load_configuration(), "spare").chat("hi")


def test_it_is_enough_alone(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNCODING_MODELS__FAST__PROVIDER", "kimi-coding")
    monkeypatch.setenv("CNCODING_BUDGET__CALLS", "1")
    ChatCNCoding.from_config().invoke("hi")
    assert emulator.requests[-1].path.startswith("/kimi/coding")
    with pytest.raises(BudgetSpentError, match="budget of environment: 1 of 1 calls"):
        CNCodingLLM.from_config("fast").complete("hi")


def test_the_flat_form_and_json(emulator: Emulator, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("provider: glm\ntemperature: 0.5\n")
    monkeypatch.setenv("CNCODING_MODELS__DEFAULT__TEMPERATURE", "0.75")
    assert ChatCNCoding.from_config().temperature == 0.75
    file.write_text(FILE)
    monkeypatch.delenv("CNCODING_MODELS__DEFAULT__TEMPERATURE")
    monkeypatch.setenv("CNCODING_MODELS", json.dumps({"deep": {"provider": "deepseek", "thinking": True}}))
    monkeypatch.setenv("CNCODING_CONFIG", str(file))
    monkeypatch.chdir(file.parent.parent)
    assert (
        ChatCNCoding.from_config("deep").thinking is True and ChatCNCoding.from_config("spare").provider == "deepseek"
    )


MISTAKES: list[tuple[dict[str, str], str]] = [
    (
        {"CNCODING_MODELS__SPARE__TEMPERATURE": "hot"},
        "environment, CNCODING_MODELS__SPARE__TEMPERATURE: models.spare.temperature: Input should be a valid number",
    ),
    (
        {"CNCODING_MODELS__SPARE__TEMPRATURE": "1"},
        "environment, CNCODING_MODELS__SPARE__TEMPRATURE: models.spare.temprature: is no setting of a model, did you",
    ),
    (
        {"CNCODING_MODELS__SPARE__BUDGET__CALS": "1"},
        "environment, CNCODING_MODELS__SPARE__BUDGET__CALS: models.spare.budget.cals: is no field of a budget",
    ),
    (
        {"CNCODING_MODEL": "spar"},
        "environment, CNCODING_MODEL: default: there is no model 'spar', did you mean 'spare'",
    ),
    ({"CNCODING_MODELS": "{bad"}, "environment, CNCODING_MODELS, CNCODING_BUDGET: "),
    ({"CNCODING_MODELS__SPARE__STOP": "[a"}, "environment, CNCODING_MODELS__SPARE__STOP: is no value of YAML"),
    ({"CNCODING_CONFIG": "/nowhere.yaml"}, "CNCODING_CONFIG='/nowhere.yaml': there is no such file"),
]


@pytest.mark.parametrize(("variables", "said"), MISTAKES)
def test_mistakes(file: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for owner in (ChatCNCoding, CNCodingLLM):
        with pytest.raises(ConfigError) as caught:
            owner.from_config("spare", **({} if "CNCODING_CONFIG" in variables else {"file": file}))
        assert str(caught.value).startswith(said)


def test_the_core_loads_neither_pydantic_settings_nor_yaml() -> None:
    names = {"pydantic_settings", "yaml", "pydantic"}
    program = f"import cncoding, sys; sys.exit(' '.join({names} & set(sys.modules)) or 0)"
    done: Any = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_other_variables_load_nothing(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNCODING_STATE_DIR", "state")
    monkeypatch.setitem(sys.modules, "pydantic_settings", None)
    with pytest.raises(ConfigError, match=r"cncoding\.yaml: not found from"):
        load_configuration()
    monkeypatch.setenv("CNCODING_MODEL", "fast")
    with pytest.raises(ConfigError, match=r'needs pydantic-settings; pip install "cncoding\[config\]"'):
        load_configuration()
