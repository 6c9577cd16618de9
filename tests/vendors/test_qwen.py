"""Qwen: what leaves, what comes back, where it goes and what its failures mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding import errors
from cncoding.chat.flow import asks_for_stream, must_stream
from cncoding.registry import Settings, resolve
from cncoding.target import Target
from cncoding.types import Media, Message, NamedTool, Reasoning, ResponseFormat, Text, Thinking, Tool, system, user
from tests.vendors.boundary import PNG, Sent, asking, failure, sent, sse, streamed, tool_loop, whole

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
GENERAL_KEY = "sk-" + "0123456789abcdef" * 2
API = {"endpoint": "api", "api_key": GENERAL_KEY}


def plan(*messages: Message, wire: str = "openai", **settings: Any) -> Sent:
    return sent("qwen", asking(*messages, **settings), wire=wire)


def api(*messages: Message, wire: str = "openai", **settings: Any) -> Sent:
    return sent("qwen", asking(*messages, **settings), wire=wire, **API)


# ---------------------------------------------------------------- where it goes

CN = "https://dashscope.aliyuncs.com"
INTL = "https://dashscope-intl.aliyuncs.com"
TOKEN = "https://token-plan.cn-beijing.maas.aliyuncs.com"


@pytest.mark.parametrize(
    ("endpoint", "openai", "anthropic"),
    [
        ("coding", "https://coding.dashscope.aliyuncs.com/v1", "https://coding.dashscope.aliyuncs.com/apps/anthropic"),
        (
            "coding-global",
            "https://coding-intl.dashscope.aliyuncs.com/v1",
            "https://coding-intl.dashscope.aliyuncs.com/apps/anthropic",
        ),
        ("token-plan", f"{TOKEN}/compatible-mode/v1", f"{TOKEN}/apps/anthropic"),
        (
            "token-plan-global",
            "https://token-plan.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1",
            "https://token-plan.ap-southeast-1.maas.aliyuncs.com/apps/anthropic",
        ),
        ("api", f"{CN}/compatible-mode/v1", f"{CN}/apps/anthropic"),
        ("api-global", f"{INTL}/compatible-mode/v1", f"{INTL}/apps/anthropic"),
    ],
)
def test_address(endpoint: str, openai: str, anthropic: str) -> None:
    key = "sk-1" if endpoint.startswith("api") else "sk-sp-1"
    found = sent("qwen", asking(), endpoint=endpoint, api_key=key)
    assert (found.url, found.body["model"]) == (f"{openai}/chat/completions", "qwen3.7-plus")
    found = sent("qwen", asking(), endpoint=endpoint, api_key=key, wire="anthropic")
    assert found.url == f"{anthropic}/v1/messages"
    assert found.headers["Authorization"] == f"Bearer {key}"


def place(environ: dict[str, str] | None = None, **settings: Any) -> Target:
    return resolve(Settings("qwen", **settings), environ or {})


@pytest.mark.parametrize(
    ("environ", "endpoint", "key"),
    [
        ({"ALIBABA_CODING_PLAN_API_KEY": "sk-sp-1"}, "coding", "sk-sp-1"),
        ({"DASHSCOPE_API_KEY": "sk-sp-2"}, "coding", "sk-sp-2"),
        ({"DASHSCOPE_API_KEY": GENERAL_KEY}, "api", GENERAL_KEY),
        ({"DASHSCOPE_API_KEY": GENERAL_KEY, "ALIBABA_CODING_PLAN_API_KEY": "sk-sp-1"}, "coding", "sk-sp-1"),
        ({"DASHSCOPE_API_KEY": "sk-sp-2", "ALIBABA_CODING_PLAN_API_KEY": "sk-sp-1"}, "coding", "sk-sp-1"),
    ],
)
def test_the_key_in_the_environment_decides(environ: dict[str, str], endpoint: str, key: str) -> None:
    found = place(environ)
    assert (found.endpoint.name, found.api_key) == (endpoint, key)


def test_each_endpoint_reads_its_own_key() -> None:
    environ = {"DASHSCOPE_API_KEY": GENERAL_KEY, "ALIBABA_CODING_PLAN_API_KEY": "sk-sp-1"}
    assert place(environ, endpoint="api-global").api_key == GENERAL_KEY
    assert place(environ, endpoint="token-plan").api_key == "sk-sp-1"
    with pytest.raises(errors.ConfigError, match="set ALIBABA_CODING_PLAN_API_KEY or DASHSCOPE_API_KEY"):
        place({"DASHSCOPE_API_KEY": GENERAL_KEY}, endpoint="coding")
    with pytest.raises(errors.ConfigError, match="endpoint='coding'"):
        place({"DASHSCOPE_API_KEY": "sk-sp-1"}, endpoint="api")


@pytest.mark.parametrize(("key", "endpoint", "remedy"), [("sk-sp-1", "api", "coding"), (GENERAL_KEY, "coding", "api")])
def test_a_key_of_the_other_kind(key: str, endpoint: str, remedy: str) -> None:
    with pytest.raises(errors.ConfigError, match=f"endpoint='{remedy}'") as caught:
        place(api_key=key, endpoint=endpoint)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "key", "endpoint", "wire"),
    [
        ("https://coding-intl.dashscope.aliyuncs.com/v1", "sk-sp-1", "coding-global", "openai"),
        (f"{TOKEN}/compatible-mode/v1", "sk-sp-1", "token-plan", "openai"),
        (f"{INTL}/apps/anthropic", "sk-1", "api-global", "anthropic"),
        ("http://127.0.0.1:1/qwen/v1", "sk-sp-1", "coding", "openai"),
        ("http://127.0.0.1:1/qwen/apps/anthropic", "sk-sp-1", "coding", "anthropic"),
    ],
)
def test_an_address_tells_endpoint_and_wire(url: str, key: str, endpoint: str, wire: str) -> None:
    found = place(api_key=key, base_url=url)
    assert (found.endpoint.name, found.wire_name, found.base_url) == (endpoint, wire, url)


def test_a_workspace_address_is_pay_as_you_go() -> None:
    url = "https://ws-1.cn-beijing.maas.aliyuncs.com/compatible-mode/v1"
    found = place({"DASHSCOPE_API_KEY": GENERAL_KEY, "QWEN_BASE_URL": url})
    assert (found.endpoint.name, found.base_url, found.api_key) == ("api", url, GENERAL_KEY)


def test_the_base_url_of_the_environment_serves_every_path() -> None:
    environ = {"QWEN_BASE_URL": "http://127.0.0.1:1/qwen/v1"}
    assert place(environ, api_key="sk-sp-1").base_url == "http://127.0.0.1:1/qwen/v1"
    assert place(environ, api_key="sk-sp-1", wire="anthropic").base_url == "http://127.0.0.1:1/qwen/apps/anthropic"
    assert place(environ, api_key="k", endpoint="api").base_url == "http://127.0.0.1:1/qwen/compatible-mode/v1"
    environ = {"QWEN_BASE_URL": "http://127.0.0.1:1/qwen/compatible-mode/v1"}
    assert place(environ, api_key="sk-sp-1", endpoint="coding").base_url == "http://127.0.0.1:1/qwen/v1"


# ---------------------------------------------------------------- thinking

SWITCHES = ("enable_thinking", "thinking_budget", "reasoning_effort")


@pytest.mark.parametrize(
    ("model", "thinking", "expected", "warned"),
    [
        ("qwen3.7-plus", Thinking(), {}, ()),
        ("qwen3.7-plus", Thinking(enabled=True), {"enable_thinking": True}, ()),
        ("qwen3.7-plus", Thinking(enabled=False), {"enable_thinking": False}, ()),
        ("qwen3.7-plus", Thinking(effort="none"), {"enable_thinking": False}, ()),
        ("qwen3.7-plus", Thinking(budget=1000), {"thinking_budget": 1000}, ()),
        ("qwen3.6-plus", Thinking(budget=100_000), {"thinking_budget": 81_920}, ("thinking_budget",)),
        ("qwen3.7-plus", Thinking(enabled=True, effort="high"), {"enable_thinking": True}, ("reasoning_effort",)),
        ("qwen3-max-2026-01-23", Thinking(budget=1000), {"enable_thinking": True, "thinking_budget": 1000}, ()),
        ("qwen3-coder-plus", Thinking(enabled=True), {}, ("thinking",)),
        ("qwen3-coder-plus", Thinking(enabled=False), {}, ()),
        ("MiniMax-M2.5", Thinking(enabled=False), {}, ("thinking",)),
        ("MiniMax-M2.5", Thinking(enabled=True), {}, ()),
        ("glm-4.7", Thinking(budget=40_000), {"thinking_budget": 32_768}, ("thinking_budget",)),
        ("kimi-k2.5", Thinking(enabled=True), {"enable_thinking": True}, ()),
        ("qwen9", Thinking(effort="odd", enabled=True), {"enable_thinking": True, "reasoning_effort": "odd"}, ()),
    ],
)  # fmt: skip
def test_thinking_on_the_plan(model: str, thinking: Thinking, expected: Any, warned: tuple[str, ...]) -> None:
    found = plan(model=model, thinking=thinking)
    assert {name: found.body[name] for name in SWITCHES if name in found.body} == expected
    assert tuple(found.warned) == warned


@pytest.mark.parametrize(
    ("thinking", "expected", "warned"),
    [
        (Thinking(effort="medium"), {"reasoning_effort": "medium"}, ()),
        (Thinking(effort="high"), {"reasoning_effort": "xhigh"}, ("reasoning_effort",)),
        (Thinking(effort="max"), {"reasoning_effort": "xhigh"}, ("reasoning_effort",)),
        (Thinking(effort="minimal"), {"reasoning_effort": "low"}, ("reasoning_effort",)),
        (Thinking(effort="none"), {"enable_thinking": False}, ()),
        (Thinking(effort="low", budget=9), {"reasoning_effort": "low"}, ("thinking_budget",)),
        (Thinking(budget=300_000), {"thinking_budget": 262_144}, ("thinking_budget",)),
    ],
)
def test_effort_of_qwen38(thinking: Thinking, expected: Any, warned: tuple[str, ...]) -> None:
    found = api(model="qwen3.8-max", thinking=thinking)
    assert {name: found.body[name] for name in SWITCHES if name in found.body} == expected
    assert tuple(found.warned) == warned


@pytest.mark.parametrize(
    ("model", "thinking", "expected"),
    [
        ("qwen3.7-plus", Thinking(), {}),
        ("qwen3.7-plus", Thinking(enabled=True), {"thinking": {"type": "enabled"}}),
        ("qwen3.7-plus", Thinking(enabled=False), {"thinking": {"type": "disabled"}}),
        ("qwen3.6-plus", Thinking(budget=60_000), {"thinking": {"type": "enabled", "budget_tokens": 60_000}}),
        # The budget is a part of max_tokens, which the model's 65,536 bound.
        ("qwen3.6-plus", Thinking(budget=100_000), {"thinking": {"type": "enabled", "budget_tokens": 49_152}}),
        ("qwen3.8-max", Thinking(effort="high"), {"output_config": {"effort": "xhigh"}}),
        ("qwen3-coder-plus", Thinking(enabled=True), {}),
    ],
)
def test_thinking_on_the_anthropic_wire(model: str, thinking: Thinking, expected: Any) -> None:
    body = api(model=model, thinking=thinking, wire="anthropic").body
    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == expected


# ---------------------------------------------------------------- other settings


def test_sampling_passes() -> None:
    body = plan(temperature=0.0, top_p=0.5, seed=7, max_tokens=9, stop=("x",)).body
    assert (body["temperature"], body["top_p"], body["seed"], body["max_tokens"]) == (0.0, 0.5, 7, 9)


def test_parallel_calls_are_asked_for_by_name() -> None:
    assert plan(tools=(ADD,), parallel_tool_calls=True).body["parallel_tool_calls"] is True
    assert "parallel_tool_calls" not in plan(tools=(ADD,)).body


def test_search() -> None:
    found = api(search=True)
    assert (found.body["enable_search"], found.warned) == (True, {})
    found = plan(search=True)
    assert found.body["enable_search"] is True
    assert "web_search tool" in found.warned["search"]
    assert "enable_search" not in plan().body
    with pytest.raises(errors.ConfigError, match="search=True"):
        api(search=True, wire="anthropic")


def test_members_of_the_vendor_by_extra_body() -> None:
    extra = {"vl_high_resolution_images": True, "preserve_thinking": True, "search_options": {"forced_search": True}}
    body = plan(model="qwen3.5-plus", extra=extra).body
    assert {name: body[name] for name in extra} == extra


def test_json_object() -> None:
    wanted = ResponseFormat("json_object")
    off = Thinking(enabled=False)
    with pytest.raises(errors.ConfigError, match="Answer in JSON"):
        plan(response_format=wanted)
    found = plan(system("Answer in JSON."), user("hi"), response_format=wanted, thinking=off)
    assert (found.body["response_format"], found.warned) == ({"type": "json_object"}, {})
    for ask in (plan, api):
        assert "response_format" in ask(user("As JSON."), response_format=wanted).warned


def test_json_schema() -> None:
    wanted = ResponseFormat("json_schema", "person", {"type": "object"})
    assert plan(response_format=wanted).body["response_format"]["type"] == "json_schema"
    wired = plan(response_format=wanted, wire="anthropic").body["output_config"]
    assert wired == {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    for wire in ("openai", "anthropic"):
        with pytest.raises(errors.ConfigError, match="function_calling"):
            plan(model="qwen3.5-plus", response_format=wanted, wire=wire)


def test_translation() -> None:
    options = {"translation_options": {"source_lang": "auto", "target_lang": "English"}}
    body = api(user("你好"), model="qwen-mt-plus", extra=options).body
    assert body["translation_options"] == options["translation_options"]
    with pytest.raises(errors.ConfigError, match="translation_options"):
        api(user("你好"), model="qwen-mt-plus")
    with pytest.raises(errors.ConfigError, match="one user message"):
        api(system("Be brief."), user("你好"), model="qwen-mt-plus", extra=options)


@pytest.mark.parametrize(
    ("model", "stream"),
    [("qwq-plus", True), ("qwen3-32b", True), ("qwen3.7-plus", False), ("qwen9", False)],
)
def test_models_that_only_stream(model: str, stream: bool) -> None:
    assert must_stream(asking(model=model), place(**API)) is stream


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_forced_choice_while_thinking_becomes_auto(choice: Any, wire: str) -> None:
    found = plan(tools=(ADD, Tool("sub")), tool_choice=choice, wire=wire)
    assert found.body["tool_choice"] == ("auto" if wire == "openai" else {"type": "auto"})
    assert len(found.body["tools"]) == (2 if choice == "required" else 1)
    assert "while it thinks" in found.warned["tool_choice"]


NAMED = {"type": "function", "function": {"name": "add"}}


@pytest.mark.parametrize(
    ("model", "tools", "choice", "expected"),
    [
        ("qwen3.7-plus", (ADD, Tool("sub")), NamedTool("add"), NAMED),
        ("qwen3.7-plus", (ADD,), "required", NAMED),
        ("qwen3.7-plus", (ADD, Tool("sub")), "required", "auto"),
        ("qwen3-coder-plus", (ADD,), NamedTool("add"), NAMED),
        ("qwen3.7-plus", (ADD,), "none", "none"),
        ("kimi-k2.5", (ADD,), NamedTool("add"), "auto"),
    ],
)
def test_a_forced_choice_without_thinking(model: str, tools: Any, choice: Any, expected: Any) -> None:
    found = plan(model=model, tools=tools, tool_choice=choice, thinking=Thinking(enabled=False))
    assert found.body["tool_choice"] == expected
    assert ("tool_choice" in found.warned) is (expected == "auto")


def test_strict_is_not_a_field() -> None:
    found = plan(tools=(Tool("add", "", ADD.parameters, strict=True),))
    assert "strict" not in found.body["tools"][0]["function"]
    assert "strict" in found.warned


# ---------------------------------------------------------------- messages


def test_reasoning_goes_back_as_it_came() -> None:
    wired = plan(*tool_loop(Reasoning("I add.", provider="qwen"))).body["messages"][1]
    assert (wired["content"], wired["reasoning_content"]) == ("", "I add.")
    history = tool_loop(Reasoning("I add.", signature="", provider="qwen"))
    block = plan(*history, wire="anthropic").body["messages"][1]["content"][0]
    assert block == {"type": "thinking", "thinking": "I add.", "signature": ""}


def test_foreign_reasoning_stays_away() -> None:
    history = tool_loop(Reasoning("secret", provider="kimi"))
    assert "reasoning_content" not in plan(*history).body["messages"][1]
    assert [one["type"] for one in plan(*history, wire="anthropic").body["messages"][1]["content"]] == ["tool_use"]


def test_images_of_seed_001() -> None:
    def part(media: Media) -> Any:
        return plan(user("see", media), model="qwen3.5-plus").body["messages"][0]["content"][1]

    url = "https://example.com/image.jpg"
    assert part(Media("image", url=url)) == {"type": "image_url", "image_url": {"url": url}}
    assert part(Media("image", data=PNG))["image_url"]["url"] == f"data:image/png;base64,{PNG}"
    limited = part(Media("image", url=url, options={"max_pixels": 100}))
    assert limited == {"type": "image_url", "image_url": {"url": url}, "max_pixels": 100}


def test_video_and_sound() -> None:
    clip = Media("video", url="https://example.com/a.mp4", options={"fps": 2})
    expected = {"type": "video_url", "video_url": {"url": clip.url}, "fps": 2}
    assert api(user("see", clip)).body["messages"][0]["content"][1] == expected
    sound = Media("audio", data="SUQzBAAAAAAA")
    wired = api(user("hear", sound), model="qwen3-omni-flash").body["messages"][0]["content"][1]
    assert wired["input_audio"] == {"data": "data:audio/mpeg;base64,SUQzBAAAAAAA", "format": "mp3"}
    block = api(user("see", clip), wire="anthropic").body["messages"][0]["content"][1]
    assert block == {"type": "video", "source": {"type": "url", "url": clip.url, "fps": 2}}


def test_media_that_is_too_large() -> None:
    film = Media("video", data="AAAAIGZ0eXBpc29t" + "A" * (10 * 1024 * 1024))
    with pytest.raises(errors.ConfigError, match="video: Qwen takes at most 10 MB"):
        api(user("see", film))
    picture = Media("image", data=PNG[:64] + "A" * (20 * 1024 * 1024))
    with pytest.raises(errors.ConfigError, match="image: Qwen takes at most 20 MB"):
        plan(user("see", picture))


@pytest.mark.parametrize(
    ("model", "kind"), [("qwen3-coder-plus", "image"), ("glm-4.7", "image"), ("qwen3.7-plus", "audio")]
)
def test_models_without_that_input(model: str, kind: Any) -> None:
    with pytest.raises(errors.ConfigError, match=f"{kind}: {model} on qwen reads"):
        plan(user("see", Media(kind, url="https://example.com/a")), model=model)


def test_an_image_for_qwen3_max_is_left_to_the_vendor() -> None:
    """A field report of 2026-02 says that it sees, the vendor's page that it does not."""
    found = plan(user("see", Media("image", data=PNG)), model="qwen3-max-2026-01-23")
    assert found.body["messages"][0]["content"][1]["type"] == "image_url"


