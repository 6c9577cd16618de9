"""Alibaba's servers as public recordings and reports show them, where older pages were wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding import errors
from cncoding.types import Thinking
from tests.targets import target
from tests.vendors.boundary import asking, failure, sent, sse, streamed

SPENT = errors.QuotaExhaustedError
BUSY = errors.RateLimitedError


def error(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": code, "param": None, "code": code}, "request_id": "r-1"}


TOKEN_PLAN = {"endpoint": "token-plan"}


@pytest.mark.parametrize(
    ("endpoint", "kind"), [("coding", SPENT), ("token-plan", SPENT), ("api", BUSY), ("api-global", BUSY)]
)
@pytest.mark.parametrize("code", ["insufficient_quota", "Throttling.AllocationQuota", None])
def test_a_quota_text_without_a_window_depends_on_the_endpoint(endpoint: str, kind: Any, code: str | None) -> None:
    """help.aliyun.com rate-limit page and oh-my-pi 8476 for pay as you go; sub2api 6748 for the plans."""
    for text in ("You exceeded your current quota, please check your plan.", "Allocated quota exceeded, increase it."):
        found = failure("qwen", 429, error(text, code) if code else error(text), endpoint=endpoint)
        assert type(found) is kind
        assert getattr(found, "window", None) is None


@pytest.mark.parametrize("endpoint", ["coding", "api"])
@pytest.mark.parametrize(
    ("status", "text", "code", "window"),
    [
        (429, "hour allocated quota exceeded", "insufficient_quota", "5h"),
        (429, "week allocated quota exceeded", "Throttling.AllocationQuota", "week"),
        (403, "The free tier of the model has been exhausted.", "AllocationQuota.FreeTierOnly", None),
        (400, "Access denied, please make sure your account is in good standing.", "Arrearage", "balance"),
    ],
)
def test_what_is_spent_everywhere(endpoint: str, status: int, text: str, code: str, window: str | None) -> None:
    found = failure("qwen", status, error(text, code), endpoint=endpoint)
    assert isinstance(found, SPENT) and found.window == window


@pytest.mark.parametrize(
    "frame", ["id:1\nevent:error\n:HTTP_STATUS/403\ndata:{}\n\n", "data: {}", "event:error\ndata:{}"]
)
def test_a_failure_framed_as_an_event(frame: str) -> None:
    """opencode 23722 and 30702, openhanako 2402: a stream that is refused."""
    native = {"code": "Model.AccessDenied", "message": "Model access denied.", "request_id": "r-7"}
    found = failure("qwen", 403, frame.replace("{}", json.dumps(native)).encode())
    assert type(found) is errors.PermissionDeniedError
    assert (found.code, found.message, found.request_id) == ("Model.AccessDenied", "Model access denied.", "r-7")


def test_the_request_id_of_the_maas_host() -> None:
    found = failure("qwen", 401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key", "id": "r-9"}})
    assert isinstance(found, errors.AuthenticationError) and found.request_id == "r-9"


@pytest.mark.parametrize(
    ("model", "ceiling"),
    [
        ("qwen3.8-max", 983_616), ("qwen3.7-max", 983_616), ("qwen3.7-plus", 983_616), ("qwen3.6-flash", 983_616),
        ("deepseek-v4-pro", 1_000_000), ("deepseek-v4-pro-0813", 1_000_000), ("deepseek-v4-flash-0731", 1_000_000),
        ("glm-5.2", 1_048_576),
    ],
)  # fmt: skip
def test_ceilings_of_the_token_plan(model: str, ceiling: int) -> None:
    assert target("qwen", endpoint="token-plan").card(model).input_limit == ceiling


@pytest.mark.parametrize(
    ("model", "effort", "sent_effort"),
    [
        ("deepseek-v4-pro", "low", "high"), ("deepseek-v4-pro", "high", None), ("deepseek-v4.1-flash", "low", None),
        ("qwen3.8-max", "high", "xhigh"), ("qwen3.8-max", "max", "xhigh"), ("qwen3.8-max", "minimal", "low"),
        ("qwen3.8-flash", "medium", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_effort_of_the_token_plan(model: str, effort: str, sent_effort: str | None, wire: str) -> None:
    found = sent("qwen", asking(model=model, thinking=Thinking(effort=effort)), wire=wire, **TOKEN_PLAN)
    body = found.body if wire == "openai" else {"reasoning_effort": found.body["output_config"]["effort"]}
    assert body["reasoning_effort"] == (sent_effort or effort)
    assert ("reasoning_effort" in found.warned) is (sent_effort is not None)


def test_thinking_of_qwen_38_can_be_off() -> None:
    found = sent("qwen", asking(model="qwen3.8-max", thinking=Thinking(enabled=False)), **TOKEN_PLAN)
    assert found.body["enable_thinking"] is False and not found.warned


def test_the_output_is_greater_than_the_budget() -> None:
    """openhanako 2402 and OpenMinis 35: HTTP 400 otherwise, also for the token plan's own budget of 32,768."""
    anthropic = {"wire": "anthropic", **TOKEN_PLAN}
    assert sent("qwen", asking(model="qwen3.8-max"), **anthropic).body["max_tokens"] == 65_536
    assert (
        sent("qwen", asking(model="qwen3.8-max", thinking=Thinking(enabled=False)), **anthropic).body["max_tokens"]
        == 32_768
    )
    told = sent("qwen", asking(model="qwen3.8-max", max_tokens=4096), **anthropic)
    assert (told.body["max_tokens"], told.body["thinking"]["budget_tokens"]) == (4096, 3072)
    assert "thinking_budget" in told.warned
    settings: dict[str, Any] = {"thinking": Thinking(budget=8000), "extra": {"max_completion_tokens": 8000}}
    found = sent("qwen", asking(**settings))
    assert found.body["thinking_budget"] == 6000 and "thinking_budget" in found.warned
    settings["extra"] = {"max_completion_tokens": 8001}
    assert sent("qwen", asking(**settings)).body["thinking_budget"] == 8000


