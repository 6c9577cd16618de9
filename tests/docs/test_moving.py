"""The examples of docs/moving.md run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cncoding import ALIASES, CncodingWarning
from cncoding_emulator import Emulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "moving.md"


@pytest.mark.filterwarnings(f"ignore::{CncodingWarning.__module__}.{CncodingWarning.__name__}")
def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        for block in re.findall(r"```python\n(.*?)```", text, re.S):
            exec(compile(block, "moving.md", "exec", dont_inherit=True), names)
        assert "cached" in names and len(emulator.requests) == 5


def test_the_names_on_the_page_are_understood() -> None:
    told = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.M)))
    assert {name for name in told if not name.endswith("_api_key")} <= ALIASES.keys()