@pytest.mark.parametrize(
    "model", ["qwen3.5-plus", "qwen3-max-2026-01-23", "qwen3-coder-next", "qwen3-coder-plus", "glm-4.7", "kimi-k2.5"]
)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_the_models_of_seed_001(model: str, wire: str) -> None:
    found = plan(model=model, wire=wire)
    assert (found.body["model"], found.warned) == (model, {})
    assert place(api_key="sk-sp-1").endpoint.card(model).known


# ---------------------------------------------------------------- replies


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"id": "c", "model": "qwen3.7-plus", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def test_later_fragments_of_a_call_have_an_empty_id() -> None:
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": ""}}
    later = [{"index": 0, "id": "", "type": "function", "function": {"arguments": piece}} for piece in ('{"a"', ": 1}")]
    reply = streamed(
        "qwen",
        sse(
            chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
            chunk({"content": None, "reasoning_content": "I add."}),
            chunk({"content": None, "tool_calls": [first]}),
            *(chunk({"content": None, "tool_calls": [one]}) for one in later),
            chunk({}, "tool_calls"),
            {
                "id": "c",
                "choices": [],
                "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": None},
            },
        ),
    )
    assert [(one.id, one.name, one.arguments) for one in reply.tool_calls] == [("call_1", "add", '{"a": 1}')]
    assert reply.reasoning == "I add."
    assert reply.usage is not None and reply.usage.total == 5


