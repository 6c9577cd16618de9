"""Waiting that Ctrl-C ends in every thread.

Python raises `KeyboardInterrupt` in the main thread alone. A framework that runs tools in worker threads then waits for
them, with the interruption in its hands, until the tool is done by itself; a tool that waits for a video would hold the
whole program. A worker's wait therefore looks now and then at what the main thread is handling.
"""

from __future__ import annotations

import sys
import threading
import time

SLICE = 0.25
"""Seconds between two looks."""


def sleep(seconds: float) -> None:
    """Wait, in slices where another thread would not hear of an interruption.

    Raises:
        KeyboardInterrupt: The main thread is being interrupted, or has ended.
    """
    if threading.current_thread() is threading.main_thread():
        time.sleep(seconds)
        return
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if (interruption := find_interruption()) is not None:
            raise KeyboardInterrupt from interruption  # what is said of this one is said of that one, too
        time.sleep(min(left, SLICE))


def find_interruption() -> KeyboardInterrupt | None:
    """Return the `KeyboardInterrupt` that the main thread is handling now."""
    main = threading.main_thread().ident
    if main is None:
        return None
    found = sys._current_exceptions().get(main)
    error = found[1] if isinstance(found, tuple) else found
    return error if isinstance(error, KeyboardInterrupt) else None
