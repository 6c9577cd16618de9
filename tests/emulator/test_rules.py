"""Each persona refuses what its vendor refuses, in the vendor's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding_emulator import Emulator

from .conftest import TOOL, Caller

USER = [{"role": "user", "content": "hello there"}]
FORCED = {"tool_choice": "required", "tools": [TOOL]}
UNTYPED = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"x": {}}}}}
QWEN_FORCED = (
    "<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to "
    "required or object in thinking mode"
)
FAR_IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]
ORPHAN = [*USER, {"role": "tool", "tool_call_id": "nobody", "content": "x"}]

CASES: list[tuple[str, str | None, dict[str, Any], int, str]] = [
    # provider, endpoint, changes to {"model", "messages"}, status, text in the body
    ("glm", None, {"temperature": 1.5}, 400, '"code":"1210"'),
    ("glm", None, FORCED, 400, '"code":"1210"'),
    ("glm", None, {"messages": [{"role": "system", "content": "x"}]}, 400, '"code":"1214"'),
    ("glm", "api", {"thinking": {"type": "disabled"}}, 400, '"code":"1210"'),
    ("glm", "api", {"reasoning_effort": "medium"}, 400, '"code":"1210"'),
    ("kimi", None, {"temperature": 0.0}, 400, "invalid temperature: only 1 is allowed for this model"),
    ("kimi", None, {"top_p": 0.5}, 400, "top_p"),
    ("kimi", None, FORCED, 400, "tool_choice"),
    ("kimi", None, {"tools": [UNTYPED]}, 400, "At path 'properties.x': type is not defined"),
    ("kimi", None, {"tools": [{"type": "web_search"}]}, 400, "unknown tool type: web_search, currently only"),
    ("kimi", "api", {"model": "kimi-k2.7-code", "thinking": {"type": "disabled"}}, 400, "only type=enabled is allowed"),
    ("minimax", None, {"thinking": {"type": "enabled"}}, 400, "thinking.type (2013)"),
    ("qwen", None, {"thinking_budget": 5000, "max_completion_tokens": 5000}, 400, "greater than thinking_budget"),
    ("deepseek", None, {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]}, 400,
     "messages[0]: unknown variant `input_audio`, expected `text`"),
    ("kimi", None, {"messages": FAR_IMAGE}, 400, "unsupported image url"),
    ("kimi", None, {"messages": [{"role": "user", "content": ""}]}, 400, "must not be empty"),
    ("kimi", None, {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, 400,
     "text content is empty"),
    ("kimi", None, {"reasoning_effort": "brisk"}, 400, "reasoning_effort"),
    ("kimi", None, {"messages": ORPHAN}, 400, "tool_call_id nobody is not found"),
    ("kimi", "api", {"model": "moonshot-v1-8k"}, 404, "resource_not_found_error"),
    ("minimax", None, {"temperature": 2.5}, 400, "(2013)"),
    ("minimax", None, {"thinking": True}, 400, "(2013)"),
    ("minimax", None, {"tools": [{"type": "web_search"}]}, 400, "is not support (2013)"),
    ("minimax", None, {"model": "minimax-m3"}, 400, "invalid params, unknown model 'minimax-m3' (2013)"),
    ("minimax", None, {"model": "MiniMax-M3-highspeed"}, 400, "unknown model"),
    ("qwen", None, FORCED, 400, QWEN_FORCED),
    ("qwen", None, {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}, "tools": [TOOL]},
     400, QWEN_FORCED),
    ("qwen", None, {"model": "gpt-4o"}, 400, "model 'gpt-4o' is not supported"),
    ("qwen", "api", {"model": "gpt-4o"}, 404, "model_not_found"),
    ("qwen", None, {"response_format": {"type": "json_object"}}, 400, "must contain the word 'json'"),
    ("qwen", None, {"temperature": 2}, 400, "temperature"),
    ("qwen", None, {"stream_options": {"include_usage": True}}, 400, "stream_options"),
    ("qwen", None, {"thinking_budget": 10**6}, 400, "thinking_budget"),
    ("qwen", "api", {"model": "qwq-plus"}, 400, "This model only support stream mode"),
    ("qwen", None, {"messages": ORPHAN}, 400, 'messages with role \\"tool\\" must be a response to'),
    ("deepseek", None, FORCED, 400, "does not support this tool_choice"),
    ("deepseek", None, {"response_format": {"type": "json_object"}}, 400, "json"),
    ("deepseek", None, {"messages": [*USER, {"role": "assistant", "content": None}, *USER]}, 400,
     "content or tool_calls must be set"),
    ("deepseek", None, {"temperature": 3}, 422, "temperature"),
    ("deepseek", None, {"model": "deepseek-v4-pro", "messages": FAR_IMAGE}, 400, "image_url"),
    ("deepseek", None, {"messages": ORPHAN}, 400, "must be a response to a preceding message"),
    ("wcode", None, {"top_a": 2}, 400, "top_a"),
    ("wcode", None, {"stop": "x"}, 400, "stop"),
    ("unified", None, {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, 400, "images"),
    ("unified", None, {"model": "MiniMax-M2.7", "enable_thinking": True}, 400, "enable_thinking"),
    ("unified", None, {"model": "glm-5.1", "images": ["https://example.com/a.png"]}, 400, "images"),
]  # fmt: skip
MODELS = {
    "glm": "glm-5.3", "kimi": "kimi-for-coding", "minimax": "MiniMax-M3", "qwen": "qwen3.7-plus",
    "deepseek": "deepseek-flash", "wcode": "minimax/minimax-m2.1", "unified": "qwen3.6-flash",
}  # fmt: skip


@pytest.mark.parametrize(("provider", "endpoint", "changes", "status", "text"), CASES)
def test_refusal(
    call: Caller, provider: str, endpoint: str | None, changes: dict[str, Any], status: int, text: str
) -> None:
    model = "kimi-k3" if (provider, endpoint) == ("kimi", "api") else MODELS[provider]
    refused = call.post(provider, {"model": model, "messages": USER, **changes}, endpoint=endpoint)
    assert refused.status_code == status
    assert text in refused.text


NOT_FOUND = {
    "glm": (400, '"code":"1211"'),
    "kimi": (404, "Not found the model no-such-model"),
    "minimax": (400, "unknown model 'no-such-model' (2013)"),
    "qwen": (400, "model 'no-such-model' is not supported"),
    "deepseek": (400, "but you passed no-such-model"),
    "wcode": (404, "no-such-model"),
    "unified": (404, "no-such-model"),
}


@pytest.mark.parametrize("provider", NOT_FOUND)
def test_no_such_model(call: Caller, provider: str) -> None:
    refused = call.post(provider, {"model": "no-such-model", "messages": USER})
    status, text = NOT_FOUND[provider]
    assert refused.status_code == status and text in refused.text


@pytest.mark.parametrize("provider", MODELS)
def test_unknown_ids_of_the_family_pass(call: Caller, provider: str) -> None:
    families = {"glm": "glm-9", "kimi": "kimi-next", "minimax": "MiniMax-M9", "qwen": "qwen9-plus"}
    model = families.get(provider, "deepseek-next" if provider == "deepseek" else "any/model-9")
    assert call.post(provider, {"model": model, "messages": USER}).json()["model"] == model


WRONG_KEYS = [
    ("glm", None, "sk-x", 401, '"code":"1000"'),
    ("glm", None, "", 401, '"code":"1001"'),
    ("kimi", None, "sk-platform", 401, "appears to be invalid"),
    ("kimi", "api", "sk-kimi-plan", 401, "Invalid Authentication"),
    ("minimax", None, "", 401, "login fail: Please carry the API secret key in the 'Authorization' field of the "
     "request header (1004)"),
    ("minimax", None, "sk-cp-invalid", 401, "invalid api key (2049)"),
    ("qwen", None, "sk-general", 401, "invalid access token or token expired"),
    ("qwen", "api", "sk-invalid", 401, "Incorrect API key provided"),
    ("deepseek", None, "sk-invalid", 401, "Authentication Fails, Your api key: ****alid is invalid"),
    ("wcode", None, "", 401, "no API_KEY provided"),
    ("unified", None, "", 401, "missing API key"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "endpoint", "key", "status", "text"), WRONG_KEYS)
def test_wrong_key(call: Caller, provider: str, endpoint: str | None, key: str, status: int, text: str) -> None:
    body = {"model": MODELS[provider], "messages": USER}
    refused = call.post(provider, body, endpoint=endpoint, Authorization=f"Bearer {key}" if key else "")
    assert refused.status_code == status and text in refused.text


def test_plan_key_on_the_general_qwen_host() -> None:
    with Emulator(qwen_token_plan=False) as general:
        body = {"model": "qwen3-max", "messages": USER}
        refused = Caller(general).post("qwen", body, endpoint="token-plan")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


def test_client_gates() -> None:
    with Emulator(kimi_user_agents=("KimiCLI/",), qwen_user_agents=("qwen-code/",)) as gated:
        call = Caller(gated)
        body = {"model": "kimi-for-coding", "messages": USER}
        refused = call.post("kimi", body)
        assert refused.status_code == 403
        assert refused.json()["error"]["type"] == "access_terminated_error"
        assert "only available for Coding Agents" in refused.json()["error"]["message"]
        assert call.post("kimi", body, **{"User-Agent": "KimiCLI/1.6"}).status_code == 200
        gate = call.post("qwen", {"model": "qwen3.7-plus", "messages": USER})
        assert gate.status_code == 405
        assert gate.json() == {"error": "Coding Plan is currently only available for Coding Agents"}


def test_broken_json_is_refused_by_all(call: Caller) -> None:
    for provider in MODELS:
        refused = call.post(provider, b'{"model": ')
        assert refused.status_code == 400, provider
        assert "error" in refused.json()


def test_anthropic_errors_have_the_vendor_form(call: Caller) -> None:
    body = {"model": "no-such-model", "max_tokens": 9, "messages": USER}
    glm = call.post("glm", {**body, "model": "glm-5.3"}, wire="anthropic", Authorization="Bearer sk-x")
    assert glm.status_code == 401 and "type" not in glm.json() and glm.json()["error"]["type"] == "1000"
    minimax = call.post("minimax", body, wire="anthropic").json()
    assert minimax["type"] == "error" and minimax["error"]["type"] == "invalid_request_error"
    assert len(minimax["request_id"]) == 32
    qwen = call.post("qwen", body, wire="anthropic").json()
    assert set(qwen) == {"type", "error", "request_id"}


def test_fields_nobody_documented_are_logged(call: Caller, emulator: Emulator) -> None:
    call.post("deepseek", {"model": "deepseek-flash", "messages": USER, "enable_thinking": True, "seed": 1})
    assert emulator.requests[-1].unknown_fields == ("enable_thinking", "seed")


def test_thinking_defaults_and_switches(call: Caller) -> None:
    def thinks(provider: str, model: str, endpoint: str | None = None, **more: Any) -> bool:
        reply = call.post(provider, {"model": model, "messages": USER, **more}, endpoint=endpoint).json()
        message = reply["choices"][0]["message"]
        return "reasoning_content" in message or "<think>" in message["content"]

    off = {"thinking": {"type": "disabled"}}
    assert thinks("glm", "glm-4.7", "api") and not thinks("glm", "glm-4.7", "api", **off)
    assert thinks("glm", "glm-5.3", **off)  # the plan maps "off" to low effort and goes on
    assert not thinks("glm", "glm-4v-flash", "api")
    assert thinks("kimi", "kimi-for-coding") and not thinks("kimi", "kimi-for-coding", **off)
    assert thinks("minimax", "MiniMax-M2.7", **off) and not thinks("minimax", "MiniMax-M3", **off)
    assert thinks("qwen", "qwen3.7-plus") and not thinks("qwen", "qwen3.7-plus", enable_thinking=False)
    assert not thinks("qwen", "qwen3-max", "api") and thinks("qwen", "qwen3-max", "api", enable_thinking=True)
    assert thinks("deepseek", "deepseek-flash") and not thinks("deepseek", "deepseek-flash", **off)
    assert not thinks("unified", "kimi-k2.6", enable_search=True)


def test_limits_and_stop_words(call: Caller) -> None:
    body = {"model": "deepseek-flash", "messages": USER}
    short = call.post("deepseek", {**body, "max_tokens": 5}).json()
    assert short["choices"][0]["finish_reason"] == "length"
    assert short["usage"]["completion_tokens"] <= 6
    stopped = call.post("deepseek", {**body, "stop": ["(emulated)"]}).json()["choices"][0]["message"]["content"]
    assert stopped and "(emulated)" not in stopped
    ignored = call.post("minimax", {"model": "MiniMax-M3", "messages": USER, "stop": ["(emulated)"]})
    assert "(emulated)" in ignored.json()["choices"][0]["message"]["content"]


WRONG_TYPES: list[dict[str, Any]] = [
    {"tools": "x"}, {"tools": [1]}, {"stop": 3}, {"temperature": "hot"}, {"max_tokens": 1.5}, {"stream": "yes"},
    {"reasoning_effort": {"level": 1}}, {"messages": "x"}, {"messages": [1]}, {"messages": [{"role": "robot"}]},
    {"messages": [{"role": "user", "content": 5}]}, {"messages": [{"role": "assistant", "tool_calls": "x"}]},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
]  # fmt: skip


@pytest.mark.parametrize("provider", MODELS)
def test_wrong_types_are_refused_and_never_crash(call: Caller, provider: str) -> None:
    for wrong in WRONG_TYPES:
        refused = call.post(provider, {"model": MODELS[provider], "messages": USER, **wrong})
        assert refused.status_code in (400, 422), (wrong, refused.text)


def test_kimis_schema_dialect_is_of_the_openai_wire_only(call: Caller) -> None:
    loose = {"name": "f", "input_schema": {"type": "object", "properties": {"x": {}}}}
    body = {"model": "kimi-for-coding", "max_tokens": 99, "messages": USER, "tools": [loose]}
    assert call.post("kimi", body, wire="anthropic").status_code == 200


def test_what_recordings_showed_of_replies(call: Caller, emulator: Emulator) -> None:
    glm = call.post("glm", {"model": "glm-5.3", "messages": USER}).json()
    assert glm["object"] == "chat.completion"
    off = {"model": "glm-5.3-flash", "messages": USER, "thinking": {"type": "disabled"}}
    flash = call.post("glm", off).json()
    assert "reasoning_content" not in flash["choices"][0]["message"]
    assert flash["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0

    asked = {"max_tokens": 500, "messages": USER}
    deepseek = call.post("deepseek", {"model": "deepseek-flash", **asked}, wire="anthropic").json()
    assert deepseek["content"][0]["signature"] == deepseek["id"] and deepseek["id"].count("-") == 4

    emulator.script("finish length", "minimax")
    cut = call.post("minimax", {"model": "MiniMax-M2.7", **asked, "max_tokens": 1}, wire="anthropic")
    assert cut.status_code == 200 and cut.json()["content"] is None and cut.json()["stop_reason"] == "max_tokens"

    emulator.script("say x\nusage in=100 out=5 cached=90")
    qwen = call.post("qwen", {"model": "qwen3.7-plus", **asked, "stream": True}, wire="anthropic").text
    first, last = [json.loads(line[5:]) for line in qwen.splitlines() if "input_tokens" in line]
    assert first["message"]["usage"]["input_tokens"] == 100 and last["usage"]["input_tokens"] == 10
    assert "data: " not in qwen
