"""DeepSeek: what leaves, what comes back, where it goes and what its failures mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding import errors
from cncoding.chat import openai
from cncoding.chat.fold import fold
from cncoding.registry import Settings, resolve
from cncoding.target import Target
from cncoding.types import Media, Message, NamedTool, Reasoning, ResponseFormat, Text, Thinking, Tool, user
from tests.vendors.boundary import PNG, Sent, asking, failure, sent, sse, streamed, tool_loop, whole

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})


def leaves(*messages: Message, wire: str = "openai", **settings: Any) -> Sent:
    return sent("deepseek", asking(*messages, **settings), wire=wire)


# ---------------------------------------------------------------- where it goes


def place(environ: dict[str, str] | None = None, **settings: Any) -> Target:
    return resolve(Settings("deepseek", **settings), environ or {})


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://api.deepseek.com/chat/completions"),
        ({"endpoint": "api"}, "https://api.deepseek.com/chat/completions"),
        ({"wire": "anthropic"}, "https://api.deepseek.com/anthropic/v1/messages"),
        ({"endpoint": "beta"}, "https://api.deepseek.com/beta/chat/completions"),
        ({"base_url": "https://api.deepseek.com/v1"}, "https://api.deepseek.com/v1/chat/completions"),
        ({"base_url": "https://api.deepseek.com/anthropic"}, "https://api.deepseek.com/anthropic/v1/messages"),
    ],
)
def test_address(settings: dict[str, str], url: str) -> None:
    assert sent("deepseek", asking(), **settings).url == url


def test_there_is_no_plan() -> None:
    with pytest.raises(
        errors.ConfigError, match=r"endpoint='coding': deepseek has no such endpoint \(choose one of 'api'"
    ):
        place(api_key="sk-1", endpoint="coding")


def test_key_and_model() -> None:
    found = place({"DEEPSEEK_API_KEY": "sk-1"})
    assert (found.endpoint.name, found.model, found.headers["Authorization"]) == (
        "api",
        "deepseek-flash",
        "Bearer sk-1",
    )


@pytest.mark.parametrize(
    ("base", "wire", "url", "root"),
    [
        ("http://127.0.0.1:1/deepseek", None, "http://127.0.0.1:1/deepseek", "http://127.0.0.1:1/deepseek"),
        ("http://127.0.0.1:1/deepseek", "anthropic", "http://127.0.0.1:1/deepseek/anthropic", "http://127.0.0.1:1/deepseek"),
        ("http://127.0.0.1:1/deepseek/anthropic", None, "http://127.0.0.1:1/deepseek/anthropic", "http://127.0.0.1:1/deepseek"),
        ("http://127.0.0.1:1/deepseek/anthropic", "openai", "http://127.0.0.1:1/deepseek", "http://127.0.0.1:1/deepseek"),
        ("https://api.deepseek.com/v1", None, "https://api.deepseek.com/v1", "https://api.deepseek.com"),
        ("https://api.deepseek.com/v1", "anthropic", "https://api.deepseek.com/anthropic", "https://api.deepseek.com"),
        ("https://api.deepseek.com/beta", None, "https://api.deepseek.com/beta", "https://api.deepseek.com"),
    ],
)  # fmt: skip
def test_base_url_of_the_environment(base: str, wire: Any, url: str, root: str) -> None:
    found = place({"DEEPSEEK_BASE_URL": base}, api_key="sk-1", wire=wire)
    assert (found.base_url, found.root) == (url, root)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("thinking", "expected", "warned"),
    [
        (Thinking(), {}, ()),
        (Thinking(enabled=True), {"thinking": {"type": "enabled"}}, ()),
        (Thinking(enabled=False), {"thinking": {"type": "disabled"}}, ()),
        (Thinking(effort="none"), {"thinking": {"type": "disabled"}}, ()),
        (Thinking(effort="low"), {"reasoning_effort": "low"}, ()),
        (Thinking(enabled=True, effort="max"), {"thinking": {"type": "enabled"}, "reasoning_effort": "max"}, ()),
        (Thinking(effort="minimal"), {"reasoning_effort": "low"}, ("reasoning_effort",)),
        (Thinking(effort="medium"), {"reasoning_effort": "high"}, ("reasoning_effort",)),
        (Thinking(effort="xhigh"), {"reasoning_effort": "high"}, ("reasoning_effort",)),
        (Thinking(effort="ultra"), {"reasoning_effort": "max"}, ("reasoning_effort",)),
        (Thinking(enabled=False, effort="max"), {"thinking": {"type": "disabled"}}, ("reasoning_effort",)),
        (Thinking(budget=1024), {}, ("thinking_budget",)),
    ],
)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_thinking(thinking: Thinking, expected: dict[str, Any], warned: tuple[str, ...], wire: str) -> None:
    found = leaves(thinking=thinking, wire=wire)
    told = {key: found.body[key] for key in ("thinking", "reasoning_effort", "output_config") if key in found.body}
    if wire == "anthropic" and "reasoning_effort" in expected:
        effort = expected["reasoning_effort"]
        expected = {**expected, "output_config": {"effort": effort}}
        del expected["reasoning_effort"]
    assert told == expected
    assert tuple(found.warned) == warned


def test_thinking_of_other_models() -> None:
    assert leaves(model="deepseek-v9", thinking=Thinking(effort="medium")).body["reasoning_effort"] == "medium"
    found = leaves(model="deepseek-reasoner", thinking=Thinking(enabled=False))
    assert "thinking" not in found.body
    assert "cannot stop" in found.warned["thinking"]


def test_settings_that_the_vendor_does_not_list() -> None:
    found = leaves(max_tokens=100, seed=1, tools=(ADD,), parallel_tool_calls=False)
    assert found.body["max_tokens"] == 100
    assert leaves(wire="anthropic").body["max_tokens"] == 32_768
    assert not found.body.keys() & {"seed", "parallel_tool_calls"}
    assert found.warned.keys() == {"seed", "parallel_tool_calls"}
    anthropic = leaves(tools=(ADD,), parallel_tool_calls=False, wire="anthropic")
    assert "tool_choice" not in anthropic.body
    assert anthropic.warned.keys() == {"parallel_tool_calls"}


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_temperature_while_thinking(wire: str) -> None:
    found = leaves(temperature=0.0, wire=wire)
    assert found.body["temperature"] == 0.0
    assert "no effect" in found.warned["temperature"]
    assert not leaves(temperature=0.0, thinking=Thinking(enabled=False), wire=wire).warned
    assert not leaves(temperature=0.0, model="deepseek-v9", wire=wire).warned


def test_stop_words_have_a_limit() -> None:
    assert len(leaves(stop=("x",) * 16).body["stop"]) == 16
    with pytest.raises(errors.ConfigError, match="stop"):
        leaves(stop=("x",) * 17)


def test_json_mode_wants_its_word() -> None:
    wanted = ResponseFormat("json_object")
    with pytest.raises(errors.ConfigError, match="Answer in JSON"):
        leaves(response_format=wanted)
    assert leaves(user("As JSON."), response_format=wanted).body["response_format"] == {"type": "json_object"}
    with pytest.raises(errors.ConfigError, match="function_calling"):
        leaves(user("As JSON."), response_format=ResponseFormat("json_schema"))
    with pytest.raises(errors.ConfigError, match="response_format"):
        leaves(user("As JSON."), response_format=ResponseFormat("json_schema"), wire="anthropic")


def test_search_names_the_tool() -> None:
    with pytest.raises(errors.ConfigError, match="web_search tool"):
        leaves(search=True)


# ---------------------------------------------------------------- tools


def test_strict_tools_are_for_the_beta_base() -> None:
    strict = asking(tools=(Tool("add", "", ADD.parameters, strict=True),))
    beta = sent("deepseek", strict, endpoint="beta")
    by_url = sent("deepseek", strict, base_url="https://api.deepseek.com/beta")
    assert beta.body["tools"][0]["function"]["strict"] is by_url.body["tools"][0]["function"]["strict"] is True
    plain = sent("deepseek", strict)
    assert "strict" not in plain.body["tools"][0]["function"]
    assert "strict" in plain.warned


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_forced_choice_while_thinking_becomes_auto(choice: Any, wire: str) -> None:
    found = leaves(tools=(ADD, Tool("sub")), tool_choice=choice, wire=wire)
    assert found.body["tool_choice"] == ("auto" if wire == "openai" else {"type": "auto"})
    assert len(found.body["tools"]) == (2 if choice == "required" else 1)
    assert "while it thinks" in found.warned["tool_choice"]


@pytest.mark.parametrize(
    ("choice", "expected", "messages"),
    [
        ("required", "required", {"type": "any"}),
        (NamedTool("add"), {"type": "function", "function": {"name": "add"}}, {"type": "tool", "name": "add"}),
    ],
)
def test_a_forced_choice_without_thinking(choice: Any, expected: Any, messages: Any) -> None:
    off = Thinking(enabled=False)
    assert leaves(tools=(ADD,), tool_choice=choice, thinking=off).body["tool_choice"] == expected
    assert leaves(tools=(ADD,), tool_choice=choice, thinking=off, wire="anthropic").body["tool_choice"] == messages


# ---------------------------------------------------------------- messages


def test_reasoning_goes_back_with_an_empty_content() -> None:
    wired = leaves(*tool_loop(Reasoning("I add.", provider="deepseek"))).body["messages"][1]
    assert (wired["content"], wired["reasoning_content"]) == ("", "I add.")
    history = (user("a"), Message("assistant", (Reasoning("r"), Text("b"))), user("c"))
    assert leaves(*history).body["messages"][1]["reasoning_content"] == "r"


def test_a_foreign_tool_turn_gets_an_empty_reasoning() -> None:
    history = tool_loop(Reasoning("secret", provider="kimi"))
    assert leaves(*history).body["messages"][1]["reasoning_content"] == ""
    assert "reasoning_content" not in leaves(*history, thinking=Thinking(enabled=False)).body["messages"][1]
    blocks = leaves(*history, wire="anthropic").body["messages"][1]["content"]
    assert blocks[0] == {"type": "thinking", "thinking": ""}


def test_thinking_without_a_signature_goes_back_on_the_anthropic_wire() -> None:
    blocks = leaves(*tool_loop(Reasoning("I add.")), wire="anthropic").body["messages"][1]["content"]
    assert blocks[0] == {"type": "thinking", "thinking": "I add."}


def test_images() -> None:
    def part(media: Media) -> Any:
        return leaves(user("see", media)).body["messages"][0]["content"][1]

    url = "https://example.com/a.png"
    assert part(Media("image", url=url)) == {"type": "image_url", "image_url": {"url": url}}
    assert part(Media("image", data=PNG, detail="low")) == {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"},
    }
    assert part(Media("image", file_id="file-1")) == {"type": "file", "file_id": "file-1"}


@pytest.mark.parametrize("model", ["deepseek-v4-pro", "deepseek-chat"])
def test_models_without_vision(model: str) -> None:
    with pytest.raises(errors.ConfigError, match=f"image: {model} on deepseek reads text only"):
        leaves(user("see", Media("image", data=PNG)), model=model)


def test_no_other_media() -> None:
    for model in ("deepseek-flash", "deepseek-v9"):
        with pytest.raises(errors.ConfigError, match="video"):
            leaves(user("see", Media("video", url="https://example.com/a.mp4")), model=model)


# ---------------------------------------------------------------- replies


def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "model": "deepseek-flash",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None, **more}],
    }


USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 4,
    "total_tokens": 14,
    "prompt_cache_hit_tokens": 8,
    "prompt_cache_miss_tokens": 2,
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def test_a_stream_with_comments_and_blank_lines() -> None:
    stream = b": keep-alive\n\n\n\n: keep-alive\n\n" + sse(
        chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
        chunk({"content": None, "reasoning_content": "Two."}),
        chunk({"content": "2", "reasoning_content": None}),
        {**chunk({"content": "", "reasoning_content": None}, finish_reason="stop"), "usage": USAGE},
    )
    for pieces in ((stream,), tuple(stream[at : at + 1] for at in range(len(stream)))):
        reply = streamed("deepseek", *pieces)
        assert (reply.reasoning, reply.text, reply.finish) == ("Two.", "2", "stop")
        assert reply.usage is not None
        assert (reply.usage.input, reply.usage.cache_read, reply.usage.reasoning) == (10, 8, 3)


def test_a_whole_reply_after_blank_lines() -> None:
    message = {"role": "assistant", "content": "2", "reasoning_content": "Two."}
    body = {"id": "c", "choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE}
    where = place(api_key="k")
    decoder = openai.Decoder(where, where.card(), lambda: "made-up")
    reply = fold(decoder.whole(b"\n\n\n" + json.dumps(body).encode()), "deepseek")
    assert (reply.reasoning, reply.text) == ("Two.", "2")


def test_a_server_without_capacity_is_a_failure() -> None:
    stream = sse(chunk({"content": "2"}), chunk({}, finish_reason="insufficient_system_resource"))
    with pytest.raises(errors.ServerError) as caught:
        streamed("deepseek", stream)
    assert caught.value.retryable
    assert caught.value.code == "insufficient_system_resource"


def test_an_answer_of_spaces_is_no_answer() -> None:
    spaces = {"role": "assistant", "content": "   \n"}
    with pytest.raises(errors.EmptyReplyError):
        whole("deepseek", {"id": "c", "choices": [{"message": spaces, "finish_reason": "stop"}]})
    with pytest.raises(errors.EmptyReplyError):
        streamed("deepseek", sse(chunk({"content": " "}), chunk({"content": " "}), chunk({}, finish_reason="stop")))
    reply = streamed("deepseek", sse(chunk({"content": " "}), chunk({"content": "x"}), chunk({}, finish_reason="stop")))
    assert reply.text == " x"


def test_a_cut_stream() -> None:
    with pytest.raises(errors.TruncatedStreamError):
        streamed("deepseek", sse(chunk({"content": "2"}), done=False))


# ---------------------------------------------------------------- failures


def error(message: str, code: str | None = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


NOT_BACK = "The `reasoning_content` in the thinking mode must be passed back to the API."


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error(NOT_BACK), errors.BadRequestError),
        (400, error("Content Exists Risk"), errors.ContentBlockedError),
        (400, error("This model's maximum context length is 1048576 tokens."), errors.ContextOverflowError),
        (401, error("Authentication Fails (no such user)", "authentication_error"), errors.AuthenticationError),
        (402, error("Insufficient Balance", "unknown_error"), errors.QuotaExhaustedError),
        (422, error("invalid parameter"), errors.BadRequestError),
        (429, error("Too many requests", None), errors.RateLimitedError),
        (500, error("oops", None), errors.ServerError),
        (503, error("overloaded", None), errors.ServerError),
    ],
)  # fmt: skip
def test_failures(status: int, body: Any, kind: type[errors.ApiError]) -> None:
    assert type(failure("deepseek", status, body)) is kind


def test_an_empty_balance() -> None:
    found = failure("deepseek", 402, error("Insufficient Balance", "unknown_error"), **{"x-ds-trace-id": "t-1"})
    assert isinstance(found, errors.QuotaExhaustedError)
    assert (found.window, found.resets_at, found.request_id) == ("balance", None, "t-1")
    assert "top up" in str(found)
