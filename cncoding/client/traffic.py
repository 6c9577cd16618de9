"""The traffic of every key of this process, so that all its clients share one budget and one pace."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict

from cncoding.exchange.traffic import Traffic

_MOST = 1024
"""Keys that are remembered; the one not used for longest is forgotten."""
_lock = threading.Lock()
_known: OrderedDict[bytes, Traffic] = OrderedDict()


def find_traffic(root: str, key: str) -> Traffic:
    """Return what the callers of a key share at one vendor's address."""
    name = hashlib.sha256(f"{root}\0{key}".encode()).digest()
    with _lock:
        traffic = _known.get(name)
        if traffic is None:
            traffic = _known[name] = Traffic(threading.Lock())
            if len(_known) > _MOST:
                _known.popitem(last=False)
        _known.move_to_end(name)
        return traffic


def forget_traffic() -> None:
    """Forget how things stand with every key; clients that exist go on with what they know."""
    with _lock:
        _known.clear()


def _renew_locks() -> None:
    """Give a forked child locks that no thread of the parent holds."""
    global _lock
    _lock = threading.Lock()
    for traffic in _known.values():
        traffic.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
