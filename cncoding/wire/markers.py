"""Marks that a model writes around its answer and nobody should see, wherever the stream is cut."""

from __future__ import annotations


class Markers:
    """Remove fixed marks from streamed text; what may be the beginning of one is held back."""

    __slots__ = ("_held", "_marks")

    def __init__(self, marks: tuple[str, ...]) -> None:
        self._marks = marks
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take in a piece of content and return what can be shown of it."""
        text = self._held + piece
        for mark in self._marks:
            text = text.replace(mark, "")
        keep = self._open_end(text)
        self._held = text[len(text) - keep :] if keep else ""
        return text[: len(text) - keep]

    def _open_end(self, text: str) -> int:
        longest = max(len(mark) for mark in self._marks) - 1
        for size in range(min(longest, len(text)), 0, -1):
            if any(mark.startswith(text[len(text) - size :]) for mark in self._marks):
                return size
        return 0

    def finish(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return held
