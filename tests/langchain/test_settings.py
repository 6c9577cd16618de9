"""Constructor and call arguments: names, precedence, and what arrives at the vendor."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import ConfigurableField, RunnableLambda

from cncoding import CncodingWarning, ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatKimi, ChatMiniMax, ChatQwen, CNCodingConfigError


def sent(emulator: Emulator) -> dict[str, Any]:
    return emulator.requests[-1].json  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tempereture", "did you mean 'temperature'"),
        ("max_token", "did you mean 'max_tokens'"),
        ("prefix_messages", "no counterpart here"),
        ("organization", "no counterpart here"),
        ("openai_proxy", "http_client="),
        ("repetition_penalty", "extra_body="),
        ("vision", "did you mean|vendor fields go into extra_body="),
        ("zzz", "vendor fields go into extra_body="),
    ],
)
def test_unknown_arguments_are_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(CNCodingConfigError, match=f"unknown argument '{name}'; .*({hint})"):
        ChatGLM(**{name: 1})
    if name != "vision":
        with pytest.raises(CNCodingConfigError, match=f"unknown argument '{name}'; .*({hint})"):
            ChatGLM().invoke("hello", **{name: 1})


def test_missing_key_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZAI_API_KEY", "ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="ZAI_API_KEY or ZHIPUAI_API_KEY") as caught:
        ChatGLM()
    assert isinstance(caught.value, ModelInvalidRequestError)
    assert not caught.value.is_retryable


def test_wrong_settings_are_config_errors() -> None:
    for settings, field in [
        ({"temperature": "hot"}, "temperature"),
        ({"wire": "smoke-signals"}, "wire"),
        ({"endpoint": "nowhere"}, "endpoint"),
        ({"thinking": {"type": "hard"}}, "thinking: 'hard'"),
        ({"thinking": 3}, "thinking_budget=3"),
        ({"timeout": (1,)}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"max_retries": -1}, "max_retries"),
    ]:
        with pytest.raises(ConfigError, match=field):
            ChatGLM(**settings)
    with pytest.raises(ConfigError, match="did you mean 'kimi'"):
        ChatCNCoding(provider="kimmi")
    with pytest.raises(ConfigError, match="provider"):
        ChatCNCoding()  # type: ignore[call-arg]


def test_names_of_other_packages(emulator: Emulator) -> None:
    model = ChatGLM(model_name="glm-4.7", request_timeout=9, stop_sequences=["x"], max_completion_tokens=5)
    assert (model.model, model.model_name, model.timeout, model.stop, model.max_tokens) == (
        "glm-4.7", "glm-4.7", 9, ["x"], 5,
    )  # fmt: skip
    model.invoke("hello", stop_sequences=["y"])
    assert sent(emulator)["stop"] == ["y"]


JSON = {"title": "Answer", "type": "object", "properties": {"text": {"type": "string"}}}
FOREIGN = {
    "ChatOpenAI": {"model_name": "glm-4.7", "openai_api_key": "k", "openai_api_base": "URL", "request_timeout": 9},
    "ChatDeepSeek": {"model": "glm-4.7", "api_key": "k", "api_base": "URL", "timeout": 9},
    "ChatTongyi": {"model_name": "glm-4.7", "dashscope_api_key": "k", "base_url": "URL", "timeout": 9},
    "ChatZhipuAI": {"model_name": "glm-4.7", "zhipuai_api_key": "k", "zhipuai_api_base": "URL", "timeout": 9},
    "positional": {"api_key": "k", "base_url": "URL", "timeout": (2.0, 9.0)},
}


@pytest.mark.parametrize("package", FOREIGN)
def test_constructors_of_other_packages(package: str, emulator: Emulator) -> None:
    url = emulator.env()["GLM_BASE_URL"]
    settings: dict[str, Any] = {name: url if value == "URL" else value for name, value in FOREIGN[package].items()}
    model = ChatGLM("glm-4.7", **settings) if package == "positional" else ChatGLM(**settings)
    model.invoke("hello")
    assert emulator.requests[-1].headers["authorization"] == "Bearer k"
    assert sent(emulator)["model"] == "glm-4.7"


def test_a_key_from_a_function_is_asked_for_at_each_call(emulator: Emulator) -> None:
    keys = itertools.count()
    model = ChatGLM(api_key=lambda: f"key-{next(keys)}")
    model.invoke("hello")
    model.invoke("hello")
    used = [record.headers["authorization"] for record in emulator.requests]
    assert len(set(used)) == 2 and all(header.startswith("Bearer ") for header in used)
    assert "key-" not in repr(model) and "function" not in model.model_dump_json()


def test_a_key_does_not_go_out_in_the_body(emulator: Emulator) -> None:
    with pytest.raises(CNCodingConfigError, match="the key belongs to the object"):
        ChatGLM().invoke("hello", dashscope_api_key="k")
    assert emulator.requests == []


OFF: list[Any] = [False, "off", "false", "disabled", {"type": "disabled"}, 0]
WAYS: dict[str, Any] = {
    "constructor": lambda value: ChatGLM("glm-4.7", thinking=value),
    "bind": lambda value: ChatGLM("glm-4.7").bind(thinking=value),
    "copy": lambda value: ChatGLM("glm-4.7").model_copy(update={"thinking": value}),
    "config": lambda value: ChatGLM("glm-4.7").configurable_fields(
        thinking=ConfigurableField(id="thinking")
    ).with_config(configurable={"thinking": value}),
}  # fmt: skip


@pytest.mark.parametrize("value", OFF, ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_off_is_off_however_it_is_said(way: str, value: Any, emulator: Emulator) -> None:
    WAYS[way](value).invoke("hello")
    assert sent(emulator)["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_kind_is_told_before_anything_is_sent(way: str, emulator: Emulator) -> None:
    with pytest.raises(CNCodingConfigError, match="thinking"):
        WAYS[way]("perhaps").invoke("hello")
    assert emulator.requests == []


def test_attributes_and_calls_are_checked_like_the_constructor(emulator: Emulator) -> None:
    model = ChatGLM("glm-4.7")
    model.search = "false"  # type: ignore[assignment]
    model.thinking = {"type": "enabled", "clear_thinking": False}  # type: ignore[assignment]
    model.invoke("hello", temperature="0.5")
    body = sent(emulator)
    assert "tools" not in body and body["temperature"] == 0.5
    assert body["thinking"] == {"type": "enabled", "clear_thinking": False}
    wrong = {
        "search": "perhaps", "max_tokens": "many", "stop": 3, "extra_body": "x", "tools": 3, "default_headers": 3,
        "stream_usage": "perhaps", "parallel_tool_calls": "perhaps", "timeout": "soon", "max_retries": "often",
        "response_format": 3, "vision": "maybe", "top_k": -1,
    }  # fmt: skip
    for name, value in wrong.items():
        with pytest.raises(CNCodingConfigError, match=name):
            model.invoke("hello", **{name: value})  # type: ignore[arg-type]


def test_names_that_mean_the_same(emulator: Emulator) -> None:
    ChatGLM("glm-4.7", enable_thinking=False, enable_search=True, model_kwargs={"do_sample": True}).invoke("hello")
    body = sent(emulator)
    assert body["thinking"] == {"type": "disabled"} and body["do_sample"] is True and body["tools"]
    ChatDeepSeek(reasoning={"effort": "max"}, max_retries=None).invoke("hello")
    assert sent(emulator)["reasoning_effort"] == "max"


def test_settings_that_ask_for_what_happens_anyway() -> None:
    assert ChatGLM(n=1, organization=None, model=None, model_name="glm-4.7").model == "glm-4.7"
    with pytest.raises(CNCodingConfigError, match="use batch"):
        ChatGLM(n=2)


def test_an_asynchronous_key_is_refused() -> None:
    async def key() -> str:
        return "k"

    with pytest.raises(CNCodingConfigError, match="api_key: the function returned coroutine"):
        ChatGLM(api_key=key)


def test_timeouts_are_written_down() -> None:
    model = ChatGLM(timeout=httpx.Timeout(5, connect=1))
    assert ChatGLM(**json.loads(model.model_dump_json(exclude={"api_key"}))).timeout == (1, 5, 5, 5)


def test_every_field_tells_what_it_is() -> None:
    own = set(ChatGLM.model_fields) - set(BaseChatModel.model_fields)
    assert [name for name in own if not ChatGLM.model_fields[name].description] == []


def test_warnings_point_at_the_line_of_the_user() -> None:
    with pytest.warns(CncodingWarning, match="thinking: ") as caught:
        (RunnableLambda(lambda text: text) | ChatGLM("glm-5.3", thinking=False)).invoke("hello")
        ChatGLM("glm-5.3", thinking=False).batch(["hello", "hi"])
        ChatGLM("glm-5.3", thinking=False).with_structured_output(dict(JSON), include_raw=True).invoke("hello")
        list(ChatGLM("glm-5.3", thinking=False).stream("hello"))
    assert {Path(warning.filename).name for warning in caught} == {Path(__file__).name}


async def test_warnings_of_async_calls_point_at_it_too() -> None:
    with pytest.warns(CncodingWarning, match="thinking: ") as caught:
        await ChatGLM("glm-5.3", thinking=False).ainvoke("hello")
        async for _ in ChatGLM("glm-5.3", thinking=False).astream("hello"):
            pass
    assert {Path(warning.filename).name for warning in caught} == {Path(__file__).name}


def test_model_is_filled_in() -> None:
    assert ChatGLM().model == "glm-5.3"
    assert ChatKimi().model == "kimi-for-coding"


def test_none_is_not_sent(emulator: Emulator) -> None:
    ChatGLM().invoke("hello")
    assert set(sent(emulator)) <= {"model", "messages", "stream"}


def test_call_wins_over_instance(emulator: Emulator) -> None:
    model = ChatGLM(
        temperature=0.1, top_p=0.2, max_tokens=10, stop=["a"], extra_body={"do_sample": True, "request_id": "r"}
    )
    model.invoke("hello")
    body = sent(emulator)
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["stop"]) == (0.1, 0.2, 10, ["a"])
    assert body["do_sample"] is True
    model.invoke(
        "hello",
        temperature=0.3,
        top_p=None,
        max_tokens=20,
        stop=["b"],
        model="glm-4.7",
        extra_body={"do_sample": False},
    )
    body = sent(emulator)
    assert (body["temperature"], body["max_tokens"], body["stop"], body["model"]) == (0.3, 20, ["b"], "glm-4.7")
    assert "top_p" not in body
    assert (body["do_sample"], body["request_id"]) == (False, "r")


def test_bound_arguments(emulator: Emulator) -> None:
    ChatGLM().bind(temperature=0.7, stop="END").invoke("hello")
    assert (sent(emulator)["temperature"], sent(emulator)["stop"]) == (0.7, ["END"])


def test_client_settings_per_call(emulator: Emulator) -> None:
    model = ChatGLM(default_headers={"X-A": "1"}, user_agent="mine/1")
    model.invoke("hello")
    assert emulator.requests[-1].headers["x-a"] == "1"
    assert emulator.requests[-1].headers["user-agent"] == "mine/1"
    model.invoke("hello", extra_headers={"X-B": "2"}, user_agent="yours/2", wire="anthropic")
    record = emulator.requests[-1]
    assert (record.headers["x-b"], record.headers["user-agent"], record.wire) == ("2", "yours/2", "anthropic")
    assert record.headers["x-a"] == "1", "headers of a call are laid over those of the model"
    model.invoke("hello")
    assert emulator.requests[-1].wire == "openai"


def test_user_agent_says_who_we_are(emulator: Emulator) -> None:
    ChatGLM().invoke("hello")
    agent = emulator.requests[-1].headers["user-agent"]
    assert agent.startswith("cncoding/") and agent.endswith("langchain")


@pytest.mark.parametrize("how", ["instance", "call"])
def test_thinking_reaches_the_vendor(emulator: Emulator, how: str) -> None:
    settings: dict[str, Any] = {"thinking": False}
    if how == "instance":
        ChatGLM(model="glm-4.7", **settings).invoke("hello")
    else:
        ChatGLM(model="glm-4.7").invoke("hello", **settings)
    assert sent(emulator)["thinking"] == {"type": "disabled"}


def test_search_reaches_the_vendor(emulator: Emulator) -> None:
    ChatGLM(search=True).invoke("hello")
    assert any(tool["type"] == "web_search" for tool in sent(emulator)["tools"])


def test_per_call_search(emulator: Emulator) -> None:
    ChatGLM().invoke("hello", search=True)
    assert sent(emulator)["tools"]


def test_streaming_makes_invoke_stream(emulator: Emulator) -> None:
    ChatGLM(streaming=True).invoke("hello")
    assert sent(emulator)["stream"] is True
    ChatGLM().invoke("hello", stream=True)
    assert sent(emulator)["stream"] is True
    ChatGLM().invoke("hello")
    assert not sent(emulator).get("stream")


def test_stream_usage_can_be_left_out() -> None:
    def counts(**settings: Any) -> list[Any]:
        return [chunk.usage_metadata for chunk in ChatGLM(**settings).stream("hello") if chunk.usage_metadata]

    assert len(counts()) == 1
    assert counts(stream_usage=False) == []


def test_minimax_vision_is_a_field() -> None:
    assert ChatMiniMax(vision="error").vision == "error"
    with pytest.raises(ConfigError, match="vision"):
        ChatMiniMax(vision="maybe")


def test_output_version_per_call() -> None:
    assert isinstance(ChatGLM().invoke("hello", output_version="v1").content, list)
    assert isinstance(ChatGLM(output_version="v1").invoke("hello").content, list)
    assert isinstance(ChatGLM().invoke("hello").content, str)


def test_output_version_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_OUTPUT_VERSION", "v1")
    assert isinstance(ChatGLM().invoke("hello").content, list)


def test_rare_settings_go_where_they_are_documented(emulator: Emulator) -> None:
    ChatQwen(top_k=5).invoke("hello", logprobs=True, top_logprobs=2)
    assert {name: sent(emulator)[name] for name in ("top_k", "logprobs", "top_logprobs")} == {
        "top_k": 5, "logprobs": True, "top_logprobs": 2,
    }  # fmt: skip
    with pytest.warns(CncodingWarning, match="top_k") as caught:
        ChatGLM(top_k=5).invoke("hello")
    assert len(caught) == 1 and "top_k" not in sent(emulator)
