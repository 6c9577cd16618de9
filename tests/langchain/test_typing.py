"""Programs of users pass type checkers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cncoding import ALIASES
from langchain_cncoding import ChatMiniMax
from langchain_cncoding._signature import MiniMaxArguments

ROOT = Path(__file__).parents[2]
PROGRAMS = [str(ROOT / "tests" / framework / "typing_program.py") for framework in ("langchain", "llamaindex")]
"""Read in one go, because the checkers read both frameworks before."""


def check(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command, *PROGRAMS], cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_mypy_strict() -> None:
    assert check("mypy", "--strict") == ""


def test_pyright() -> None:
    assert check("pyright", "--pythonpath", sys.executable) == ""


def test_the_signature_for_type_checkers_has_every_field() -> None:
    fields = set(ChatMiniMax.model_fields) - {"provider", "model"}
    told = MiniMaxArguments.__annotations__.keys()
    assert fields <= told
    assert told - fields <= ALIASES.keys()
