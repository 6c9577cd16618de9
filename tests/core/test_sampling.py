"""The sample of a matrix: every pair of values meets in it, in far fewer rows."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from tests.sampling import choose_pairwise, mark_sample

WHOLE = list(product("abcdefg", ("openai", "anthropic"), (True, False), ("v0", "v1")))
HOLED = [row for row in WHOLE if row[:2] not in (("f", "anthropic"), ("g", "anthropic"))]


@pytest.mark.parametrize("rows", [WHOLE, HOLED, WHOLE[:1], []], ids=["whole", "with holes", "one row", "nothing"])
def test_every_pair_that_exists_is_in_the_sample(rows: list[tuple[object, ...]]) -> None:
    chosen = [rows[number] for number in choose_pairwise(rows)]
    for left, right in combinations(range(4), 2):
        assert {(row[left], row[right]) for row in chosen} == {(row[left], row[right]) for row in rows}


def test_the_sample_is_small_and_always_the_same() -> None:
    chosen = choose_pairwise(WHOLE)
    assert chosen == choose_pairwise(WHOLE)
    assert len(chosen) <= 16 < len(WHOLE)


def test_the_rest_is_marked() -> None:
    names = [[mark.name for mark in given] for given in mark_sample(WHOLE)]
    assert [number for number, given in enumerate(names) if given != ["full"]] == choose_pairwise(WHOLE)
    once = [WHOLE[number] for number, given in enumerate(names) if not given]
    assert len(once) == 7 and all({row[place] for row in once} == {row[place] for row in WHOLE} for place in range(4))
    assert {name for given in names for name in given} == {"pair", "full"}
