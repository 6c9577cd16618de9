"""`<think>` in content, split anywhere."""

from __future__ import annotations

import pytest

from cncoding.chat.thinktags import ThinkTags

CASES = [
    ("<think>\nhm\n</think>\n\nfine", "\nhm\n", "fine"),
    ("<think></think>fine", "", "fine"),
    ("\n <think>a</think>b", "a", "b"),
    ("plain", "", "plain"),
    ("<thinking about it", "", "<thinking about it"),
    ("a <think>b</think>", "", "a <think>b</think>"),
    ("<think>a < b </ c</think>ok", "a < b </ c", "ok"),
    ("<think>a</mm:think>b", "a", "b"),
    ("<think>a</think>b</think>", "a", "b</think>"),
    ("<think>never closed", "never closed", ""),
    ("<think>half </thi", "half </thi", ""),
    ("<thi", "", "<thi"),
    ("", "", ""),
    ("<think>一二</think>三", "一二", "三"),
]


def split(pieces: list[str]) -> tuple[str, str]:
    tags = ThinkTags()
    found = [*(tags.feed(piece) for piece in pieces), tags.finish()]
    return "".join(one for one, _ in found), "".join(two for _, two in found)


@pytest.mark.parametrize(("content", "reasoning", "answer"), CASES)
def test_cut_at_every_place(content: str, reasoning: str, answer: str) -> None:
    assert split([content]) == (reasoning, answer)
    assert split(list(content)) == (reasoning, answer)
    for one in range(len(content) + 1):
        for two in range(one, len(content) + 1):
            assert split([content[:one], content[one:two], content[two:]]) == (reasoning, answer)
