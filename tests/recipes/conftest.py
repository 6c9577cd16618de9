"""One emulator for all recipes, emptied for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cncoding_emulator import Emulator


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """The emulator of this process."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An emulator that has seen nothing, and the environment that points every provider at it."""
    running_emulator.reset()
    for name, value in running_emulator.env().items():
        monkeypatch.setenv(name, value)
    return running_emulator
