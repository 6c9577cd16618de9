"""Cancellation in an event loop: what is being written is written to its end, what a flow leaves behind it may leave.

`asyncio` interrupts one await. A cancelled scope of anyio, which servers and MCP have around everything, interrupts
every await anew until it is left: in it nothing could be cancelled at a vendor or written down any more. Both are done
in a task of their own, therefore, for which whoever was cancelled waits a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

MOMENT = 8.0
"""Seconds that a cancelled task waits for a step, more than a vendor is granted to be asked and to cancel."""


async def finish_in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """Do in a thread what blocks; a cancellation waits until it is done, and has its result as `outcome`."""
    call = partial(copy_context().run, work, *arguments)
    running = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError as cancelled:
        await _wait_through(running)
        if running.done() and not running.cancelled() and running.exception() is None:
            cancelled.outcome = running.result()  # type: ignore[attr-defined]  # for the flow, which knows what it means
        raise


async def leave_behind(step: Coroutine[Any, Any, T]) -> T:
    """Perform a step of a flow that was cancelled and leaves something behind, whatever cancels it again.

    Raises:
        CancelledError: It takes too long.
    """
    running = asyncio.ensure_future(step)
    await _wait_through(running)
    if not running.done():
        running.cancel()
        raise asyncio.CancelledError
    return running.result()


async def _wait_through(running: asyncio.Future[Any]) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + MOMENT
    while not running.done() and (left := until - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({running}, timeout=left)
