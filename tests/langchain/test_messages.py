"""LangChain messages of every dialect, as core messages."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)

from cncoding import ConfigError, Media, Message, Opaque, Reasoning, Text, ToolCall, ToolResult
from langchain_cncoding._messages import to_core

OURS = {"model_provider": "cncoding-kimi"}


def one(message: BaseMessage) -> Message:
    (translated,) = to_core([message], "kimi")
    return translated


def test_plain_roles() -> None:
    roles = [
        SystemMessage("s"),
        HumanMessage("h", name="ann"),
        AIMessage("a", name="agent"),
        ChatMessage("d", role="developer"),
        ChatMessage("x", role="assistant"),
    ]
    assert to_core(roles, "kimi") == (
        Message("system", (Text("s"),)),
        Message("user", (Text("h"),), "ann"),
        Message("assistant", (Text("a"),), "agent"),
        Message("system", (Text("d"),)),
        Message("assistant", (Text("x"),)),
    )


@pytest.mark.parametrize(
    ("block", "medium"),
    [
        ({"type": "image", "url": "https://a/b.png"}, Media("image", url="https://a/b.png")),
        (
            {"type": "image", "base64": "AAA", "mime_type": "image/png"},
            Media("image", data="AAA", media_type="image/png"),
        ),
        (
            {"type": "image", "source_type": "base64", "data": "AAA", "mime_type": "image/png"},
            Media("image", data="AAA", media_type="image/png"),
        ),
        ({"type": "image", "source_type": "url", "url": "https://a/b"}, Media("image", url="https://a/b")),
        ({"type": "image", "file_id": "f1"}, Media("image", file_id="f1")),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAA", "detail": "low"}},
            Media("image", data="AAA", media_type="image/png", detail="low"),
        ),
        ({"type": "image_url", "image_url": "https://a/b"}, Media("image", url="https://a/b")),
        (
            {"type": "image_url", "image_url": {"url": "https://a/b"}, "min_pixels": 9},
            Media("image", url="https://a/b", options={"min_pixels": 9}),
        ),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAA"}},
            Media("image", data="AAA", media_type="image/png"),
        ),
        ({"type": "image", "source": {"type": "url", "url": "https://a/b"}}, Media("image", url="https://a/b")),
        (
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAA"}},
            Media("file", data="AAA", media_type="application/pdf"),
        ),
        (
            {"type": "video", "url": "https://a/v.mp4", "extras": {"fps": 2}},
            Media("video", url="https://a/v.mp4", options={"fps": 2}),
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://a/v", "fps": 1}},
            Media("video", url="https://a/v", options={"fps": 1}),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAA", "format": "wav"}},
            Media("audio", data="AAA", media_type="audio/wav"),
        ),
        ({"type": "audio", "url": "https://a/s.mp3"}, Media("audio", url="https://a/s.mp3")),
        (
            {"type": "file", "base64": "AAA", "mime_type": "application/pdf", "extras": {"filename": "a.pdf"}},
            Media("file", data="AAA", media_type="application/pdf", name="a.pdf"),
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAA"}},
            Media("file", data="AAA", media_type="application/pdf", name="a.pdf"),
        ),
        ({"type": "file", "file": {"file_id": "f1"}}, Media("file", file_id="f1")),
    ],
)  # fmt: skip
def test_media(block: dict, medium: Media) -> None:
    assert one(HumanMessage([{"type": "text", "text": "see"}, block])).parts == (Text("see"), medium)
    assert one(ToolMessage([block], tool_call_id="c1")).parts == (ToolResult("c1", (medium,)),)


def test_unknown_blocks_are_refused_by_name() -> None:
    for message in (HumanMessage([{"type": "hologram", "x": 1}]), AIMessage([{"type": "hologram"}])):
        with pytest.raises(ConfigError, match="'hologram' cannot be sent to kimi"):
            one(message)
    with pytest.raises(ConfigError, match="image block needs one of url"):
        one(HumanMessage([{"type": "image"}]))
    with pytest.raises(ConfigError, match="role 'critic'"):
        one(ChatMessage("x", role="critic"))


def test_vendor_part_passes() -> None:
    part = {"type": "hologram", "hologram": {"id": 1}}
    assert one(HumanMessage([{"type": "non_standard", "value": part}])).parts == (Opaque(part, "kimi"),)


def test_tool_results() -> None:
    assert one(ToolMessage("boom", tool_call_id="c1", status="error", name="f")).parts == (
        ToolResult("c1", (Text("boom"),), True, "f"),
    )
    listed = ToolMessage([{"type": "json", "json": {"城市": 1}}, "x", {"type": "text", "text": "y"}], tool_call_id="c1")
    assert one(listed).parts == (ToolResult("c1", (Text('{"城市": 1}'), Text("x"), Text("y"))),)
    assert one(FunctionMessage("r", name="f")).parts == (ToolResult("call_f", (Text("r"),), name="f"),)


def test_anthropic_tool_results_in_a_user_message() -> None:
    block = {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "21"}], "is_error": True}
    assert to_core([HumanMessage([block, {"type": "text", "text": "go on"}])], "kimi") == (
        Message("tool", (ToolResult("c1", (Text("21"),), True),)),
        Message("user", (Text("go on"),)),
    )
    assert to_core([HumanMessage([block])], "kimi") == (Message("tool", (ToolResult("c1", (Text("21"),), True),)),)


def test_reasoning_of_a_string_reply() -> None:
    message = AIMessage(
        "hi",
        additional_kwargs={"reasoning_content": "hm"},
        tool_calls=[{"id": "c1", "name": "f", "args": {"城": "京"}}],
        response_metadata=OURS,
    )
    assert one(message).parts == (Reasoning("hm", provider="kimi"), Text("hi"), ToolCall("c1", "f", '{"城": "京"}'))


def test_empty_reasoning_is_kept_and_absent_reasoning_is_not_made_up() -> None:
    assert one(AIMessage("hi", additional_kwargs={"reasoning_content": ""})).reasoning == ""
    assert one(AIMessage("hi")).reasoning is None


def test_v1_blocks_keep_order_and_extras() -> None:
    content = [
        {"type": "reasoning", "reasoning": "one", "extras": {"signature": "s1"}, "index": "lc_b0"},
        {"type": "text", "text": "a"},
        {"type": "reasoning", "reasoning": "two", "extras": {"details": [{"type": "x", "text": "two"}]}},
        {"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}, "extras": {"k": 2}},
        {"type": "non_standard", "value": {"type": "server_tool_use", "id": "s"}},
    ]
    call = {"id": "c1", "name": "f", "args": {"a": 1}}
    message = AIMessage(
        content,
        tool_calls=[call],
        additional_kwargs={"reasoning_content": "onetwo"},
        response_metadata={**OURS, "output_version": "v1"},
    )
    assert one(message).parts == (
        Reasoning("one", signature="s1", provider="kimi"),
        Text("a"),
        Reasoning("two", details=({"type": "x", "text": "two"},), provider="kimi"),
        ToolCall("c1", "f", '{"a": 1}', {"k": 2}),
        Opaque({"type": "server_tool_use", "id": "s"}, "kimi"),
    )


def test_anthropic_history() -> None:
    message = AIMessage(
        [
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "text", "text": "a"},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
        ],
        tool_calls=[{"id": "c1", "name": "f", "args": {"a": 1}}],
        response_metadata={"model_provider": "anthropic"},
    )
    assert one(message).parts == (
        Reasoning("hm", signature="sig", provider="anthropic"),
        Reasoning("", redacted="xyz", provider="anthropic"),
        Text("a"),
        ToolCall("c1", "f", '{"a": 1}'),
    )


def test_openai_responses_history() -> None:
    message = AIMessage(
        [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "text", "text": "a", "annotations": []},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            {"type": "web_search_call", "id": "ws_1"},
        ],
        tool_calls=[{"id": "c1", "name": "f", "args": {}}],
        response_metadata={"model_provider": "openai"},
    )
    assert one(message).parts == (
        Reasoning("hm", provider="openai"),
        Text("a"),
        Opaque({"type": "web_search_call", "id": "ws_1"}, "openai"),
        ToolCall("c1", "f", "{}"),
    )


def test_call_blocks_without_call_fields_count() -> None:
    message = AIMessage([{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": "é"}}])
    assert one(message).parts == (ToolCall("c1", "f", '{"a": "é"}'),)


def test_edited_calls_win_over_blocks() -> None:
    """Human-in-the-loop middleware edits `tool_calls` and leaves the content alone."""
    content = [
        {"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}},
        {"type": "tool_call", "id": "c2", "name": "g", "args": {}},
    ]
    message = AIMessage(content, tool_calls=[{"id": "c1", "name": "f", "args": {"a": 9}}])
    assert one(message).parts == (ToolCall("c1", "f", '{"a": 9}'),)


def test_invalid_calls_go_back() -> None:
    bad = {"type": "invalid_tool_call", "id": "c1", "name": "f", "args": '{"a', "error": "cut"}
    assert one(AIMessage("", invalid_tool_calls=[bad])).parts == (ToolCall("c1", "f", '{"a'),)


def test_legacy_function_call() -> None:
    message = AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}})
    assert one(message).parts == (ToolCall("call_f", "f", "{}"),)


def test_history_survives_json() -> None:
    history = [
        HumanMessage("q"),
        AIMessage(
            "a", additional_kwargs={"reasoning_content": "hm"}, tool_calls=[{"id": "c", "name": "f", "args": {}}]
        ),
        ToolMessage("r", tool_call_id="c", status="error"),
    ]
    again = messages_from_dict(json.loads(json.dumps(messages_to_dict(history))))
    assert to_core(again, "kimi") == to_core(history, "kimi")