def test_the_second_host_of_the_token_plan() -> None:
    url = "https://token-plan.maas.qwencloudapi.com/compatible-mode/v1"
    assert target("qwen", base_url=url).endpoint.name == "token-plan-global"


def test_output_of_other_vendors_models_on_the_coding_plan() -> None:
    found = target("qwen")
    assert [found.card(model).max_output for model in ("glm-5", "MiniMax-M2.5")] == [16_384, 24_576]


def test_the_end_of_a_stream_decides_the_counts() -> None:
    """Recorded: the start counted the cached prefix in."""
    start = {
        "id": "r",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "usage": {"input_tokens": 8834},
    }
    end = {"input_tokens": 18, "cache_read_input_tokens": 8831, "output_tokens": 5}
    reply = streamed(
        "qwen",
        sse(
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": end},
            {"type": "message_stop"},
            done=False,
        ),
        wire="anthropic",
    )
    assert reply.usage is not None
    assert (reply.usage.input, reply.usage.cache_read, reply.usage.output) == (8849, 8831, 5)


def test_logprobs_that_would_be_ignored_are_left_out() -> None:
    """Recorded 2026-09-01: honoured on -max, silently ignored on -flash."""
    kept = sent("qwen", asking(model="qwen3.8-max", logprobs=True), **TOKEN_PLAN)
    assert kept.body["logprobs"] is True and not kept.warned
    dropped = sent("qwen", asking(model="qwen3.8-flash", logprobs=True), **TOKEN_PLAN)
    assert "logprobs" not in dropped.body and "logprobs" in dropped.warned


@pytest.mark.parametrize("text", ["Allocated quota exceeded, please increase your quota limit.", "no reason given"])
def test_a_throttle_is_one_whatever_its_status(text: str) -> None:
    """The code alone decides on pay as you go, also where the status does not say 429."""
    found = failure("qwen", 400, error(text, "Throttling.AllocationQuota"), endpoint="api")
    assert isinstance(found, BUSY) and found.retryable
