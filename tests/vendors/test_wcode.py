"""wcode.net: `reasoning` both ways, and every optional parameter of its page."""

from __future__ import annotations

from typing import Any

import pytest

import cncoding
from cncoding import errors
from cncoding.registry import Settings, resolve
from cncoding.types import Media, NamedTool, Reasoning, ResponseFormat, Thinking, Tool, user
from tests.vendors.boundary import asking, failure, sent, sse, streamed, tool_loop, whole

SAMPLE = {
    "id": "chatcmpl-t1766480860s515rc028dc5dbd13b71b07c5a320",
    "model": "minimax/minimax-m2.1",
    "object": "chat.completion",
    "created": 1766480861,
    "choices": [
        {
            "logprobs": None,
            "finish_reason": "stop",
            "native_finish_reason": "stop",
            "index": 0,
            "message": {"role": "assistant", "content": "\n你好!", "refusal": None, "reasoning": "用户用中文说"},
        }
    ],
    "usage": {
        "prompt_tokens": 54,
        "completion_tokens": 339,
        "total_tokens": 393,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0, "video_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 117, "image_tokens": 0},
    },
}
"""The sample of wcode.net/model/minimax/minimax-m2.1, its texts shortened."""


def test_address_and_key() -> None:
    found = resolve(Settings("wcode"), {"WCODE_API_KEY": "sk-100.abc"})
    assert (found.base_url, found.root) == ("https://wcode.net/api/gpt/v1", "https://wcode.net")
    assert (found.endpoint.name, found.wire_name, found.model) == ("api", "openai", "minimax/minimax-m2.1")
    assert found.headers["Authorization"] == "Bearer sk-100.abc"
    assert sent("wcode", asking()).url == "https://wcode.net/api/gpt/v1/chat/completions"
    moved = resolve(Settings("wcode"), {"WCODE_API_KEY": "k", "WCODE_BASE_URL": "http://127.0.0.1:1/wcode/api/gpt/v1"})
    assert moved.root == "http://127.0.0.1:1/wcode"


def test_what_it_does_not_have() -> None:
    with pytest.raises(errors.ConfigError, match="speaks openai"):
        resolve(Settings("wcode", api_key="k", wire="anthropic"), {})
    with pytest.raises(errors.ConfigError, match="'api'"):
        resolve(Settings("wcode", api_key="k", endpoint="coding"), {})
    with pytest.raises(errors.ConfigError, match="WCODE_API_KEY"):
        resolve(Settings("wcode"), {})


def test_the_sample_of_the_page() -> None:
    reply = whole("wcode", SAMPLE)
    assert (reply.text, reply.reasoning, reply.native_finish) == ("\n你好!", "用户用中文说", "stop")
    assert reply.vendor == {"native_finish_reason": "stop"}
    assert reply.usage is not None and (reply.usage.input, reply.usage.output, reply.usage.reasoning) == (54, 339, 117)


def test_native_finish_reason_differs() -> None:
    choice = {**SAMPLE["choices"][0], "native_finish_reason": "max_output_reached", "finish_reason": "length"}  # type: ignore[index]
    reply = whole("wcode", {**SAMPLE, "choices": [choice]})
    assert (reply.finish, reply.vendor["native_finish_reason"]) == ("length", "max_output_reached")


def test_a_stream() -> None:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}]}

    reply = streamed(
        "wcode",
        b": OPENROUTER PROCESSING\n\n",
        sse(
            chunk({"reasoning": "h"}, logprobs={"content": [{"token": "a"}]}),
            chunk({"reasoning_content": "m"}, logprobs={"content": [{"token": "b"}]}),
            chunk({"content": "56"}),
            chunk({}, "stop", native_finish_reason="end_turn"),
        ),
    )
    assert (reply.reasoning, reply.text) == ("hm", "56")
    assert reply.vendor == {
        "native_finish_reason": "end_turn",
        "logprobs": {"content": [{"token": "a"}, {"token": "b"}]},
    }


def test_the_field_of_the_page_comes_first() -> None:
    message = {"role": "assistant", "content": "56", "reasoning_content": "other", "reasoning": "hm"}
    assert whole("wcode", {"id": "c", "choices": [{"message": message, "finish_reason": "stop"}]}).reasoning == "hm"


def test_reasoning_goes_back_in_its_field() -> None:
    turn = sent("wcode", asking(*tool_loop(Reasoning("hm", provider="wcode")))).body["messages"][1]
    assert turn["reasoning"] == "hm" and "reasoning_content" not in turn


@pytest.mark.parametrize("model", ["deepseek/deepseek-chat-v3.1", "somebody/new-model"])
@pytest.mark.parametrize("enabled", [True, False])
def test_thinking_switch(model: str, enabled: bool) -> None:
    found = sent("wcode", asking(model=model, thinking=Thinking(enabled=enabled)))
    assert found.body["reasoning"] == {"enabled": enabled} and not found.warned


def test_thinking_that_is_not_said_is_not_sent() -> None:
    assert "reasoning" not in sent("wcode", asking()).body


