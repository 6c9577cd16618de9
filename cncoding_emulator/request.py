"""What was asked, read off either wire into one set of frozen values for the responder and the rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from .wires import Json, Wire

Choice = Literal["auto", "none", "required", "named"]


REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.S)
"""Seen from Claude Code 2.1 and qwen-code 0.24 (2026-11): skills and rules inside the user message."""


@dataclass(frozen=True)
class ToolSpec:
    """A function the caller offers."""

    name: str
    description: str
    schema: Json


@dataclass(frozen=True)
class SeenCall:
    """A tool call inside the history."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Picture:
    """An image as it came: a URL (http, data, ms) or bare Base64."""

    source: str


@dataclass(frozen=True)
class Message:
    """One message; on the Anthropic wire a tool result becomes a message of role ``tool``."""

    role: str
    text: str
    pictures: tuple[Picture, ...] = ()
    calls: tuple[SeenCall, ...] = ()
    answers: str = ""
    raw: Json | None = None


@dataclass(frozen=True)
class ChatRequest:
    """A chat request.

    ``thinking`` is not decided here: every vendor has its own switch in ``body``.
    """

    wire: Wire
    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    choice: Choice
    chosen: str
    parallel: bool | None
    stream: bool
    include_usage: bool
    max_tokens: int | None
    stop: tuple[str, ...]
    body: Json

    @property
    def question(self) -> str:
        """Return what the last user message asks, without the reminders that coding agents put beside it."""
        text = self.messages[self._asked_at].text if self._asked_at >= 0 else ""
        return (REMINDER.sub("", text).strip() or text) if REMINDER.search(text) else text

    @property
    def _asked_at(self) -> int:
        """Return the place of the last user message, -1 without one.

        Pictures in a user message right after tool results belong to the results: most vendors take no image in a
        tool message, so every client sends them like this.
        """
        for place in range(len(self.messages) - 1, -1, -1):
            message = self.messages[place]
            carrier = message.pictures and place > 0 and self.messages[place - 1].role == "tool"
            if message.role == "user" and not carrier:
                return place
        return -1

    @property
    def system(self) -> str:
        """Return the text of all system messages."""
        return "\n".join(m.text for m in self.messages if m.role in ("system", "developer"))

    @property
    def loop(self) -> tuple[Message, ...]:
        """Return the messages after the question: the running tool loop."""
        return self.messages[self._asked_at + 1 :]

    def shorten(self, most: int) -> ChatRequest:
        """Return this request with at most so many characters of each message, half of them from its end."""
        if all(len(m.text) <= most for m in self.messages):
            return self
        half = most // 2
        cut = [replace(m, text=m.text[:half] + m.text[-half:]) if len(m.text) > most else m for m in self.messages]
        return replace(self, messages=tuple(cut))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Return every image of the conversation in order."""
        return tuple(p for m in self.messages for p in m.pictures)
