"""The pytest plugin, and the helpers that break an agent at each of its steps."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import cncoding_emulator
from cncoding_emulator import Emulator
from cncoding_emulator.breaking import cancel_at_every_await, cut_at_every_write, kill_at_every_write

from .conftest import HTTP

pytest_plugins = ["pytester"]
SUITE = """
import os, urllib.request, json
import pytest

def ask(question):
    url = os.environ["DEEPSEEK_BASE_URL"] + "/chat/completions"
    body = {"model": "deepseek-flash", "messages": [{"role": "user", "content": question}]}
    head = {"Authorization": "Bearer " + os.environ["DEEPSEEK_API_KEY"]}
    reply = json.load(urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), head)))
    return reply["choices"][0]["message"]["content"]

def test_one(cncoding_emulator):
    cncoding_emulator.script("say scripted")
    cncoding_emulator.script("say left over")
    assert ask("x") == "scripted"
    assert len(cncoding_emulator.requests) == 1

@pytest.mark.parametrize("n", range(20))
def test_two(cncoding_emulator, n):
    assert cncoding_emulator.requests == [] and ask("say 'fresh'") == "fresh"

def test_three():
    assert "DEEPSEEK_BASE_URL" not in os.environ
"""


def test_one_server_a_session_and_fresh_state_a_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEEPSEEK_BASE_URL", raising=False)
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_inprocess(
        "-p", "cncoding_emulator.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:asyncio", "-q"
    )
    result.assert_outcomes(passed=22)


def test_a_test_pays_less_than_5_ms(emulator: Emulator) -> None:
    def once() -> float:
        before = time.perf_counter()
        emulator.reset()
        emulator.env()
        return time.perf_counter() - before

    assert min(once() for _ in range(20)) < 0.005


async def test_every_await_is_cancelled_once() -> None:
    places: list[str] = []
    open_things = 0

    async def work() -> None:
        nonlocal open_things
        open_things += 1
        try:
            await asyncio.sleep(0)
            places.append("first")
            await asyncio.sleep(0.001)
            places.append("second")
        finally:
            await asyncio.sleep(0)
            open_things -= 1

    leaks: list[int] = []
    assert await cancel_at_every_await(work, lambda: leaks.append(open_things)) == 3
    assert leaks == [0, 0, 1, 1]  # the third cancellation hits the clean-up itself
    assert places == ["first", "first", "second", "first", "second"]


async def test_a_swallowed_cancellation_is_found() -> None:
    async def deaf() -> str:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            return "nothing happened"
        return "done"

    with pytest.raises(AssertionError, match="cancelled at await 1, it returned as if nothing had happened"):
        await cancel_at_every_await(deaf)


async def test_what_goes_on_after_a_cancellation_is_found() -> None:
    async def stubborn() -> None:
        for _ in range(50):
            try:
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                continue

    with pytest.raises(AssertionError, match=r"it went on for 0\.1 seconds"):
        await cancel_at_every_await(stubborn, timeout=0.1)


async def test_a_real_call_is_cancelled_everywhere(emulator: Emulator) -> None:
    body = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "hi"}]}

    async def call() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            url = emulator.base_url("deepseek") + "/chat/completions"
            reply = await client.post(url, json=body, headers={"Authorization": "Bearer sk-x"})
            assert reply.status_code == 200

    assert await cancel_at_every_await(call) > 2


def test_every_write_of_the_server_is_cut_once(emulator: Emulator) -> None:
    body = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    ends: list[str] = []
    for _ in cut_at_every_write(emulator, "deepseek"):
        emulator.script("say 一二三四五六七八", "deepseek")
        try:
            with HTTP.stream("POST", emulator.base_url("deepseek") + "/chat/completions", json=body,
                             headers={"Authorization": "Bearer sk-x"}) as reply:  # fmt: skip
                ends.append("".join(reply.iter_text())[-14:])
        except httpx.HTTPError as error:
            ends.append(type(error).__name__)
    assert ends[-1] == "data: [DONE]\n\n" and len(ends) > 6
    assert set(ends[:-1]) <= {"RemoteProtocolError", "ReadError"}


def test_a_program_that_asks_nothing_is_told(emulator: Emulator) -> None:
    with pytest.raises(AssertionError, match="sent no chat request"):
        for _ in cut_at_every_write(emulator):
            pass


def test_a_program_is_killed_at_every_change_of_its_files(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.json"

    def work() -> None:
        for number in range(3):
            kept = json.loads(ledger.read_text()) if ledger.exists() else []
            new = tmp_path / "ledger.new"
            new.write_text(json.dumps([*kept, number]))
            os.replace(new, ledger)

    def check(place: int) -> None:
        assert isinstance(json.loads(ledger.read_text()) if ledger.exists() else [], list)
        ledger.unlink(missing_ok=True)

    assert kill_at_every_write(work, check) == 6

    def careless() -> None:
        ledger.write_text("[")
        ledger.write_text("[]")

    with pytest.raises(json.JSONDecodeError):
        kill_at_every_write(careless, check)
    with pytest.raises(AssertionError, match="ended with 1"):
        kill_at_every_write(lambda: 1 / 0, lambda place: None)


def test_the_documented_agent_is_tested_as_documented(pytester: pytest.Pytester) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "testing-agents.md").read_text("utf-8")
    for name, code in re.findall(r"```python\n# (\w+)\.py\n(.*?)```", page, re.S):
        pytester.makepyfile(**{name: code})
    plugins = ("-p", "cncoding_emulator.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:asyncio")
    result = pytester.runpytest_inprocess(*plugins, "-q", "-x")
    result.assert_outcomes(passed=11)


def test_the_plugin_costs_nothing_where_it_is_not_used() -> None:
    """A project that has cncoding without its extras runs pytest as before."""
    code = (
        "import sys\nfor name in ('starlette', 'uvicorn', 'PIL', 'httpx'): sys.modules[name] = None\n"
        "import cncoding_emulator.pytest_plugin\nassert 'cncoding_emulator.server' not in sys.modules\n"
        "import cncoding_emulator\ntry:\n    cncoding_emulator.Emulator\nexcept ImportError: print('as expected')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "as expected", done.stderr


def test_every_public_name_is_there() -> None:
    assert cncoding_emulator.__all__ == sorted(cncoding_emulator._HOMES, key=cncoding_emulator.__all__.index)
    assert all(getattr(cncoding_emulator, name) is not None for name in cncoding_emulator.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        cncoding_emulator.nothing  # noqa: B018  (asking is the test)
