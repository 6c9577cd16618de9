"""The connections of this process: one set for threads, one per event loop, made on first use."""

from __future__ import annotations

import asyncio
import atexit
import os
import ssl
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib import request as urls

import httpcore
import httpx

from cncoding.client.connections import LIMIT_SETTING, AsyncConnections, AsyncLease, Connections, Lease, Place
from cncoding.client.limits import AsyncBackend, Backend
from cncoding.errors import ConfigError

_EXPIRY = 30.0
"""Seconds that an idle connection is kept."""


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Make the TLS context, which takes 20 ms, once.

    Raises:
        ConfigError: The certificates that the environment names cannot be read.
    """
    try:
        for path in filter(None, map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))):
            os.stat(path)  # httpx before 0.28 takes its own certificates instead, and says nothing
        return httpx.create_ssl_context()
    except (OSError, ssl.SSLError) as error:
        named = {name: value for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if (value := os.environ.get(name))}
        raise ConfigError(f"SSL_CERT_FILE, SSL_CERT_DIR: {named} cannot be read ({error}); mend or unset it") from error


class Proxies:
    """The proxies that the environment names, read once."""

    def __init__(self) -> None:
        self._named = urls.getproxies()

    def find(self, scheme: str, host: str) -> str | None:
        """Return the proxy on the way to a host."""
        found = self._named.get(scheme) or self._named.get("all")
        if not found or urls.proxy_bypass_environment(host, self._named):  # type: ignore[attr-defined]  # not in typeshed
            return None
        return found if "://" in found else f"http://{found}"


def _kinds(asynchronous: bool) -> tuple[Any, Any, Any]:
    if asynchronous:
        return httpcore.AsyncConnectionPool, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy
    return httpcore.ConnectionPool, httpcore.HTTPProxy, httpcore.SOCKSProxy


def _maker(proxy: str | None, encrypted: bool, asynchronous: bool) -> Any:
    """Return what makes connections: a pool of httpcore, used for nothing else.

    Raises:
        ConfigError: httpcore does not speak to such a proxy.
    """
    direct, http, socks = _kinds(asynchronous)
    told: dict[str, Any] = {
        "ssl_context": _tls() if encrypted else None,
        "keepalive_expiry": _EXPIRY,
        "network_backend": AsyncBackend() if asynchronous else Backend(),
    }
    if proxy is None:
        return direct(**told)
    try:
        parts = httpx.Proxy(proxy)
        auth = parts.raw_auth
        url = _core(parts.url)
        if parts.url.scheme in ("http", "https"):
            outer = _tls() if parts.url.scheme == "https" else None
            return http(proxy_url=url, proxy_auth=auth, proxy_ssl_context=outer, **told)
        return socks(proxy_url=url, proxy_auth=auth, **told)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"HTTP_PROXY, HTTPS_PROXY, ALL_PROXY: {error}; name an http:// proxy, install httpx[socks] for a socks5:// "
            "one, or pass an http_client of your own"
        ) from error


@lru_cache(maxsize=256)
def _core_url(url: str) -> httpcore.URL:
    return _core(httpx.URL(url))


def _core(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


@dataclass(slots=True)
class Asking:
    """A request on its way to the connections."""

    scope: str
    """Whose connections: those of one key are never used for another."""
    method: str
    url: str
    headers: list[tuple[str, str]] = field(repr=False)
    content: Any
    """Bytes, or what yields them."""
    timeout: dict[str, float]
    extensions: dict[str, Any]
    pinned: bool

    def route(self, proxies: Proxies) -> tuple[Place, str | None]:
        """Return what the connection must be good for, and the proxy on the way."""
        url = _core_url(self.url)
        proxy = None if self.pinned else proxies.find(url.scheme.decode(), url.host.decode())
        return (self.scope, proxy, url.scheme, url.host, url.port, self.extensions.get("sni_hostname")), proxy

    def request(self) -> httpcore.Request:
        """Return httpcore's request."""
        return httpcore.Request(
            self.method,
            _core_url(self.url),
            headers=self.headers,
            content=self.content,
            extensions={"timeout": self.timeout, **self.extensions},
        )


