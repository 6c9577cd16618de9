"""How often a vendor may be asked, and how a busy one is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cncoding.errors import ApiError, CncodingError
from cncoding.evidence import Source
from cncoding.exchange.retry import Flow


@dataclass(frozen=True, slots=True)
class Rate:
    """A vendor's limit of requests."""

    calls: int | None
    """Requests in a window; None where the page names none."""
    seconds: float
    """Length of a window: after it a request that was refused is taken."""
    source: Source | None = None

    def pause(self, error: CncodingError, attempt: int) -> float:
        """Return the seconds to wait after refusal number `attempt` (from 0), by the vendor's word or the window."""
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is not None:
            return max(asked, 0.1)
        first = self.seconds / self.calls if self.calls else 1.0
        return min(first * 2.0 ** min(attempt, 16), self.seconds)


OTHERWISE = Rate(None, 30.0)
"""Where a vendor names no window: it limits what runs at once, and that is soon over."""


def find_end(rate: Rate, now: float, timeout: float | None, deadline: float) -> float:
    """Return until when a busy vendor is waited for: as long as the caller says, else for two windows."""
    return now + (timeout if timeout is not None else min(deadline, 2 * rate.seconds))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a busy vendor is waited for. It took nothing of what it refused, so that asking again pays once."""

    rate: Rate
    until: float
    """Seconds since the epoch at which waiting is given up."""
    note: Callable[[bool], Flow[None]] | None = None
    """Is told before each wait (True) and before each further try (False)."""
