"""Events of the core as chunks, protocol events and whole messages: four forms of one reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.language_models.chat_model_stream import ChatModelStream
from langchain_core.messages import AIMessage, AIMessageChunk, messages_from_dict, messages_to_dict
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream

from cncoding import (
    Event,
    Finish,
    OpaqueDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
    VendorData,
    Warned,
    fold,
)
from langchain_cncoding._events import Chunks, usage_metadata, whole_message
from langchain_cncoding._messages import to_core
from langchain_cncoding._protocol import ProtocolEvents

SIMPLE: list[Event] = [
    Started("r1", "m1"),
    ReasoningDelta(0, "th"),
    ReasoningDelta(0, "ink"),
    TextDelta(1, "an"),
    TextDelta(1, "swer"),
    ToolCallDelta(2, 0, id="c1", name="f", arguments=""),
    ToolCallDelta(2, 0, arguments='{"a": '),
    ToolCallDelta(2, 0, arguments='"京"}'),
    ToolCallDelta(3, 1, id="c2", name="g", arguments="{}"),
    VendorData({"web_search": [{"title": "t"}]}),
    Usage(input=10, output=7, cache_read=4, reasoning=3),
    Finish("tool_calls", "tool_use"),
]
INTERLEAVED: list[Event] = [
    Started("r2", "m1"),
    ReasoningDelta(0, "one"),
    ReasoningDelta(0, "", signature="sig1"),
    TextDelta(1, "A"),
    ReasoningDelta(2, "two", signature="sig2"),
    ReasoningDelta(3, "", redacted="xyz"),
    OpaqueDelta(4, {"type": "server_tool_use", "id": "s1"}),
    TextDelta(5, "B"),
    ToolCallDelta(6, 0, id="c1", name="f", arguments="{}", extras={"k": 1}),
    Finish("tool_calls"),
]
DETAILS: list[Event] = [
    Started("r3", "m1"),
    ReasoningDelta(0, "a", details=({"type": "reasoning.text", "id": "d", "index": 0, "text": "a"},)),
    ReasoningDelta(0, "b", details=({"type": "reasoning.text", "id": "d", "index": 0, "text": "b"},)),
    TextDelta(1, "x"),
    Finish("stop"),
]
PARALLEL: list[Event] = [
    Started("r4", "m1"),
    ToolCallDelta(0, 0, id="c1", name="f", arguments='{"a"'),
    ToolCallDelta(1, 1, id="c2", name="f", arguments='{"a"'),
    ToolCallDelta(0, 0, arguments=": 1}"),
    ToolCallDelta(1, 1, arguments=": 2}"),
    Finish("tool_calls"),
]
EMPTY_THOUGHT: list[Event] = [Started("r5", "m1"), ReasoningDelta(0, ""), TextDelta(1, "x"), Finish("stop")]
REPLIES = {
    "simple": SIMPLE,
    "interleaved": INTERLEAVED,
    "details": DETAILS,
    "parallel": PARALLEL,
    "empty-thought": EMPTY_THOUGHT,
}


def chunks(events: list[Event], *, listed: bool = False, usage: bool = True) -> list[AIMessageChunk]:
    maker = Chunks("kimi", "asked", listed=listed, usage=usage)
    return [chunk.message for event in events if (chunk := maker.feed(event))]  # type: ignore[misc]


def streamed(events: list[Event], *, listed: bool = False) -> AIMessageChunk:
    first, *rest = chunks(events, listed=listed)
    return first + rest  # type: ignore[return-value, operator]


def protocol(events: list[Event]) -> list[Any]:
    maker = ProtocolEvents("kimi", "asked")
    return [told for event in events for told in maker.feed(event)]


def assembled(events: list[Event]) -> AIMessage:
    stream = ChatModelStream(message_id="lc_run-1")
    for event in protocol(events):
        stream.dispatch(event)
    assert stream.output_message is not None
    return stream.output_message


def whole(events: list[Event], *, listed: bool = False) -> AIMessage:
    return whole_message(fold(events, "kimi"), "kimi", "asked", listed=listed)


def forms(events: list[Event]) -> dict[str, AIMessage]:
    return {
        "whole": whole(events),
        "whole v1": whole(events, listed=True),
        "streamed": streamed(events),
        "streamed v1": streamed(events, listed=True),
        "v3": assembled(events),
    }


@pytest.mark.parametrize("name", REPLIES)
def test_every_form_says_the_same(name: str) -> None:
    events = REPLIES[name]
    reply = fold(events, "kimi")
    for form, message in forms(events).items():
        assert message.text == reply.text, form
        assert message.additional_kwargs.get("reasoning_content") == reply.reasoning, form
        assert [(c["id"], c["name"], c["args"]) for c in message.tool_calls] == [
            (c.id, c.name, json.loads(c.arguments)) for c in reply.tool_calls
        ], form
        assert message.invalid_tool_calls == [], form
        assert message.response_metadata["model_provider"] == "cncoding-kimi", form
        assert message.response_metadata["model_name"] == "m1", form
        assert message.response_metadata["finish_reason"] == reply.finish, form
        assert message.response_metadata["id"] == reply.id, form


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("json_between", [False, True], ids=["as-is", "through-json"])
def test_every_form_goes_back_whole(name: str, json_between: bool) -> None:
    """The second request holds the parts of the first reply, in order, with everything that came with them."""
    parts = [part for part in fold(REPLIES[name], "kimi").message.parts]
    for form, message in forms(REPLIES[name]).items():
        if json_between:
            (message,) = messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))
        (back,) = to_core([message], "kimi")
        assert [_normal(part) for part in back.parts] == [_normal(part) for part in parts], form


def _normal(part: Any) -> Any:
    """Arguments are compared as JSON: LangChain keeps them parsed."""
    if hasattr(part, "arguments"):
        return (part.id, part.name, json.loads(part.arguments or "{}"), part.extras)
    return part


@pytest.mark.parametrize("name", REPLIES)
def test_protocol_events_are_valid(name: str) -> None:
    assert_valid_event_stream(protocol(REPLIES[name]))


@pytest.mark.parametrize("name", REPLIES)
def test_v1_chunks_never_mix_blocks(name: str) -> None:
    message = streamed(REPLIES[name], listed=True)
    kinds = [block["type"] for block in message.content_blocks]
    assert kinds == [block["type"] for block in whole(REPLIES[name], listed=True).content_blocks]


def test_one_last_chunk_carries_the_end() -> None:
    for listed in (False, True):
        made = chunks(SIMPLE, listed=listed)
        assert [chunk.chunk_position for chunk in made] == [None] * (len(made) - 1) + ["last"]
        assert [chunk.usage_metadata for chunk in made[:-1]] == [None] * (len(made) - 1)
        assert all("finish_reason" not in chunk.response_metadata for chunk in made[:-1])
        assert {type(chunk.content) for chunk in made} == {list if listed else str}


def test_usage() -> None:
    assert streamed(SIMPLE).usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 7,
        "total_tokens": 17,
        "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 3},
    }
    assert usage_metadata(Usage(input=None, output=3)) is None
    assert chunks(SIMPLE, usage=False)[-1].usage_metadata is None


def test_vendor_words_are_kept() -> None:
    metadata = streamed(SIMPLE).response_metadata
    assert metadata["native_finish_reason"] == "tool_use"
    assert metadata["vendor"] == {"web_search": [{"title": "t"}]}


@pytest.mark.parametrize(
    "cut",
    [
        '{"path": "a", "text": "half of it',
        '{"a": [1, 2',
        '{"a": "x\\',
        '{"a": {"b": [{"c": 1',
        "[1]",
        '"x"',
        "{'a': 1}",
        "3",
    ],
)
def test_broken_arguments_are_never_run(cut: str) -> None:
    """A call that was cut at the token limit must not look complete, in any form."""
    events: list[Event] = [
        Started("r", "m"),
        ToolCallDelta(0, 0, id="c0", name="ok", arguments='{"a": 1}'),
        ToolCallDelta(1, 1, id="c1", name="write", arguments=cut),
        Finish("length"),
    ]
    for form, message in forms(events).items():
        assert [call["id"] for call in message.tool_calls] == ["c0"], form
        assert [(bad["id"], bad["name"]) for bad in message.invalid_tool_calls] == [("c1", "write")], form
        assert str(message.invalid_tool_calls[0]["args"]).startswith(cut), form
    assert_valid_event_stream(protocol(events))


def test_interleaving_is_seen_in_the_content() -> None:
    order = ["reasoning", "text", "reasoning", "reasoning", "non_standard", "text", "tool_call"]
    for form in ("whole v1", "streamed v1", "v3"):
        assert [block["type"] for block in forms(INTERLEAVED)[form].content_blocks] == order


def test_edited_text_keeps_the_reasoning() -> None:
    """Redaction middleware changes the text of a reply; its signatures still go back."""
    message = whole(INTERLEAVED)
    edited = message.model_copy(update={"content": "[redacted]"})
    (back,) = to_core([edited], "kimi")
    assert back.text == "[redacted]"
    assert back.reasoning == "onetwo"
    assert [part.signature for part in back.parts if hasattr(part, "signature")] == ["sig1", "sig2", None]


def test_warnings_reach_the_user() -> None:
    with pytest.warns(UserWarning, match="tool_choice: auto is sent"):
        chunks([Warned("tool_choice", "auto is sent"), *SIMPLE])


GAPS: list[Event] = [
    Started("r6", "m1"),
    ReasoningDelta(0, "hm"),
    TextDelta(3, "Text"),
    ReasoningDelta(5, "more", signature="sig"),
    ToolCallDelta(6, 0, id="c1", name="f", arguments="{}"),
    Finish("tool_calls"),
]
"""Block numbers have gaps while a call waits for its name."""


def test_block_numbers_may_have_gaps() -> None:
    finished = [event["content"] for event in protocol(GAPS) if event["event"] == "content-block-finish"]
    assert [block.get("text", block.get("reasoning", block.get("name"))) for block in finished] == [
        *("hm", "Text", "more", "f"),
    ]
    blocks: Any = streamed(GAPS, listed=True).content_blocks
    assert [(block["type"], block.get("extras")) for block in blocks] == [
        ("reasoning", None), ("text", None), ("reasoning", {"signature": "sig"}), ("tool_call", None),
    ]  # fmt: skip


def test_closing_a_block_builds_that_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight thousand blocks took a minute while each end built the whole reply."""
    from cncoding import Fold

    built: list[int] = []
    real = Fold.response
    monkeypatch.setattr(Fold, "response", lambda self: built.append(1) or real(self))
    events: list[Event] = [Started("r7", "m1")]
    events += [ReasoningDelta(n, "hm") if n % 2 else TextDelta(n, "Text") for n in range(300)]
    assert len(protocol([*events, Finish("stop")])) == 300 * 3 + 2
    assert len(built) == 1


CUT: list[Event] = [
    Started("r8", "m1"),
    ToolCallDelta(0, 0, id="c1", name="wipe", arguments=""),
    Finish("length"),
]


@pytest.mark.parametrize("form", forms(CUT))
def test_a_call_that_was_cut_before_its_arguments_is_not_run(form: str) -> None:
    message = forms(CUT)[form]
    assert message.tool_calls == []
    assert [call["name"] for call in message.invalid_tool_calls] == ["wipe"]
