"""Mixed traffic with faults, aborts and cancellations: no answer is lost, doubled or crossed, and nothing grows.

    python -m tests.faults.soak --seconds 1200

Each question carries a marker that its answer must say. Callers are threads and tasks, with the core and both
frameworks, whole and streamed. A question ends with its own answer or with an error of ours; everything else counts.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.llms import ChatMessage

from cncoding import AsyncClient, Client, CncodingError
from cncoding.client import pools
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM

KEYS = ("sk-soak-one-0123", "sk-soak-two-0123", "sk-soak-three-01")
Told = dict[str, Any]


@dataclass
class Tally:
    """What became of the questions."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, marker: str, said: str | None) -> None:
        """Compare an answer with its question."""
        self.counts["answered"] += 1
        if said == marker:
            return
        kind = "lost" if not said else "doubled" if marker in said else "crossed"
        self.counts[kind] += 1
        self.wrong.append(f"{kind}: {marker!r} was answered {said!r}")


class Callers:
    """Ask in every way there is."""

    def __init__(self, url: str, tally: Tally, seed: int) -> None:
        self.told = [
            {"api_key": key, "base_url": url, "timeout": 1.0, "max_retries": 2, "deadline": 20.0} for key in KEYS
        ]
        self.tally, self.chance, self.number = tally, random.Random(seed), 0
        self.over = threading.Event()
        self.clients = [Client("deepseek", **told) for told in self.told]
        self.aclients = [AsyncClient("deepseek", **told) for told in self.told]
        self.models = [ChatCNCoding(provider="deepseek", **told) for told in self.told]
        self.llms = [CNCodingLLM(provider="deepseek", **told) for told in self.told]

    def mark(self) -> str:
        """Return a marker that no other question has."""
        self.number += 1
        return f"m{self.number:09d}{self.chance.randrange(10**6):06d}"

    def ask(self) -> None:
        """Ask once from a thread."""
        marker, which, way = self.mark(), self.chance.randrange(len(KEYS)), self.chance.randrange(6)
        try:
            if way == 0:
                said = self.clients[which].chat(marker).text
            elif way == 1:
                said = self.clients[which].stream(marker).drain().text
            elif way == 2:
                return self._abort(which, marker)
            elif way == 3:
                said = self.models[which].invoke(marker).text
            elif way == 4:
                said = "".join(chunk.text for chunk in self.models[which].stream(marker))
            else:
                said = str(self.llms[which].chat([ChatMessage(marker)]).message.content)
        except CncodingError as error:
            self._note_error(marker, error)
        else:
            self.tally.note(marker, said)

    def _abort(self, which: int, marker: str) -> None:
        with self.clients[which].stream(marker) as events:
            for _ in range(self.chance.randrange(1, 6)):
                if next(events, None) is None:
                    break
            assert marker.startswith(events.so_far.text)
        self.tally.counts["aborted"] += 1

    def _note_error(self, marker: str, error: CncodingError) -> None:
        self.tally.counts[type(error).__mro__[1 if type(error).__name__.startswith("CN") else 0].__name__] += 1
        if error.partial is not None and not marker.startswith(error.partial.text):
            self.tally.counts["crossed"] += 1
            self.tally.wrong.append(f"partial of {marker!r}: {error.partial.text!r}")

    async def aask(self) -> None:
        """Ask once from an event loop; one in twenty is cancelled at some moment."""
        task = asyncio.ensure_future(self._aask())
        if self.chance.random() < 0.05:
            await asyncio.sleep(self.chance.random() * 0.02)
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            self.tally.counts["cancelled"] += 1

    async def _aask(self) -> None:
        marker, which, way = self.mark(), self.chance.randrange(len(KEYS)), self.chance.randrange(4)
        try:
            if way == 0:
                said = (await self.aclients[which].chat(marker)).text
            elif way == 1:
                said = (await self.aclients[which].stream(marker).drain()).text
            elif way == 2:
                said = "".join([chunk.text async for chunk in self.models[which].astream(marker)])
            else:
                said = str((await self.llms[which].achat([ChatMessage(marker)])).message.content)
        except CncodingError as error:
            self._note_error(marker, error)
        else:
            self.tally.note(marker, said)


@dataclass
class Sample:
    """What the process holds at a moment."""

    seconds: float
    memory: float
    """Megabytes."""
    files: int
    threads: int
    tasks: int


