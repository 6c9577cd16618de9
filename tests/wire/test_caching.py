"""Cache marks: where each wire takes them, and what breaks a prefix."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cncoding import ChatRequest, Message, Text, Tool, ToolCall, ToolResult, user
from cncoding.chat.caching import compare_prefix
from tests.vendors.boundary import Sent, asking, sent

MARK = {"type": "ephemeral"}
ADD = Tool("add", "Add.", cache=True)
HISTORY = (
    Message("system", (Text("rules", cache=True), Text("today is Monday"))),
    Message("user", (Text("the book", cache=True), Text("what is in it?"))),
    Message("assistant", (ToolCall("c1", "add", "{}"),)),
    Message("tool", (ToolResult("c1", (Text("3"),), cache=True),)),
)


def marked(body: Any) -> list[Any]:
    """Return what carries a mark, by its text or name."""
    if isinstance(body, list):
        return [one for part in body for one in marked(part)]
    if not isinstance(body, dict):
        return []
    inner = [one for value in body.values() for one in marked(value)]
    if body.get("cache_control") != MARK:
        return inner
    function = body.get("function", {})
    return [*inner, body.get("text") or body.get("name") or function.get("name") or body.get("content") or "all"]


def leaves(provider: str, wire: str, **settings: Any) -> Sent:
    return sent(provider, asking(*HISTORY, tools=(ADD,), **settings), wire=wire)


@pytest.mark.parametrize(
    ("provider", "wire", "expected", "warns"),
    [
        ("qwen", "openai", {"rules", "the book", "3"}, True),
        ("qwen", "anthropic", {"add", "rules", "the book", "3"}, False),
        ("minimax", "anthropic", {"add", "rules", "the book", "3"}, False),
        ("minimax", "openai", set(), True),
        ("kimi", "anthropic", {"all"}, False),
        ("kimi", "openai", set(), True),
        ("wcode", "openai", set(), True),
        ("unified", "openai", set(), True),
        ("deepseek", "openai", set(), False),
        ("deepseek", "anthropic", set(), False),
        ("glm", "openai", set(), False),
        ("glm", "anthropic", set(), False),
    ],
)
def test_marks_of_the_user_go_where_they_are_documented(
    provider: str, wire: str, expected: set[str], warns: bool
) -> None:
    found = leaves(provider, wire)
    assert set(marked(found.body)) == expected and ("prompt_cache" in found.warned) is warns
    text = json.dumps(found.body)
    assert all(word in text for word in ("rules", "today is Monday", "the book", "what is in it?"))


@pytest.mark.parametrize("provider", ["qwen", "minimax"])
def test_at_most_four_marks(provider: str) -> None:
    several = [user(*(f"t{n}" for n in range(6)))]
    marks = [replace(message, parts=tuple(replace(p, cache=True) for p in message.parts)) for message in several]  # type: ignore[call-arg, type-var]
    found = sent(provider, asking(*marks), wire="anthropic")
    assert marked(found.body) == ["t2", "t3", "t4", "t5"] and "prompt_cache" in found.warned


TURNS = (
    Message("system", (Text("rules"),)), user("one"), Message("assistant", (Text("1"),)), user("two"),
    Message("assistant", (Text("2"),)), user("three"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "wire", "expected"),
    [
        ("minimax", "anthropic", ["rules", "two", "three", "add"]),
        ("qwen", "anthropic", ["rules", "two", "three", "add"]),
        ("qwen", "openai", ["rules", "two", "three"]),
        ("kimi", "anthropic", ["all"]),
        ("glm", "openai", []),
    ],
)
def test_auto_marks_the_stable_prefix(provider: str, wire: str, expected: list[str]) -> None:
    tools = (Tool("sub"), replace(ADD, cache=False))
    found = sent(provider, asking(*TURNS, tools=tools, prompt_cache="auto"), wire=wire)
    assert sorted(marked(found.body)) == sorted(expected) and "prompt_cache" not in found.warned


def test_auto_says_where_it_can_do_nothing() -> None:
    assert "prompt_cache" in sent("wcode", asking(*TURNS, prompt_cache="auto")).warned


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_what_breaks_the_prefix(wire: str) -> None:
    seen: dict[str, tuple[str, ...]] = {}

    def warned(messages: tuple[Message, ...], *tools: Tool) -> str:
        request = ChatRequest(messages, tools=tools, prompt_cache="auto")
        return "".join(one.why for one in compare_prefix(sent("qwen", request, wire=wire).body, seen))

    assert warned(TURNS[:2], ADD) == ""
    assert warned(TURNS[:4], ADD) == ""
    assert warned(TURNS, ADD) == ""
    assert warned(TURNS, ADD, Tool("sub")).startswith("the tools differ")
    assert warned((Message("system", (Text("now 12:01"),)), *TURNS[1:]), ADD, Tool("sub")).startswith(
        "the system message differs"
    )
    other = (Message("system", (Text("now 12:01"),)), *TURNS[1:3], user("another"))
    assert warned(other, ADD, Tool("sub")) == "", "another question after the same beginning"
    rewritten = (*other[:3], user("another, in other words"), *TURNS[4:])
    assert warned(rewritten, ADD, Tool("sub")).startswith("turn 3 differs")
    assert warned((user("a new conversation"),)) == ""


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_clock_in_the_system_message_is_noticed(wire: str) -> None:
    seen: dict[str, tuple[str, ...]] = {}
    warned = []
    for rules, question in (("12:01", "one"), ("12:02", "two"), (None, "three")):
        text = f"You are a careful assistant of a library. The time is {rules}." if rules else "Translate into French."
        request = ChatRequest((Message("system", (Text(text),)), user(question)), prompt_cache="auto")
        warned.append("".join(one.why for one in compare_prefix(sent("qwen", request, wire=wire).body, seen)))
    assert warned[0] == warned[2] == "" and "the system message differs from the last call's at '2.'" in warned[1]
