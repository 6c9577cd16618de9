"""Constructor and call arguments: names, precedence, and what arrives at the vendor."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.exceptions import ModelInvalidRequestError

from cncoding import ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatGLM, ChatKimi, ChatMiniMax, CNCodingConfigError


def sent(emulator: Emulator) -> dict[str, Any]:
    return emulator.requests[-1].json  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tempereture", "did you mean 'temperature'"),
        ("max_token", "did you mean 'max_tokens'"),
        ("model_kwargs", "extra_body="),
        ("openai_api_key", "api_key="),
        ("enable_thinking", "thinking=True or False"),
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
        ({"thinking": {"type": "enabled"}}, "thinking"),
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
