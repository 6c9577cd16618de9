"""The comparison in the docs says of this package what is true today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import langchain_probe

PAGE = Path(__file__).parents[2] / "docs" / "langchain-comparison.md"


TIMED = "Ten constructions in under 5 ms"
"""The row of a time, which a slow or shared machine misses; the page is written on an idle one."""


def test_every_row_holds_for_this_package() -> None:
    rows = langchain_probe.run("cncoding")["rows"].items()
    assert {row: failure for row, failure in rows if failure and row != TIMED} == {}


@pytest.mark.skipif(not PAGE.exists(), reason="the docs are not shipped with this copy")
def test_the_page_has_the_rows_of_the_probe() -> None:
    rows = [
        getattr(langchain_probe.Probe, name).__doc__ for name in dir(langchain_probe.Probe) if name.startswith("test_")
    ]
    written = re.findall(r"^\| ([^*\n]+?) \| (?:yes|n/a|\N{EN DASH}) \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert written == rows
