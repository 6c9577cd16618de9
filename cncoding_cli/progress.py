"""How far a medium is: per cent and time on standard error, and the job itself when it is interrupted."""

from __future__ import annotations

import time
from types import TracebackType

from rich.status import Status
from rich.text import Text

from cncoding import MediaEvent, MediaStatus, Queued, Running
from cncoding_cli import show, terminal
from cncoding_cli.terminal import clean


class Progress:
    """One line that changes where a person looks, a line per change where a program does."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._last = ""
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        """Begin."""
        import sys

        if terminal.is_watched(sys.stderr):
            self._status = show.stderr().status(Text(self._what), spinner="dots")
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the line."""
        if self._status is not None:
            self._status.stop()

    def hear(self, event: MediaEvent) -> None:
        """Say how a purchase stands."""
        if event.upload is not None:
            self._say(f"uploading {event.upload}")
        if event.status is not None:
            self.tell(event.status)

    def tell(self, status: MediaStatus) -> None:
        """Say how it stands."""
        self._say(describe(status))

    def count(self, size: int) -> None:
        """Say how many bytes came, where a person looks."""
        if self._status is not None:
            self._say(f"{size:,} bytes")

    def _say(self, what: str) -> None:
        words = f"{self._what}: {what}"
        if self._status is not None:
            self._status.update(Text(f"{words}, {clock(time.monotonic() - self._began)}"))
        elif words != self._last:
            show.note(f"{words}, {clock(time.monotonic() - self._began)}")
        self._last = words


def describe(status: MediaStatus) -> str:
    """Return a status in words, with per cent where the vendor tells."""
    native = clean(getattr(status, "native", None) or type(status).__name__.lower())
    if isinstance(status, Running):
        return native if status.progress is None else f"{status.progress:.0%}"
    if isinstance(status, Queued):
        return "queued" if status.position is None else f"queued, number {status.position}"
    return native


def clock(seconds: float) -> str:
    """Return a span as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
