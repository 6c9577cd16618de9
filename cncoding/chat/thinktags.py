"""Reasoning inside the content, between `<think>` and `</think>`, wherever the stream is cut.

Only a tag that opens the content counts: a later one is text that the model writes about tags. Seen: MiniMax
M2.x without `reasoning_split` (capture 2026-04-28), GLM-4.5V (documented); `</mm:think>` as closing tag was seen
by a third party.
"""

from __future__ import annotations

from cncoding.chat.markers import open_end

_OPEN = "<think>"
_CLOSE = ("</think>", "</mm:think>")
_LONGEST = max(len(tag) for tag in _CLOSE)
_MOST_BLANK = 4096
"""White space before a tag after which nobody expects one: a model that writes blanks without end is passed on."""


class ThinkTags:
    """Split content into reasoning and answer. `feed` returns (reasoning, answer), either may be empty."""

    __slots__ = ("_held", "_state", "found")

    def __init__(self, *, opened: bool = False) -> None:
        """Begin to read.

        Args:
            opened: Whether the text begins inside the reasoning, because the opening tag stood in the prompt.
        """
        self._state = "thinking" if opened else "start"
        self._held = ""
        self.found = False

    def feed(self, piece: str) -> tuple[str, str]:
        """Take in a piece of content."""
        if self._state == "answer":
            return "", piece
        if self._state == "start":
            return self._start(piece)
        if self._state == "thinking":
            return self._thinking(piece)
        return self._gap("", piece)

    def _start(self, piece: str) -> tuple[str, str]:
        self._held += piece
        lead = self._held.lstrip()
        if lead.startswith(_OPEN):
            self.found = True
            self._state = "thinking"
            self._held = ""
            return self._thinking(lead[len(_OPEN) :])
        if _OPEN.startswith(lead) and len(self._held) <= _MOST_BLANK:
            return "", ""
        self._state = "answer"
        held, self._held = self._held, ""
        return "", held

    def _thinking(self, piece: str) -> tuple[str, str]:
        text = self._held + piece
        places = [(place, tag) for tag in _CLOSE if (place := text.find(tag)) >= 0]
        if places:
            place, tag = min(places)
            self._state = "gap"
            self._held = ""
            return self._gap(text[:place], text[place + len(tag) :])
        keep = open_end(text, _CLOSE, _LONGEST - 1) if "<" in text[1 - _LONGEST :] else 0
        self._held = text[len(text) - keep :] if keep else ""
        return text[: len(text) - keep], ""

    def _gap(self, reasoning: str, piece: str) -> tuple[str, str]:
        """Drop the blank lines between the closing tag and the answer."""
        answer = piece.lstrip("\r\n")
        if answer:
            self._state = "answer"
        return reasoning, answer

    def finish(self) -> tuple[str, str]:
        """Return what was held back in case it became a tag."""
        held, self._held = self._held, ""
        return (held, "") if self._state == "thinking" else ("", held)
