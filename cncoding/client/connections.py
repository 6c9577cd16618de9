"""Who holds which connection: a connection serves one request at a time, for one key.

httpcore's own pool loses a slot when a task is cancelled while it puts a connection back (1.0, 2026), has no limit in
time when it is full, and hands one key's connections to another. Here taking and dropping are plain bookkeeping without
an await, so there is no moment at which a cancellation could lose a slot.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, TypeVar

import httpcore

from cncoding.errors import TooManyConnectionsError

C = TypeVar("C", httpcore.ConnectionInterface, httpcore.AsyncConnectionInterface)
Place = tuple[Any, ...]
"""What a connection is good for: whose key, and where it leads."""

MOST_IDLE = 50
LIMIT_SETTING = "CNCODING_MAX_CONNECTIONS"


class Shelf(Generic[C]):
    """Idle connections and the number of all, without I/O. Not for two threads at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.open = 0
        """Connections in use and idle ones."""
        self._idle: list[tuple[Place, C]] = []

    @property
    def idle(self) -> int:
        """How many wait to be used again."""
        return len(self._idle)

    def take(self, place: Place) -> tuple[C | None, list[C], bool]:
        """Return an idle connection that still works, dead ones to close, and whether a new one may be opened.

        A connection that comes back and the permission to open one both count as open from now on.
        """
        dead: list[C] = []
        for at in range(len(self._idle) - 1, -1, -1):
            where, connection = self._idle[at]
            if where == place:
                del self._idle[at]
                if not (connection.is_closed() or connection.has_expired()):
                    return connection, dead, False
                dead.append(connection)
                self.open -= 1
        if self.open >= self.limit and self._idle:
            dead.append(self._idle.pop(0)[1])
            self.open -= 1
        if self.open >= self.limit:
            return None, dead, False
        self.open += 1
        return None, dead, True

    def put_back(self, place: Place, connection: C) -> list[C]:
        """Keep a connection that is idle; return those that are too many."""
        self._idle.append((place, connection))
        surplus = [one for _, one in self._idle[:-MOST_IDLE]]
        del self._idle[:-MOST_IDLE]
        self.open -= len(surplus)
        return surplus

    def clear(self) -> list[C]:
        """Forget the idle connections and return them."""
        found = [one for _, one in self._idle]
        self._idle.clear()
        self.open -= len(found)
        return found


def is_reusable(connection: httpcore.ConnectionInterface | httpcore.AsyncConnectionInterface) -> bool:
    """Tell whether a connection is idle and clean: bytes behind a reply would be read as the next one's."""
    if not connection.is_idle():
        return False
    inner: Any = connection
    while (deeper := getattr(inner, "_connection", None)) is not None:
        inner = deeper
    state = getattr(inner, "_h11_state", None)
    return state is None or not state.trailing_data[0]


def refuse(limit: int) -> TooManyConnectionsError:
    """Return the error of a full pool."""
    error = TooManyConnectionsError(
        f"{limit} connections are in use, the limit, and none came free in time; close streams that are done with, or "
        f"set {LIMIT_SETTING} to more",
        sent=False,
    )
    error.limit = limit
    return error


def close_now(connection: httpcore.AsyncConnectionInterface) -> None:
    """Close the socket of a connection at once: the coroutine does that before its first pause."""
    closing: Any = connection.aclose()
    try:
        closing.send(None)
    except (StopIteration, RuntimeError, OSError):  # closed, or its event loop is
        return
    closing.close()


class Lease:
    """A connection in the hands of one request, given back or dropped exactly once."""

    def __init__(self, pool: Connections, place: Place, connection: httpcore.ConnectionInterface) -> None:
        self._pool, self._place, self._connection = pool, place, connection
        self._held = True
        self._reply: httpcore.Response | None = None

    def send(self, request: httpcore.Request) -> httpcore.Response:
        """Send and return the head of the reply; a failure drops the connection."""
        try:
            self._reply = self._connection.handle_request(request)
        except BaseException:
            self._end(False)
            raise
        return self._reply

    def iterate(self) -> Iterator[bytes]:
        """Yield the body as it comes."""
        assert self._reply is not None
        yield from self._reply.iter_stream()

    def close(self) -> None:
        """Give the connection back if the reply is complete, else drop it."""
        if self._held and self._reply is not None:
            try:
                self._reply.close()
            except BaseException:
                self._end(False)
                raise
            self._end(is_reusable(self._connection))

    def _end(self, reusable: bool) -> None:
        if self._held:
            self._held = False
            self._pool.end(self._place, self._connection, reusable)


