"""How fast this machine is at the moment: a limit in seconds means nothing on one that others share."""

from __future__ import annotations

import time


def measure_pace() -> float:
    """Return the seconds of CPU that a fixed piece of Python takes now: 8 ms on the machine of the limits."""
    best = float("inf")
    for _ in range(15):
        began = time.process_time()
        kept: dict[int, str] = {}
        for number in range(30_000):
            kept[number % 97] = (kept.get(number % 97), str(number))[1]
        best = min(best, time.process_time() - began)
    return best
