"""Tool call fragments in every shape that was seen in the wild."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from cncoding.chat.toolcalls import ToolCalls
from cncoding.types import Event, ToolCallDelta


def piece(
    index: int | None = None, ident: Any = None, name: str | None = None, arguments: Any = "", **more: Any
) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments}
    if name is not None:
        function["name"] = name
    found: dict[str, Any] = {"type": "function", "function": function, **more}
    if index is not None:
        found["index"] = index
    if ident is not None:
        found["id"] = ident
    return found


def run(*pieces: dict[str, Any]) -> list[tuple[str | None, str | None, str]]:
    numbers = count(1)
    calls = ToolCalls(lambda: f"made_{next(numbers)}")
    events: list[Event] = []
    block = 0
    for one in pieces:
        block = calls.add(one, block, events)
    events.extend(calls.finish())
    merged: dict[int, list[Any]] = {}
    for event in events:
        assert isinstance(event, ToolCallDelta)
        assert event.block == event.index
        if event.index not in merged:
            assert event.id and event.name, "the first piece of a call names it"
            merged[event.index] = [event.id, event.name, ""]
        else:
            assert event.id is None and event.name is None, "a call is named once"
        merged[event.index][2] += event.arguments
    assert sorted(merged) == list(range(len(merged)))
    return [tuple(merged[index]) for index in sorted(merged)]


A = ("a", "add", '{"x":1}')
B = ("b", "sub", '{"y":2}')

SHAPES = {
    "index after the first": [
        piece(0, "a", "add"),
        piece(0, None, None, '{"x"'),
        piece(0, None, None, ":1}"),
    ],
    "id on every fragment": [piece(0, "a", "add", '{"x"'), piece(0, "a", None, ":1}")],
    "name on every fragment": [piece(0, "a", "add", '{"x"'), piece(0, "a", "add", ":1}")],
    "empty id after the first": [piece(0, "a", "add"), piece(0, "", None, '{"x"'), piece(0, "", None, ":1}")],
    "placeholder id after the first": [piece(0, "a", "add"), piece(0, "null", None, '{"x":1}')],
    "no index": [piece(None, "a", "add", '{"x"'), piece(None, None, None, ":1}")],
    "id comes late": [piece(0, None, "add"), piece(0, "a", None, '{"x":1}')],
    "id comes late with the name again": [piece(0, None, "add"), piece(0, "a", "add", '{"x":1}')],
    "whole": [piece(0, "a", "add", '{"x":1}')],
    "object": [piece(0, "a", "add", {"x": 1})],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_one_call(shape: str) -> None:
    [(ident, name, arguments)] = run(*SHAPES[shape])
    assert (ident, name, arguments.replace(" ", "")) == A


def test_same_index_with_other_id_is_another_call() -> None:
    assert run(piece(0, "a", "add", '{"x":1}'), piece(0, "b", "sub", '{"y"'), piece(0, None, None, ":2}")) == [A, B]


def test_interleaved() -> None:
    pieces = [
        piece(0, "a", "add"),
        piece(1, "b", "sub"),
        piece(0, None, None, '{"x"'),
        piece(1, None, None, '{"y"'),
    ]
    assert run(*pieces, piece(0, None, None, ":1}"), piece(1, None, None, ":2}")) == [A, B]


def test_interleaved_by_id_without_index() -> None:
    pieces = [
        piece(None, "a", "add"),
        piece(None, "b", "sub"),
        piece(None, "a", None, '{"x":1}'),
        piece(None, "b", None, '{"y":2}'),
    ]
    assert run(*pieces) == [A, B]


def test_two_calls_without_index_or_id() -> None:
    found = run(piece(None, None, "add", '{"x":1}'), piece(None, None, "sub", '{"y"'), piece(None, None, None, ":2}"))
    assert found == [("made_1", "add", '{"x":1}'), ("made_2", "sub", '{"y":2}')]


def test_the_same_tool_twice_without_id() -> None:
    found = run(piece(None, None, "add", '{"x":1}'), piece(None, None, "add", '{"x":2}'))
    assert found == [("made_1", "add", '{"x":1}'), ("made_2", "add", '{"x":2}')]


@pytest.mark.parametrize("empty", ["", None])
def test_no_arguments(empty: Any) -> None:
    assert run(piece(0, "a", "now", empty)) == [("a", "now", "{}")]


def test_no_id_at_all() -> None:
    assert run(piece(0, None, "now", "")) == [("made_1", "now", "{}")]


def test_unknown_members_are_kept() -> None:
    calls = ToolCalls(lambda: "made")
    events: list[Event] = []
    calls.add(piece(0, "a", "add", "{}", extras={"k": 1}), 0, events)
    assert isinstance(events[0], ToolCallDelta) and events[0].extras == {"extras": {"k": 1}}
