"""Kimi: what leaves, what comes back, where it goes and what its failures mean."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cncoding import errors
from cncoding.chat.flow import prepare
from cncoding.exchange.fetching import FetchPolicy
from cncoding.exchange.retry import Retry
from cncoding.exchange.steps import Reply, Resolve, Send
from cncoding.registry import Settings, resolve
from cncoding.target import Setup, Target
from cncoding.types import (
    Media,
    Message,
    NamedTool,
    Reasoning,
    ResponseFormat,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    user,
)
from tests.targets import target
from tests.vendors.boundary import PNG, Sent, asking, failure, sent, sse, streamed, tool_loop, whole

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
PLATFORM_KEY = "sk-" + "aB3" * 16
PLATFORM = {"endpoint": "api", "api_key": PLATFORM_KEY}


def plan(*messages: Message, wire: str = "openai", **settings: Any) -> Sent:
    return sent("kimi", asking(*messages, **settings), wire=wire)


def platform(*messages: Message, wire: str = "openai", **settings: Any) -> Sent:
    return sent("kimi", asking(*messages, **settings), wire=wire, **PLATFORM)


# ---------------------------------------------------------------- where it goes


@pytest.mark.parametrize(
    ("endpoint", "wire", "url"),
    [
        ("coding", "openai", "https://api.kimi.com/coding/v1/chat/completions"),
        ("coding", "anthropic", "https://api.kimi.com/coding/v1/messages"),
        ("coding-global", "openai", "https://api.kimi.ai/coding/v1/chat/completions"),
        ("coding-global", "anthropic", "https://api.kimi.ai/coding/v1/messages"),
        ("api", "openai", "https://api.moonshot.cn/v1/chat/completions"),
        ("api", "anthropic", "https://api.moonshot.cn/anthropic/v1/messages"),
        ("api-global", "openai", "https://api.moonshot.ai/v1/chat/completions"),
        ("api-global", "anthropic", "https://api.moonshot.ai/anthropic/v1/messages"),
    ],
)
def test_address(endpoint: str, wire: str, url: str) -> None:
    key = "sk-kimi-1" if endpoint.startswith("coding") else "sk-1"
    assert sent("kimi", asking(), endpoint=endpoint, wire=wire, api_key=key).url == url


def place(environ: dict[str, str] | None = None, **settings: Any) -> Target:
    return resolve(Settings("kimi", **settings), environ or {})


@pytest.mark.parametrize(
    ("environ", "endpoint", "model"),
    [
        ({"KIMI_API_KEY": "sk-kimi-1"}, "coding", "kimi-for-coding"),
        ({"MOONSHOT_API_KEY": "sk-1"}, "api", "kimi-k3"),
        ({"MOONSHOT_API_KEY": "sk-1", "KIMI_API_KEY": "sk-kimi-1"}, "coding", "kimi-for-coding"),
    ],
)
def test_the_key_in_the_environment_decides(environ: dict[str, str], endpoint: str, model: str) -> None:
    found = place(environ)
    assert (found.endpoint.name, found.model) == (endpoint, model)


def test_each_endpoint_reads_its_own_key() -> None:
    environ = {"MOONSHOT_API_KEY": "sk-1", "KIMI_API_KEY": "sk-kimi-1"}
    assert place(environ, endpoint="api").api_key == "sk-1"
    assert place(environ, endpoint="coding-global").api_key == "sk-kimi-1"
    with pytest.raises(errors.ConfigError, match="set MOONSHOT_API_KEY"):
        place({"KIMI_API_KEY": "sk-kimi-1"}, endpoint="api")


@pytest.mark.parametrize(
    ("key", "endpoint", "remedy"), [("sk-kimi-1", "api", "coding"), (PLATFORM_KEY, "coding", "api")]
)
def test_a_key_of_the_other_product(key: str, endpoint: str, remedy: str) -> None:
    with pytest.raises(errors.ConfigError, match=f"endpoint='{remedy}'") as caught:
        place(api_key=key, endpoint=endpoint)
    assert key not in str(caught.value)


def test_a_key_without_a_sign_goes_to_the_plan() -> None:
    assert place(api_key=PLATFORM_KEY).endpoint.name == "coding"
    assert place(api_key="sk-test", endpoint="coding").api_key == "sk-test"


def test_a_plan_key_in_the_platforms_variable_is_caught() -> None:
    with pytest.raises(errors.ConfigError, match="endpoint='coding'"):
        place({"MOONSHOT_API_KEY": "sk-kimi-1"})


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://127.0.0.1:1/kimi/coding/v1"),
        ({"wire": "anthropic"}, "http://127.0.0.1:1/kimi/coding"),
        ({"endpoint": "api"}, "http://127.0.0.1:1/kimi/v1"),
        ({"endpoint": "api", "wire": "anthropic"}, "http://127.0.0.1:1/kimi/anthropic"),
    ],
)
def test_the_base_url_of_the_environment_serves_every_path(settings: dict[str, str], url: str) -> None:
    found = place({"KIMI_BASE_URL": "http://127.0.0.1:1/kimi/coding/v1"}, api_key="sk-kimi-1", **settings)
    assert (found.base_url, found.root) == (url, "http://127.0.0.1:1/kimi")


@pytest.mark.parametrize(
    ("url", "endpoint", "wire"),
    [
        ("https://api.kimi.ai/coding/v1", "coding-global", "openai"),
        ("https://api.kimi.com/coding", "coding", "anthropic"),
        ("https://api.moonshot.ai/v1", "api-global", "openai"),
        ("https://api.moonshot.cn/anthropic", "api", "anthropic"),
    ],
)
def test_a_known_address_tells_endpoint_and_wire(url: str, endpoint: str, wire: str) -> None:
    found = place(api_key="k", base_url=url)
    assert (found.endpoint.name, found.wire_name, found.base_url) == (endpoint, wire, url)


# ---------------------------------------------------------------- who we are


def test_the_user_agent_is_ours_unless_told_otherwise() -> None:
    environ = {"KIMI_API_KEY": "sk-kimi-1"}
    asked = environ | {"KIMI_USER_AGENT_VERSION": "1.6"}
    assert place(environ).headers["User-Agent"].startswith("cncoding/")
    assert place(asked).headers["User-Agent"] == "KimiCLI/1.6"
    assert place(asked, user_agent="mine/1").headers["User-Agent"] == "mine/1"
    assert place(environ | {"KIMI_USER_AGENT_VERSION": " "}).headers["User-Agent"].startswith("cncoding/")


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("model", ["kimi-for-coding", "kimi-for-coding-highspeed", "k3", "k3-256k", "kimi", "k2p5"])
def test_sampling_is_fixed(model: str) -> None:
    found = plan(model=model, temperature=0.0, top_p=0.5)
    assert found.body["model"] == model
    assert not found.body.keys() & {"temperature", "top_p"}
    assert found.warned.keys() == {"temperature", "top_p"}


def test_sampling_of_an_unknown_model_passes() -> None:
    assert plan(model="k9", temperature=0.0).body["temperature"] == 0.0


def test_names_of_settings() -> None:
    found = plan(max_tokens=4096, seed=7, tools=(ADD,), parallel_tool_calls=True)
    assert found.body["max_completion_tokens"] == 4096
    assert not found.body.keys() & {"max_tokens", "seed", "parallel_tool_calls"}
    assert found.warned.keys() == {"seed", "parallel_tool_calls"}
    assert plan(wire="anthropic").body["max_tokens"] == 32_768


@pytest.mark.parametrize("stop", [("a",) * 6, ("x" * 33,), ("一" * 11,)])
def test_stop_words_have_limits(stop: tuple[str, ...]) -> None:
    with pytest.raises(errors.ConfigError, match="stop"):
        plan(stop=stop)
    assert plan(stop=("END",)).body["stop"] == ["END"]


@pytest.mark.parametrize(
    ("model", "thinking", "expected", "warned"),
    [
        ("kimi-for-coding", Thinking(), None, ()),
        ("kimi-for-coding", Thinking(enabled=True), {"type": "enabled", "keep": "all"}, ()),
        ("kimi-for-coding", Thinking(effort="low"), {"type": "enabled", "keep": "all", "effort": "low"}, ()),
        ("k3", Thinking(effort="medium"), {"type": "enabled", "keep": "all", "effort": "high"}, ("reasoning_effort",)),
        ("k3", Thinking(effort="xhigh"), {"type": "enabled", "keep": "all", "effort": "max"}, ("reasoning_effort",)),
        ("k3", Thinking(effort="ultra"), {"type": "enabled", "keep": "all", "effort": "max"}, ()),
        ("kimi", Thinking(effort="light"), {"type": "enabled", "keep": "all", "effort": "low"}, ()),
        ("kimi", Thinking(enabled=False), {"type": "disabled"}, ()),
        ("kimi", Thinking(effort="none"), {"type": "disabled"}, ()),
        ("k2p5", Thinking(enabled=True, effort="low"), {"type": "enabled", "keep": "all"}, ("reasoning_effort",)),
        ("kimi-for-coding-highspeed", Thinking(enabled=False), None, ("thinking",)),
        ("k3", Thinking(budget=1024), None, ("thinking_budget",)),
        ("k9", Thinking(effort="odd"), {"type": "enabled", "keep": "all", "effort": "odd"}, ()),
    ],
)
def test_thinking_on_the_plan(model: str, thinking: Thinking, expected: Any, warned: tuple[str, ...]) -> None:
    found = plan(model=model, thinking=thinking)
    assert found.body.get("thinking") == expected
    assert "reasoning_effort" not in found.body
    assert tuple(found.warned) == warned


@pytest.mark.parametrize(
    ("model", "thinking", "expected", "warned"),
    [
        ("kimi-k3", Thinking(), {}, ()),
        ("kimi-k3", Thinking(enabled=True), {}, ()),
        ("kimi-k3", Thinking(effort="low"), {"reasoning_effort": "low"}, ()),
        ("kimi-k3.1-pro", Thinking(effort="medium"), {"reasoning_effort": "high"}, ("reasoning_effort",)),
        ("kimi-k3", Thinking(enabled=False), {"reasoning_effort": "low"}, ("thinking",)),
        ("kimi-k2.6", Thinking(enabled=False), {"thinking": {"type": "disabled"}}, ()),
        ("kimi-k2.6", Thinking(enabled=True), {"thinking": {"type": "enabled", "keep": "all"}}, ()),
        ("kimi-k2.6", Thinking(effort="high"), {}, ("reasoning_effort",)),
        ("kimi-k2.7-code", Thinking(enabled=False), {}, ("thinking",)),
        ("kimi-k2.7-code", Thinking(enabled=True), {"thinking": {"type": "enabled", "keep": "all"}}, ()),
        ("kimi-k4", Thinking(effort="odd"), {"reasoning_effort": "odd"}, ()),
        ("kimi-k4", Thinking(enabled=False), {"thinking": {"type": "disabled"}}, ()),
    ],
)
def test_thinking_on_the_platform(model: str, thinking: Thinking, expected: Any, warned: tuple[str, ...]) -> None:
    found = platform(model=model, thinking=thinking)
    assert {key: found.body[key] for key in ("thinking", "reasoning_effort") if key in found.body} == expected
    assert tuple(found.warned) == warned


@pytest.mark.parametrize(
    ("ask", "model", "thinking", "expected"),
    [
        (plan, "k3", Thinking(enabled=True), {"thinking": {"type": "enabled"}}),
        (plan, "k3", Thinking(effort="max"), {"thinking": {"type": "enabled"}, "output_config": {"effort": "max"}}),
        (plan, "k3", Thinking(enabled=False), {"thinking": {"type": "disabled"}}),
        (platform, "kimi-k3", Thinking(effort="low"), {"output_config": {"effort": "low"}}),
        (platform, "kimi-k2.6", Thinking(enabled=False), {"thinking": {"type": "disabled"}}),
    ],
)
def test_thinking_on_the_anthropic_wire(ask: Any, model: str, thinking: Thinking, expected: Any) -> None:
    body = ask(model=model, thinking=thinking, wire="anthropic").body
    assert {key: body[key] for key in ("thinking", "output_config") if key in body} == expected


def test_search_names_the_tool() -> None:
    for ask in (plan, platform):
        with pytest.raises(errors.ConfigError, match="web_search tool"):
            ask(search=True)


def test_structured_output_is_documented_for_the_platform() -> None:
    wanted = ResponseFormat("json_schema", "person", {"type": "object"}, True)
    expected = {"name": "person", "schema": {"type": "object"}, "strict": True}
    assert platform(response_format=wanted).body["response_format"]["json_schema"] == expected
    with pytest.raises(errors.ConfigError, match="function_calling"):
        plan(response_format=wanted)
    assert plan(response_format=ResponseFormat("json_object")).body["response_format"] == {"type": "json_object"}


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"title": "X"}, {"title": "X", "type": "string"}),
        ({"enum": ["a", "b"]}, {"enum": ["a", "b"], "type": "string"}),
        ({"enum": [1, 2]}, {"enum": [1, 2], "type": "integer"}),
        ({"enum": [1, 2.5]}, {"enum": [1, 2.5], "type": "number"}),
        ({"const": True}, {"const": True, "type": "boolean"}),
        ({"items": {}}, {"items": {}, "type": "array"}),
        (
            {"properties": {"y": {}}},
            {"properties": {"y": {"type": "string"}}, "type": "object"},
        ),
        (
            {"$ref": "#/$defs/A", "type": "object", "default": 1, "description": "d"},
            {"$ref": "#/$defs/A", "description": "d"},
        ),
        (
            {"type": ["string", "null"], "anyOf": [{"type": "string"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"type": "array", "items": {"enum": ["a"]}}, {"type": "array", "items": {"enum": ["a"], "type": "string"}}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 1}),
    ],
)
def test_schemas_are_repaired(given: dict[str, Any], expected: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"x": given}, "$defs": {"A": {"properties": {}}}}
    before = json.dumps(schema)
    tool = plan(tools=(Tool("f", "", schema),)).body["tools"][0]
    wired = tool["function"]["parameters"]
    assert wired["properties"]["x"] == expected
    assert wired["$defs"]["A"]["type"] == "object"
    assert json.dumps(schema) == before
    # MoonshotAI/Kimi-K2 141: loose schemas work on the Anthropic wire.
    assert plan(tools=(Tool("f", "", schema),), wire="anthropic").body["tools"][0]["input_schema"] == schema


def test_an_empty_schema_is_an_object() -> None:
    assert plan(tools=(Tool("f", "", {}),)).body["tools"][0]["function"]["parameters"] == {"type": "object"}


def test_strict_is_a_field_of_the_platform() -> None:
    strict = Tool("add", "", ADD.parameters, strict=True)
    assert platform(tools=(strict,)).body["tools"][0]["function"]["strict"] is True
    found = plan(tools=(strict,))
    assert "strict" not in found.body["tools"][0]["function"]
    assert "strict" in found.warned


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_forced_choice_while_thinking_becomes_auto(choice: Any, wire: str) -> None:
    found = plan(tools=(ADD,), tool_choice=choice, wire=wire)
    assert found.body["tool_choice"] == ("auto" if wire == "openai" else {"type": "auto"})
    assert "while it thinks" in found.warned["tool_choice"]


def test_a_forced_choice_without_thinking() -> None:
    off = Thinking(enabled=False)
    named = {"type": "function", "function": {"name": "add"}}
    assert plan(tools=(ADD,), tool_choice="required", thinking=off).body["tool_choice"] == "required"
    assert plan(tools=(ADD,), tool_choice=NamedTool("add"), thinking=off).body["tool_choice"] == named
    # K2.6 takes no `required`; with one tool its name says the same.
    settings: dict[str, Any] = {"model": "kimi-k2.6", "thinking": off, "tool_choice": "required"}
    assert platform(tools=(ADD,), **settings).body["tool_choice"] == named
    assert platform(tools=(ADD, Tool("sub")), **settings).body["tool_choice"] == "auto"


def test_naming_a_tool_on_the_anthropic_wire_leaves_that_one() -> None:
    found = plan(
        tools=(ADD, Tool("sub")), tool_choice=NamedTool("add"), thinking=Thinking(enabled=False), wire="anthropic"
    )
    assert found.body["tool_choice"] == {"type": "any"}
    assert [tool["name"] for tool in found.body["tools"]] == ["add"]


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize("text", ["I add.", ""])
@pytest.mark.parametrize("thinking", [Thinking(), Thinking(enabled=False)])
def test_reasoning_goes_back_as_it_came(text: str, thinking: Thinking) -> None:
    found = plan(*tool_loop(Reasoning(text, provider="kimi")), thinking=thinking)
    assert found.body["messages"][1]["reasoning_content"] == text
    assert "content" not in found.body["messages"][1]


def test_a_foreign_tool_turn_gets_an_empty_reasoning() -> None:
    history = tool_loop(Reasoning("secret", provider="glm"))
    assert plan(*history).body["messages"][1]["reasoning_content"] == ""
    assert "reasoning_content" not in plan(*history, thinking=Thinking(enabled=False)).body["messages"][1]
    blocks = plan(*history, wire="anthropic").body["messages"][1]["content"]
    assert [block["type"] for block in blocks] == ["thinking", "tool_use"]
    assert blocks[0] == {"type": "thinking", "thinking": ""}


def test_signed_thinking_goes_back_on_the_anthropic_wire() -> None:
    history = tool_loop(Reasoning("I add.", signature="abc", provider="kimi"))
    block = plan(*history, wire="anthropic").body["messages"][1]["content"][0]
    assert block == {"type": "thinking", "thinking": "I add.", "signature": "abc"}


def test_unknown_members_of_a_tool_call_go_back() -> None:
    call = ToolCall("functions.add:0", "add", "{}", extras={"extras": {"k": 1}})
    history = (
        user("hi"),
        Message("assistant", (Reasoning("r"), call)),
        Message("tool", (ToolResult(call.id, (Text("2"),)),)),
    )
    wired = plan(*history).body["messages"][1]["tool_calls"][0]
    assert (wired["id"], wired["extras"]) == ("functions.add:0", {"k": 1})


def test_images_are_data_or_uploaded_files() -> None:
    def url(media: Media) -> Any:
        part = plan(user("see", media)).body["messages"][0]["content"][1]
        return part[part["type"]]["url"]

    assert url(Media("image", data=PNG)) == f"data:image/png;base64,{PNG}"
    assert url(Media("image", file_id="abc")) == "ms://abc"
    assert url(Media("video", url="ms://abc")) == "ms://abc"
    assert url(Media("video", data="AAAAIGZ0eXBpc29t")).startswith("data:video/mp4;base64,")


@pytest.mark.parametrize(
    "media",
    [
        Media("video", url="https://example.com/a.mp4"),
        Media("image", url="https://example.com/a.png"),
        Media("audio", data="SUQzBAAAAAAA"),
        Media("file", file_id="abc"),
    ],
)
def test_media_that_kimi_does_not_take(media: Media) -> None:
    with pytest.raises(errors.ConfigError, match=media.kind):
        plan(user("see", media))
    with pytest.raises(errors.ConfigError, match=media.kind):
        plan(user("see", media), model="k9")


def test_a_model_without_video() -> None:
    with pytest.raises(errors.ConfigError, match="k3-256k on kimi reads image, text only"):
        plan(user("see", Media("video", url="ms://abc")), model="k3-256k")


def test_images_in_tool_results_stay_there() -> None:
    result = ToolResult("call_1", (Text("seen"), Media("image", data=PNG)))
    history = (*tool_loop(Reasoning("r"))[:2], Message("tool", (result,)))
    content = plan(*history).body["messages"][2]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]


# ---------------------------------------------------------------- replies


def test_a_stream_of_the_plan() -> None:
    """Heartbeats without choices (2026-02), usage inside the closing choice, `data:` without a space (kosong)."""

    def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"id": "c", "model": "kimi-for-coding", "choices": [{"index": 0, "delta": delta, **more}]}

    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cached_tokens": 5}
    call = {"index": 0, "id": "functions.add:0", "type": "function", "function": {"name": "add", "arguments": '{"a"'}}
    more = {"index": 0, "function": {"arguments": ": 1}"}}
    stream = sse(
        {"id": "c", "choices": []},
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "I "}),
        chunk({"reasoning_content": "add."}),
        chunk({"tool_calls": [call]}),
        chunk({"tool_calls": [more]}),
        chunk({}, finish_reason="tool_calls", usage=usage),
    ).replace(b"data: ", b"data:")
    reply = streamed("kimi", stream)
    assert reply.reasoning == "I add."
    assert [(one.id, one.name, one.arguments) for one in reply.tool_calls] == [("functions.add:0", "add", '{"a": 1}')]
    assert reply.finish == "tool_calls"
    assert reply.usage is not None
    assert (reply.usage.input, reply.usage.output, reply.usage.cache_read) == (9, 4, 5)


def test_empty_reasoning_of_a_tool_turn_is_kept() -> None:
    call = {"index": 0, "id": "x", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    message = {"role": "assistant", "reasoning_content": "", "tool_calls": [call]}
    reply = whole("kimi", {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    assert reply.reasoning == ""


# ---------------------------------------------------------------- failures


def error(message: str, kind: str = "", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **({"type": kind} if kind else {}), **more}}


REFUSED = "Kimi For Coding is currently only available for Coding Agents such as Kimi CLI..."


SPENT = errors.QuotaExhaustedError
BUSY = errors.RateLimitedError
BAD = errors.BadRequestError
TPM = error("Your request reached organization TPM rate limit", "rate_limit_reached_error")


@pytest.mark.parametrize(
    ("status", "body", "kind", "window"),
    [
        (400, error("exceeded model token limit: 262144 (requested: 300000)"), errors.ContextOverflowError, None),
        (400, error("invalid temperature: only 1 is allowed for this model", "invalid_request_error"), BAD, None),
        (400, error("rejected", "content_filter"), errors.ContentBlockedError, None),
        (401, error("invalid x-api-key", "auth_error"), errors.AuthenticationError, None),
        (401, error("The API Key appears to be invalid or may have expired."), errors.AuthenticationError, None),
        (402, error("We're unable to verify your membership benefits."), errors.PermissionDeniedError, None),
        (403, error(REFUSED, "access_terminated_error"), errors.ClientRefusedError, None),
        (403, error("access terminated, review guidelines", "permission_error"), errors.ClientRefusedError, None),
        (403, error("You've reached your 5-hour usage limit."), SPENT, "5h"),
        (403, error("reached your 5-hour usage limit", "access_terminated_error"), SPENT, "5h"),
        (403, error("reached your usage limit for this billing cycle"), SPENT, None),
        (403, error("You've reached your seven-day usage limit.", "access_terminated_error"), SPENT, "week"),
        (403, error("Quota is used up, the current window ends soon.", "access_terminated_error"), SPENT, None),
        (429, error("Out of quota for this period", "rate_limit_reached_error"), SPENT, None),
        (429, error("Your account reached organization TPD rate limit", "rate_limit_reached_error"), SPENT, "day"),
        (403, error("reached your weekly usage limit"), SPENT, "week"),
        (403, error("reached your monthly usage limit"), SPENT, "month"),
        (403, error("reached your concurrent request limit"), BUSY, None),
        (403, error("no", "permission_denied_error"), errors.PermissionDeniedError, None),
        (404, error("Not found the model", "resource_not_found_error"), errors.NotFoundError, None),
        (413, error("request too large"), BAD, None),
        (429, error("The engine is currently overloaded", "engine_overloaded_error"), BUSY, None),
        (429, error("reached your usage limit for this period", "rate_limit_reached_error"), SPENT, None),
        (429, TPM, BUSY, None),
        (429, error("please recharge", "exceeded_current_quota_error"), SPENT, "balance"),
        (429, error("You exceeded your current token quota"), SPENT, "balance"),
        (500, error("oops", "server_error"), errors.ServerError, None),
        (504, b"", errors.ServerError, None),
    ],
)  # fmt: skip
def test_failures(status: int, body: Any, kind: type[errors.ApiError], window: str | None) -> None:
    found = failure("kimi", status, body)
    assert type(found) is kind
    assert getattr(found, "window", None) == window


def test_a_refused_client_is_told_what_it_can_do() -> None:
    text = str(failure("kimi", 403, error(REFUSED, "access_terminated_error")))
    for word in ("truthfully", "user_agent=", "KIMI_USER_AGENT_VERSION", "suspend", "endpoint='api'"):
        assert word in text


def test_the_trace_id_is_kept() -> None:
    found = failure("kimi", 500, error("oops"), **{"x-trace-id": "t-1"})
    assert found.request_id == "t-1"


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("access_terminated_error", "no", errors.ClientRefusedError),
        ("auth_error", "no", errors.AuthenticationError),
        ("invalid_authentication_error", "no", errors.AuthenticationError),
        ("incorrect_api_key_error", "no", errors.AuthenticationError),
        ("permission_denied_error", "no", errors.PermissionDeniedError),
        ("resource_not_found_error", "no", errors.NotFoundError),
        ("content_filter", "no", errors.ContentBlockedError),
        ("engine_overloaded_error", "no", errors.RateLimitedError),
        ("rate_limit_reached_error", "Too many requests", errors.RateLimitedError),
        ("exceeded_current_quota_error", "no", errors.QuotaExhaustedError),
        ("server_error", "no", errors.ServerError),
    ],
)
def test_failures_inside_a_stream(kind: str, message: str, expected: type[errors.ApiError]) -> None:
    """There the HTTP status, 200, says nothing."""
    with pytest.raises(errors.ApiError) as caught:
        streamed("kimi", sse(error(message, kind)))
    assert type(caught.value) is expected


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_an_image_url_is_fetched_and_inlined(wire: str) -> None:
    setup = Setup(target("kimi", wire=wire), Retry(), FetchPolicy(), lambda: "made-up", {})
    flow = prepare(asking(user("see", Media("image", url="https://example.com/a.png"))), setup)
    assert next(flow) == Resolve("example.com", 443)
    step = flow.send(("93.184.216.34",))
    assert isinstance(step, Send) and step.request.url == "https://example.com/a.png"
    with pytest.raises(StopIteration) as caught:
        flow.send(Reply(200, {}, base64.b64decode(PNG)))
    body = json.loads(caught.value.value.request.body)
    assert PNG in json.dumps(body["messages"])
    assert "example.com" not in json.dumps(body)
