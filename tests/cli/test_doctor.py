"""`cncoding doctor PROVIDER`: says what it will send, and what each failure means."""

from __future__ import annotations

import json

import pytest

from cncoding_emulator import Emulator
from tests.cli.conftest import Run


def examine(run: Run, *words: str) -> dict[str, dict[str, str]]:
    done = run("doctor", *words, "--json")
    return {one["name"]: one for one in json.loads(done.out)["findings"]}


@pytest.mark.parametrize("provider", ["kimi", "glm", "qwen", "deepseek"])
def test_a_healthy_provider(run: Run, provider: str) -> None:
    done = run("doctor", provider, "--yes")
    assert done.code == 0 and "FAILED" not in done.out, done.out
    assert "Paid: 4 small questions" in done.err


def test_without_consent_nothing_is_paid(run: Run, emulator: Emulator) -> None:
    found = examine(run, "kimi")
    assert found["models"]["state"] == found["quota"]["state"] == "ok"
    assert {found[name]["state"] for name in ("answer", "streaming", "tools", "vision")} == {"skipped"}
    assert not [one for one in emulator.requests if one.method == "POST"]


@pytest.mark.parametrize(
    ("provider", "fault", "kind", "advice"),
    [
        ("glm", "auth", "AuthenticationError", "check that the key is whole"),
        ("glm", "quota", "QuotaExhaustedError", "useless"),
        ("glm", "rate_limit", "RateLimitedError", "wait a moment"),
        ("glm", "unknown_model", "NotFoundError", "check the model id"),
        ("kimi", "client_refused", "ClientRefusedError", "pay-as-you-go"),
        ("kimi", "overloaded", "RateLimitedError", "wait a moment"),
        ("deepseek", "balance", "QuotaExhaustedError", "useless"),
        ("minimax", "server_error", "ServerError", "try again later"),
    ],
)
def test_a_failure_is_named_with_its_remedy(
    run: Run, emulator: Emulator, provider: str, fault: str, kind: str, advice: str
) -> None:
    emulator.fault(provider, fault, times=9)
    answer = examine(run, provider, "--yes")["answer"]
    assert answer["state"] == "failed" and answer["detail"].startswith(kind) and advice in answer["remedy"]


def test_a_vendor_out_of_reach(run: Run) -> None:
    found = examine(run, "deepseek", "--base-url", "http://127.0.0.1:9/v1", "--yes")
    assert found["reachable"]["state"] == "failed" and "proxy" in found["reachable"]["remedy"]


def test_a_missing_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_API_KEY", "")
    done = run("doctor", "kimi")
    assert done.code == 1 and "kimi.com/code/console" in done.out


def test_a_proxy_and_a_false_identity_are_pointed_at(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_USER_AGENT_VERSION", "1.6")
    found = examine(run, "kimi")
    assert found["identity"]["state"] == "warning" and "KimiCLI/1.6" in found["identity"]["detail"]
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert "NO_PROXY" in examine(run, "kimi")["proxy"]["detail"]
