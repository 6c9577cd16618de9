"""Marks around the answer, split anywhere."""

from __future__ import annotations

import json

import pytest

from cncoding.chat.fold import fold
from cncoding.chat.markers import Markers
from cncoding.chat.openai import Decoder
from tests.targets import target

CASES = [
    ("<|begin_of_box|>42<|end_of_box|>", "42"),
    ("a <|begin_of_box|>42<|end_of_box|> b", "a 42 b"),
    ("a < b <| c", "a < b <| c"),
    ("half <|begin_of", "half <|begin_of"),
    ("", ""),
]


@pytest.mark.parametrize(("content", "answer"), CASES)
def test_cut_at_every_place(content: str, answer: str) -> None:
    for one in range(len(content) + 1):
        for two in range(one, len(content) + 1):
            marks = Markers(("<|begin_of_box|>", "<|end_of_box|>"))
            pieces = [content[:one], content[one:two], content[two:]]
            assert "".join([*map(marks.feed, pieces), marks.finish()]) == answer


@pytest.mark.parametrize(("provider", "shown"), [("glm", "42"), ("deepseek", "<|begin_of_box|>42<|end_of_box|>")])
def test_only_where_the_vendor_has_them(provider: str, shown: str) -> None:
    where = target(provider)
    decoder = Decoder(where, where.card("m"), lambda: "made")
    message = {"role": "assistant", "content": "<|begin_of_box|>42<|end_of_box|>"}
    body = {"id": "1", "model": "m", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    assert fold(decoder.whole(json.dumps(body).encode())).text == shown