def read_memory() -> float:
    """Return the megabytes that the process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def run_tasks(
    callers: Callers, samples: list[Sample], seconds: float, width: int, outcomes: Set[str]
) -> tuple[int, int]:
    """Ask with so many tasks at once, taking samples; return the slots and the tasks that are left at the end."""
    started = time.monotonic()

    def is_over(passed: float) -> bool:
        lacks = outcomes - callers.tally.counts.keys()
        return passed >= seconds and (not lacks or passed >= 10 * seconds)

    async def go_on() -> None:
        while not callers.over.is_set():
            await callers.aask()

    tasks = [asyncio.ensure_future(go_on()) for _ in range(width)]
    while not is_over(passed := time.monotonic() - started):
        await asyncio.sleep(min(2.0, seconds / 10))
        gc.collect()
        files, alive = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
        samples.append(Sample(passed, read_memory(), files, threading.active_count(), alive))
    callers.over.set()
    await asyncio.gather(*tasks)
    await asyncio.sleep(0.1)
    shelf = (await pools.shared().async_()).connections.shelf
    return shelf.open - shelf.idle, len(asyncio.all_tasks()) - 1


def run(
    seconds: float,
    threads: int = 6,
    tasks: int = 12,
    share: float = 0.05,
    seed: int = 1,
    outcomes: Set[str] = frozenset(),
) -> dict[str, Any]:
    """Run the soak and return its figures.

    Args:
        seconds: For how long.
        threads: Callers that are threads.
        tasks: Callers that are tasks.
        share: Of the requests that meet a fault.
        seed: Of what is drawn.
        outcomes: What has to have been seen; a slow machine goes on for it, up to ten times as long.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.soak_server", str(share), str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    tally, samples = Tally(), []
    callers = Callers(url, tally, seed)

    def work() -> None:
        while not callers.over.is_set():
            callers.ask()

    before = count_slots()
    workers = [threading.Thread(target=work) for _ in range(threads)]
    try:
        for worker in workers:
            worker.start()
        leaked, left = asyncio.run(run_tasks(callers, samples, seconds, tasks, outcomes))
        for worker in workers:
            worker.join(30)
    finally:
        callers.over.set()
        server.terminate()
        server.wait()
        server.stdout.close()
    return summarize(tally, samples, leaked + count_slots() - before, left, seconds)


def count_slots() -> int:
    """Return how many connections of threads are in use."""
    shelf = pools.shared().sync().connections.shelf
    return shelf.open - shelf.idle


def summarize(tally: Tally, samples: list[Sample], slots: int, tasks: int, seconds: float) -> dict[str, Any]:
    """Return the figures: early against late, after the first quarter in which everything is loaded."""
    settled = samples[len(samples) // 4 :]
    half = len(settled) // 2

    def grown(name: str) -> list[float]:
        early, late = settled[:half], settled[half:]
        return [round(statistics.median(getattr(one, name) for one in part), 1) for part in (early, late)]

    wrong = {name: tally.counts.pop(name, 0) for name in ("lost", "doubled", "crossed")}
    return {
        "seconds": seconds,
        "questions": sum(tally.counts.values()),
        **wrong,
        "outcomes": dict(tally.counts.most_common()),
        "memory (MB), early and late": grown("memory"),
        "descriptors": grown("files"),
        "threads": grown("threads"),
        "tasks": grown("tasks"),
        "slots in use at the end": slots,
        "tasks at the end": tasks,
        "examples": tally.wrong[:5],
    }


def check(figures: dict[str, Any], outcomes: Set[str] = frozenset()) -> list[str]:
    """Return what is wrong with the figures."""
    faults = [name for name in ("lost", "doubled", "crossed") if figures[name]]
    early, late = figures["memory (MB), early and late"]
    if late > early * 1.1 + 10:
        faults.append(f"memory grew from {early} to {late} MB")
    for name in ("descriptors", "threads", "tasks"):
        early, late = figures[name]
        if late > early * 1.2 + 10:
            faults.append(f"{name} grew from {early} to {late}")
    if lacks := outcomes - figures["outcomes"].keys():
        faults.append(f"not seen: {', '.join(sorted(lacks))}")
    if figures["slots in use at the end"] or figures["tasks at the end"]:
        faults.append("connections or tasks are left")
    return faults


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--faults", type=float, default=0.05, help="share of the requests that meet a fault")
    given = parser.parse_args()
    figures = run(given.seconds, share=given.faults)
    print(json.dumps(figures, indent=2))
    if faults := check(figures):
        sys.exit("; ".join(faults))


if __name__ == "__main__":
    main()
