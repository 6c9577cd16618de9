"""What killed processes left in a folder: removed when nobody can be at it any more."""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import Any, BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

_OURS = re.compile(r"\.cncoding-[0-9a-f]{16}\.part|.*\.json\.[0-9a-f]{8}\.part")
_STALE = 86_400.0
"""Seconds after which nobody writes to a partial file any more: a download may take an hour."""
_swept: set[str] = set()


def hold(file: BinaryIO | Any) -> None:
    """Say, as long as a file is open, that somebody is at it; a machine may have slept since it was written to."""
    _lock(file, "LOCK_SH")


def sweep(folder: str) -> None:
    """Remove what killed processes left in a folder, once a process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with os.scandir(folder) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_stale(entry)


def _remove_stale(entry: os.DirEntry[str]) -> None:
    if time.time() - entry.stat(follow_symlinks=False).st_mtime <= _STALE:
        return
    with open(entry.path, "rb") as file:
        if _lock(file, "LOCK_EX"):
            os.unlink(entry.path)


def _lock(file: BinaryIO | Any, kind: str) -> bool:
    """Lock a file and tell whether that was possible; True where nothing is ever locked, as on some network disks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file.fileno(), getattr(fcntl, kind) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
