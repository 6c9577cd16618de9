"""`cncoding doctor --explain`: errors as people paste them."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from cncoding import ConfigError, providers
from cncoding_cli.explain import explain
from tests.cli.conftest import Run

SPENT = (
    "openai.RateLimitError: Error code: 429 - {'error': {'code': '1308', 'message': 'Usage limit reached for 5 hour. "
)
SPENT += "Your limit will reset at 2026-11-28 08:39:29'}, 'request_id': '2026112622001234'}"
LOG = (
    "10:00:01 ERROR http: POST https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions status=401 "
    'body="{\\"error\\":{\\"message\\":\\"Incorrect API key provided. \\",\\"type\\":\\"invalid_request_error\\",'
    '\\"code\\":\\"invalid_api_key\\"},\\"request_id\\":\\"abc-def-123456\\"}"'
)
PASTES = [
    (SPENT, "glm", "QuotaExhaustedError", "5h"),
    ("glm 429 [1308]: Usage limit reached for 5 hour. (a plan key pays nothing)", "glm", "QuotaExhaustedError", "5h"),
    ("错误码 1113 余额不足或无可用资源包,请充值。", "glm", "QuotaExhaustedError", "balance"),
    ("您已达到每周使用上限，您的限额将在 2026-12-01 00:00:00 重置。", None, "QuotaExhaustedError", "week"),
    (
        "zhipuai.core._errors.APIReachLimitError: Error code: 429, with error text "
        '{"error":{"code":"1302","message":"您当前使用该API的并发数过高"}}',
        "glm", "RateLimitedError", None,
    ),
    (
        "HTTP/1.1 401 Unauthorized\n\n"
        '{"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}}',
        "kimi", "AuthenticationError", None,
    ),
    (
        '{"error":{"message":"The engine is currently overloaded, please try again later",'
        '"type":"engine_overloaded_error"}} from https://api.moonshot.cn/v1',
        "kimi", "RateLimitedError", None,
    ),
    ('{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}', "minimax", "QuotaExhaustedError",
     "balance"),
    ("minimax: invalid api key (2049)", "minimax", "AuthenticationError", None),
    (LOG, "qwen", "AuthenticationError", None),
    (
        "id:1\nevent:error\n:HTTP_STATUS/403\n"
        'data:{"code":"AccessDenied.Unpurchased","message":"Access to model denied."}',
        "qwen", "PermissionDeniedError", None,
    ),
    ("Access denied, please make sure your account is in good standing. (Arrearage)", "qwen", "QuotaExhaustedError",
     "balance"),
    ("402 {\"error\":{\"message\":\"Insufficient Balance\",\"code\":\"invalid_request_error\"}}", "deepseek",
     "QuotaExhaustedError", "balance"),
    ("deepseek.com answered HTTP 402: Insufficient Balance", "deepseek", "QuotaExhaustedError", "balance"),
    ("<-- 503 Service Unavailable https://api.deepseek.com/chat/completions", "deepseek", "ServerError", None),
    ("Traceback (most recent call last):\nhttpx.ConnectError: [Errno 111] Connection refused", None,
     "ConnectFailedError", None),
    ("openai.APITimeoutError: Request timed out.", None, "RequestTimeoutError", None),
    ("httpx.RemoteProtocolError: peer closed connection without sending complete message body", None,
     "ConnectionLostError", None),
    ("cncoding.errors.TruncatedStreamError: the stream ended without a finish", None, "TruncatedStreamError", None),
    ('{"error":{"message":"This model\'s maximum context length is 131072 tokens","type":"invalid_request_error"}} 400',
     None, "ContextOverflowError", None),
    ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', None, "ServerError", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "provider", "kind", "window"), PASTES)
def test_a_paste_is_understood(text: str, provider: str | None, kind: str, window: str | None) -> None:
    found = explain(text, providers().values())
    assert (found.provider, found.kind.__name__, found.window) == (provider, kind, window)
    assert found.remedy is not None


def test_reset_status_code_and_request_id() -> None:
    found = explain(SPENT, providers().values())
    assert found.resets_at == datetime(2026, 11, 28, 0, 39, 29, tzinfo=timezone.utc)
    assert (found.status, found.code, found.request_id) == (429, "1308", "2026112622001234")
    assert explain("HTTP 429\nretry-after: 30\nslow down", providers().values()).retry_after == 30


def test_what_means_two_things_is_said_to() -> None:
    bare = '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan"}}'
    spent = explain(f"qwen {bare}", providers().values())
    assert spent.kind.__name__ == "QuotaExhaustedError" and spent.elsewhere["api"] == "RateLimitedError"
    busy = explain(f"{bare} at https://dashscope.aliyuncs.com/compatible-mode/v1", providers().values())
    assert busy.kind.__name__ == "RateLimitedError" and busy.endpoint == "api" and not busy.elsewhere


def test_the_source_is_that_of_the_rule() -> None:
    assert "documented" in (explain(SPENT, providers().values()).source or "")


@pytest.mark.parametrize("text", ["", "   ", "hello world", "{}", "{" * 5000, '{"a": ' * 300])
def test_what_is_no_error_is_said(text: str) -> None:
    with pytest.raises(ConfigError):
        explain(text, providers().values())


def test_a_text_of_ours_is_understood_without_its_class() -> None:
    text = "api_key: kimi needs a key for endpoint 'coding' (请传入 api_key，或设置环境变量 KIMI_API_KEY)"
    found = explain(text, providers().values())
    assert found.kind is ConfigError and found.topic == "missing-key"


def test_in_both_languages(run: Run) -> None:
    chinese = run("doctor", "--explain", SPENT, "--lang", "zh").out
    assert "厂商: GLM" in chinese and "额度窗口: 5 小时" in chinese and "恢复时间: 2026-11-28" in chinese
    assert "Usage limit reached for 5 hour" in chinese
    english = run("doctor", "--explain", "-", "--lang", "en", stdin=SPENT.encode()).out
    assert "more: https://cncoding.readthedocs.io/troubleshooting/#quota-exhausted" in english
    assert "/zh/troubleshooting/#quota-exhausted" in chinese
    assert "vendor: GLM" in english and "what to do: trying again before then is useless" in english


def test_as_json(run: Run) -> None:
    value = json.loads(run("doctor", "--explain", SPENT, "--json").out)
    assert value["class"] == "QuotaExhaustedError" and value["provider"] == "glm" and value["retryable"] is False


def test_a_key_in_a_paste_is_not_repeated(run: Run) -> None:
    key = "sk-abcdefghijklmnopqrstuvwxyz123456"
    done = run("doctor", "--explain", f'HTTP 401 {{"error": {{"message": "Incorrect API key provided: {key}"}}}}')
    assert done.code == 0 and key not in done.out + done.err


@pytest.mark.parametrize("words", [("--explain", "hello world"), ("--explain", "-"), ("--lang", "fr")])
def test_bad_input(run: Run, words: tuple[str, ...]) -> None:
    done = run("doctor", *words)
    assert done.code == 2 and done.err.startswith("ConfigError: ")