class Connections:
    """The connections of all threads."""

    def __init__(self, limit: int) -> None:
        self.shelf: Shelf[httpcore.ConnectionInterface] = Shelf(limit)
        self._free = threading.Condition()

    def lease(self, place: Place, make: Callable[[], httpcore.ConnectionInterface], patience: float) -> Lease:
        """Return a connection, a new one if none is idle.

        Raises:
            TooManyConnectionsError: All are in use for `patience` seconds.
        """
        until = time.monotonic() + patience
        with self._free:
            while True:
                found, dead, may_open = self.shelf.take(place)
                for one in dead:
                    one.close()
                if found is not None or may_open:
                    break
                if not self._free.wait(until - time.monotonic()):
                    raise refuse(self.shelf.limit)
        try:
            return Lease(self, place, found or make())
        except BaseException:
            self.end(place, None, False)
            raise

    def end(self, place: Place, connection: httpcore.ConnectionInterface | None, reusable: bool) -> None:
        """Take a connection back."""
        with self._free:
            if reusable and connection is not None:
                surplus = self.shelf.put_back(place, connection)
            else:
                self.shelf.open -= 1
                surplus = [] if connection is None else [connection]
            self._free.notify()
        for one in surplus:
            one.close()

    def close(self) -> None:
        """Close the idle connections."""
        with self._free:
            idle = self.shelf.clear()
        for one in idle:
            one.close()


class AsyncLease:
    """A connection in the hands of one request of an event loop, given back or dropped exactly once."""

    def __init__(self, pool: AsyncConnections, place: Place, connection: httpcore.AsyncConnectionInterface) -> None:
        self._pool, self._place, self._connection = pool, place, connection
        self._held = True
        self._reply: httpcore.Response | None = None

    async def send(self, request: httpcore.Request) -> httpcore.Response:
        """Send and return the head of the reply; a failure or a cancellation drops the connection."""
        try:
            self._reply = await self._connection.handle_async_request(request)
        except BaseException:
            self._end(False)
            raise
        return self._reply

    async def iterate(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        assert self._reply is not None
        async for chunk in self._reply.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        """Give the connection back if the reply is complete, else drop it."""
        if self._held and self._reply is not None:
            try:
                await self._reply.aclose()
            except BaseException:
                self._end(False)
                raise
            self._end(is_reusable(self._connection))

    def _end(self, reusable: bool) -> None:
        if self._held:
            self._held = False
            self._pool.end(self._place, self._connection, reusable)


class AsyncConnections:
    """The connections of one event loop."""

    def __init__(self, limit: int) -> None:
        self.shelf: Shelf[httpcore.AsyncConnectionInterface] = Shelf(limit)
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def lease(
        self, place: Place, make: Callable[[], httpcore.AsyncConnectionInterface], patience: float
    ) -> AsyncLease:
        """Return a connection, a new one if none is idle.

        Raises:
            TooManyConnectionsError: All are in use for `patience` seconds.
        """
        until = time.monotonic() + patience
        while True:
            found, dead, may_open = self.shelf.take(place)
            for one in dead:
                close_now(one)
            if found is not None:
                return AsyncLease(self, place, found)
            if may_open:
                return AsyncLease(self, place, make())
            await self._wait(until)

    async def _wait(self, until: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            done, _ = await asyncio.wait({turn}, timeout=max(0.0, until - time.monotonic()))
        except BaseException:
            if turn.done():
                self._wake()  # it was our turn, which another one gets
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)
        if not done:
            raise refuse(self.shelf.limit)

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def end(self, place: Place, connection: httpcore.AsyncConnectionInterface, reusable: bool) -> None:
        """Take a connection back, without a pause in which it could be lost."""
        if reusable:
            surplus = self.shelf.put_back(place, connection)
        else:
            self.shelf.open -= 1
            surplus = [connection]
        for one in surplus:
            close_now(one)
        self._wake()

    def close(self) -> None:
        """Close the idle connections."""
        for one in self.shelf.clear():
            close_now(one)
