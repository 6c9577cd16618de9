"""Measure two things in turn and report their ratio: absolute times mean nothing on a shared machine."""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Ours over theirs, pair by pair."""

    name: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    unit: str
    target: float | None = None

    def row(self) -> str:
        goal = "" if self.target is None else f"at most {self.target:.2f}"
        figures = f"{self.ours:.3g} {self.unit} | {self.theirs:.3g} {self.unit}"
        return f"| {self.name} | {figures} | {self.peer} | **{self.ratio:.2f}** | {goal} |"


def cpu(task: Callable[[], int]) -> float:
    """Return the CPU seconds of this process per unit of work that `task` says it did."""
    gc.collect()
    began = time.process_time()
    done = task()
    return (time.process_time() - began) / done


def compare(
    name: str,
    peer: str,
    ours: Callable[[], int],
    theirs: Callable[[], int],
    target: float | None = None,
    rounds: int = 7,
) -> Ratio:
    """Run both in turn, after a warm-up, and take the median of the ratios of neighbours."""
    ours(), theirs()
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(rounds)]
    ratio = statistics.median(one / two for one, two in pairs)
    return Ratio(
        name,
        peer,
        statistics.median(one for one, _ in pairs) * 1e6,
        statistics.median(two for _, two in pairs) * 1e6,
        ratio,
        "µs",
        target,
    )


_CHILD = """
import json, os, sys, time
began = time.process_time()
exec(sys.argv[1])
spent = time.process_time() - began
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps([spent, pages * os.sysconf("SC_PAGE_SIZE") / 1e6]))
"""


def child(code: str) -> tuple[float, float]:
    """Run `code` in a fresh interpreter and return its CPU seconds and its memory in MB."""
    done = subprocess.run([sys.executable, "-c", _CHILD, code], capture_output=True, text=True, check=True)
    spent, memory = json.loads(done.stdout.splitlines()[-1])
    return float(spent), float(memory)


def compare_children(name: str, peer: str, ours: str, theirs: str, rounds: int = 5) -> list[Ratio]:
    """Compare import time and memory of two pieces of code, each in interpreters of their own."""
    child(ours), child(theirs)
    pairs = [(child(ours), child(theirs)) for _ in range(rounds)]
    found = []
    for place, (what, unit, scale) in enumerate((("CPU", "ms", 1e3), ("memory", "MB", 1.0))):
        found.append(
            Ratio(
                f"{name}: {what}",
                peer,
                statistics.median(one[place] for one, _ in pairs) * scale,
                statistics.median(two[place] for _, two in pairs) * scale,
                statistics.median(one[place] / two[place] for one, two in pairs),
                unit,
            )
        )
    return found
