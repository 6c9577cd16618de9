"""Ask a second plan when the first is slow to begin: the first to begin wins, the other is hung up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextvars import copy_context
from typing import TypeVar

from cncoding.errors import CncodingError

T = TypeVar("T")


def race(
    begin: Callable[[int], T | CncodingError],
    first: int,
    spare: int,
    after: float,
    discard: Callable[[T], object],
) -> list[tuple[int, T | CncodingError]]:
    """Begin with one plan, and with another too if the first has not begun after so many seconds.

    Args:
        begin: Asks a plan and returns what has begun, or the error.
        first: The plan that is asked at once.
        spare: The other.
        after: Seconds.
        discard: Hangs up; called for what begins too late, in the thread that began it.

    Returns:
        Plans and what came of them, in order, up to the first that has begun.
    """
    runs = {_begin_aside(begin, first): first}
    outcomes: list[tuple[int, T | CncodingError]] = []
    won: Future[T | CncodingError] | None = None
    try:
        if not wait(runs, after).done:
            runs[_begin_aside(begin, spare)] = spare
        waiting = set(runs)
        while waiting and won is None:
            for run in wait(waiting, return_when=FIRST_COMPLETED).done:
                waiting.discard(run)
                if won is not None:
                    continue
                outcomes.append((runs[run], run.result()))
                won = None if isinstance(run.result(), CncodingError) else run
    finally:
        for run in runs:
            if run is not won:
                run.add_done_callback(lambda ended: _drop(ended, discard))
    return outcomes


def _begin_aside(begin: Callable[[int], T | CncodingError], index: int) -> Future[T | CncodingError]:
    run: Future[T | CncodingError] = Future()
    context = copy_context()

    def work() -> None:
        try:
            answer = context.run(begin, index)
        except BaseException as error:  # carried over to the thread that waits
            run.set_exception(error)
        else:
            run.set_result(answer)

    threading.Thread(target=work, name="cncoding-hedge", daemon=True).start()
    return run


def _drop(run: Future[T | CncodingError], discard: Callable[[T], object]) -> None:
    if run.exception() is None and not isinstance(answer := run.result(), CncodingError):
        discard(answer)


async def race_async(
    begin: Callable[[int], Awaitable[T | CncodingError]],
    first: int,
    spare: int,
    after: float,
    discard: Callable[[T], Awaitable[object]],
) -> list[tuple[int, T | CncodingError]]:
    """Begin with one plan, and with another too if the first is slow; see `race`. The loser is cancelled at once."""
    runs = {asyncio.ensure_future(begin(first)): first}
    outcomes: list[tuple[int, T | CncodingError]] = []
    won: asyncio.Future[T | CncodingError] | None = None
    try:
        if not (await asyncio.wait(runs, timeout=after))[0]:
            runs[asyncio.ensure_future(begin(spare))] = spare
        waiting = set(runs)
        while waiting and won is None:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for run in sorted(done, key=lambda one: runs[one] != first):
                if won is not None:
                    continue
                outcomes.append((runs[run], run.result()))
                won = None if isinstance(run.result(), CncodingError) else run
    finally:
        losers = [run for run in runs if run is not won]
        for run in losers:
            run.cancel()
        for answer in await asyncio.gather(*losers, return_exceptions=True):
            if not isinstance(answer, BaseException):
                await discard(answer)
    return outcomes
