"""The pytest plugin: fixture ``cncoding_emulator``, and ways to break an agent at each of its steps.

pytest loads this module in every run of a project that has cncoding installed, so it imports nothing but pytest until
a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import Emulator


@pytest.fixture(scope="session")
def _cncoding_emulator_server() -> Iterator[Emulator]:
    """Start one emulator for the session."""
    try:
        from .server import Emulator
    except ImportError as error:
        pytest.fail(f"the emulator needs the extra: pip install 'cncoding[emulator]' ({error})", pytrace=False)
    with Emulator(seed=0) as emulator:
        yield emulator


@pytest.fixture
def cncoding_emulator(_cncoding_emulator_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Return a running emulator with nothing queued; the environment points every provider at it.

    Its state is fresh for each test: requests, scripts, faults, limits, jobs. Keys and base URLs of all providers are
    in ``os.environ``, so that an agent under test needs no change.
    """
    emulator = _cncoding_emulator_server
    emulator.reset()
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    yield emulator
    emulator.reset()
