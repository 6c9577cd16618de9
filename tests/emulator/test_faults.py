"""Queued faults answer in the vendor's words, as often as asked, where asked."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

import pytest

from cncoding_emulator import Emulator
from cncoding_emulator.personas import PERSONAS

from .conftest import HTTP, Caller

MODELS = {
    "glm": "glm-5.3", "kimi": "kimi-for-coding", "minimax": "MiniMax-M3", "qwen": "qwen3.7-plus",
    "deepseek": "deepseek-flash", "wcode": "minimax/minimax-m2.1", "unified": "qwen3.6-flash",
}  # fmt: skip
PRESETS = {
    "rate_limit", "quota", "balance", "overloaded", "auth", "context_overflow", "content_blocked",
    "client_refused", "not_found", "server_error", "unknown_model",
}  # fmt: skip


def _ask(provider: str, **more: Any) -> dict[str, Any]:
    return {"model": MODELS[provider], "messages": [{"role": "user", "content": "hi"}], **more}


def test_every_vendor_has_the_common_presets() -> None:
    for name, persona in PERSONAS.items():
        missing = PRESETS - persona.table.keys() - ({"client_refused"} if name == "deepseek" else set())
        assert not missing, (name, missing)


@pytest.mark.parametrize("provider", MODELS)
def test_every_row_of_the_table_is_answered_with_its_status(call: Caller, emulator: Emulator, provider: str) -> None:
    for kind, entry in PERSONAS[provider].table.items():
        emulator.fault(provider, kind)
        refused = call.post(provider, _ask(provider))
        assert refused.status_code == entry.status, kind
        assert "{" not in entry.message or entry.message.split("{")[0][:12] in refused.text, kind


LITERAL = [
    ("glm", "overloaded", 429, {"error": {"code": "1305", "message": "当前API请求过多，请稍后重试。"}}),
    ("glm", "balance", 429, {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}}),
    ("deepseek", "balance", 402, {"error": {"message": "Insufficient Balance", "type": "unknown_error",
     "param": None, "code": "invalid_request_error"}}),
    ("minimax", "http200_failure", 200,
     {"base_resp": {"status_code": 1002, "status_msg": "rate limit exceeded(RPM)"}}),
    ("qwen", "client_refused", 405, {"error": "Coding Plan is currently only available for Coding Agents"}),
    ("kimi", "balance", 429, {"error": {"message": "Your account is suspended due to insufficient balance, please "
     "recharge your account", "type": "exceeded_current_quota_error"}}),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "preset", "status", "body"), LITERAL)
def test_literal_bodies(
    call: Caller, emulator: Emulator, provider: str, preset: str, status: int, body: dict[str, Any]
) -> None:
    emulator.fault(provider, preset)
    refused = call.post(provider, _ask(provider))
    assert (refused.status_code, refused.json()) == (status, body)


def test_quota_tells_the_reset_time_in_beijing_time(call: Caller, emulator: Emulator) -> None:
    emulator.fault("glm", status=429, code=1308, reset=datetime(2026, 9, 10, 4, 0, tzinfo=timezone.utc))
    text = call.post("glm", _ask("glm")).json()["error"]["message"]
    assert text == "Usage limit reached for 5 hour. Your limit will reset at 2026-09-10 12:00:00"
    emulator.fault("minimax", "quota", reset="2026-09-10 12:00:00")
    assert "2026-09-10 12:00:00 (2056)" in call.post("minimax", _ask("minimax")).json()["error"]["message"]
    emulator.fault("glm", "quota")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", call.post("glm", _ask("glm")).text)


def test_times_retry_after_and_headers(call: Caller, emulator: Emulator) -> None:
    emulator.fault("qwen", "rate_limit", times=2, retry_after=1.5, headers={"X-A": "b"})
    replies = [call.post("qwen", _ask("qwen")) for _ in range(3)]
    assert [r.status_code for r in replies] == [429, 429, 200]
    assert (replies[0].headers["retry-after"], replies[0].headers["x-a"]) == ("1.5", "b")
    assert [r.status for r in emulator.requests] == [429, 429, 200]


def test_minimax_overloaded_on_both_wires(call: Caller, emulator: Emulator) -> None:
    emulator.fault("minimax", "overloaded", times=2)
    assert call.post("minimax", _ask("minimax")).json()["error"]["type"] == "overloaded_error"
    anthropic = call.post("minimax", _ask("minimax", max_tokens=9), wire="anthropic")
    assert (anthropic.status_code, anthropic.json()["error"]["type"]) == (529, "overloaded_error")


def test_glm_quota_on_the_anthropic_wire_carries_code_and_request_id(call: Caller, emulator: Emulator) -> None:
    emulator.fault("glm", "quota", reset="2026-09-10 12:00:00")
    error = call.post("glm", _ask("glm", max_tokens=9), wire="anthropic").json()["error"]
    assert error["type"] == "1308"
    assert re.fullmatch(r"\[1308\]\[Usage limit .* 12:00:00\]\[\w{32}\]", error["message"])


def test_failure_inside_http_200_of_a_stream_is_an_event(call: Caller, emulator: Emulator) -> None:
    emulator.fault("minimax", "http200_failure")
    reply = call.post("minimax", _ask("minimax", stream=True))
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.text.startswith('data: {"base_resp":{"status_code":1002')


def test_faults_on_other_routes(call: Caller, emulator: Emulator) -> None:
    emulator.fault("glm", "server_error", on="quota/limit")
    assert call.post("glm", _ask("glm")).status_code == 200
    url = f"{emulator.url}/glm/api/monitor/usage/quota/limit"
    assert HTTP.get(url, headers={"Authorization": "id.secret"}).status_code == 500
    assert HTTP.get(url, headers={"Authorization": "id.secret"}).status_code == 200


def test_a_fault_for_any_provider_and_an_unknown_preset(call: Caller, emulator: Emulator) -> None:
    emulator.fault(None, "server_error")
    assert call.post("wcode", _ask("wcode")).status_code == 500
    with pytest.raises(LookupError):
        emulator.fault("glm", "volcano")
