"""Marks that a model writes around its answer and nobody should see, wherever the stream is cut."""

from __future__ import annotations

import re


class Markers:
    """Remove fixed marks from streamed text; what may be the beginning of one is held back."""

    __slots__ = ("_held", "_initials", "_longest", "_marks", "_pattern")

    def __init__(self, marks: tuple[str, ...]) -> None:
        self._marks = marks
        self._pattern = re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)))
        self._longest = max(len(mark) for mark in marks) - 1
        self._initials = frozenset(mark[0] for mark in marks)
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take in a piece of content and return what can be shown of it."""
        text = self._held + piece if self._held else piece
        if self._initials.isdisjoint(text):
            self._held = ""
            return text
        *shown, rest = self._pattern.split(text)
        keep = open_end(rest, self._marks, self._longest)
        self._held = rest[len(rest) - keep :]
        return "".join((*shown, rest[: len(rest) - keep]))

    def finish(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return held


def open_end(text: str, marks: tuple[str, ...], longest: int) -> int:
    """Return how many characters at the end of `text`, at most `longest`, may be the beginning of one of `marks`."""
    for size in range(min(longest, len(text)), 0, -1):
        if any(mark.startswith(text[len(text) - size :]) for mark in marks):
            return size
    return 0
