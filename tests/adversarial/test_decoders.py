"""Replies that no vendor should send, and some that they do: shapes, cuts, repetitions and sizes."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cncoding.chat import anthropic, openai
from cncoding.chat.fold import fold
from cncoding.chat.markers import Markers
from cncoding.errors import ApiError, CncodingError, ProtocolError, RateLimitedError, TruncatedStreamError
from cncoding.exchange.sse import SSEDecoder
from cncoding.types import ChatResponse
from tests.targets import target

OPENAI = ["deepseek", "glm", "kimi", "minimax", "qwen", "wcode", "unified"]
ANTHROPIC = ["deepseek", "glm", "kimi", "minimax", "qwen"]


def decoder(provider: str, wire: str = "openai") -> Any:
    where = target(provider, wire=wire)
    return (openai if wire == "openai" else anthropic).Decoder(where, where.card("any-model"), lambda: "call_made_up")


def stream(provider: str, *chunks: Any, wire: str = "openai", cut: int = 1 << 16) -> ChatResponse:
    data = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    codec = decoder(provider, wire)
    events = [event for at in range(0, len(data), cut) for event in codec.feed(data[at : at + cut])]
    return fold([*events, *codec.finish()], provider)


def chunk(delta: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def call(index: Any = None, ident: Any = None, name: Any = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    told = {"index": index, "id": ident, **more}
    function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
    return {**{key: value for key, value in told.items() if value is not None}, "function": function}


def calls(*fragments: Any, provider: str = "deepseek") -> list[tuple[str, str]]:
    chunks = [chunk({"tool_calls": [fragment]}) for fragment in fragments]
    return [(one.name, one.arguments) for one in stream(provider, *chunks, chunk({}, "tool_calls")).tool_calls]


# ---------------------------------------------------------------- shapes

FULL = {
    "id": "a",
    "model": "m",
    "choices": [
        {
            "index": 0,
            "delta": {
                "role": "assistant",
                "reasoning_content": "hm",
                "reasoning_details": [{"type": "t", "index": 0, "text": "hm"}],
                "content": [{"type": "text", "text": "x"}],
                "tool_calls": [
                    {"index": 0, "id": "q", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            "usage": {"prompt_tokens": 1},
            "finish_reason": "stop",
            "logprobs": {"content": []},
        }
    ],
    "base_resp": {"status_code": 0, "status_msg": ""},
    "usage": {
        "prompt_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 1},
    },
}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "model": "x", "usage": {"input_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "a"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "hi"}},
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "f"}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "content_block_stop", "index": 2},
    {"type": "content_block_start", "index": 3, "content_block": {"type": "server_tool_use", "id": "t", "name": "s"}},
    {"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "content_block_stop", "index": 3},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]
OTHERS: list[Any] = [
    None,
    "",
    "x",
    0,
    7,
    True,
    [],
    {},
    [None],
    ["x"],
    [[]],
    {"a": 1},
    [{}],
    {"text": {}},
    [{"text": 1}],
]


def variants(value: Any) -> Iterator[Any]:
    """Yield `value` with each of its members replaced by everything else in turn."""
    yield from OTHERS
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        for other in variants(member):
            if isinstance(value, dict):
                yield {**value, key: other}
            else:
                yield [*value[:key], other, *value[key + 1 :]]


@pytest.mark.parametrize("provider", OPENAI)
def test_another_shape_is_tolerated_or_a_protocol_error(provider: str) -> None:
    for variant in variants(FULL):
        for decode in (lambda sent: stream(provider, sent), lambda sent: _whole(provider, "openai", sent)):
            with contextlib.suppress(CncodingError):
                assert repr(decode(variant))


def _whole(provider: str, wire: str, reply: Any) -> ChatResponse:
    return fold(decoder(provider, wire).whole(json.dumps(reply).encode()), provider)


@pytest.mark.parametrize("provider", ANTHROPIC)
def test_another_shape_on_the_anthropic_wire(provider: str) -> None:
    for place, event in enumerate(EVENTS):
        for variant in variants(event):
            with contextlib.suppress(CncodingError):
                assert repr(stream(provider, *EVENTS[:place], variant, *EVENTS[place + 1 :], wire="anthropic"))
    blocks = [event["content_block"] for event in EVENTS if "content_block" in event]
    for variant in variants({"id": "m", "content": blocks, "stop_reason": "end_turn", "usage": {"input_tokens": 1}}):
        with contextlib.suppress(CncodingError):
            assert repr(_whole(provider, "anthropic", variant))


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_json_deeper_than_python_follows(wire: str) -> None:
    deep = b'{"a":' * 200_000
    with pytest.raises(ProtocolError):
        list(decoder("kimi", wire).feed(b"data: " + deep + b"\n\n"))
    with pytest.raises(ProtocolError):
        decoder("kimi", wire).whole(deep)


def test_content_of_another_shape_is_not_lost() -> None:
    assert stream("qwen", chunk({"content": ["a", {"text": "b"}]}, "stop")).text == "ab"
    assert stream("qwen", chunk({"content": {"answer": 1}}, "stop")).text == '{"answer": 1}'


# ---------------------------------------------------------------- bytes


@given(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=4, max_size=12), st.data())
def test_mixed_line_ends_survive_any_cut(ends: list[str], data: st.DataObject) -> None:
    text = "".join(f"data: {place}{end}" if place % 3 else end for place, end in enumerate(ends)).encode()
    whole = SSEDecoder()
    expected = [*whole.feed(text), *whole.finish()]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    for places in (cuts, range(len(text))):
        codec = SSEDecoder()
        edges = [0, *places, len(text)]
        frames = [frame for start, stop in itertools.pairwise(edges) for frame in codec.feed(text[start:stop])]
        assert [*frames, *codec.finish()] == expected


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("cut", [1, 2, 3, 4, 7])
def test_a_whole_body_behind_a_cut_byte_order_mark(wire: str, cut: int) -> None:
    body = b'\xef\xbb\xbf {"error": {"code": "1302", "message": "busy"}}'
    codec = decoder("glm", wire)
    for at in range(0, len(body), cut):
        assert not list(codec.feed(body[at : at + cut]))
    with pytest.raises(RateLimitedError):
        list(codec.finish())


@given(st.text(alphabet="<|>ab", max_size=40), st.data())
def test_marks_leave_the_same_wherever_they_are_cut(text: str, data: st.DataObject) -> None:
    marks = ("<|a|>", "<|b|>", "<a>")
    whole = Markers(marks)
    expected = whole.feed(text) + whole.finish()
    pieces = Markers(marks)
    assert "".join(map(pieces.feed, text)) + pieces.finish() == expected


# ---------------------------------------------------------------- choices and failures


def test_only_one_of_several_choices_is_read() -> None:
    def of(index: int, text: str, finish: Any = None) -> dict[str, Any]:
        return {"id": "x", "choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish}]}

    chunks = [of(0, "a"), of(1, "X"), of(0, "b"), of(1, "Y", "length"), of(0, "", "stop")]
    reply = stream("deepseek", *chunks)
    assert (reply.text, reply.native_finish) == ("ab", "stop")
    both = {"id": "x", "choices": [chunks[0]["choices"][0], chunks[1]["choices"][0]]}
    assert stream("deepseek", both, chunks[-1]).text == "a"


def test_the_field_that_says_something_holds_the_reasoning() -> None:
    delta = {"reasoning_content": "", "reasoning": "because", "content": None}
    assert stream("deepseek", chunk(delta), chunk({"content": "x"}, "stop")).reasoning == "because"


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_bare_native_error_in_a_stream(wire: str) -> None:
    error = {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded", "request_id": "r"}
    with pytest.raises(RateLimitedError):
        stream("qwen", error, wire=wire)


def test_a_success_code_is_no_failure() -> None:
    reply = stream("glm", {"code": 200, "message": "success", "choices": []}, chunk({"content": "x"}, "stop"))
    assert reply.text == "x"
    assert stream("minimax", chunk({"content": "x"}, "stop", base_resp={"status_code": "0"})).text == "x"


# ---------------------------------------------------------------- tool calls


def test_one_id_for_two_calls_is_told_apart_by_the_index() -> None:
    fragments = [call(0, "same", "f", '{"a":'), call(1, "same", "g", '{"b":'), call(0, "same", None, "1}")]
    chunks = [chunk({"tool_calls": [one]}) for one in (*fragments, call(1, "same", None, "2}"))]
    found = stream("deepseek", *chunks, chunk({}, "tool_calls")).tool_calls
    assert [(one.name, one.arguments) for one in found] == [("f", '{"a":1}'), ("g", '{"b":2}')]
    assert len({one.id for one in found}) == 2


def test_a_number_may_be_an_id() -> None:
    reply = stream("deepseek", chunk({"tool_calls": [call(0, 17, "f", "{}")]}), chunk({}, "tool_calls"))
    assert [one.id for one in reply.tool_calls] == ["17"]


def test_another_name_at_the_same_index_is_another_call() -> None:
    fragments = [call(0, None, "f", '{"a":1}'), call(0, None, "g", ""), call(0, None, None, '{"b":2}')]
    assert calls(*fragments) == [("f", '{"a":1}'), ("g", '{"b":2}')]


def test_members_beside_a_fragment_that_waits_are_kept() -> None:
    fragments = [call(0, None, "f", None, extra={"a": 1}), call(0, "id", None, "{}")]
    reply = stream("kimi", *[chunk({"tool_calls": [one]}) for one in fragments], chunk({}, "tool_calls"))
    assert reply.tool_calls[0].extras == {"extra": {"a": 1}}


# ---------------------------------------------------------------- text that repeats itself


@pytest.mark.parametrize("provider", ["qwen", "minimax"])
@pytest.mark.parametrize(
    "pieces",
    [
        ["=" * 40, "=" * 40],
        ["ha" * 20, "ha" * 24, "!"],
        ["La la la, the same old song again.\n"] * 2 + ["And more."],
        ["a", "ab", "abc"],
    ],
)
def test_an_answer_may_repeat_itself(provider: str, pieces: list[str]) -> None:
    chunks = [chunk({"content": piece}) for piece in pieces]
    assert stream(provider, *chunks, chunk({}, "stop")).text == "".join(pieces)


@pytest.mark.parametrize("provider", ["qwen", "minimax"])
def test_snapshots_are_not_appended(provider: str) -> None:
    text = "The quick brown fox jumps over the lazy dog, twice and again."
    growing = [chunk({"content": text[:size]}) for size in range(34, len(text) + 1, 3)]
    assert stream(provider, *growing, chunk({"content": text}, "stop")).text == text
    assert stream(provider, chunk({"content": text}), chunk({"content": text}, "stop")).text == text
    pieces = [chunk({"content": piece}) for piece in (text[:20], text[20:50], text[50:])]
    assert stream(provider, *pieces, chunk({"content": text}, "stop")).text == text


# ---------------------------------------------------------------- characters in two halves

HALVES = ["so \ud83d", "\ude00 it", " is\ud83d", "!", "\udc00", "\ud83d"]
WHOLE = "so \U0001f600 it is\ufffd!\ufffd\ufffd"


@pytest.mark.parametrize("provider", OPENAI)
def test_halves_of_characters_are_joined_or_replaced(provider: str) -> None:
    field = "reasoning" if provider == "wcode" else "reasoning_content"
    thought = [chunk({field: half, "content": ""}) for half in HALVES]
    said = [chunk({"content": half}) for half in HALVES]
    asked = [chunk({"tool_calls": [call(0, "i", "f", half)]}) for half in HALVES]
    reply = stream(provider, *thought, *said, *asked, chunk({}, "tool_calls"))
    assert (reply.reasoning, reply.text, reply.tool_calls[0].arguments) == (WHOLE, WHOLE, WHOLE)
    whole = {"choices": [{"message": {"content": "".join(HALVES)}, "finish_reason": "stop"}]}
    assert _whole(provider, "openai", whole).text == WHOLE


def test_halves_on_the_anthropic_wire_and_in_details() -> None:
    deltas = [{**EVENTS[6], "delta": {"type": "text_delta", "text": half}} for half in HALVES]
    assert stream("kimi", *EVENTS[:6], *deltas, *EVENTS[7:], wire="anthropic").text == WHOLE
    details = [{"reasoning_details": [{"type": "t", "index": 0, "text": half}]} for half in HALVES]
    reply = stream("minimax", *map(chunk, details), chunk({"content": "x"}, "stop"))
    assert reply.message.parts[0].details[0]["text"] == WHOLE == reply.reasoning


# ---------------------------------------------------------------- the anthropic wire


def test_blocks_without_a_stop_are_complete_at_the_end() -> None:
    start = {"type": "content_block_start"}
    events = [
        EVENTS[0],
        {**start, "index": 0, "content_block": {"type": "text", "text": "all at once"}},
        {**start, "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}},
        EVENTS[-2],
        EVENTS[-1],
    ]
    reply = stream("kimi", *events, wire="anthropic")
    assert (reply.text, reply.tool_calls[0].arguments) == ("all at once", '{"a": 1}')


def test_an_index_that_is_used_again() -> None:
    start = {"type": "content_block_start", "index": 0}
    events = [
        EVENTS[0],
        {**start, "content_block": {"type": "text", "text": "first"}},
        {**start, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}},
        EVENTS[-2],
        EVENTS[-1],
    ]
    reply = stream("glm", *events, wire="anthropic")
    assert (reply.text, reply.tool_calls[0].arguments) == ("first", "{}")


def test_nothing_counts_after_the_end() -> None:
    reply = stream("kimi", *EVENTS, *EVENTS, wire="anthropic")
    assert reply.text == "hi" and len(reply.tool_calls) == 1


def test_a_cut_is_a_cut_and_not_a_broken_event() -> None:
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in EVENTS)
    end = data.index(b'"message_delta"')
    for place in range(0, end, 5):
        codec = decoder("minimax", "anthropic")
        with pytest.raises((TruncatedStreamError, ApiError)):
            list(codec.feed(data[:place]))
            list(codec.finish())


# ---------------------------------------------------------------- size


def _seconds(provider: str, chunks: list[Any], end: str) -> float:
    gc.collect()
    gc.disable()  # what the collector costs depends on the tests before this one
    try:
        start = time.process_time()
        stream(provider, *chunks, chunk({}, end))
        return time.process_time() - start
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("provider", "delta"),
    [
        ("glm", {"content": " "}),
        ("minimax", {"content": "<"}),
        ("qwen", {"content": "a"}),
        ("kimi", {"tool_calls": [call(0, "id", "f", "1")]}),
        ("kimi", {"tool_calls": [call(0, None, "f", "1")]}),
        ("minimax", {"reasoning_content": "a", "reasoning_details": [{"type": "t", "index": 0, "text": "a"}]}),
    ],
)
def test_the_cost_is_linear(provider: str, delta: Any) -> None:
    end = [chunk({"content": "."})]
    small = min(_seconds(provider, [chunk(delta)] * 100 + end, "stop") for _ in range(2))
    large = _seconds(provider, [chunk(delta)] * 1_600 + end, "stop")
    assert large < 16 * small * 6, "16 times the pieces cost 16 times the CPU, 256 times if each looked at all before"


def test_one_line_of_ten_megabytes_in_small_pieces() -> None:
    text = "x" * 10_000_000
    assert stream("deepseek", chunk({"content": text}, "stop"), cut=4096).text == text


@settings(max_examples=60)
@given(
    st.lists(st.text(min_size=1, max_size=6), max_size=8),
    st.sampled_from(["deepseek", "glm", "kimi", "wcode"]),
    st.integers(1, 9),
)
def test_a_stream_is_its_whole_twin(pieces: list[str], provider: str, cut: int) -> None:
    text = "".join(pieces)
    message = {"content": text, "tool_calls": [call(0, "i", "f", json.dumps({"a": text}))]}
    whole = {"id": "x", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    arguments = json.dumps({"a": text})
    chunks = [chunk({"content": piece}) for piece in pieces]
    chunks += [chunk({"tool_calls": [call(0, "i", "f", "")]})]
    chunks += [
        chunk({"tool_calls": [call(0, None, None, arguments[at : at + 3])]}) for at in range(0, len(arguments), 3)
    ]
    streamed = stream(provider, *chunks, chunk({}, "tool_calls"), cut=cut)
    assert streamed == _whole(provider, "openai", whole)
