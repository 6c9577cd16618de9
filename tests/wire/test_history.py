"""Histories that agents leave behind, and what is sent instead, on both wires."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding.chat import anthropic, openai
from cncoding.errors import ConfigError
from cncoding.types import (
    ChatRequest,
    Media,
    Message,
    Opaque,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    system,
    user,
)
from tests.targets import target

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def sent(provider: str, *messages: Message, wire: Any = None, **more: Any) -> list[dict[str, Any]]:
    where = target(provider, **({"wire": wire} if wire else {}))
    codec = anthropic if wire == "anthropic" else openai
    request, _ = codec.encode(ChatRequest(messages, **more), where)
    return list(json.loads(request.body or b"")["messages"])


def call(ident: str, name: str = "f", arguments: str = "{}") -> ToolCall:
    return ToolCall(ident, name, arguments)


def result(ident: str, text: str = "ok", **more: Any) -> Message:
    return Message("tool", (ToolResult(ident, (Text(text),) if text else (), **more),))


def test_an_unanswered_call_gets_an_answer() -> None:
    messages = sent("deepseek", user("a"), Message("assistant", (call("1"), call("2"))), result("1"), user("b"))
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool", "user"]
    assert "not run" in messages[3]["content"] and messages[3]["tool_call_id"] == "2"


def test_results_follow_the_order_of_the_calls() -> None:
    messages = sent(
        "deepseek", user("a"), Message("assistant", (call("1"), call("2"))), result("2", "two"), result("1", "one")
    )
    assert [message["content"] for message in messages[2:]] == ["one", "two"]


def test_an_orphan_result_becomes_text() -> None:
    messages = sent("deepseek", user("a"), result("9", "lost", name="f"))
    assert messages[-1] == {"role": "user", "content": "[result of tool f]\n\nlost"}


def test_the_same_id_in_two_turns_is_told_apart_by_place() -> None:
    messages = sent(
        "kimi", user("a"), Message("assistant", (call("f:0"),)), result("f:0", "one"),
        Message("assistant", (call("f:0"),)), result("f:0", "two"),
    )  # fmt: skip
    assert [message["content"] for message in messages if message["role"] == "tool"] == ["one", "two"]


@pytest.mark.parametrize("empty", [(), (Text(""),), (Reasoning("only thought"),)])
def test_an_empty_turn_is_dropped(empty: Any) -> None:
    messages = sent("deepseek", user("a"), Message("assistant", empty), user("b"))
    assert [message["content"] for message in messages] == ["a", "b"]


def test_system_messages() -> None:
    messages = sent("qwen", system("one"), system(""), system("two"), user("a"), system("late"))
    assert messages[0] == {"role": "system", "content": "one\n\ntwo"}
    assert [message["role"] for message in messages] == ["system", "user", "user"]
    assert messages[-1]["content"] == "late"


@pytest.mark.parametrize("messages", [(), (system(""),), (user(""),), (Message("assistant", ()),)])
def test_nothing_to_answer_is_refused(messages: tuple[Message, ...]) -> None:
    with pytest.raises(ConfigError, match="messages: nothing to answer"):
        sent("glm", *messages)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {}),
        ("  ", {}),
        ('{"a": 1}', {"a": 1}),
        ('{"a": ', {"invalid_arguments": '{"a": '}),
        ("[1]", {"invalid_arguments": "[1]"}),
    ],
)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_arguments_go_back_as_json(arguments: str, expected: Any, wire: str) -> None:
    messages = sent("deepseek", user("a"), Message("assistant", (call("1", "f", arguments),)), result("1"), wire=wire)
    block = messages[1]["tool_calls"][0]["function"] if wire == "openai" else messages[1]["content"][-1]
    assert (json.loads(block["arguments"]) if wire == "openai" else block["input"]) == expected


def test_an_error_says_so_and_an_empty_result_too() -> None:
    turn = Message("assistant", (call("1"), call("2")))
    openai_wire = sent("deepseek", user("a"), turn, result("1", "boom", is_error=True), result("2", ""))
    assert [message["content"] for message in openai_wire[2:]] == ["Error: boom", "(no output)"]
    anthropic_wire = sent(
        "deepseek", user("a"), turn, result("1", "boom", is_error=True), result("2", ""), wire="anthropic"
    )
    first, second = anthropic_wire[-1]["content"]
    assert first["is_error"] is True and "boom" in first["content"] and second["content"] == "(no output)"


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_returned_image_is_shown_after_the_results(wire: str) -> None:
    picture = ToolResult("1", (Text("see"), Media("image", data=PNG)))
    messages = sent(
        "minimax", user("a"), Message("assistant", (call("1"), call("2"))), Message("tool", (picture,)),
        result("2", "two"), user("b"), wire=wire,
    )  # fmt: skip
    if wire == "openai":
        assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool", "user", "user"]
        assert messages[2]["content"].startswith("see\n[image]")
        assert messages[4]["content"][1]["image_url"]["url"].endswith(PNG)
    else:
        kinds = [block["type"] for block in messages[-1]["content"]]
        assert kinds == ["tool_result", "tool_result", "text", "image", "text"]


def test_a_returned_image_that_nobody_can_see_is_named() -> None:
    picture = ToolResult("1", (Media("image", url="https://x.example/a.png"),))
    messages = sent("glm", user("a"), Message("assistant", (call("1"),)), Message("tool", (picture,)), model="glm-5.3")
    assert messages[-1]["content"] == "[image https://x.example/a.png] (left out: glm-5.3 cannot read it)"


def test_reasoning_of_another_vendor_stays_at_home() -> None:
    foreign = Message("assistant", (Reasoning("secret plan", signature="sig", provider="glm"), call("1")))
    for wire in ("openai", "anthropic"):
        body = json.dumps(sent("deepseek", user("a"), foreign, result("1"), wire=wire))
        assert "secret plan" not in body and "sig" not in body.replace("signature", "")


@pytest.mark.parametrize("kind", ["stream", "tools"])
def test_extra_is_laid_over_last(kind: str) -> None:
    request = ChatRequest(
        (user("a"),),
        model="glm-5.3",
        temperature=0.5,
        tools=(Tool("f"),),
        extra={"temperature": None, "top_k": 3, "thinking": {"x": 1}},
    )
    encoded, _ = openai.encode(request, target("glm"))
    body = json.loads(encoded.body or b"")
    assert "temperature" not in body and body["top_k"] == 3 and body["thinking"]["x"] == 1


@pytest.mark.parametrize("provider", ["glm", "qwen", "kimi", "deepseek", "minimax", "wcode", "unified"])
def test_a_prompt_of_system_messages_alone_goes_out(provider: str) -> None:
    (message,) = sent(provider, system("one"), system("two"))
    assert message == {"role": "user" if provider == "glm" else "system", "content": "one\n\ntwo"}


@pytest.mark.parametrize("provider", ["glm", "qwen", "kimi", "deepseek", "minimax"])
def test_a_prompt_of_system_messages_alone_on_the_anthropic_wire(provider: str) -> None:
    (message,) = sent(provider, system("one"), wire="anthropic")
    assert (message["role"], message["content"]) == ("user", [{"type": "text", "text": "one"}])


def pairs(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the arguments of each call with its result."""
    calls = {one["id"]: one["function"]["arguments"] for m in messages for one in m.get("tool_calls", ())}
    assert all(calls)
    return [(calls[one["tool_call_id"]], one["content"]) for one in messages if one["role"] == "tool"]


