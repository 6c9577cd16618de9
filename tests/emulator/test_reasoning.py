"""Reasoning comes back unchanged in tool loops, in the field of the wire, or it is refused or noted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cncoding_emulator import Emulator

from .conftest import TOOL, WEATHER, Caller

CASES = {
    "glm": ("glm-5.3", "reasoning_content", True),
    "kimi": ("kimi-for-coding", "reasoning_content", False),
    "qwen": ("qwen3.7-plus", "reasoning_content", True),
    "deepseek": ("deepseek-flash", "reasoning_content", False),
    "wcode": ("minimax/minimax-m2.1", "reasoning", True),
    "unified": ("qwen3.6-flash", "reasoning_content", True),
}
QUESTION = {"role": "user", "content": "北京的天气如何？"}
LITERAL = {
    "kimi": "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1",
    "deepseek": "The `reasoning_content` in the thinking mode must be passed back to the API.",
}


def _first(call: Caller, provider: str, model: str, **more: Any) -> dict[str, Any]:
    reply = call.post(provider, {"model": model, "messages": [QUESTION], "tools": [TOOL], **more})
    message: dict[str, Any] = reply.json()["choices"][0]["message"]
    return {k: v for k, v in message.items() if k not in ("name", "audio_content")}


def _second(call: Caller, provider: str, model: str, turn: dict[str, Any], **more: Any) -> Any:
    result = {"role": "tool", "tool_call_id": turn["tool_calls"][0]["id"], "content": "晴"}
    return call.post(provider, {"model": model, "messages": [QUESTION, turn, result], "tools": [TOOL], **more})


@pytest.fixture(scope="module")
def all_strict() -> Iterator[Emulator]:
    """Start an emulator whose personas all refuse."""
    with Emulator(strict_reasoning="all") as emulator:
        yield emulator


@pytest.fixture
def strict(all_strict: Emulator) -> Caller:
    """Return a caller of it."""
    all_strict.reset()
    return Caller(all_strict)


@pytest.mark.parametrize("provider", CASES)
def test_missing_reasoning(call: Caller, provider: str) -> None:
    model, field, inferred = CASES[provider]
    turn = _first(call, provider, model)
    assert "北京" in turn[field] and "\n" in turn[field]
    kept = _second(call, provider, model, turn)
    assert kept.status_code == 200 and "X-Emulator-Note" not in kept.headers and call.emulator.requests[-1].notes == ()
    reply = _second(call, provider, model, {k: v for k, v in turn.items() if k != field})
    if inferred:  # no page says that this vendor would refuse
        assert reply.status_code == 200 and reply.headers["X-Emulator-Note"] == "reasoning lost at messages[1]"
        assert call.emulator.requests[-1].notes == ("reasoning lost at messages[1]",)
        return
    assert reply.status_code == 400 and "X-Emulator-Rule" not in reply.headers
    assert reply.json()["error"]["message"] == LITERAL[provider]


@pytest.mark.parametrize("provider", CASES)
def test_changed_reasoning(call: Caller, provider: str) -> None:
    model, field, inferred = CASES[provider]
    turn = _first(call, provider, model)
    reply = _second(call, provider, model, {**turn, field: turn[field].strip("。") + " "})
    if inferred:
        assert reply.headers["X-Emulator-Note"] == "reasoning changed at messages[1]"
        return
    assert reply.status_code == 400 and reply.headers["X-Emulator-Rule"] == "inferred"


@pytest.mark.parametrize("provider", CASES)
def test_strict_everywhere(strict: Caller, provider: str) -> None:
    model, field, inferred = CASES[provider]
    turn = _first(strict, provider, model)
    assert _second(strict, provider, model, turn).status_code == 200
    missing = _second(strict, provider, model, {k: v for k, v in turn.items() if k != field})
    changed = _second(strict, provider, model, {**turn, field: turn[field].strip("。") + " "})
    assert (missing.status_code, changed.status_code) == (400, 400)
    assert (missing.headers.get("X-Emulator-Rule") == "inferred") is inferred


def test_empty_reasoning_is_accepted_for_foreign_turns(call: Caller) -> None:
    foreign = {"id": "call_foreign", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    turn = {"role": "assistant", "content": "", "tool_calls": [foreign]}
    for provider in ("kimi", "deepseek"):
        model = CASES[provider][0]
        assert _second(call, provider, model, turn).status_code == 400
        assert _second(call, provider, model, {**turn, "reasoning_content": ""}).status_code == 200
    assert _second(call, "glm", "glm-5.3", turn).status_code == 200


def test_thinking_off_needs_no_reasoning(call: Caller) -> None:
    off = {"thinking": {"type": "disabled"}}
    turn = _first(call, "deepseek", "deepseek-flash")
    turn.pop("reasoning_content")
    assert _second(call, "deepseek", "deepseek-flash", turn, **off).status_code == 200


@pytest.mark.parametrize("form", ["content", "reasoning_content", "reasoning_details"])
def test_minimax_accepts_each_documented_form(strict: Caller, form: str) -> None:
    split = {} if form == "content" else {"reasoning_split": True}
    turn = _first(strict, "minimax", "MiniMax-M3", **split)
    if split:
        assert "<think>" not in turn["content"]
        other = {"reasoning_content", "reasoning_details"} - {form}
        turn = {k: v for k, v in turn.items() if k not in other}
    else:
        assert turn["content"].startswith("<think>\n")
    assert _second(strict, "minimax", "MiniMax-M3", turn, **split).status_code == 200
    dropped = {**turn, "content": ""}
    dropped.pop(form if split else "", None)
    refused = _second(strict, "minimax", "MiniMax-M3", dropped, **split)
    assert refused.status_code == 400 and refused.headers["X-Emulator-Rule"] == "inferred"


@pytest.mark.parametrize(
    ("provider", "model"),
    [("minimax", "MiniMax-M2.7"), ("deepseek", "deepseek-flash"), ("qwen", "qwen3.7-plus"), ("kimi", "k3")],
)
def test_thinking_blocks_come_back_with_their_signature(strict: Caller, provider: str, model: str) -> None:
    tools = [{"name": "get_weather", "input_schema": WEATHER}]
    body: dict[str, Any] = {"model": model, "max_tokens": 500, "tools": tools, "messages": [QUESTION]}
    content = strict.post(provider, body, wire="anthropic").json()["content"]
    thinking, use = content
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "晴"}

    def second(blocks: list[Any]) -> Any:
        turn = {"role": "assistant", "content": blocks}
        messages = [QUESTION, turn, {"role": "user", "content": [result]}]
        return strict.post(provider, {**body, "messages": messages}, wire="anthropic")

    assert second(content).status_code == 200
    assert second([use]).status_code == 400
    assert second([{**thinking, "thinking": "x"}, use]).status_code == 400
    if thinking.get("signature"):
        assert second([{**thinking, "signature": "0"}, use]).status_code == 400
    else:
        assert thinking["signature"] == "" and provider == "qwen"


def test_every_turn_of_the_loop_is_checked_and_scripts_are_remembered(call: Caller, emulator: Emulator) -> None:
    emulator.script('think 甲\nsay 中\nthink 乙\ncall get_weather #c1 {"city":"北京"}', "deepseek")
    turn = _first(call, "deepseek", "deepseek-flash")
    assert turn["reasoning_content"] == "甲乙"
    assert _second(call, "deepseek", "deepseek-flash", {**turn, "reasoning_content": "甲"}).status_code == 400
    assert _second(call, "deepseek", "deepseek-flash", turn).status_code == 200


def test_the_rule_can_be_switched_off() -> None:
    with Emulator(strict_reasoning=False) as lenient:
        call = Caller(lenient)
        turn = _first(call, "glm", "glm-5.3")
        turn.pop("reasoning_content")
        assert _second(call, "glm", "glm-5.3", turn).status_code == 200
