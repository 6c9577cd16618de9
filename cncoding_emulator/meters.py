"""Quotas and rate limits as states with a clock: so many requests or tokens a window, then refusals until it passes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from .clock import Clock
from .errors import Failure


@dataclass
class Meter:
    """One limit of one vendor.

    Attributes:
        provider: Whose requests; None means any.
        kind: The row of the error table that refuses, for example "quota" or "rate_limit".
        window: Virtual seconds from the first request of a window to its reset.
        requests: Requests admitted in a window, None for any number.
        tokens: Tokens of prompts and replies admitted in a window, None for any number.
        opened: Virtual time at which the running window began, None before its first request.
        on: "chat", or a part of the path of what is counted.
    """

    provider: str | None
    kind: str
    window: float
    requests: int | None = None
    tokens: int | None = None
    opened: float | None = None
    used_requests: int = 0
    used_tokens: int = 0
    on: str = "chat"

    def measures(self, provider: str, path: str = "chat") -> bool:
        """Tell whether this limit is for a vendor's chat, or for another path of it."""
        here = self.on == path if "chat" in (self.on, path) else self.on in path
        return here and self.provider in (None, provider)

    def renew(self, now: float) -> None:
        """Begin a new window when the old one has passed."""
        if self.opened is not None and now - self.opened >= self.window:
            self.opened, self.used_requests, self.used_tokens = None, 0, 0
            if self.requests == 0:
                self.requests = None

    def is_spent(self) -> bool:
        """Tell whether the running window admits no more."""
        if self.requests is not None and self.used_requests >= self.requests:
            return True
        return self.tokens is not None and self.used_tokens >= self.tokens


class Meters:
    """All limits of an emulator."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._meters: list[Meter] = []

    def add(self, meter: Meter) -> None:
        """Set a limit; one of the same vendor and kind is replaced."""
        with self._lock:
            same = (meter.provider, meter.kind, meter.on)
            self._meters = [m for m in self._meters if (m.provider, m.kind, m.on) != same]
            self._meters.append(meter)

    def clear(self) -> None:
        """Lift every limit."""
        with self._lock:
            self._meters = []

    def admit(self, provider: str, path: str = "chat") -> Failure | None:
        """Count a request, or return the refusal of the first spent limit."""
        now = self._clock.now()
        with self._lock:
            meters = [m for m in self._meters if m.measures(provider, path)]
            for meter in meters:
                meter.renew(now)
                if meter.is_spent():
                    return Failure(meter.kind, reset=self._left(meter))
            for meter in meters:
                meter.opened = now if meter.opened is None else meter.opened
                meter.used_requests += 1
        return None

    def count(self, provider: str, tokens: int) -> None:
        """Add the tokens of a reply."""
        with self._lock:
            for meter in self._meters:
                if meter.measures(provider):
                    meter.used_tokens += tokens

    def find_spent(self, provider: str, *kinds: str) -> float | None:
        """Return the epoch seconds of the reset when one of these limits is spent, else None."""
        now = self._clock.now()
        with self._lock:
            for meter in self._meters:
                if meter.measures(provider) and meter.kind in kinds:
                    meter.renew(now)
                    if meter.is_spent():
                        return time.time() + self._left(meter)
        return None

    def _left(self, meter: Meter) -> float:
        """Return the real seconds to the reset."""
        now = self._clock.now()
        return ((now if meter.opened is None else meter.opened) + meter.window - now) / self._clock.speed
