"""Where a fact comes from."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

SourceKind: TypeAlias = Literal["captured", "documented", "inferred"]
"""Seen in a recorded exchange, said by a page or a maintainer, or concluded from something else."""

_DATE = re.compile(r"(20\d\d)(?:-(\d\d)(?:-(\d\d))?)?")


@dataclass(frozen=True, slots=True)
class Source:
    """The evidence of one fact.

    Attributes:
        kind: `captured`, `documented` or `inferred`.
        where: A public page, issue or recording; for an inferred fact what it was concluded from.
        date: Of the page or the recording: a year, a month or a day (`2026-09-13`).
        note: What the reader should know: how far the evidence reaches, what contradicts it.
    """

    kind: SourceKind
    where: str
    date: str
    note: str = ""

    def __str__(self) -> str:
        """Return page and date, as an error names them."""
        return f"{self.where}, {self.date}"

    def at(self, section: str) -> Source:
        """Return a place within this source."""
        return replace(self, where=f"{self.where}, {section}")

    def covers(self, *facts: str) -> dict[str, Source]:
        """Return this source under the name of each fact that rests on it."""
        return dict.fromkeys(facts, self)

    def annotate(self, note: str, kind: SourceKind | None = None) -> Source:
        """Return this source with a note, and of another kind if it proves less or more here."""
        return replace(self, note=note, kind=kind or self.kind)

    @property
    def day(self) -> datetime.date:
        """The first day that `date` means.

        Raises:
            ValueError: `date` is no date.
        """
        found = _DATE.fullmatch(self.date)
        if found is None:
            raise ValueError(f"{self.date!r} is no date; give 2026, 2026-09 or 2026-09-13")
        year, month, day = found.groups()
        return datetime.date(int(year), int(month or 1), int(day or 1))
