"""The control API: the same commands as the Python class, for this machine only, with mistakes named."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cncoding_emulator import Emulator, RemoteEmulator
from cncoding_emulator.remote import ControlError

from .conftest import HTTP, Caller

USER = [{"role": "user", "content": "hello there"}]
BODY = {"model": "deepseek-flash", "messages": USER}


@pytest.fixture
def remote(emulator: Emulator) -> RemoteEmulator:
    """Return the shared emulator as another process sees it."""
    return RemoteEmulator(emulator.url)


def test_scripts_faults_limits_and_clock(call: Caller, remote: RemoteEmulator) -> None:
    remote.script("say 远程", "deepseek")
    remote.fault("deepseek", "rate_limit", times=1)
    assert remote.health()["pending"] == 2
    assert [call.post("deepseek", BODY).status_code for _ in range(2)] == [429, 200]
    remote.limit("deepseek", requests=1, seconds=30)
    assert [call.post("deepseek", BODY).status_code for _ in range(2)] == [200, 429]
    remote.advance(31)
    assert call.post("deepseek", BODY).status_code == 200
    remote.spend("kimi")
    assert call.post("kimi", {"model": "kimi-for-coding", "messages": USER}).status_code == 403
    remote.pace(latency=0.0, tokens_per_second=100000)
    remote.hostile("html", "glm")
    assert "captive" in call.post("glm", {"model": "glm-5.3", "messages": USER}).text
    remote.reset()
    assert remote.requests == [] and remote.health()["pending"] == 0


def test_requests_are_shown_without_keys(call: Caller, emulator: Emulator, remote: RemoteEmulator) -> None:
    call.post("deepseek", BODY, Authorization="Bearer sk-very-secret")
    call.post("kimi", {"model": "kimi-for-coding", "messages": USER})
    first, second = remote.requests
    assert first["body"] == BODY and first["status"] == 200 and first["headers"]["authorization"] == "***"
    shown = HTTP.get(f"{emulator.url}/__emulator__/requests?provider=deepseek")
    assert "very-secret" not in shown.text and len(shown.json()["requests"]) == 1
    assert HTTP.get(f"{emulator.url}/__emulator__/requests?start=1").json()["requests"][0]["provider"] == "kimi"
    assert second["provider"] == "kimi"


MISTAKES: list[tuple[str, Any, str]] = [
    ("script", {"text": "say x\nshout y"}, "line 2, column 1: unknown command 'shout'"),
    ("fault", {"provider": "kimi", "preset": "moon"}, "kimi has no fault 'moon'"),
    ("fault", {"provider": "kimi", "colour": "red"}, "colour"),
    ("spend", {}, "provider"),
    ("clock", {"advance": "soon"}, 'clock wants {"advance": seconds}'),
    ("hostile", {"scenario": "x"}, "no hostile scenario 'x'"),
    ("pace", {"latency": -1}, "latency wants"),
    ("reset", [], "must be a JSON object"),
]


@pytest.mark.parametrize(("path", "data", "problem"), MISTAKES)
def test_mistakes_are_answered_with_a_sentence(emulator: Emulator, path: str, data: Any, problem: str) -> None:
    reply = HTTP.post(f"{emulator.url}/__emulator__/{path}", json=data)
    assert reply.status_code == 400 and problem in reply.json()["error"]


def test_mistakes_reach_the_caller(remote: RemoteEmulator) -> None:
    with pytest.raises(ControlError, match="there is no provider 'kimmi'"):
        remote.script("say x", "kimmi")


async def test_other_machines_are_refused_unless_a_host_was_given() -> None:
    async def ask(emulator: Emulator, client: str, **headers: str) -> int:
        seen: list[int] = []
        incoming = iter([{"type": "http.request", "body": b"", "more_body": False}, *[{"type": "http.disconnect"}] * 3])

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.append(message["status"])

        async def receive() -> Any:
            await asyncio.sleep(0)
            return next(incoming)

        pairs = [(k.encode(), v.encode()) for k, v in headers.items()]
        scope = {"type": "http", "method": "GET", "path": "/__emulator__/health", "raw_path": b"", "query_string": b"",
                 "headers": pairs, "client": (client, 5), "server": ("x", 80), "scheme": "http",
                 "root_path": ""}  # fmt: skip
        await emulator.app(scope, receive, send)
        return seen[0]

    callers = ("127.0.0.1", "::1", "192.0.2.7", "somebody")
    assert [await ask(Emulator(), who) for who in callers] == [200, 200, 403, 403]
    assert await ask(Emulator(host="0.0.0.0"), "192.0.2.7") == 200
    assert await ask(Emulator(host="0.0.0.0"), "127.0.0.1", origin="http://evil.example") == 403