class Response:
    """The head of a reply, in the words of httpx, and the way to its body."""

    def __init__(self, reply: httpcore.Response, lease: Any) -> None:
        self.status_code = reply.status
        self.headers: dict[str, str] = {}
        for raw_name, raw_value in reply.headers:
            name, value = raw_name.decode("latin-1").lower(), _decode(raw_value)
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        self._lease = lease

    def iter_raw(self) -> Iterator[bytes]:
        """Yield the body as it came."""
        return self._lease.iterate()  # type: ignore[no-any-return]  # Lease or AsyncLease

    def aiter_raw(self) -> AsyncIterator[bytes]:
        """Yield the body as it came."""
        return self._lease.iterate()  # type: ignore[no-any-return]  # Lease or AsyncLease

    def close(self) -> None:
        """Hang up, or keep the connection if the reply is complete."""
        self._lease.close()

    async def aclose(self) -> None:
        """Hang up, or keep the connection if the reply is complete."""
        await self._lease.aclose()


def _decode(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Direct:
    """Sends requests of threads over the shared connections."""

    def __init__(self) -> None:
        self.connections = Connections(_limit())
        self.proxies = Proxies()
        self._makers: dict[tuple[str | None, bool], Any] = {}

    def send(self, asking: Asking) -> Response:
        """Send a request and return the head of the reply."""
        (place, proxy), request = asking.route(self.proxies), asking.request()
        maker = _find_maker(self._makers, proxy, request, False)
        lease: Lease = self.connections.lease(
            place, lambda: maker.create_connection(request.url.origin), asking.timeout["connect"]
        )
        return Response(lease.send(request), lease)

    def close(self) -> None:
        """Close what is idle."""
        self.connections.close()


class AsyncDirect:
    """Sends requests of one event loop over its connections."""

    def __init__(self) -> None:
        self.connections = AsyncConnections(_limit())
        self.proxies = Proxies()
        self._makers: dict[tuple[str | None, bool], Any] = {}

    async def send(self, asking: Asking) -> Response:
        """Send a request and return the head of the reply."""
        (place, proxy), request = asking.route(self.proxies), asking.request()
        maker = _find_maker(self._makers, proxy, request, True)
        lease: AsyncLease = await self.connections.lease(
            place, lambda: maker.create_connection(request.url.origin), asking.timeout["connect"]
        )
        return Response(await lease.send(request), lease)

    def close(self) -> None:
        """Close what is idle."""
        self.connections.close()


def _find_maker(
    makers: dict[tuple[str | None, bool], Any], proxy: str | None, request: httpcore.Request, asynchronous: bool
) -> Any:
    if request.url.scheme not in (b"http", b"https"):
        raise httpcore.UnsupportedProtocol(f"the URL begins with {request.url.scheme.decode()!r}, not http or https")
    key = (proxy, request.url.scheme == b"https")
    if key not in makers:
        makers[key] = _maker(*key, asynchronous)
    return makers[key]


def _limit() -> int:
    given = os.environ.get(LIMIT_SETTING, "1000")
    if not given.isdecimal() or int(given) < 1:
        raise ConfigError(f"{LIMIT_SETTING}={given!r}: give a whole number above 0")
    return int(given)


class _Pools:
    """The connections shared by all our clients; asynchronous ones cannot leave their loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sync: Direct | None = None
        self._async: weakref.WeakKeyDictionary[Any, AsyncDirect] = weakref.WeakKeyDictionary()
        self._closers: weakref.WeakKeyDictionary[Any, AsyncGenerator[None, None]] = weakref.WeakKeyDictionary()

    def sync(self) -> Direct:
        """Return the connections of threads."""
        if self._sync is None:
            with self._lock:
                self._sync = self._sync or Direct()
        return self._sync

    def close(self) -> None:
        """Close the connections of threads, when the interpreter ends."""
        if self._sync is not None:
            self._sync.close()

    async def async_(self) -> AsyncDirect:
        """Return the connections of the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            direct = self._async.get(loop)
            if direct is None:
                for old in [old for old in self._async if old.is_closed()]:
                    del self._async[old]  # closed without asyncio.run: its connections would keep it alive
                    self._closers.pop(old, None)
                direct = self._async[loop] = AsyncDirect()
            closer = self._closers.get(loop)
        if closer is None:
            closer = self._closers[loop] = _close_with_loop(direct)
            await closer.__anext__()
        return direct


async def _close_with_loop(direct: AsyncDirect) -> AsyncGenerator[None, None]:
    """Close the connections when `asyncio.run` shuts the loop's asynchronous generators down."""
    try:
        yield
    finally:
        direct.close()


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
