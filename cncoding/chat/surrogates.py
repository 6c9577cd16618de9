r"""Characters that a vendor cuts in two, or sends by half.

JSON may escape a character beyond the first plane as two halves (`\ud83d\ude00`). Seen at OpenAI-compatible gateways
(2026-04 to 09): the halves in two chunks, and one half alone. Python keeps them as they are, and then no UTF-8 can be
made of the text, neither on a screen nor in the next request. Halves that meet are joined, others
become U+FFFD.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeAlias

from cncoding.exchange.halves import may_hold_halves, mend_text, mend_value
from cncoding.types import Event, Finish, ReasoningDelta, TextDelta, ToolCallDelta

_Delta: TypeAlias = TextDelta | ReasoningDelta | ToolCallDelta


class SurrogateJoiner:
    """Mend the events of one reply, once its JSON was seen to hold such an escape."""

    __slots__ = ("_held", "_seen")

    def __init__(self) -> None:
        self._seen = False
        self._held: dict[int, tuple[str, Event]] = {}
        """By block: a first half, and what is told if the second never comes."""

    def look(self, json_text: str) -> None:
        """Look for an escape that may be half a character."""
        if "\\ud" in json_text or "\\uD" in json_text:
            self._seen = True

    def look_at(self, body: bytes) -> None:
        """Look into a whole body, which is not decoded for that: it may be large."""
        if may_hold_halves(body):
            self._seen = True

    def mend(self, events: list[Event]) -> list[Event]:
        """Return the events with whole characters; a first half waits for the next event of its block."""
        if not self._seen:
            return events
        mended: list[Event] = []
        for event in events:
            if isinstance(event, (TextDelta, ReasoningDelta, ToolCallDelta)):
                mended.append(self._whole(event))
                continue
            if isinstance(event, Finish):
                mended.extend(lost for _, lost in self._held.values())
                self._held.clear()
            mended.append(replace(event, **{one.name: mend_value(getattr(event, one.name)) for one in fields(event)}))
        return mended

    def _whole(self, event: _Delta) -> Event:
        half, _ = self._held.pop(event.block, ("", None))
        text = half + (event.arguments if isinstance(event, ToolCallDelta) else event.text)
        if "\ud800" <= text[-1:] <= "\udbff":
            self._held[event.block] = (text[-1], _bare(event))
            text = text[:-1]
        text = mend_text(text)
        if isinstance(event, ToolCallDelta):
            own = {one: mend_value(getattr(event, one)) for one in ("id", "name", "extras")}
            return replace(event, arguments=text, **own)
        if isinstance(event, ReasoningDelta) and len(event.details) == 1 and "text" in event.details[0]:
            return replace(event, text=text, details=({**event.details[0], "text": text},))
        return replace(event, text=text)


def _bare(event: _Delta) -> Event:
    """Return a piece of the block of `event` with nothing but the mark of a lost character."""
    if isinstance(event, ToolCallDelta):
        return ToolCallDelta(event.block, event.index, arguments="\ufffd")
    if isinstance(event, ReasoningDelta):
        lost = tuple({**one, "text": "\ufffd"} for one in event.details[:1])
        return ReasoningDelta(event.block, "\ufffd", details=lost)
    return TextDelta(event.block, "\ufffd")
