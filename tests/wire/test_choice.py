"""A forced tool choice: kept, swapped, or left to the model with an instruction; the same on both wires."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import (
    ChatResponse,
    Message,
    NamedTool,
    Text,
    Thinking,
    Tool,
    read_call_in_words,
    settle_tool_choice,
)
from tests.targets import target
from tests.vendors.boundary import asking, sent

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
SUB = Tool("sub")


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
def test_what_cannot_be_forced_is_asked_for_in_words(choice: Any, wire: str) -> None:
    found = sent("deepseek", asking(tools=(ADD, SUB), tool_choice=choice), wire=wire)
    system = found.body["messages"][0]["content"] if wire == "openai" else found.body["system"]
    names = "add, sub" if choice == "required" else "add"
    assert f"calling one of these tools: {names}." in str(system)
    assert "tool_choice" in found.warned


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_thinking_yields_only_where_the_caller_allows_it(wire: str) -> None:
    found = sent("deepseek", asking(tools=(ADD,), tool_choice="required", force_without_thinking=True), wire=wire)
    assert found.body["tool_choice"] == ("required" if wire == "openai" else {"type": "any"})
    assert found.body["thinking"] == {"type": "disabled"} and "thinking" in found.warned
    kept = sent("deepseek", asking(tools=(ADD,), tool_choice="required"), wire=wire)
    assert "thinking" not in kept.body


def test_settling_twice_changes_nothing_more() -> None:
    once, warned = settle_tool_choice(asking(tools=(ADD, SUB), tool_choice="required"), target("deepseek"))
    assert once.tool_choice == "auto" and len(warned) == 1
    assert settle_tool_choice(once, target("deepseek")) == (once, ())
    plain = asking(tools=(ADD, SUB), tool_choice="required", thinking=Thinking(enabled=False))
    assert settle_tool_choice(plain, target("deepseek")) == (plain, ())


def reply(text: str, **more: Any) -> ChatResponse:
    return ChatResponse(Message("assistant", (Text(text),)), finish=more.pop("finish", "stop"), **more)


@pytest.mark.parametrize("text", ['{"a": 3}', '```json\n{"a": 3}\n```', 'I call add with {"a": 3}.'])
def test_arguments_in_words_become_the_call(text: str) -> None:
    asked = asking(tools=(ADD,), tool_choice="required")
    found = read_call_in_words(reply(text), asked)
    assert [(call.name, call.arguments) for call in found.tool_calls] == [("add", '{"a": 3}')]
    assert found.finish == "tool_calls" and found.text == ""


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ('{"b": 3}', {}),
        ('{"a": "three"}', {}),
        ("three", {}),
        ('{"a": 3}', {"tools": (ADD, SUB)}),
        ('{"a": 3}', {"tool_choice": "auto"}),
        ('{"a": 3}', {"tool_choice": None}),
    ],
)
def test_other_words_stay_words(text: str, settings: dict[str, Any]) -> None:
    asked = asking(**{"tools": (ADD,), "tool_choice": "required", **settings})
    assert read_call_in_words(reply(text), asked) == reply(text)
    cut = reply('{"a": 3}', finish="length")
    assert read_call_in_words(cut, asking(tools=(ADD,), tool_choice="required")) == cut
