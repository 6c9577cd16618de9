"""HTTP clients, shared by all our clients."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeAlias, TypeVar
from urllib.request import getproxies

import httpx

from cncoding.errors import ConfigError

T = TypeVar("T")
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30.0)


@lru_cache(maxsize=256)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)


class _Built:
    """The half of an httpx client that makes requests, without merging cookies, parameters and base URLs."""

    def build_request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: httpx.Timeout,
        extensions: dict[str, Any],
    ) -> httpx.Request:
        """Make a request; Host and Content-Length are added by httpx."""
        headers.setdefault("Accept-Encoding", "gzip, deflate")
        extensions = {**extensions, "timeout": timeout.as_dict()}
        return httpx.Request(method, _url(url), headers=headers, content=content, extensions=extensions)


class Direct(_Built):
    """A connection pool without the client around it, which costs a quarter of a small call's CPU."""

    def __init__(self) -> None:
        self._transport = httpx.HTTPTransport(limits=_LIMITS)

    def send(self, request: httpx.Request, *, stream: bool, follow_redirects: bool) -> httpx.Response:
        """Send a request and return the opened response."""
        response = self._transport.handle_request(request)
        response.request = request
        return response

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


class AsyncDirect(_Built):
    """The same for an event loop."""

    def __init__(self) -> None:
        self._transport = httpx.AsyncHTTPTransport(limits=_LIMITS)

    async def send(self, request: httpx.Request, *, stream: bool, follow_redirects: bool) -> httpx.Response:
        """Send a request and return the opened response."""
        try:
            response = await self._transport.handle_async_request(request)
        except asyncio.CancelledError:
            await self._drop_abandoned()
            raise
        response.request = request
        return response

    async def _drop_abandoned(self) -> None:
        """Close the connections that nobody uses and nobody could use.

        A task that is cancelled between connecting and sending leaves such a one behind (httpcore 1.0), which counts
        towards the limit of the pool for good.
        """
        pool: Any = getattr(self._transport, "_pool", None)
        connections, requests = getattr(pool, "_connections", []), getattr(pool, "_requests", [])
        used = [getattr(request, "connection", None) for request in requests]
        for one in [one for one in connections if one not in used and not one.is_idle()]:
            connections.remove(one)
            await one.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


Sync: TypeAlias = "Direct | httpx.Client"
Async: TypeAlias = "AsyncDirect | httpx.AsyncClient"


def _needs_proxies(pinned: bool) -> bool:
    """Tell whether the environment names proxies; a pinned address is never reached through one."""
    return not pinned and any(scheme in ("http", "https", "all") for scheme in getproxies())


def _with_proxies(kind: Callable[..., T]) -> T:
    """Make an httpx client, which finds the proxies of the environment.

    Raises:
        ConfigError: httpx does not speak to such a proxy.
    """
    cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))  # shared by all callers, so it keeps none
    try:
        return kind(limits=_LIMITS, cookies=cookies)
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"HTTP_PROXY, HTTPS_PROXY, ALL_PROXY: {error}; name an http:// proxy, install httpx[socks] for a socks5:// "
            "one, or pass an http_client of your own"
        ) from error


class _Pools:
    """HTTP clients shared by all our clients: one for threads, one per event loop, made on first use.

    Making one costs about 20 ms (TLS context), and an asynchronous one cannot leave its loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sync: dict[bool, Sync] = {}
        self._async: weakref.WeakKeyDictionary[Any, dict[bool, Async]] = weakref.WeakKeyDictionary()
        self._closers: weakref.WeakKeyDictionary[Any, AsyncGenerator[None, None]] = weakref.WeakKeyDictionary()

    def sync(self, pinned: bool) -> Sync:
        """Return the shared client; `pinned` ones connect to a checked address and so go through no proxy."""
        client = self._sync.get(pinned)
        if client is None:
            with self._lock:
                client = self._sync.get(pinned)
                if client is None:
                    client = self._sync[pinned] = _with_proxies(httpx.Client) if _needs_proxies(pinned) else Direct()
        return client

    def close(self) -> None:
        """Close the clients of threads, when the interpreter ends."""
        for client in self._sync.values():
            client.close()

    async def async_(self, pinned: bool) -> Async:
        """Return the client of the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            clients = self._async.setdefault(loop, {})
            client = clients.get(pinned)
            if client is None:
                for old in [old for old in self._async if old.is_closed()]:
                    del self._async[old]  # closed without asyncio.run: its connections would keep it alive
                    self._closers.pop(old, None)
                client = clients[pinned] = _with_proxies(httpx.AsyncClient) if _needs_proxies(pinned) else AsyncDirect()
            closer = self._closers.get(loop)
        if closer is None:
            closer = _close_with_loop(clients)
            self._closers[loop] = closer
            await closer.__anext__()
        return client


async def _close_with_loop(clients: dict[bool, Async]) -> AsyncGenerator[None, None]:
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


atexit.register(lambda: _shared.close())

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
