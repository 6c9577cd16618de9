"""Settings that only some vendors document: sent there, left out with one warning elsewhere, on both wires."""

from __future__ import annotations

import pytest

from tests.vendors.boundary import asking, sent

VALUES = {"top_k": 40, "frequency_penalty": 0.5, "presence_penalty": 0.25, "logprobs": True, "top_logprobs": 3}
LOGPROBS = {"logprobs", "top_logprobs"}
TAKEN: dict[tuple[str, str], set[str]] = {
    ("wcode", "openai"): set(VALUES),
    ("qwen", "openai"): {"top_k", "presence_penalty"} | LOGPROBS,
    ("qwen", "anthropic"): {"top_k"},
    ("deepseek", "openai"): LOGPROBS,
    ("deepseek", "anthropic"): set(),
    ("glm", "openai"): set(),
    ("glm", "anthropic"): set(),
    ("kimi", "openai"): set(),
    ("kimi", "anthropic"): set(),
    ("minimax", "openai"): set(),
    ("minimax", "anthropic"): set(),
    ("unified", "openai"): set(),
}


@pytest.mark.parametrize(("provider", "wire"), TAKEN)
def test_each_goes_where_it_is_documented(provider: str, wire: str) -> None:
    found = sent(provider, asking(**VALUES), wire=wire)
    taken = TAKEN[provider, wire]
    assert {name: found.body[name] for name in VALUES if name in found.body} == {name: VALUES[name] for name in taken}
    assert found.warned.keys() & VALUES.keys() == VALUES.keys() - taken


def test_models_of_others_on_one_platform() -> None:
    found = sent("qwen", asking(model="kimi-k2.5", top_k=40))
    assert "top_k" not in found.body and "kimi-k2.5" in found.warned["top_k"]
    kimi = sent("kimi", asking(logprobs=True), endpoint="api", api_key="sk-test")
    assert kimi.body["logprobs"] is True


def test_none_is_not_sent() -> None:
    assert not sent("wcode", asking()).body.keys() & VALUES.keys()