def test_content_that_repeats_all_so_far() -> None:
    text = "The quick brown fox jumps over the lazy dog, "
    reply = streamed("qwen", sse(chunk({"content": text}), chunk({"content": f"{text}twice."}), chunk({}, "stop")))
    assert reply.text == f"{text}twice."


def test_translations_repeat_from_the_first_character() -> None:
    pieces = [chunk({"content": text}) for text in ("I", "I saw", "I saw it.")]
    cumulative = streamed("qwen", sse(*pieces, chunk({}, "stop")), model="qwen-mt-plus", **API)
    incremental = streamed("qwen", sse(*pieces, chunk({}, "stop")), model="qwen-mt-flash", **API)
    assert cumulative.text == "I saw it."
    assert incremental.text == "II sawI saw it."


def test_cache_counts() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_input_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 4, "text_tokens": 5},
    }
    choice = {"message": {"role": "assistant", "content": "2"}, "finish_reason": "stop"}
    reply = whole("qwen", {"id": "c", "choices": [choice], "usage": usage})
    assert reply.usage is not None
    assert (reply.usage.cache_read, reply.usage.cache_write, reply.usage.reasoning) == (60, 20, 4)


# ---------------------------------------------------------------- failures


def error(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": code, "param": None, "code": code}, "request_id": "r-1"}


ALGO = "<400> InternalError.Algo.InvalidParameter: "
GATE = {"error": "Coding Plan is currently only available for Coding Agents"}
AUTH = errors.AuthenticationError
BAD = errors.BadRequestError
BUSY = errors.RateLimitedError
SPENT = errors.QuotaExhaustedError


@pytest.mark.parametrize(
    ("status", "body", "kind", "window"),
    [
        (400, error(ALGO + "The tool_choice parameter does not support ...", "invalid_parameter_error"), BAD, None),
        (400, error(ALGO + "Range of max_tokens should be [1, 65536]", "invalid_parameter_error"), BAD, None),
        (400, error(ALGO + "Range of input length should be [1, 983616]"), errors.ContextOverflowError, None),
        (400, error("model 'qwen9' is not supported"), errors.NotFoundError, None),
        (400, error("Input data may contain ...", "data_inspection_failed"), errors.ContentBlockedError, None),
        (400, error("Access denied, please make sure your account is ...", "Arrearage"), SPENT, "balance"),
        (401, error("invalid access token or token expired"), AUTH, None),
        (401, error("Incorrect API key provided.", "invalid_api_key"), AUTH, None),
        (403, error("invalid api-key"), AUTH, None),
        (403, error("denied", "AccessDenied.Unpurchased"), errors.PermissionDeniedError, None),
        (404, b"", errors.NotFoundError, None),
        (405, GATE, errors.ClientRefusedError, None),
        (413, b"Request Entity Too Large", BAD, None),
        (429, error("hour allocated quota exceeded", "insufficient_quota"), SPENT, "5h"),
        (429, error("week allocated quota exceeded", "Throttling.AllocationQuota"), SPENT, "week"),
        (429, error("month allocated quota exceeded"), SPENT, "month"),
        (429, error("Free allocated quota exceeded."), SPENT, None),
        (429, error("usage allocated quota exceeded", "insufficient_quota"), BUSY, None),
        (429, error("concurrency allocated quota exceeded"), BUSY, None),
        (429, error("You exceeded your current quota, please check your plan", "insufficient_quota"), SPENT, None),
        (429, error("Requests rate limit exceeded", "limit_requests"), BUSY, None),
        (500, error("An internal error has occurred", "internal_error"), errors.ServerError, None),
        (503, {"code": "ModelUnavailable", "message": "try later", "request_id": "r-1"}, errors.ServerError, None),
    ],
)  # fmt: skip
def test_failures(status: int, body: Any, kind: type[errors.ApiError], window: str | None) -> None:
    found = failure("qwen", status, body)
    assert type(found) is kind
    assert getattr(found, "window", None) == window
    if isinstance(body, dict) and "request_id" in body:
        assert found.request_id == "r-1"


def test_a_refused_client_is_told_what_it_can_do() -> None:
    text = str(failure("qwen", 405, GATE))
    for word in ("interactive coding tools", "truthfully", "user_agent=", "endpoint='api'"):
        assert word in text
    assert not failure("qwen", 405, GATE).retryable


@pytest.mark.parametrize(
    "text",
    [
        "This model only support stream mode, please enable the stream parameter to access the model.",
        "only support stream call",
        "parameter.enable_thinking must be set to false for non-streaming calls",
    ],
)
def test_a_demand_for_streaming_is_understood(text: str) -> None:
    found = failure("qwen", 400, error(text, "invalid_parameter_error"))
    assert isinstance(found, errors.BadRequestError)
    assert asks_for_stream(found)
    assert not asks_for_stream(BAD("Range of max_tokens"))


def test_text_parts_are_joined() -> None:
    assert plan(user(Text("a"), Text("b"))).body["messages"][0]["content"] == "a\nb"


@pytest.mark.parametrize(
    ("code", "expected", "window"),
    [
        ("invalid_api_key", AUTH, None),
        ("InvalidApiKey", AUTH, None),
        ("model_not_found", errors.NotFoundError, None),
        ("data_inspection_failed", errors.ContentBlockedError, None),
        ("DataInspectionFailed", errors.ContentBlockedError, None),
        ("Arrearage", SPENT, "balance"),
        ("PostpaidBillOverdue", SPENT, "balance"),
        ("CommodityNotPurchased", errors.PermissionDeniedError, None),
        ("insufficient_quota", SPENT, None),
        ("Throttling.AllocationQuota", SPENT, None),
        ("Throttling.RateQuota", BUSY, None),
        ("limit_requests", BUSY, None),
        ("InternalError", errors.ServerError, None),
        ("ModelServiceFailed", errors.ServerError, None),
        ("ModelUnavailable", errors.ServerError, None),
    ],
)
def test_failures_inside_a_stream(code: str, expected: type[errors.ApiError], window: str | None) -> None:
    """There the HTTP status, 200, says nothing. The native form has no `error` member but names its event."""
    native = {"code": code, "message": "no", "request_id": "r-1"}
    frame = f"id:1\nevent:error\n:HTTP_STATUS/400\ndata:{json.dumps(native)}\n\n".encode()
    for stream in (sse(chunk({"content": "a"}), error("no", code)), frame):
        with pytest.raises(errors.ApiError) as caught:
            streamed("qwen", stream)
        assert type(caught.value) is expected
        assert (caught.value.code, getattr(caught.value, "window", None)) == (code, window)


def test_limits_on_the_anthropic_wire() -> None:
    assert plan(wire="anthropic").body["max_tokens"] == 32_768
    with pytest.raises(errors.ConfigError, match="one user message"):
        settings = {"model": "qwen-mt-flash", "extra": {"translation_options": {"target_lang": "English"}}}
        api(system("Be brief."), user("hi"), wire="anthropic", **settings)
