"""Context windows, quotas and rate limits, in the vendors' words and under the clock."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cncoding_emulator import Emulator

from .conftest import HTTP, Caller

USER = [{"role": "user", "content": "hello there"}]
MODELS = {
    "glm": "glm-5.3", "kimi": "kimi-for-coding", "minimax": "MiniMax-M3", "qwen": "qwen3.7-plus",
    "deepseek": "deepseek-flash", "wcode": "minimax/minimax-m2.1", "unified": "qwen3.6-flash",
}  # fmt: skip
TOO_LONG = [
    ("glm", "glm-4.5v", 65536, 400, '"code":"1261"'),
    ("kimi", "k3-256k", 262144, 400, "exceeded model token limit: 262144 (requested: "),
    ("minimax", "MiniMax-M2.7", 204800, 400, "context window exceeds limit (2013)"),
    ("qwen", "MiniMax-M2.5", 196608, 400, "Range of input length should be [1, 196608]"),
    ("deepseek", "deepseek-flash", 1048576, 400, "maximum context length is 1048576 tokens. However, you requested "),
    ("wcode", "minimax/minimax-m2.1", 196608, 400, "maximum context length is 196608 tokens"),
]


@pytest.mark.parametrize(("provider", "model", "limit", "status", "text"), TOO_LONG)
def test_the_context_window_is_enforced(
    call: Caller, provider: str, model: str, limit: int, status: int, text: str
) -> None:
    def post(length: int) -> Any:
        return call.post(provider, {"model": model, "messages": [{"role": "user", "content": "x" * length}]})

    assert post(limit * 4 - 100).status_code == 200
    refused = post(limit * 4 + 100)
    assert refused.status_code == status and text in refused.text


@pytest.mark.parametrize("provider", MODELS)
def test_a_spent_quota_stays_spent_until_its_reset(call: Caller, emulator: Emulator, provider: str) -> None:
    emulator.spend(provider, seconds=7200)
    body = {"model": MODELS[provider], "messages": USER}
    seen = [call.post(provider, body).status_code for _ in range(3)]
    assert len(set(seen)) == 1 and seen[0] >= 400
    emulator.advance(7199)
    assert call.post(provider, body).status_code == seen[0]
    emulator.advance(2)
    assert call.post(provider, body).status_code == 200


def test_a_rate_limit_admits_so_many_a_window(call: Caller, emulator: Emulator) -> None:
    emulator.limit("kimi", requests=2, seconds=60)
    body = {"model": MODELS["kimi"], "messages": USER}
    replies = [call.post("kimi", body) for _ in range(4)]
    assert [r.status_code for r in replies] == [200, 200, 429, 429]
    assert replies[-1].headers["Retry-After"] == "1" and replies[-1].headers["Msh-Cooldown-Seconds"] == "1"
    assert call.post("deepseek", {"model": MODELS["deepseek"], "messages": USER}).status_code == 200
    emulator.advance(61)
    assert call.post("kimi", body).status_code == 200


def test_tokens_a_minute_on_dashscope(call: Caller, emulator: Emulator) -> None:
    emulator.limit("qwen", "throttle", tokens=5)
    body = {"model": "qwen3-max", "messages": USER}
    assert call.post("qwen", body, endpoint="api").status_code == 200
    refused = call.post("qwen", body, endpoint="api")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
    assert "You exceeded your current quota" in refused.json()["error"]["message"]
    emulator.advance(61)
    assert call.post("qwen", body, endpoint="api").status_code == 200


def test_the_usage_endpoints_tell_what_is_spent(emulator: Emulator) -> None:
    def get(path: str, key: str) -> Any:
        return HTTP.get(emulator.url + path, headers={"Authorization": f"Bearer {key}"}).json()

    def read() -> tuple[Any, ...]:
        kimi = get("/kimi/coding/v1/usages", "sk-kimi-x")["usages"]
        glm = get("/glm/api/monitor/usage/quota/limit", "id.secret")["data"]["limits"]
        minimax = get("/minimax/v1/token_plan/remains", "sk-cp-x")["model_remains"][0]
        balance = get("/deepseek/user/balance", "sk-x")
        return (
            kimi["limit_5h"]["used_ratio"],
            kimi["limit_7d"]["used_ratio"],
            [row["percentage"] for row in glm],
            minimax["current_interval_remaining_percent"],
            balance["is_available"],
        )

    before = read()
    emulator.spend("kimi")
    emulator.spend("glm", "quota_week", seconds=3600)
    emulator.spend("minimax")
    emulator.spend("deepseek", "balance")
    assert read() == (1, before[1], [1, 25, 100], 0, False)
    week = get("/glm/api/monitor/usage/quota/limit", "id.secret")["data"]["limits"][2]
    assert abs(week["nextResetTime"] / 1000 - time.time() - 3600) < 60
    emulator.advance(7201)
    assert read() == before


def test_unknown_presets_are_named(emulator: Emulator) -> None:
    with pytest.raises(LookupError, match="kimi has no fault 'nothing'; it has auth, "):
        emulator.spend("kimi", "nothing")
    with pytest.raises(LookupError, match="there is no provider 'kimmi'"):
        emulator.limit("kimmi", requests=1)


def test_a_refusal_framed_as_an_event(call: Caller, emulator: Emulator) -> None:
    emulator.fault("qwen", "free_tier", framed=True)
    refused = call.post("qwen", {"model": "qwen3-max", "messages": USER}, endpoint="api")
    assert refused.status_code == 403 and refused.headers["content-type"].startswith("text/event-stream")
    assert refused.text.startswith('id:1\nevent:error\n:HTTP_STATUS/403\ndata:{"error":{"message":"The free tier')
    emulator.script("fault quota framed", "qwen")
    assert ":HTTP_STATUS/429" in call.post("qwen", {"model": "qwen3-max", "messages": USER}, endpoint="api").text
