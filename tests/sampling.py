"""Choose from a matrix the rows in which every pair of values still meets: `make test` runs those, `make test-all` all.

A defect that needs three factors to show is rare; one that needs two is not. Other versions of the frameworks
(`make test-versions`) meet each value once. What stays whole in every run (decoders, money, secrets, error tables) does
not come through here.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Iterator, Sequence

import pytest

Row = Sequence[Hashable]
Pair = tuple[int, Hashable, int, Hashable]


def _pairs(row: Row) -> Iterator[Pair]:
    for (left, one), (right, other) in itertools.combinations(enumerate(row), 2):
        yield left, one, right, other


def choose_values(rows: Sequence[Row], among: Sequence[int]) -> list[int]:
    """List those numbers of `among` whose rows together hold every value that any row holds."""
    missing = {(place, value) for row in rows for place, value in enumerate(row)}
    chosen = []
    while missing:
        number = max(among, key=lambda one: (len(missing.intersection(enumerate(rows[one]))), -one))
        chosen.append(number)
        missing.difference_update(enumerate(rows[number]))
    return sorted(chosen)


def choose_pairwise(rows: Sequence[Row]) -> list[int]:
    """List the numbers of the rows that together hold every pair of values that any row holds.

    Greedy: the row with the most pairs that no chosen row has, the first of equals. What a row adds only shrinks while
    others are chosen, so an old count is an upper bound, and only the top of the heap is counted anew.
    """
    missing = {pair for row in rows for pair in _pairs(row)}
    heap = [(-sum(1 for _ in _pairs(row)), number) for number, row in enumerate(rows)]
    heapq.heapify(heap)
    chosen = []
    while missing:
        bound, number = heapq.heappop(heap)
        added = -sum(pair in missing for pair in _pairs(rows[number]))
        if added == bound:
            chosen.append(number)
            missing.difference_update(_pairs(rows[number]))
        elif added:
            heapq.heappush(heap, (added, number))
    return sorted(chosen)


def mark_sample(rows: Sequence[Row]) -> list[tuple[pytest.MarkDecorator, ...]]:
    """Give each row its marks: `pair` for a row that only its pairs bring into the sample, `full` for the rest."""
    if not rows:
        return []
    pairs = choose_pairwise(rows) or range(len(rows))
    once = choose_values(rows, pairs)
    marks = dict.fromkeys(pairs if len(rows[0]) > 1 else (), (pytest.mark.pair,)) | dict.fromkeys(once, ())
    return [marks.get(number, (pytest.mark.full,)) for number in range(len(rows))]