def test_effort_and_budget_have_no_field() -> None:
    found = sent("wcode", asking(model="deepseek/deepseek-chat-v3.1", thinking=Thinking(effort="high", budget=5)))
    assert found.body["reasoning"] == {"enabled": True}
    assert {"reasoning_effort", "thinking_budget"} == set(found.warned)
    off = sent("wcode", asking(model="deepseek/deepseek-chat-v3.1", thinking=Thinking(effort="none")))
    assert off.body["reasoning"] == {"enabled": False} and not off.warned


def test_models_that_cannot_switch() -> None:
    always = sent("wcode", asking(thinking=Thinking(enabled=False)))
    never = sent("wcode", asking(model="qwen/qwen3-vl-8b-instruct", thinking=Thinking(enabled=True)))
    for found in (always, never):
        assert "reasoning" not in found.body and "thinking" in found.warned


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0.0), ("top_p", 1.0), ("top_k", 1), ("frequency_penalty", -2.0), ("presence_penalty", 2.0),
        ("repetition_penalty", 1.1), ("min_p", 0.1), ("top_a", 0.2), ("seed", 7), ("max_tokens", 1),
        ("logit_bias", {"50256": -100}), ("logprobs", True), ("top_logprobs", 20),
        ("response_format", {"type": "json_object"}), ("structured_outputs", True), ("stop", ["a", "b"]),
        ("tools", [{"type": "function", "function": {"name": "f"}}]), ("tool_choice", "required"),
        ("parallel_tool_calls", False), ("verbosity", "low"),
    ],
)  # fmt: skip
def test_every_optional_parameter_of_the_page(name: str, value: Any) -> None:
    assert sent("wcode", asking(extra={name: value})).body[name] == value


def test_the_parameters_that_are_settings_of_ours() -> None:
    tool = Tool("f")
    request = asking(
        temperature=0.0, top_p=0.5, seed=7, max_tokens=1, stop=("a", "b"), tools=(tool,), tool_choice="required",
        parallel_tool_calls=False, response_format=ResponseFormat("json_object"),
    )  # fmt: skip
    found = sent("wcode", request)
    assert not found.warned
    assert {key: found.body[key] for key in ("temperature", "top_p", "seed", "max_tokens", "stop")} == {
        "temperature": 0.0,
        "top_p": 0.5,
        "seed": 7,
        "max_tokens": 1,
        "stop": ["a", "b"],
    }
    assert found.body["tool_choice"] == "required" and found.body["parallel_tool_calls"] is False
    assert found.body["response_format"] == {"type": "json_object"} and "structured_outputs" not in found.body
    named = sent("wcode", asking(tools=(tool,), tool_choice=NamedTool("f"))).body
    assert named["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert sent("wcode", asking(tools=(tool,), tool_choice="none")).body["tool_choice"] == "none"


def test_a_schema_says_structured_outputs() -> None:
    wanted = ResponseFormat("json_schema", schema={"type": "object"})
    assert sent("wcode", asking(response_format=wanted)).body["structured_outputs"] is True
    assert (
        "structured_outputs"
        not in sent("wcode", asking(response_format=wanted, extra={"structured_outputs": None})).body
    )


def test_images() -> None:
    image = Media("image", url="https://e.x/1.png")
    part = sent("wcode", asking(user("?", image), model="z-ai/glm-4.6v")).body["messages"][0]["content"][1]
    assert part == {"type": "image_url", "image_url": {"url": "https://e.x/1.png"}}
    with pytest.raises(errors.ConfigError, match="reads text only"):
        sent("wcode", asking(user("?", image)))


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (
            403,
            "API_KEY exceeded the current quota, please check your plan and billing details...",
            errors.QuotaExhaustedError,
        ),
        (400, "Incorrect API_KEY provided...", errors.AuthenticationError),
        (
            400,
            "No API_KEY provided, please check the Authorization header of your http request...",
            errors.AuthenticationError,
        ),
        (403, "Rate limit exceeded, please try again later or reduce your request frequency", errors.RateLimitedError),
        (500, "The request body (or file) is too large, please reduce the request body", errors.BadRequestError),
    ],
)
@pytest.mark.parametrize("form", ["object", "string", "status"])
def test_texts_of_the_error_page(status: int, message: str, error: type, form: str) -> None:
    bodies: dict[str, Any] = {
        "object": {"error": {"message": message}},
        "string": {"error": message},
        "status": {"status": "error", "error_message": message, "error_code": "x", "data": None},
    }
    assert type(failure("wcode", status, bodies[form])) is error
    assert type(failure("wcode", 200, bodies[form])) is error


def test_what_to_do_about_it() -> None:
    assert "get-apikey" in cncoding.providers()["wcode"].key_pages["api"]
    assert "apikey-recharge" in str(failure("wcode", 429, {"error": "API_KEY exceeded the current quota"}))


def test_a_success_is_no_failure() -> None:
    assert whole("wcode", {**SAMPLE, "status": "success", "error_message": "", "error_code": None}).text == "\n你好!"


def test_a_failure_instead_of_a_stream() -> None:
    with pytest.raises(errors.RateLimitedError):
        streamed("wcode", b'{"status":"error","error_message":"Rate limit exceeded","error_code":"x"}')
