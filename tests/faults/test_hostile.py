"""Every scenario of the hostile emulator ends in time, with the reply or with an error of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from cncoding import AsyncClient, ChatResponse, Client, CncodingError
from cncoding.client import pools
from cncoding_emulator import Emulator, hostile

HEAVY = {"gzip-bomb", "gzip-bomb-twice", "long-line", "endless"}
"""Those that make the emulator work for seconds."""
WHOLE = {"two-replies", "drip", "deep-json", "big-integer", "half-surrogates", "cut-call", "stall-end", "wrong-length"}
"""Those of which a streamed reply comes through; `drip` and its like may also run out of time."""
LIMITS: dict[str, Any] = {
    "timeout": 0.4, "stall_after": 0.6, "deadline": 2.0, "max_retries": 0, "max_reply_bytes": 8 * 2**20,
}  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def scenarios() -> list[Any]:
    """List every scenario in both ways; a run that samples takes each in one of them."""
    found = []
    for number, name in enumerate(hostile.describe()):
        for asynchronous in (False, True):
            sampled = name not in HEAVY and asynchronous is bool(number % 2)
            mark = () if sampled else pytest.mark.full
            found.append(
                pytest.param(name, asynchronous, marks=mark, id=f"{name}-{'async' if asynchronous else 'sync'}")
            )
    return found


@pytest.mark.parametrize(("scenario", "asynchronous"), scenarios())
def test_a_scenario_ends(
    scenario: str, asynchronous: bool, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    emulator.reset()
    pools.shared().sync().close()  # what the scenario before left is none of this one's
    emulator.hostile(scenario, times=None)

    def ask() -> ChatResponse:
        if asynchronous:
            return asyncio.run(AsyncClient("glm", **LIMITS).stream("hello").drain())
        return Client("glm", **LIMITS).stream("hello").drain()

    if scenario in WHOLE:
        try:
            assert ask().finish is not None
        except CncodingError as error:
            assert scenario == "drip" and error.partial is not None
    else:
        with pytest.raises(CncodingError) as caught:
            ask()
        assert str(caught.value)
    assert emulator.url in emulator.env()["GLM_BASE_URL"] and len(emulator.requests) == 1


def test_the_table_names_scenarios_that_there_are() -> None:
    assert set(hostile.describe()) >= WHOLE | HEAVY
