"""Histories of every shape, on both wires: valid for the vendor, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cncoding.chat import anthropic, openai
from cncoding.errors import ConfigError
from cncoding.types import ChatRequest, Message, Opaque, Reasoning, Text, Tool, ToolCall, ToolResult, user
from tests.targets import WIRES, target


def body(provider: str, wire: str, *messages: Message, **more: Any) -> dict[str, Any]:
    codec = openai if wire == "openai" else anthropic
    request, _ = codec.encode(ChatRequest(messages, **more), target(provider, wire=wire))
    assert request.body is not None
    found: dict[str, Any] = json.loads(request.body, parse_constant=pytest.fail)
    return found


TEXTS = st.sampled_from(["", "  ", "one", "zwei ü\n", "三😀", "four"])
IDS = st.sampled_from(["a", "b", "functions.f:0"])
ARGUMENTS = st.sampled_from(["", "{}", '{"a": 1}', '{"a": NaN}', "[1]", "{bad", "null", r'{"a": "\ud83d"}', "[" * 9999])
RESULTS = st.builds(
    ToolResult,
    IDS,
    st.lists(st.builds(Text, TEXTS), max_size=2).map(tuple),
    st.booleans(),
    st.sampled_from([None, "f"]),
)
PARTS: dict[str, Any] = {
    "system": st.builds(Text, TEXTS),
    "user": st.one_of(st.builds(Text, TEXTS), RESULTS, st.just(Opaque({"type": "document"}, "glm"))),
    "assistant": st.one_of(
        st.builds(Text, TEXTS),
        st.builds(Reasoning, TEXTS, st.sampled_from([None, "", "sig"]), provider=st.sampled_from([None, "glm", "x"])),
        st.builds(ToolCall, IDS, st.sampled_from(["f", "g"]), ARGUMENTS),
        st.just(Opaque({"type": "server_tool_use", "id": "z"}, "kimi")),
        RESULTS,
    ),
    "tool": st.one_of(RESULTS, RESULTS, st.builds(Text, TEXTS)),
}
MESSAGES = st.sampled_from(list(PARTS)).flatmap(
    lambda role: st.builds(Message, st.just(role), st.lists(PARTS[role], max_size=3).map(tuple))
)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


def texts(messages: list[Message]) -> Iterator[str]:
    for message in messages:
        for part in message.parts:
            for one in part.parts if isinstance(part, ToolResult) else [part]:
                if isinstance(one, Text):
                    yield one.text.strip()


def follows_openai_rules(turns: list[dict[str, Any]]) -> None:
    assert all(turn["role"] != "system" for turn in turns[1:])
    waiting: list[str] = []
    for turn in turns:
        if turn["role"] == "tool":
            assert turn["tool_call_id"] == waiting.pop(0)
        else:
            assert not waiting
            waiting = [one["id"] for one in turn.get("tool_calls", [])]
            assert len(set(waiting)) == len(waiting)
            assert all(isinstance(json.loads(one["function"]["arguments"]), dict) for one in turn.get("tool_calls", []))
        assert turn.get("content") or turn.get("tool_calls")
    assert not waiting


def follows_anthropic_rules(turns: list[dict[str, Any]]) -> None:
    assert [turn["role"] for turn in turns] == [("user", "assistant")[place % 2] for place in range(len(turns))]
    waiting: list[str] = []
    for turn in turns:
        blocks = turn["content"]
        assert blocks and all(block.get("text", "x") for block in blocks)
        answers = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert answers == waiting and all(block["type"] == "tool_result" for block in blocks[: len(answers)])
        waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
        assert len(set(waiting)) == len(waiting)
    assert not waiting


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(WIRES), st.lists(MESSAGES, min_size=1, max_size=7))
def test_any_history_is_sent_or_refused(where: tuple[str, str], messages: list[Message]) -> None:
    provider, wire = where
    try:
        sent = body(provider, wire, *messages)
    except ConfigError as error:
        assert "nothing to answer" in str(error)
        return
    (follows_openai_rules if wire == "openai" else follows_anthropic_rules)(sent["messages"])
    everything = "\0".join(strings(sent))
    assert all(text in everything for text in texts(messages))


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_a_result_in_a_user_turn_answers_its_call(provider: str, wire: str) -> None:
    asked = Message("assistant", (ToolCall("a", "f", "{}"),))
    answered = Message("user", (Text("and now?"), ToolResult("a", (Text("42"),))))
    sent = body(provider, wire, user("hi"), asked, answered)
    if wire == "openai":
        assert [turn["role"] for turn in sent["messages"]] == ["user", "assistant", "tool", "user"]
    else:
        assert [block["type"] for block in sent["messages"][-1]["content"]] == ["tool_result", "text"]
    assert "not run" not in json.dumps(sent)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_one_result_object_may_answer_two_turns(wire: str) -> None:
    turn = (Message("assistant", (ToolCall("a", "f", "{}"),)), Message("tool", (ToolResult("a", (Text("42"),)),)))
    assert "not run" not in json.dumps(body("kimi", wire, user("hi"), *turn, *turn))


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_what_a_role_cannot_say_is_refused(wire: str) -> None:
    with pytest.raises(ConfigError, match=r"role 'user' cannot hold ToolCall"):
        body("glm", wire, Message("user", (ToolCall("a", "f", "{}"),)))
    with pytest.raises(ConfigError, match=r"role 'narrator'"):
        body("glm", wire, Message("narrator", (Text("hi"),)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("provider", "wire"), WIRES)
@pytest.mark.parametrize(
    "more",
    [
        {"extra": {"x": float("nan")}},
        {"extra": {"x": [float("-inf")]}},
        {"extra": {"x": b"bytes"}},
        {"extra": {"x": {1, 2}}},
        {"extra": {(1, 2): 3}},
        {"tools": (Tool("f", "half \ud83d"),)},
    ],
)
def test_what_json_cannot_say_is_refused(provider: str, wire: str, more: Any) -> None:
    with pytest.raises(ConfigError):
        body(provider, wire, user("hi"), **more)


def test_half_a_character_is_refused_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"good day.*surrogate"):
        body("glm", "openai", user("good day \ud83d"))


def test_a_schema_that_contains_itself_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["again"] = schema
    with pytest.raises(ConfigError):
        body("glm", "openai", user("hi"), tools=(Tool("f", "", schema),))
