"""An emulator, its environment, and a folder for what is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cncoding_emulator import Emulator


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Emulator:
    running.reset()
    for key, value in running.env().items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("CNCODING_STATE_DIR", str(tmp_path / "state"))
    return running
