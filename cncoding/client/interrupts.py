"""Waiting that Ctrl-C ends in every thread.

Python raises `KeyboardInterrupt` in the main thread alone. A framework that runs tools in worker threads then waits for
them, with the interruption in its hands, until the tool is done by itself; a tool that waits for a video would hold the
whole program. A worker's wait, for a moment or for bytes, therefore looks now and then at what the main thread is
handling.
"""

from __future__ import annotations

import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpcore

SLICE = 0.25
"""Seconds between two looks."""
WRITTEN = 64 * 1024
"""Bytes that are written between two looks."""


def sleep(seconds: float) -> None:
    """Wait, in slices where another thread would not hear of an interruption.

    Raises:
        KeyboardInterrupt: The main thread is being interrupted, or was ended so.
    """
    if not _is_worker():
        time.sleep(seconds)
        return
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if (interruption := find_interruption()) is not None:
            raise KeyboardInterrupt from interruption  # what is said of this one is said of that one, too
        time.sleep(min(left, SLICE))


def _is_worker() -> bool:
    return threading.current_thread() is not threading.main_thread()


def find_interruption() -> KeyboardInterrupt | None:
    """Return the `KeyboardInterrupt` that the main thread is handling now, or that ended it."""
    main = threading.main_thread()
    if not main.is_alive():  # the interpreter waits for its other threads
        ended_by = getattr(sys, "last_value", None)
        return ended_by if isinstance(ended_by, KeyboardInterrupt) else None
    found = sys._current_exceptions().get(main.ident or 0)
    error = found[1] if isinstance(found, tuple) else found
    return error if isinstance(error, KeyboardInterrupt) else None


class Attention:
    """What one call has heard of interruptions of the main thread, where another one waits for its bytes.

    Each ends a wait once: what is still to be said to the vendor after it, such as that a job is cancelled, is said.
    One that was there before the call is no concern of it.
    """

    def __init__(self) -> None:
        self._heard = find_interruption()

    def write(self, stream: httpcore.NetworkStream, data: bytes, clamp: Callable[[], float | None]) -> None:
        """Write in pieces, each within the time that `clamp` says is left then.

        Raises:
            KeyboardInterrupt: The main thread is being interrupted, or was ended so.
        """
        if not _is_worker():
            return stream.write(data, clamp())
        for at in range(0, len(data), WRITTEN):
            stream.write(data[at : at + WRITTEN], self._await(stream, clamp(), writes=True))

    def await_bytes(self, stream: httpcore.NetworkStream, timeout: float | None) -> float | None:
        """Wait until there is something to read, or until another thread is interrupted; return the time that is left.

        Raises:
            KeyboardInterrupt: The main thread is being interrupted, or was ended so.
        """
        return self._await(stream, timeout, writes=False)

    def _await(self, stream: httpcore.NetworkStream, timeout: float | None, *, writes: bool) -> float | None:
        found = _find_socket(stream) if _is_worker() else None
        if found is None or (isinstance(found, ssl.SSLSocket) and not writes and found.pending()):
            return timeout
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = SLICE if until is None else until - time.monotonic()
            if _is_ready(found, max(0.0, min(left, SLICE)), writes) or (until is not None and left <= 0):
                return None if until is None else max(0.001, until - time.monotonic())
            self._look()

    def _look(self) -> None:
        found = find_interruption()
        if found is not None and found is not self._heard:
            self._heard = found
            raise KeyboardInterrupt from found


def _find_socket(stream: httpcore.NetworkStream) -> socket.socket | None:
    """Return the socket of a stream, None where bytes may wait elsewhere: TLS within the TLS of a proxy."""
    found: Any = stream.get_extra_info("socket")
    if not isinstance(found, socket.socket):
        return None
    within = stream.get_extra_info("ssl_object") is not None and not isinstance(found, ssl.SSLSocket)
    return None if within else found


def _is_ready(found: socket.socket, seconds: float, writes: bool) -> bool:
    if not hasattr(select, "poll"):
        read, write = ([], [found]) if writes else ([found], [])
        return any(select.select(read, write, [], seconds))
    poll = select.poll()
    poll.register(found, select.POLLOUT if writes else select.POLLIN)
    return bool(poll.poll(seconds * 1000))
