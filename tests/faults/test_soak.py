"""The soak in small: `make soak` runs it for twenty minutes."""

from __future__ import annotations

import pytest

from tests.faults.soak import check, run


@pytest.mark.skipif("sys.platform != 'linux'", reason="it reads what the process holds from /proc")
@pytest.mark.parametrize("seconds", [6, pytest.param(90, marks=pytest.mark.full)])
def test_nothing_is_lost_doubled_crossed_or_left(seconds: float) -> None:
    outcomes = {"answered", "aborted", "cancelled", "TruncatedStreamError"}
    figures = run(seconds, outcomes=outcomes)
    assert check(figures, outcomes) == [], figures
    assert figures["questions"] > 100
