"""End the wait of another thread: its socket is shut down, and it opens no further one.

A thread that waits for bytes hears of nothing but its socket. Only connections of our own can be ended so, not those of
an `http_client` that the user gave.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import httpcore

T = TypeVar("T")


class HungUp(BaseException):
    """Somebody else ended this wait; nobody reads what would have come of it, and nothing is tried again."""


class Line:
    """What one thread waits on, for another to hang up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cut = False
        self._socket: Any = None

    def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do something that `hang_up` ends.

        Raises:
            HungUp: It did.
        """
        token = _LINE.set(self)
        try:
            return work(*arguments)
        finally:
            _LINE.reset(token)

    def hang_up(self) -> None:
        """End the wait, from any thread."""
        with self._lock:
            self._cut = True
            if isinstance(self._socket, socket.socket):
                with contextlib.suppress(OSError):  # it is closed already
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # that of TLS would take its state along

    def hold(self, held: Any) -> None:
        """Remember the socket that is waited on, None for none.

        Raises:
            HungUp: It is hung up.
        """
        with self._lock:
            if self._cut:
                raise HungUp
            self._socket = held


_LINE: ContextVar[Line | None] = ContextVar("cncoding_line", default=None)


def wait_on(stream: httpcore.NetworkStream | None, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Do something that waits, which the line of this thread ends if it has one.

    Args:
        stream: Whose socket is waited on, None while there is none yet.
        work: What waits.
        *arguments: Of it.
        **named: Of it.

    Raises:
        HungUp: It is hung up.
    """
    line = _LINE.get()
    if line is None:
        return work(*arguments, **named)
    line.hold(None if stream is None else stream.get_extra_info("socket"))
    try:
        return work(*arguments, **named)
    finally:
        line.hold(None)
