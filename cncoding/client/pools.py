"""HTTP clients, shared by all our clients."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncGenerator
from typing import Any

import httpx

_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30.0)


class _Pools:
    """HTTP clients shared by all our clients: one for threads, one per event loop, made on first use.

    Making one costs about 20 ms (TLS context), and an asynchronous one cannot leave its loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sync: dict[bool, httpx.Client] = {}
        self._async: weakref.WeakKeyDictionary[Any, dict[bool, httpx.AsyncClient]] = weakref.WeakKeyDictionary()
        self._closers: weakref.WeakKeyDictionary[Any, AsyncGenerator[None, None]] = weakref.WeakKeyDictionary()

    def sync(self, pinned: bool) -> httpx.Client:
        """Return the shared client; `pinned` ones connect to a checked address and so go through no proxy."""
        client = self._sync.get(pinned)
        if client is None:
            with self._lock:
                client = self._sync.get(pinned)
                if client is None:
                    client = self._sync[pinned] = httpx.Client(limits=_LIMITS, trust_env=not pinned)
        return client

    async def async_(self, pinned: bool) -> httpx.AsyncClient:
        """Return the client of the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            clients = self._async.setdefault(loop, {})
            client = clients.get(pinned)
            if client is None:
                client = clients[pinned] = httpx.AsyncClient(limits=_LIMITS, trust_env=not pinned)
            closer = self._closers.get(loop)
        if closer is None:
            closer = _close_with_loop(clients)
            self._closers[loop] = closer
            await closer.__anext__()
        return client


async def _close_with_loop(clients: dict[bool, httpx.AsyncClient]) -> AsyncGenerator[None, None]:
    """Close the clients when `asyncio.run` shuts the loop's asynchronous generators down."""
    try:
        yield
    finally:
        for client in clients.values():
            await client.aclose()
        clients.clear()


_shared = _Pools()


def shared() -> _Pools:
    """Return the pools of this process."""
    return _shared


def _forget() -> None:
    """Start anew in a forked child: connections cannot be shared between processes."""
    global _shared
    _shared = _Pools()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
