"""A clock that tests can move, for jobs, quotas and rate limits."""

from __future__ import annotations

import time


class Clock:
    """Real seconds times ``speed``, plus whatever was advanced by hand."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = time.monotonic()
        self._ahead = 0.0

    def now(self) -> float:
        """Return virtual seconds since the emulator started."""
        return (time.monotonic() - self._start) * self.speed + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds
