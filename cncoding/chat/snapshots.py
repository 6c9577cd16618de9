"""Fragments that repeat all text so far, where a vendor was seen to send them (Qwen plan 2026-05, MiniMax samples)."""

from __future__ import annotations

EVIDENCE = 32
"""Characters that must repeat before a fragment counts as all text so far (a shorter test corrupts "a", "and")."""


class Snapshots:
    """Find what a fragment adds.

    An answer may repeat itself: a line that comes twice, or a rule of equal signs, is not taken for a snapshot until
    the stream has shown that it sends them.
    """

    __slots__ = ("_evidence", "_proved", "_shown", "_size")

    def __init__(self, evidence: int = EVIDENCE) -> None:
        self._evidence = evidence
        self._proved = evidence < EVIDENCE
        self._shown: list[str] = []
        self._size = 0

    def new_part(self, text: str, *, last: bool = False) -> str:
        """Return `text` without what it repeats; `last` tells that the reply ends with it."""
        if self._size >= self._evidence and len(text) >= self._size and text.startswith(self._shown[0]):
            shown = "".join(self._shown)
            if text.startswith(shown) and (self._proved or self._tells(shown, text, last)):
                self._proved = True
                text = text[len(shown) :]
            self._shown = [shown]
        if text:
            self._shown.append(text)
            self._size += len(text)
        return text

    def _tells(self, shown: str, text: str, last: bool) -> bool:
        """Tell whether the repetition is evidence: not one fragment said twice, nor a text that is a pattern."""
        if len(self._shown) == 1 and text == shown and not last:
            return False
        return (shown + shown).find(shown, 1) == len(shown)
