"""Where a reply is written to: a terminal, a pipe or a cell of a notebook."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, TextIO

from cncoding.chat.fold import Fold
from cncoding.display.cleaning import Cleaner
from cncoding.types import Event, ReasoningDelta, TextDelta, ToolCallDelta, Warned

_PAUSE = 0.1
"""Seconds between two drawings of a cell."""


class Writer(Protocol):
    """A place that a reply is written to."""

    def add(self, event: Event) -> None:
        """Write an event."""

    def close(self) -> None:
        """Write what was held back, also of a reply that broke off."""


def choose_writer(file: TextIO | None) -> Writer:
    """Return the writer for a file; None is the notebook that this runs in, else standard output."""
    if file is None and _is_notebook():
        return NotebookWriter()
    return TextWriter(file if file is not None else sys.stdout)


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


# ---------------------------------------------------------------- text


class TextWriter:
    """Writes the answer as it is, and everything else apart: dim where a person looks, quoted where no one does."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._dims = _takes_colour(file)
        self._cleaner = Cleaner()
        self._aside = False
        """Whether the line that is being written is beside the answer."""
        self._at_start = True
        self._call: int | None = None

    def add(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, TextDelta):
            self._write(event.text, aside=False)
        elif isinstance(event, ReasoningDelta):
            self._write(event.text, aside=True)
        elif isinstance(event, ToolCallDelta):
            if event.name:
                self._break()
                self._write(f"{event.name} ", aside=True)
            self._write(event.arguments, aside=True)
        elif isinstance(event, Warned):
            self._break()
            self._write(f"{event.setting}: {event.why}", aside=True)
            self._break()

    def close(self) -> None:
        """End the last line."""
        self._break()

    def _write(self, text: str, *, aside: bool) -> None:
        if not text or (aside and self._at_start and not text.strip()):
            return
        if aside != self._aside:
            self._break()
            self._aside = aside
            text = text.lstrip("\n")
        self._print(self._cleaner.feed(text))

    def _break(self) -> None:
        self._print(self._cleaner.finish())
        if not self._at_start:
            self._print("\n")

    def _print(self, text: str) -> None:
        if not text:
            return
        at_start, self._at_start = self._at_start, text.endswith("\n")
        if self._aside and self._dims:
            text = f"\x1b[2m{text}\x1b[0m"
        elif self._aside:
            text = _quote(text, at_start=at_start)
        encoding = self._file.encoding or "utf-8"
        self._file.write(text.encode(encoding, "replace").decode(encoding))
        self._file.flush()


def _quote(text: str, *, at_start: bool) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(f"> {line}" if place or (at_start and line != "\n") else line for place, line in enumerate(lines))


def _takes_colour(file: TextIO) -> bool:
    if not file.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ or "TERM" in os.environ


# ---------------------------------------------------------------- notebook


class NotebookWriter:
    """Draws a cell again and again: reasoning stands open while it comes, and is folded behind it."""

    def __init__(self) -> None:
        self._fold = Fold()
        self._last: tuple[type, int] | None = None
        self._block = -1
        self._handle: Any = None
        self._drawn_at = 0.0

    def add(self, event: Event) -> None:
        """Take in an event; draw, if the last drawing is a while ago."""
        self._fold.add(self._number(event))
        if time.monotonic() - self._drawn_at >= _PAUSE:
            self._draw(unfolded=True)

    def close(self) -> None:
        """Draw the whole reply."""
        self._draw(unfolded=False)

    def _number(self, event: Event) -> Event:
        """Number the blocks by what the events are: a framework's chunks do not tell."""
        if not isinstance(event, TextDelta | ReasoningDelta | ToolCallDelta):
            return event
        kind = (type(event), event.index if isinstance(event, ToolCallDelta) else 0)
        if kind != self._last or (isinstance(event, ToolCallDelta) and event.name):
            self._last = kind
            self._block += 1
        return replace(event, block=self._block)

    def _draw(self, *, unfolded: bool) -> None:
        shown = import_module("IPython.display")
        drawn = shown.HTML(self._fold.response()._repr_html_(unfolded=unfolded))
        if self._handle is None:
            self._handle = shown.display(drawn, display_id=True)
        else:
            self._handle.update(drawn)
        self._drawn_at = time.monotonic()
