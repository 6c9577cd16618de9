"""Perform the steps of a flow: the library's here, the model's with whatever the caller has. Sync, async, streaming."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Protocol, TypeAlias, TypeVar

from cncoding.pages.steps import Ask, LibraryStep, Outcome, Reply, Step, Wait

T = TypeVar("T")
Flow: TypeAlias = Generator[Step, Outcome, T]


class Performer(Protocol):
    """Whoever performs the library's steps; `owner` tells the claims of one question from those of others."""

    def perform(self, step: LibraryStep, owner: object) -> Outcome:
        """Perform a step."""

    def release(self, owner: object) -> None:
        """Give back what a question has claimed and not finished."""


def run_flow(flow: Flow[T], library: Performer, ask: Callable[[Ask], Reply]) -> T:
    """Run a flow to its end."""
    owner, outcome = object(), None
    try:
        while True:
            step = flow.send(outcome)
            outcome = _perform(step, library, ask, owner)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()
        library.release(owner)


def _perform(step: Step, library: Performer, ask: Callable[[Ask], Reply], owner: object) -> Outcome:
    if isinstance(step, Ask):
        return ask(step)
    if isinstance(step, Wait):
        time.sleep(step.seconds)
        return None
    return library.perform(step, owner)


async def arun_flow(flow: Flow[T], library: Performer, ask: Callable[[Ask], Awaitable[Reply]]) -> T:
    """Run a flow to its end without blocking the event loop: rendering goes to threads."""
    owner = object()
    outcome: Outcome = None
    try:
        while True:
            step = flow.send(outcome)
            outcome = await ask(step) if isinstance(step, Ask) else await _aperform(step, library, owner)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()
        library.release(owner)


async def _aperform(step: Wait | LibraryStep, library: Performer, owner: object) -> Outcome:
    if isinstance(step, Wait):
        await asyncio.sleep(step.seconds)
        return None
    return await asyncio.to_thread(library.perform, step, owner)


def stream_flow(
    flow: Flow[T], library: Performer, ask: Callable[[Ask], Reply], stream: Callable[[Ask], Iterator[str | Reply]]
) -> Generator[str, None, T]:
    """Run a flow and yield the pieces of its answer as they come; the result is the generator's value.

    Args:
        flow: Whose `Ask` steps with `show` are streamed.
        library: Performs the library's steps.
        ask: Asks the model at once.
        stream: Asks the model, yields pieces of text and, last, the whole `Reply`.
    """
    owner = object()
    outcome: Outcome = None
    try:
        while True:
            step = flow.send(outcome)
            if not (isinstance(step, Ask) and step.show):
                outcome = _perform(step, library, ask, owner)
                continue
            for piece in stream(step):
                outcome = piece if isinstance(piece, Reply) else outcome
                if shown := step.show(None if isinstance(piece, Reply) else piece):
                    yield shown
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()
        library.release(owner)


async def astream_flow(
    flow: Flow[T],
    library: Performer,
    ask: Callable[[Ask], Awaitable[Reply]],
    stream: Callable[[Ask], AsyncIterator[str | Reply]],
) -> AsyncIterator[str | T]:
    """Run a flow like `stream_flow`; the result comes last, after all pieces."""
    owner = object()
    outcome: Outcome = None
    try:
        while True:
            step = flow.send(outcome)
            if not isinstance(step, Ask):
                outcome = await _aperform(step, library, owner)
            elif not step.show:
                outcome = await ask(step)
            else:
                async for piece in stream(step):
                    outcome = piece if isinstance(piece, Reply) else outcome
                    if shown := step.show(None if isinstance(piece, Reply) else piece):
                        yield shown
    except StopIteration as end:
        yield end.value
    finally:
        flow.close()
        library.release(owner)
