"""How fast answers come: a latency before the head, a rate of tokens after it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .reply import Delivery, Pause


@dataclass(frozen=True)
class Pace:
    """The pace of every chat reply; a script's own ``delay`` comes on top, its own ``rate`` wins.

    Attributes:
        latency: Least and most seconds before the head; drawn evenly, the same for the same seed.
        rate: Tokens a second, 0 for as fast as it goes.
    """

    latency: tuple[float, float] = (0.0, 0.0)
    rate: float = 0.0
    seed: int | None = None
    _random: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the figures.

        Raises:
            ValueError: A figure is negative, or the least latency is above the most.
        """
        low, high = self.latency
        if not 0 <= low <= high or self.rate < 0:
            given = f"{self.latency}, {self.rate}"
            raise ValueError(f"latency wants 0 <= least <= most and tokens a second >= 0, not {given}")
        object.__setattr__(self, "_random", random.Random(self.seed))

    def slow(self, delivery: Delivery) -> Delivery:
        """Return a delivery at this pace."""
        late = self._random.uniform(*self.latency) if self.latency[1] else 0.0
        if not late and (delivery.rate or not self.rate):
            return delivery
        return replace(delivery, delay=delivery.delay + late, rate=delivery.rate or self.rate)


def pace_frames(frames: Iterator[bytes | Pause], seconds: float) -> Iterator[bytes | Pause]:
    """Spread frames evenly over so many seconds."""
    kept = list(frames)
    step = Pause(seconds / max(1, sum(isinstance(frame, bytes) for frame in kept)))
    for frame in kept:
        if isinstance(frame, bytes):
            yield step
        yield frame
