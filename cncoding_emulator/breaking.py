"""Break a program at each of its steps: every await cancelled, every write of the server cut, the process killed.

These helpers prove what a program promises: that nothing hangs, leaks or is paid twice, wherever it is interrupted.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from functools import partial
from typing import Any, TypeVar

from .server import Emulator

T = TypeVar("T")
Check = Callable[[], Awaitable[None] | None]
WRITING = ("w", "a", "x", "+")
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate")
KILLED = 137


class _Cancelling:
    """Awaits a coroutine and cancels the task at its n-th await."""

    def __init__(self, work: Coroutine[Any, Any, T], at: int) -> None:
        self._work, self._at = work, at
        self.awaits = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = partial(self._work.send, None)
        while True:
            try:
                waited = step()
            except StopIteration as end:
                return end.value
            self.awaits += 1
            if self.awaits == self._at:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                step = partial(self._work.send, (yield waited))
            except GeneratorExit:
                self._work.close()
                raise
            except BaseException as error:  # whatever the loop throws in, the cancellation above all
                step = partial(self._work.throw, error)


async def cancel_at_every_await(
    work: Callable[[], Coroutine[Any, Any, object]],
    check: Check | None = None,
    *,
    most: int = 1000,
    timeout: float = 30.0,
) -> int:
    """Run a coroutine again and again, cancelled at its first await, its second, and so on until it gets through.

    Args:
        work: Makes the coroutine anew for each run.
        check: Called after each run; raise in it when something leaked.
        most: Most awaits that are tried.
        timeout: Seconds that a cancelled run may take to end.

    Returns:
        How many awaits were tried.

    Raises:
        AssertionError: A cancelled run swallowed the cancellation by returning, or went on for ``timeout`` seconds.
    """
    for place in range(1, most + 1):
        breaking = _Cancelling(work(), place)
        task = asyncio.ensure_future(_run(breaking))
        done, _ = await asyncio.wait({task}, timeout=timeout)
        if not done:
            task.cancel()
            raise AssertionError(f"cancelled at await {place}, it went on for {timeout:g} seconds")
        await _call(check)
        if not task.cancelled():
            task.result()
            assert breaking.awaits < place, f"cancelled at await {place}, it returned as if nothing had happened"
            return place - 1
    raise AssertionError(f"more than {most} awaits")


async def _run(breaking: _Cancelling) -> Any:
    return await breaking


async def _call(check: Check | None) -> None:
    answer = check() if check is not None else None
    if answer is not None:
        await answer


def cut_at_every_write(emulator: Emulator, provider: str | None = None, *, most: int = 1000) -> Iterator[int]:
    """Yield 0, 1, 2, ...: the emulator cuts the next chat reply after so many of its writes; ends when it gets through.

        for place in cut_at_every_write(emulator, "kimi"):
            run_my_agent()          # must end, whatever happens to the reply

    Args:
        emulator: The emulator that the program talks to.
        provider: Whose reply is cut; None means whichever comes first.
        most: Most places that are tried.

    Raises:
        AssertionError: The program under test asked nothing, or the reply has more writes than ``most``.
    """
    for place in range(most):
        cut = emulator.state.cut_next(provider, place)
        yield place
        assert cut.claimed, "the program under test sent no chat request"
        if cut.finished:
            return
    raise AssertionError(f"more than {most} writes")


def kill_at_every_write(work: Callable[[], object], check: Callable[[int], None], *, most: int = 500) -> int:
    """Run a function in a child process that is killed at its first change to a file, its second, and so on.

    A change is a file opened for writing, or one renamed, removed or made. Needs ``os.fork``; connections and threads
    of the parent do not work in the child, so let ``work`` make its own.

    Args:
        work: What the child does.
        check: Called in this process after each run, with the number of changes that were let through; raise in it
            when what the child left behind cannot be used.
        most: Most changes that are tried.

    Returns:
        How many changes were tried.

    Raises:
        AssertionError: The child failed by itself, or makes more changes than ``most``.
    """
    for place in range(most):
        child = os.fork()
        if child == 0:
            os._exit(_run_until(work, place))
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        check(place)
        if code == 0:
            return place
        assert code == KILLED, f"the program under test ended with {code}"
    raise AssertionError(f"more than {most} changes")


def _run_until(work: Callable[[], object], place: int) -> int:
    """Run in the child; returns the exit code of a run that was not killed."""
    seen = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        mode = arguments[1] if event == "open" and len(arguments) > 1 else ""
        writes = isinstance(mode, str) and any(sign in mode for sign in WRITING)
        if event == "open" and not isinstance(mode, str):
            writes = bool(int(arguments[2]) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if not writes and event not in CHANGES:
            return
        if seen == place:
            os._exit(KILLED)
        seen += 1

    sys.addaudithook(count)
    try:
        work()
    except BaseException as error:  # the child tells its failure by its exit code
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0
