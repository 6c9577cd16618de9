"""The unified gateway: media beside the messages, and which model takes which field."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import errors
from cncoding.registry import Settings, resolve
from cncoding.types import Media, Message, Reasoning, Text, Thinking, ToolResult, user
from tests.vendors.boundary import PNG, Sent, asking, failure, sent, tool_loop, whole

ENVIRON = {"UNIFIED_API_KEY": "k", "UNIFIED_BASE_URL": "https://gateway.example/v1"}
QWEN, MINIMAX, GLM, GLMV = "qwen3.6-flash", "MiniMax-M2.7", "glm-5.1", "glm-5v-turbo"
KIMI, DEEPSEEK = "kimi-k2.6", "deepseek-v4-pro"


def leaves(*messages: Message, **settings: Any) -> Sent:
    return sent("unified", asking(*messages, **settings))


def test_the_address_is_the_users() -> None:
    found = resolve(Settings("unified"), ENVIRON)
    assert (found.base_url, found.root) == ("https://gateway.example/v1", "https://gateway.example")
    assert (found.endpoint.name, found.model) == ("api", QWEN)
    given = resolve(Settings("unified", base_url="https://other.example/x/v1/"), ENVIRON)
    assert (given.base_url, given.root) == ("https://other.example/x/v1", "https://other.example/x")
    bare = resolve(Settings("unified", base_url="https://other.example/api"), ENVIRON)
    assert bare.base_url == "https://other.example/api"
    with pytest.raises(errors.ConfigError, match="UNIFIED_BASE_URL"):
        resolve(Settings("unified", api_key="k"), {})
    with pytest.raises(errors.ConfigError, match="UNIFIED_API_KEY"):
        resolve(Settings("unified", base_url="https://other.example/v1"), {})


# ---------------------------------------------------------------- media


@pytest.mark.parametrize("model", [GLMV, KIMI])
def test_media_stand_beside_the_messages(model: str) -> None:
    chart = Media("image", url="https://e.x/chart.png")
    film = Media("video", url="https://e.x/1.mp4")
    report = Media("file", url="https://e.x/report.pdf")
    found = leaves(user("Summarise.", chart, film, report), model=model)
    assert found.body["images"] == ["https://e.x/chart.png"]
    assert found.body["videos"] == ["https://e.x/1.mp4"]
    assert found.body["file_urls"] == ["https://e.x/report.pdf"]
    assert found.body["messages"] == [{"role": "user", "content": "Summarise."}]
    assert not found.warned


def test_text_alone_has_no_arrays() -> None:
    found = leaves(user("hello"), model=KIMI)
    assert {"model", "messages"} == set(found.body)


def test_a_data_url_goes_with_a_warning() -> None:
    found = leaves(user("?", Media("image", data=PNG)), model=KIMI)
    assert found.body["images"] == [f"data:image/png;base64,{PNG}"] and "images" in found.warned


def test_media_of_several_turns() -> None:
    one, two = (Media("image", url=f"https://e.x/{name}.png") for name in "12")
    answer = Message("assistant", (Text("a cat"),))
    found = leaves(user("?", one), answer, user("and?", two), model=KIMI)
    assert found.body["images"] == ["https://e.x/1.png", "https://e.x/2.png"]
    assert [message["content"] for message in found.body["messages"]] == ["?", "a cat", "and?"]
    assert "messages" in found.warned


def test_media_of_a_tool_result() -> None:
    history = tool_loop(Reasoning("hm", provider="unified"))
    result = Message("tool", (ToolResult("call_1", (Media("image", url="https://e.x/1.png"),)),))
    found = leaves(*history[:2], result, model=KIMI)
    assert found.body["images"] == ["https://e.x/1.png"]
    assert all(isinstance(message["content"], str) for message in found.body["messages"])


@pytest.mark.parametrize("model", [QWEN, MINIMAX, GLM, DEEPSEEK])
@pytest.mark.parametrize("kind", ["image", "video", "file", "audio"])
def test_models_that_read_text_only(model: str, kind: Any) -> None:
    with pytest.raises(errors.ConfigError, match=f"{kind}: {model} on unified reads text only"):
        leaves(user("?", Media(kind, url="https://e.x/1")), model=model)


def test_audio_is_for_unknown_models_only() -> None:
    sound = Media("audio", url="https://e.x/1.mp3")
    with pytest.raises(errors.ConfigError, match="audio"):
        leaves(user("?", sound), model=KIMI)
    assert leaves(user("?", sound), model="new-model").body["voices"] == ["https://e.x/1.mp3"]


def test_an_uploaded_file_has_no_place() -> None:
    with pytest.raises(errors.ConfigError, match="file_id"):
        leaves(user("?", Media("file", file_id="f1")), model=KIMI)


# ---------------------------------------------------------------- thinking


@pytest.mark.parametrize("model", [QWEN, GLM, KIMI, DEEPSEEK, GLMV, "new-model"])
@pytest.mark.parametrize("enabled", [True, False])
def test_thinking_switch(model: str, enabled: bool) -> None:
    found = leaves(model=model, thinking=Thinking(enabled=enabled))
    assert found.body["enable_thinking"] is enabled and not found.warned
    assert "enable_thinking" not in leaves(model=model).body


def test_minimax_always_thinks() -> None:
    assert "enable_thinking" not in leaves(model=MINIMAX, thinking=Thinking(enabled=True)).body
    found = leaves(model=MINIMAX, thinking=Thinking(enabled=False))
    assert "enable_thinking" not in found.body and "thinking" in found.warned


@pytest.mark.parametrize("model", [KIMI, DEEPSEEK])
def test_effort_is_high_or_max(model: str) -> None:
    assert leaves(model=model, thinking=Thinking(effort="max")).body["reasoning_effort"] == "max"
    found = leaves(model=model, thinking=Thinking(effort="low"))
    assert found.body["reasoning_effort"] == "high" and "reasoning_effort" in found.warned
    assert leaves(model=model, thinking=Thinking(effort="none")).body["enable_thinking"] is False


@pytest.mark.parametrize("model", [QWEN, MINIMAX, GLM])
def test_models_without_effort(model: str) -> None:
    found = leaves(model=model, thinking=Thinking(effort="high"))
    assert "reasoning_effort" not in found.body and "reasoning_effort" in found.warned


def test_the_budget_is_for_qwen() -> None:
    assert leaves(model=QWEN, thinking=Thinking(budget=9)).body["thinking_budget"] == 9
    assert leaves(model="new-model", thinking=Thinking(budget=9)).body["thinking_budget"] == 9
    found = leaves(model=KIMI, thinking=Thinking(budget=9))
    assert "thinking_budget" not in found.body and "thinking_budget" in found.warned


# ---------------------------------------------------------------- search


@pytest.mark.parametrize("model", [QWEN, GLM, GLMV, "new-model"])
def test_search(model: str) -> None:
    found = leaves(model=model, search=True)
    assert found.body["enable_search"] is True and not found.warned
    assert "enable_search" not in leaves(model=model).body


@pytest.mark.parametrize("model", [MINIMAX, "MiniMax-M2.7-highspeed"])
def test_minimax_does_not_search(model: str) -> None:
    with pytest.raises(errors.ConfigError, match="has no web search"):
        leaves(model=model, search=True)


def test_search_turns_the_thinking_of_kimi_off() -> None:
    assert not leaves(model=KIMI, search=True).warned
    found = leaves(model=KIMI, search=True, thinking=Thinking(enabled=True))
    assert found.body["enable_search"] is True and "thinking" in found.warned


@pytest.mark.parametrize("model", [DEEPSEEK, "deepseek-v4-flash"])
def test_search_does_nothing_on_deepseek(model: str) -> None:
    found = leaves(model=model, search=True)
    assert "enable_search" not in found.body and "search" in found.warned


# ---------------------------------------------------------------- the rest


def test_the_length_has_one_name() -> None:
    body = leaves(max_tokens=9).body
    assert body["max_completion_tokens"] == 9 and "max_tokens" not in body


@pytest.mark.parametrize("temperature", [-0.1, 1.6])
def test_temperature_of_minimax(temperature: float) -> None:
    with pytest.raises(errors.ConfigError, match=r"0 to 1\.5"):
        leaves(model=MINIMAX, temperature=temperature)
    assert leaves(model=MINIMAX, temperature=1.5).body["temperature"] == 1.5
    assert leaves(model=QWEN, temperature=temperature).body["temperature"] == temperature


def test_reasoning_goes_back() -> None:
    assert leaves(*tool_loop(Reasoning("hm", provider="unified"))).body["messages"][1]["reasoning_content"] == "hm"


def test_what_to_do_about_a_refused_field() -> None:
    found = failure("unified", 400, {"error": {"message": "enable_search is not supported"}})
    assert type(found) is errors.BadRequestError and "section 7" in str(found)


def test_the_sample_of_minimax_keeps_its_flags() -> None:
    flags = {"input_sensitive": False, "output_sensitive": False, "input_sensitive_type": 0, "output_sensitive_type": 0}
    message = {"role": "assistant", "reasoning_content": "用户对我打招呼", "content": "你好!"}
    reply = whole(
        "unified",
        {
            "id": "03d3f5bd571f85faa1d980d2f779630f",
            "object": "chat.completion",
            "model": MINIMAX,
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {
                "total_tokens": 264,
                "total_characters": 0,
                "prompt_tokens": 26,
                "completion_tokens": 238,
                "completion_tokens_details": {"reasoning_tokens": 228},
            },
            **flags,
            "base_resp": {"status_code": 0, "status_msg": ""},
        },
    )
    assert (reply.text, reply.reasoning) == ("你好!", "用户对我打招呼")
    assert reply.vendor == {**flags, "base_resp": {"status_code": 0, "status_msg": ""}}
    assert reply.usage is not None and reply.usage.reasoning == 228


def test_fields_of_other_families_are_kept() -> None:
    message = {"role": "assistant", "content": "1)"}
    body = {"id": "c", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    kept = {"system_fingerprint": "fp_a1b2c3d4e5", "request_id": "r"}
    assert whole("unified", {**body, **kept, "created": 1, "object": "chat.completion"}).vendor == kept


@pytest.mark.parametrize(
    ("code", "error"), [(1002, errors.RateLimitedError), (1027, errors.ContentBlockedError), (7, errors.ApiError)]
)
def test_a_failure_inside_http_200(code: int, error: type) -> None:
    found = failure("unified", 200, {"base_resp": {"status_code": code, "status_msg": "no"}})
    assert type(found) is error and found.code == str(code)