def test_parallel_calls_that_share_an_id_keep_what_is_theirs() -> None:
    turn = Message("assistant", (call("x", "f", '{"a":1}'), call("x", "g", '{"b":2}'), call("x_2", "h", '{"c":3}')))
    expected = [('{"a":1}', "for f"), ('{"b":2}', "for g"), ('{"c":3}', "for h")]
    in_order = sent("deepseek", user("a"), turn, result("x", "for f"), result("x", "for g"), result("x_2", "for h"))
    assert pairs(in_order) == expected
    named = (result("x_2", "for h"), result("x", "for g", name="g"), result("x", "for f", name="f"))
    assert pairs(sent("deepseek", user("a"), turn, *named)) == expected


def test_calls_without_an_id_keep_their_results() -> None:
    turn = Message("assistant", (call("", "f", '{"a":1}'), call("1", "g", '{"b":2}'), call("", "h", '{"c":3}')))
    results = (result("", "for h", name="h"), result("1", "for g"), result("f", "for f"))
    assert pairs(sent("deepseek", user("a"), turn, *results)) == [
        ('{"a":1}', "for f"), ('{"b":2}', "for g"), ('{"c":3}', "for h"),
    ]  # fmt: skip


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_picture_of_an_assistant_is_named_and_shown(wire: str) -> None:
    turn = Message("assistant", (Text("Here:"), Media("image", data=PNG, media_type="image/png"), call("1")))
    shown = sent("qwen", user("a"), turn, result("1"), user("thanks"), wire=wire)
    text = json.dumps(shown)
    assert "[image, shown in the next message]" in text and PNG in text
    blind = json.dumps(
        sent("deepseek", user("a"), turn, result("1"), user("thanks"), wire=wire, model="deepseek-v4-pro")
    )
    assert "[image]" in blind and PNG not in blind


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_blocks_of_another_vendor_are_left_out_with_a_warning(wire: str) -> None:
    codec = anthropic if wire == "anthropic" else openai
    opaque = Opaque({"type": "web_search_call"}, "openai")
    turn = Message("assistant", (opaque, opaque, Text("found")))
    request, warnings = codec.encode(ChatRequest((user("a"), turn, user("b"))), target("glm", wire=wire))
    assert b"web_search_call" not in (request.body or b"") and b"found" in (request.body or b"")
    assert [warned.setting for warned in warnings] == ["messages"]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_an_opaque_block_does_not_take_the_system_message_with_it(wire: str) -> None:
    codec = anthropic if wire == "anthropic" else openai
    message = Message("system", (Text("obey"), Opaque({"type": "cachePoint"}, "glm")))
    request, _ = codec.encode(ChatRequest((message, user("b"))), target("glm", wire=wire))
    assert b"obey" in (request.body or b"")
