"""Ask a second plan when the first is slow to begin: the first to begin wins, the other is hung up at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextvars import copy_context
from typing import Any

from cncoding.client.hangup import Line
from cncoding.client.stream import AsyncStream, Stream
from cncoding.errors import CncodingError
from cncoding.plans.policy import Attempt, Outcomes, Try


def race(begin: Callable[[Attempt], Any], step: Try) -> Outcomes:
    """Begin with one plan, and with another too if the first has not begun in time.

    Args:
        begin: Asks a plan and returns what has begun, or the error.
        step: Which plans, and how long the first has.

    Returns:
        Indices of plans and what came of them, in order, up to the first that has begun.
    """
    if step.spare is None:
        return [(step.first.index, begin(step.first))]
    runs = [_Run(begin, step.first)]
    outcomes: list[tuple[int, Any]] = []
    won: _Run | None = None
    try:
        if not wait([runs[0].future], step.after).done:
            runs.append(_Run(begin, step.spare))
        waiting = {run.future: run for run in runs}
        while waiting and won is None:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                run = waiting.pop(future)
                if won is None:
                    outcomes.append((run.index, run.future.result()))
                    won = None if isinstance(run.future.result(), CncodingError) else run
    finally:
        for run in runs:
            if run is not won:
                run.hang_up()
    return outcomes


class _Run:
    """A plan that is asked in a thread of its own."""

    def __init__(self, begin: Callable[[Attempt], Any], attempt: Attempt) -> None:
        self.index = attempt.index
        self.future: Future[Any] = Future()
        self._line = Line()
        context = copy_context()
        work = (context.run, self._line.run, begin, attempt)
        threading.Thread(target=self._work, args=work, name="cncoding-hedge", daemon=True).start()

    def _work(self, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            answer = call(*arguments)
        except BaseException as error:  # carried over to the thread that waits
            self.future.set_exception(error)
        else:
            self.future.set_result(answer)

    def hang_up(self) -> None:
        """End the wait of the thread; what it has begun with a client that cannot be ended is closed when it begins."""
        self._line.hang_up()
        self.future.add_done_callback(_drop)


def _drop(future: Future[Any]) -> None:
    if future.exception() is None and isinstance(stream := future.result(), Stream):
        stream.close()


async def race_async(begin: Callable[[Attempt], Awaitable[Any]], step: Try) -> Outcomes:
    """Begin with one plan, and with another too if the first is slow; see `race`. The loser is cancelled at once."""
    if step.spare is None:
        return [(step.first.index, await begin(step.first))]
    runs = {asyncio.ensure_future(begin(step.first)): step.first.index}
    first = next(iter(runs))
    outcomes: list[tuple[int, Any]] = []
    won: asyncio.Future[Any] | None = None
    try:
        if not (await asyncio.wait(runs, timeout=step.after))[0]:
            runs[asyncio.ensure_future(begin(step.spare))] = step.spare.index
        waiting = set(runs)
        while waiting and won is None:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for run in sorted(done, key=lambda one: one is not first):
                if won is None:
                    outcomes.append((runs[run], run.result()))
                    won = None if isinstance(run.result(), CncodingError) else run
    finally:
        losers = [run for run in runs if run is not won]
        for run in losers:
            run.cancel()
        for answer in await asyncio.gather(*losers, return_exceptions=True):
            if isinstance(answer, AsyncStream):
                await answer.aclose()
    return outcomes
