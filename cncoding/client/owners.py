"""Who works on a purchase: names of processes, and whether they still run."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

_NAME = re.compile(r"([^/]*)/([0-9]{1,10})/([^/]*)")


def name_process() -> str:
    """Return a name of this process that no other one has, on this machine or another."""
    return f"{socket.gethostname()}/{os.getpid()}/{_start_of(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Tell whether the process that wrote its name still runs; one of another machine is taken to."""
    found = _NAME.fullmatch(owner)
    if found is None:
        return False  # nobody who works on something is called so
    host, pid, start = found.groups()
    return host != socket.gethostname() or (_start_of(int(pid)) == start and start != "")


def _start_of(pid: int) -> str:
    """Return when a process began, so that another one with its number is not taken for it; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    if os.path.isdir("/proc/self"):
        return ""
    if os.name == "nt":  # there, asking with signal 0 would end the process
        return "?"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "?"
    return "?"
