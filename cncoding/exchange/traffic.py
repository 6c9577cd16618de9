"""How hard one key is being used by this process: what its callers share when a vendor is busy or fails.

Without it every caller keeps its own counsel: two hundred callers in a storm send three requests each, and all of them
come back at the same moment after a 429.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

CAPACITY = 500.0
RETRY_COST = 14.0
"""Tokens of one more try. A full bucket holds 35 tries (the figures of the AWS SDKs' standard mode)."""
REFILL = 2.0
"""Tokens that a success gives back beyond what its own tries took."""
TRICKLE = 2.0
"""Tokens that come back in a second, so that a process that sends little is not without tries for ever."""
LONGEST_GATE = 8.0
"""Seconds for which one 429 holds up the other callers; then one of them finds out how things stand."""
FIRST_GAP = 0.02
WIDEST_GAP = 0.1
"""Seconds between two requests of a key that was told to slow down: doubled by each 429, shrunk by each success."""


@dataclass
class Traffic:
    """What the callers of one key share. Times are seconds of any clock that does not run backwards."""

    lock: AbstractContextManager[object] = field(default_factory=nullcontext)
    tokens: float = CAPACITY
    gap: float = 0.0
    _opens: float = 0.0
    _last: float = 0.0
    _refilled: float | None = None

    def wait(self, now: float) -> float:
        """Return how long the next request has to wait; whoever asks first goes first."""
        if self.gap == 0.0:
            return 0.0
        with self.lock:
            turn = max(now, self._opens, self._last + self.gap)
            self._last = turn
            return turn - now

    def note_busy(self, now: float, seconds: float) -> None:
        """Hold everybody up, because the vendor said that this key asks too much."""
        with self.lock:
            self._opens = max(self._opens, now + min(seconds, LONGEST_GATE))
            self.gap = min(max(self.gap * 2, FIRST_GAP), WIDEST_GAP)

    def note_success(self, tries: int) -> None:
        """Take note that a request succeeded after a number of further tries."""
        if self.gap == 0.0 and self.tokens >= CAPACITY:
            return
        with self.lock:
            self.tokens = min(CAPACITY, self.tokens + (tries * RETRY_COST or REFILL))
            self.gap = self.gap * 0.7 if self.gap > FIRST_GAP / 4 else 0.0

    def take_try(self, now: float) -> bool:
        """Take the tokens of one more try; tell whether there were enough."""
        with self.lock:
            if self._refilled is not None:
                self.tokens = min(CAPACITY, self.tokens + max(0.0, now - self._refilled) * TRICKLE)
            self._refilled = now
            if self.tokens < RETRY_COST:
                return False
            self.tokens -= RETRY_COST
            return True
