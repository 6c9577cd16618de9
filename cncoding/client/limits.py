"""How long a call may take: its deadline, its longest silence, and sockets that keep to them.

A read timeout starts anew with every byte, so heartbeats and dripped headers would hold a call for ever. The sockets of
our own connections therefore also look at the moment at which the call has to be over.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

from cncoding.client.hangup import wait_on
from cncoding.client.interrupts import Attention
from cncoding.errors import CncodingError, DeadlineExceededError, RequestTimeoutError, StalledError

STALL_AFTER = 900.0
"""Seconds without content before giving up: DeepSeek keeps a queued request alive for 600 (documented, 2026)."""

_LIMIT: ContextVar[float | None] = ContextVar("cncoding_limit", default=None)
_ATTENTION: ContextVar[Attention | None] = ContextVar("cncoding_attention", default=None)


class Watch:
    """The time that one call has."""

    def __init__(
        self, deadline: float | None, stall_after: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._seconds = deadline
        self._deadline = None if deadline is None else clock() + deadline
        self._stall = STALL_AFTER if stall_after is None else stall_after
        self._content = clock()
        self._end: float | None = None
        self._whole: float | None = None
        self._attention = Attention()

    def begin(self, total: float | None = None) -> None:
        """Begin another exchange of the same call, which may take so many seconds in all."""
        self._end = None
        self._whole = None if total is None else self._clock() + total
        self.note_content()

    def end_within(self, patience: float | None) -> None:
        """Let the exchange end soon: what counts of it has come."""
        if patience is not None:
            end = self._clock() + patience
            self._end = end if self._end is None else min(self._end, end)

    def note_content(self) -> None:
        """Remember that the vendor said something."""
        self._content = self._clock()

    def go_on(self) -> None:
        """Let an exchange that still sends take its time."""
        self.note_content()
        if _LIMIT.get() is not None:
            _LIMIT.set(self.limit())

    def limit(self) -> float:
        """Return the moment at which the call has to be over, as things stand."""
        limits = (self._content + self._stall, self._deadline, self._end, self._whole)
        return min(limit for limit in limits if limit is not None)

    def fit(self, pause: float) -> float:
        """Return a pause that ends before the deadline.

        Raises:
            DeadlineExceededError: It does not.
        """
        if self._deadline is not None and self._clock() + pause >= self._deadline:
            raise DeadlineExceededError(f"deadline={self._seconds:g} seconds leave no time to try again", sent=True)
        return pause

    def fit_timeout(self, timeout: float) -> float:
        """Return a timeout that ends with the limit."""
        return max(0.001, min(timeout, self.limit() - self._clock()))

    def check(self) -> None:
        """Raise if the time is over, whatever still arrives.

        Raises:
            DeadlineExceededError, StalledError: It is.
        """
        if (error := self.explain()) is not None:
            raise error

    def explain(self, cause: CncodingError | None = None) -> RequestTimeoutError | None:
        """Return what a timeout means: the deadline, the longest silence, or None for neither."""
        now, sent = self._clock(), getattr(cause, "sent", True)
        if self._deadline is not None and now >= self._deadline:
            return DeadlineExceededError(f"the call took longer than deadline={self._seconds:g} seconds", sent=sent)
        if self._end is not None and now >= self._end:
            return RequestTimeoutError("the reply is finished, but the stream does not end", sent=True, begun=True)
        if self._whole is not None and now >= self._whole:
            return RequestTimeoutError("it did not arrive in time", sent=sent)
        if now >= self._content + self._stall:
            return StalledError(f"nothing but silence or heartbeats for stall_after={self._stall:g} seconds", sent=sent)
        return None

    @contextmanager
    def bounding(self) -> Generator[None, None, None]:
        """Hold the sockets to the limit while the block runs, and say which limit it was."""
        token = _LIMIT.set(self.limit())
        heard = _ATTENTION.set(self._attention)
        try:
            self.check()
            yield
        except RequestTimeoutError as error:
            raise self.explain(error) or error from error
        finally:
            _ATTENTION.reset(heard)
            _LIMIT.reset(token)


def clamp(timeout: float | None) -> float | None:
    """Return a socket's timeout within the limit of the call that runs.

    Raises:
        httpcore.ReadTimeout: The time is over.
    """
    limit = _LIMIT.get()
    if limit is None:
        return timeout
    left = limit - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(timeout, left)


class Backend(httpcore.NetworkBackend):
    """Opens sockets that keep to the limit."""

    def __init__(self) -> None:
        self._opener = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *more: Any, **most: Any) -> Socket:
        """Connect."""
        return Socket(wait_on(None, self._opener.connect_tcp, host, port, clamp(timeout), *more, **most))


class Socket(httpcore.NetworkStream):
    """A socket that keeps to the limit of the call that uses it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read."""
        return wait_on(self._stream, self._read, max_bytes, clamp(timeout))

    def _read(self, max_bytes: int, timeout: float | None) -> bytes:
        if (attention := _ATTENTION.get()) is not None:
            timeout = attention.await_bytes(self._stream, timeout)
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write."""
        wait_on(self._stream, self._write, buffer, timeout)

    def _write(self, buffer: bytes, timeout: float | None) -> None:
        if (attention := _ATTENTION.get()) is None:
            self._stream.write(buffer, clamp(timeout))
        else:
            attention.write(self._stream, buffer, lambda: clamp(timeout))

    def close(self) -> None:
        """Close."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Socket:
        """Encrypt."""
        return Socket(wait_on(self._stream, self._stream.start_tls, ssl_context, server_hostname, clamp(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """Tell a fact of the socket."""
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets that keep to the limit."""

    def __init__(self) -> None:
        self._opener = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *more: Any, **most: Any
    ) -> AsyncSocket:
        """Connect."""
        return AsyncSocket(await self._opener.connect_tcp(host, port, clamp(timeout), *more, **most))


class AsyncSocket(httpcore.AsyncNetworkStream):
    """A socket that keeps to the limit of the call that uses it."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read."""
        return await self._stream.read(max_bytes, clamp(timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write."""
        await self._stream.write(buffer, clamp(timeout))

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncSocket:
        """Encrypt."""
        return AsyncSocket(await self._stream.start_tls(ssl_context, server_hostname, clamp(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """Tell a fact of the socket."""
        return self._stream.get_extra_info(info)
