"""The incremental reader: right for every text cut anywhere, never raising, linear."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from llamaindex_cncoding._partial_json import PartialObject, read_arguments, read_object


def grown(text: str, size: int = 1) -> list[dict[str, Any]]:
    """Read `text` in pieces of `size` characters; return the value after each."""
    reader = PartialObject()
    values = []
    for at in range(0, len(text), size):
        reader.feed(text[at : at + size])
        values.append(reader.value())
    return values


def _value(dice: random.Random, depth: int) -> Any:
    kind = dice.random()
    if depth > 3 or kind < 0.4:
        return dice.choice(['你好\n"x"', "😀 a\\b", 1, -2.5, 1e10, True, False, None, "", 12345678901234567890])
    if kind < 0.7:
        return [_value(dice, depth + 1) for _ in range(dice.randint(0, 4))]
    return {
        dice.choice("abcdef") + "键" * dice.randint(0, 2): _value(dice, depth + 1) for _ in range(dice.randint(0, 4))
    }


@pytest.mark.parametrize("seed", range(8))
def test_any_object_cut_anywhere_is_read_as_json_reads_it(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        wanted = {"x": _value(dice, 0), "y": _value(dice, 0)}
        text = json.dumps(wanted, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 1]))
        reader, at = PartialObject(), 0
        while at < len(text):
            size = dice.randint(1, 7)
            reader.feed(text[at : at + size])
            reader.value()
            at += size
        assert reader.closed and reader.value() == wanted


def test_open_strings_grow_and_open_numbers_wait() -> None:
    values = grown('{"a": "你好", "n": 12, "l": ["x", "yz"]}')
    assert {"a": "你"} in values and {"a": "你好"} in values
    assert {"a": "你好", "n": 1} not in values
    assert {"a": "你好", "n": 12, "l": ["x", "y"]} in values


def test_later_pieces_do_not_change_an_earlier_value() -> None:
    reader = PartialObject()
    reader.feed('{"l": [{"a": "1')
    early = reader.value()
    reader.feed('2"}, {"b": 2}]}')
    assert early == {"l": [{"a": "1"}]}
    assert reader.value() == {"l": [{"a": "12"}, {"b": 2}]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("   ", {}),
        ('{"a"', {}),
        ('{"a":', {}),
        ('{"a": tru', {}),
        ('{"a": 1.', {}),
        ('{"a": -', {}),
        ('{"a": "\\', {"a": ""}),
        ('{"a": "\\ud83d', {"a": ""}),
        ('{"a": "\\ud83d\\ude00', {"a": "😀"}),
        ('{"a": "\\ud83dx"', {"a": "\ufffdx"}),
        ('{"a": [1, 2', {"a": [1]}),
        ('{"a": 1}{"a": 2}', {"a": 1}),
        ('好的，结果是：```json\n{"a": 1}\n```', {"a": 1}),
        ("[1, 2]", {}),
        ('"{\\"a\\": 1}"', {}),
        ('{"a": 1]', {"a": 1}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
    ],
)
def test_what_is_not_finished_or_not_quite_json(text: str, wanted: dict[str, Any]) -> None:
    assert grown(text or " ")[-1] == wanted
    assert grown(text or " ", 1000)[-1] == wanted


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (None, {}),
        ("", {}),
        ("null", {}),
        ('""', {}),
        ("{}", {}),
        ({"a": 1}, {"a": 1}),
        ('{"a": 1,}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('{"a": "x', None),
        ("[1]", None),
        ("12", None),
        (3, None),
    ],
)
def test_finished_arguments(arguments: Any, wanted: dict[str, Any] | None) -> None:
    assert read_arguments(arguments) == wanted


def test_an_object_inside_prose_is_found() -> None:
    assert read_object('答案：{"a": {"b": "}"}} 完') == {"a": {"b": "}"}}
    assert read_object("没有") is None


def test_the_cost_is_linear() -> None:
    def cost(length: int) -> float:
        text = json.dumps({"rows": [{"n": i, "t": "文字" * 4} for i in range(length)]}, ensure_ascii=False)
        started = time.process_time()
        reader = PartialObject()
        for at in range(0, len(text), 4):
            reader.feed(text[at : at + 4])
        return time.process_time() - started

    small, large = min(cost(300) for _ in range(3)), min(cost(2400) for _ in range(3))
    assert large < small * 16, (small, large)
