"""GLM: plan and open platform, effort, search, tool streaming, limits and the codes of its failures."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cncoding import errors
from cncoding.registry import Settings, resolve
from cncoding.types import Media, Message, NamedTool, Reasoning, ResponseFormat, ServerTool, Thinking, Tool, user
from tests.vendors.boundary import PNG, Sent, asking, failure, sent, sse, streamed, tool_loop, whole

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
SEES = "glm-4.6V"
URL = "https://e.x/1"


def leaves(*messages: Message, endpoint: str = "coding", wire: str = "openai", **settings: Any) -> Sent:
    return sent("glm", asking(*messages, **settings), endpoint=endpoint, wire=wire)


# ---------------------------------------------------------------- where it goes


@pytest.mark.parametrize(
    ("endpoint", "wire", "url"),
    [
        ("coding", "openai", "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions"),
        ("coding-global", "openai", "https://api.z.ai/api/coding/paas/v4/chat/completions"),
        ("api", "openai", "https://open.bigmodel.cn/api/paas/v4/chat/completions"),
        ("api-global", "openai", "https://api.z.ai/api/paas/v4/chat/completions"),
        ("coding", "anthropic", "https://open.bigmodel.cn/api/anthropic/v1/messages"),
        ("coding-global", "anthropic", "https://api.z.ai/api/anthropic/v1/messages"),
    ],
)
def test_address(endpoint: str, wire: str, url: str) -> None:
    assert leaves(endpoint=endpoint, wire=wire).url == url


def test_keys_in_their_order() -> None:
    names = ["ZAI_API_KEY", "ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY"]
    for place in range(4):
        environ = {name: f"id.{name}" for name in names[place:]}
        found = resolve(Settings("glm"), environ)
        assert (found.api_key, found.endpoint.name, found.model) == (f"id.{names[place]}", "coding", "glm-5.3")
        assert found.headers["Authorization"] == f"Bearer id.{names[place]}"


def test_base_url_from_the_environment() -> None:
    environ = {"GLM_API_KEY": "k", "GLM_BASE_URL": "http://127.0.0.1:1/glm/api/coding/paas/v4"}
    assert resolve(Settings("glm"), environ).root == "http://127.0.0.1:1/glm"
    assert resolve(Settings("glm", wire="anthropic"), environ).base_url == "http://127.0.0.1:1/glm/api/anthropic"
    assert resolve(Settings("glm", endpoint="api"), environ).base_url == "http://127.0.0.1:1/glm/api/paas/v4"


# ---------------------------------------------------------------- thinking


@pytest.mark.parametrize("model", ["glm-4.6", "glm-5.2", SEES, "glm-9"])
@pytest.mark.parametrize(("enabled", "word"), [(True, "enabled"), (False, "disabled")])
def test_thinking_switch(model: str, enabled: bool, word: str) -> None:
    found = leaves(model=model, thinking=Thinking(enabled=enabled))
    assert found.body["thinking"] == {"type": word} and not found.warned
    assert "thinking" not in leaves(model=model).body


@pytest.mark.parametrize("endpoint", ["coding", "api"])
def test_forced_thinking_of_53(endpoint: str) -> None:
    found = leaves(endpoint=endpoint, thinking=Thinking(enabled=False))
    assert "thinking" not in found.body and found.body["reasoning_effort"] == "low" and "thinking" in found.warned
    assert leaves(endpoint=endpoint, thinking=Thinking(enabled=True)).body["thinking"] == {"type": "enabled"}


@pytest.mark.parametrize("endpoint", ["coding", "api"])
@pytest.mark.parametrize(
    ("effort", "level"),
    [
        ("none", "low"),
        ("minimal", "low"),
        ("low", "low"),
        ("medium", "high"),
        ("high", "high"),
        ("xhigh", "max"),
        ("max", "max"),
    ],
)
def test_effort_of_53_as_the_plan_maps_it(endpoint: str, effort: str, level: str) -> None:
    found = leaves(endpoint=endpoint, thinking=Thinking(effort=effort))
    assert found.body["reasoning_effort"] == level
    assert ("reasoning_effort" in found.warned) is (effort != level)


def test_a_word_that_is_no_level() -> None:
    assert leaves(thinking=Thinking(effort="ultra")).body["reasoning_effort"] == "ultra"
    with pytest.raises(errors.ConfigError, match="low, high, max"):
        leaves(endpoint="api", thinking=Thinking(effort="ultra"))
    assert leaves(endpoint="api", model="glm-9", thinking=Thinking(effort="ultra")).body["reasoning_effort"] == "ultra"


def test_effort_of_older_models() -> None:
    assert leaves(model="glm-5.2", thinking=Thinking(effort="minimal")).body["reasoning_effort"] == "minimal"
    found = leaves(model="glm-4.7", thinking=Thinking(effort="high", budget=5))
    assert "reasoning_effort" not in found.body and {"reasoning_effort", "thinking_budget"} == set(found.warned)
    off = leaves(model="glm-4.7", thinking=Thinking(effort="none"))
    assert off.body["thinking"] == {"type": "disabled"} and not off.warned


def test_effort_on_the_anthropic_wire() -> None:
    found = leaves(wire="anthropic", thinking=Thinking(enabled=True, effort="high"))
    assert found.body["output_config"] == {"effort": "high"} and found.body["thinking"] == {"type": "enabled"}
    assert "reasoning_effort" not in found.body


def test_a_model_that_does_not_think() -> None:
    found = leaves(model="glm-4v-flash", thinking=Thinking(enabled=True))
    assert "thinking" not in found.body and "thinking" in found.warned


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_reasoning_goes_back(wire: str) -> None:
    turn = leaves(*tool_loop(Reasoning("hm", provider="glm")), wire=wire).body["messages"][1]
    assert turn.get("reasoning_content", turn["content"][0] if turn["content"] else None) in (
        "hm",
        {"type": "thinking", "thinking": "hm"},
    )


# ---------------------------------------------------------------- tools


def test_search_is_a_tool() -> None:
    search = {"enable": True, "search_engine": "search_std", "search_result": True}
    found = leaves(search=True, tools=(ADD,)).body["tools"]
    assert [tool["type"] for tool in found] == ["function", "web_search"] and found[1]["web_search"] == search
    assert "tools" not in leaves().body
    with pytest.raises(errors.ConfigError, match="wire='openai'"):
        leaves(search=True, wire="anthropic")


def test_another_engine_is_a_server_tool() -> None:
    own = {"type": "web_search", "web_search": {"enable": True, "search_engine": "search_pro", "count": 3}}
    assert leaves(tools=(ServerTool(own),)).body["tools"] == [own]


@pytest.mark.parametrize(
    ("model", "streams"),
    [
        ("glm-4.6", True), ("glm-4.7", True), ("glm-5", True), ("glm-5-turbo", True), ("glm-5.1", True),
        ("glm-5.2", True), ("glm-5.3", True), ("glm-5.3-flash", True),
        ("glm-4.5", False), ("glm-4.6V", False), ("glm-5v-turbo", False), ("glm-4.5-air", False),
    ],
)  # fmt: skip
def test_tool_arguments_stream_where_it_is_documented(model: str, streams: bool) -> None:
    assert leaves(model=model, tools=(ADD,), stream=True).body.get("tool_stream", False) is streams
    assert "tool_stream" not in leaves(model=model, tools=(ADD,)).body
    assert "tool_stream" not in leaves(model=model, stream=True).body


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_auto_is_the_only_choice(choice: Any, wire: str) -> None:
    found = leaves(tools=(ADD,), tool_choice=choice, wire=wire)
    assert found.body["tool_choice"] in ("auto", {"type": "auto"}) and "tool_choice" in found.warned
    without = leaves(tools=(ADD,), tool_choice="none", wire=wire, stream=True)
    assert not {"tools", "tool_choice", "tool_stream"} & set(without.body) and "tool_choice" in without.warned


def test_one_stop_word() -> None:
    assert leaves(stop=("a",)).body["stop"] == ["a"]
    found = leaves(stop=("a", "b"))
    assert found.body["stop"] == ["a"] and "stop" in found.warned


def test_absent_fields() -> None:
    found = leaves(max_tokens=9, seed=1, tools=(ADD,), parallel_tool_calls=False)
    assert found.body["max_tokens"] == 9 and not {"seed", "parallel_tool_calls"} & set(found.body)
    assert {"seed", "parallel_tool_calls"} == set(found.warned)
    other = leaves(tools=(ADD,), parallel_tool_calls=False, wire="anthropic")
    assert "tool_choice" not in other.body and "parallel_tool_calls" in other.warned


def test_the_anthropic_wire_leaves_room_for_thinking() -> None:
    assert leaves(wire="anthropic").body["max_tokens"] == 65_536
    assert leaves(wire="anthropic", model="glm-4v-flash").body["max_tokens"] == 1_024


def test_structured_output_is_json_object_of_text_models() -> None:
    assert leaves(response_format=ResponseFormat("json_object")).body["response_format"] == {"type": "json_object"}
    for model, kind in (("glm-5.3", "json_schema"), (SEES, "json_object")):
        with pytest.raises(errors.ConfigError, match="use a tool"):
            leaves(model=model, response_format=ResponseFormat(kind))  # type: ignore[arg-type]


# ---------------------------------------------------------------- media


def test_images_by_url_and_data() -> None:
    parts = leaves(user("?", Media("image", url=URL), Media("image", data=PNG)), model=SEES).body["messages"][0][
        "content"
    ]
    assert [part["image_url"]["url"] for part in parts[1:]] == [URL, f"data:image/png;base64,{PNG}"]


def test_files_by_url_only() -> None:
    part = leaves(user("?", Media("file", url=URL)), model=SEES).body["messages"][0]["content"][1]
    assert part == {"type": "file_url", "file_url": {"url": URL}}
    with pytest.raises(errors.ConfigError, match="by URL only"):
        leaves(user("?", Media("file", data="JVBERi0xLjQK")), model=SEES)
    with pytest.raises(errors.ConfigError, match="apart"):
        leaves(user("?", Media("file", url=URL), Media("image", url=URL)), model=SEES)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_limits_of_images(wire: str) -> None:
    image = Media("image", url=URL)
    assert leaves(user("?", *[image] * 50), model=SEES, wire=wire)
    with pytest.raises(errors.ConfigError, match="at most 50"):
        leaves(user("?", *[image] * 51), model=SEES, wire=wire)
    with pytest.raises(errors.ConfigError, match="at most 1"):
        leaves(user("?", image, image), model="glm-4v-flash", wire=wire)
    with pytest.raises(errors.ConfigError, match="5 MB"):
        leaves(user("?", Media("image", data=PNG + "A" * 7_000_000)), model=SEES, wire=wire)


@pytest.mark.parametrize(("model", "kind"), [("glm-5.3", "image"), ("glm-4v-flash", "video"), (SEES, "audio")])
def test_what_a_model_does_not_read(model: str, kind: Any) -> None:
    with pytest.raises(errors.ConfigError, match=kind):
        leaves(user("?", Media(kind, url=URL)), model=model)


# ---------------------------------------------------------------- replies


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish} if finish else {"index": 0, "delta": delta}
    return {"id": "2026", "created": 1, "model": "glm-5.3", "choices": [choice], **more}


def test_a_stream_with_search_hits() -> None:
    hits = [{"title": "t", "link": URL, "refer": "ref_1"}]
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    reply = streamed(
        "glm",
        sse(
            chunk({"role": "assistant", "reasoning_content": "hm"}),
            chunk({"content": "56"}),
            chunk({"content": ""}, "stop", usage=usage, web_search=hits),
        ),
    )
    assert (reply.reasoning, reply.text, reply.vendor) == ("hm", "56", {"web_search": hits})
    assert reply.usage is not None and reply.usage.cache_read == 4


def test_finish_reasons_of_the_vendor() -> None:
    assert streamed("glm", sse(chunk({"content": "5"}, "sensitive"))).finish == "content_filter"
    assert streamed("glm", sse(chunk({"content": "5"}, "model_context_window_exceeded"))).finish == "length"
    with pytest.raises(errors.ServerError, match="network_error"):
        streamed("glm", sse(chunk({"content": "5"}, "network_error")))
    with pytest.raises(errors.ContentBlockedError):
        streamed("glm", sse(chunk({"content": ""}, "sensitive")))
    with pytest.raises(errors.ContextOverflowError):
        streamed("glm", sse(chunk({"content": ""}, "model_context_window_exceeded")))


def test_thinking_tags_in_content() -> None:
    body = {"id": "2026", "choices": [{"message": {"content": "<think>hm</think>56"}, "finish_reason": "stop"}]}
    reply = whole("glm", body)
    assert (reply.reasoning, reply.text) == ("hm", "56")


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "1000", errors.AuthenticationError), (401, "1001", errors.AuthenticationError),
        (429, "1113", errors.QuotaExhaustedError), (500, "1200", errors.ServerError),
        (400, "1210", errors.BadRequestError), (400, "1211", errors.NotFoundError),
        (403, "1220", errors.PermissionDeniedError), (500, "1234", errors.ServerError),
        (400, "1261", errors.ContextOverflowError), (400, "1301", errors.ContentBlockedError),
        (429, "1302", errors.RateLimitedError), (429, "1305", errors.RateLimitedError),
        (429, "1308", errors.QuotaExhaustedError), (429, "1309", errors.PermissionDeniedError),
        (429, "1310", errors.QuotaExhaustedError), (429, "1311", errors.PermissionDeniedError),
        (429, "1313", errors.PermissionDeniedError), (429, "1316", errors.QuotaExhaustedError),
        (429, "1321", errors.QuotaExhaustedError), (500, "9999", errors.ServerError),
    ],
)  # fmt: skip
def test_codes(status: int, code: str, error: type) -> None:
    found = failure("glm", status, {"error": {"code": code, "message": "文字"}})
    assert type(found) is error and found.code == code
    assert found.retryable is (error in (errors.RateLimitedError, errors.ServerError))


def test_busy_and_spent_are_told_apart() -> None:
    text = "Usage limit reached for 5 hour. Your limit will reset at 2026-09-23 18:05:11"
    spent = failure("glm", 429, {"error": {"code": "1308", "message": text}})
    assert isinstance(spent, errors.QuotaExhaustedError)
    reset = datetime(2026, 9, 23, 18, 5, 11, tzinfo=timezone(timedelta(hours=8)))
    assert (spent.window, spent.resets_at) == ("5h", reset)
    week = failure(
        "glm", 429, {"error": {"code": "1310", "message": "Weekly/Monthly Limit Exhausted. 2026-09-28 00:00:00"}}
    )
    assert isinstance(week, errors.QuotaExhaustedError) and week.window is None and week.resets_at is not None
    zulu = failure("glm", 429, {"error": {"code": "1316", "message": "Limit. Resets at 2026-09-20T10:00:00Z"}})
    assert isinstance(zulu, errors.QuotaExhaustedError) and zulu.window == "5h"
    assert zulu.resets_at == datetime(2026, 9, 20, 10, tzinfo=timezone.utc)
    empty = failure("glm", 429, {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}})
    assert isinstance(empty, errors.QuotaExhaustedError) and (empty.window, empty.resets_at) == ("balance", None)
    assert "endpoint='api'" in str(empty)


def test_the_anthropic_base_writes_codes_into_the_text() -> None:
    message = "[1308][Usage limit reached for 5 hour. Your limit will reset at 2026-09-23 18:05:11][20260923]"
    found = failure("glm", 429, {"type": "error", "error": {"type": "rate_limit_error", "message": message}})
    assert isinstance(found, errors.QuotaExhaustedError) and found.code == "1308" and found.resets_at is not None
    key = failure("glm", 401, {"error": {"message": "Authentication Failed", "type": "1000"}})
    assert isinstance(key, errors.AuthenticationError) and "coding-global" in str(key)


def test_a_refusal_inside_http_200() -> None:
    found = failure("glm", 200, {"code": 401, "msg": "令牌已过期或验证不正确", "success": False})
    assert isinstance(found, errors.AuthenticationError)
