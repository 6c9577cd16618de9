"""Replies that should be JSON, without the Markdown fence and the think tags that models put around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, Protocol

from cncoding import ChatResponse, Event, Finish, Message, Part, Text, TextDelta


class Progress(Protocol):
    """A reply on its way, as the core's streams hand it out."""

    @property
    def so_far(self) -> ChatResponse:
        """The reply so far."""

    @property
    def blocks(self) -> tuple[int, ...]:
        """Its block numbers."""

    def part(self, block: int) -> Part:
        """Return one part of it."""


class FenceFilter:
    """Take a Markdown fence and leading think tags off a text that comes in pieces.

    Only a fence that opens the text is taken off, and only at its ends: three backticks inside a JSON string stay.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["head", "think", "body", "fenced"] = "head"

    def feed(self, piece: str) -> str:
        """Take in a piece; return what can be told already."""
        self._held += piece
        if self._state == "think":
            self._leave_think()
        if self._state == "head":
            self._read_head()
        if self._state == "body":
            out, self._held = self._held, ""
            return out
        return self._inside() if self._state == "fenced" else ""

    def finish(self) -> str:
        """Return the rest, at the end of the text."""
        rest, self._held = self._held, ""
        if self._state == "fenced":
            return rest.rstrip().removesuffix("```").rstrip()
        return "" if self._state == "think" else rest

    def _leave_think(self) -> None:
        _, mark, rest = self._held.partition("</think>")
        if mark:
            self._state, self._held = "head", rest

    def _read_head(self) -> None:
        text = self._held.lstrip()
        if text.startswith("<think>"):
            self._state, self._held = "think", text.removeprefix("<think>")
            _, mark, rest = self._held.partition("</think>")
            if mark:
                self._state, self._held = "head", rest
                self._read_head()
        elif text.startswith("```"):
            self._read_fence(text)
        elif text and not any(mark.startswith(text) for mark in ("<think>", "```")):
            self._state, self._held = "body", text

    def _read_fence(self, text: str) -> None:
        """Leave the opening fence out, once its line is complete or JSON begins on it."""
        language, newline, rest = text[3:].partition("\n")
        if newline:
            self._state, self._held = "fenced", rest
        elif language[:1] in ("{", "["):
            self._state, self._held = "fenced", language

    def _inside(self) -> str:
        """Hold back what may be the closing fence and the blank around it."""
        end = len(self._held.rstrip().rstrip("`").rstrip())
        out, self._held = self._held[:end], self._held[end:]
        return out


class FenceEvents:
    """Apply a `FenceFilter` to the text of a streamed reply."""

    def __init__(self) -> None:
        self._filter = FenceFilter()
        self._block: int | None = None

    def feed(self, event: Event) -> Iterator[Event]:
        """Yield the events that take the place of `event`."""
        if isinstance(event, TextDelta):
            self._block = event.block
            if text := self._filter.feed(event.text):
                yield TextDelta(event.block, text)
            return
        if isinstance(event, Finish) and self._block is not None and (rest := self._filter.finish()):
            yield TextDelta(self._block, rest)
        yield event


class FencedProgress:
    """A reply in progress with its fences and think tags taken off."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @property
    def so_far(self) -> ChatResponse:
        """The reply so far."""
        return bare_reply(self._progress.so_far)

    @property
    def blocks(self) -> tuple[int, ...]:
        """Its block numbers."""
        return self._progress.blocks

    def part(self, block: int) -> Part:
        """Return one part of it."""
        part = self._progress.part(block)
        return replace(part, text=bare_text(part.text)) if isinstance(part, Text) else part


def bare_reply(reply: ChatResponse) -> ChatResponse:
    """Return a whole reply with its fence and its think tags taken off."""
    parts = tuple(Text(bare_text(part.text)) if isinstance(part, Text) else part for part in reply.message.parts)
    return replace(reply, message=Message(reply.message.role, parts, reply.message.name))


def bare_text(text: str) -> str:
    """Return a whole text with its fence and its think tags taken off."""
    fences = FenceFilter()
    return fences.feed(text) + fences.finish()
