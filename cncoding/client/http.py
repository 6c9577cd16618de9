"""Our values in the words of the HTTP library, and its outcomes in ours."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeAlias

import httpx

from cncoding.errors import CncodingError, ConfigError, ConnectFailedError, ConnectionLostError, RequestTimeoutError
from cncoding.exchange.steps import ReadFile, Request, Sleep

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 300.0
"""Seconds without a byte. Thinking models are silent for minutes; a total limit would cut them off."""


def family(client: Any) -> Any:
    """Return the module whose exceptions `client` raises: httpx, or another that has the same names."""
    kind = type(client)
    if kind not in _FAMILIES:
        modules = (sys.modules.get(base.__module__.partition(".")[0]) for base in kind.__mro__)
        _FAMILIES[kind] = next((one for one in modules if hasattr(one, "ConnectTimeout")), httpx)
    return _FAMILIES[kind]


_FAMILIES: dict[type, Any] = {}


def failures(library: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions with which the HTTP library says that an exchange failed."""
    return (library.TransportError, library.DecodingError, library.InvalidURL, UnicodeError)


def translate_error(error: Exception, library: Any, request: Request, *, begun: bool = False) -> CncodingError:
    """Return what an exception of the HTTP library means; `begun` says that the reply had begun."""
    where = request.url.split("?")[0]
    if isinstance(error, library.ConnectTimeout):
        return RequestTimeoutError(f"no connection to {where} in time", sent=False)
    if isinstance(error, (library.ConnectError, library.PoolTimeout, library.ProxyError)):
        return ConnectFailedError(f"no connection to {where}: {_reason(error)}", sent=False)
    if isinstance(error, library.TimeoutException):
        return RequestTimeoutError(f"nothing came from {where} in time", sent=True, begun=begun)
    if isinstance(error, (library.UnsupportedProtocol, library.LocalProtocolError, library.InvalidURL, UnicodeError)):
        return ConfigError(f"the request to {where} cannot be sent: {_reason(error)}")
    return ConnectionLostError(f"the connection to {where} broke: {_reason(error)}", sent=True, begun=begun)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def headers(response: Any) -> dict[str, str]:
    """Return the headers of a response, names in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


Timeout: TypeAlias = float | tuple[float | None, ...] | None
"""Seconds of silence; or of connecting, reading, writing and waiting for a connection."""
_LONGEST = 1e9
"""Seconds that every operating system takes for a time."""


def read_timeout(given: object) -> Timeout:
    """Return a timeout of the user: a number of seconds, up to four of them, an `httpx.Timeout`, or None.

    Raises:
        ConfigError: It is nothing of the kind.
    """
    if given is None or _is_time(given):
        return given  # type: ignore[return-value]  # a number, as `_is_time` says
    parts = tuple(given.as_dict().values()) if isinstance(given, httpx.Timeout) else given
    if isinstance(parts, (tuple, list)) and 1 < len(parts) < 5 and all(p is None or _is_time(p) for p in parts):
        return (*parts, *(None,) * (4 - len(parts)))
    raise ConfigError(
        f"timeout={given!r}: give seconds above 0, (connect, read), an httpx.Timeout, or None for {READ_TIMEOUT:.0f}"
    )


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < _LONGEST


def _timeout(library: Any, request: Request, seconds: Timeout) -> Any:
    if isinstance(seconds, tuple):
        if request.timeout is None:
            return library.Timeout(**dict(zip(("connect", "read", "write", "pool"), seconds, strict=True)))
        seconds = seconds[1]
    read = request.timeout if request.timeout is not None else (seconds if seconds is not None else READ_TIMEOUT)
    return library.Timeout(read, connect=min(CONNECT_TIMEOUT, read), pool=None)


def built(client: Any, library: Any, request: Request, seconds: Timeout) -> Any:
    """Make the HTTP library's request; a pinned address replaces the name everywhere but in Host and TLS."""
    url, headers, extensions = request.url, dict(request.headers), {}
    for name, value in headers.items():
        if not (isinstance(value, str) and value.isascii() and value.isprintable() and name.isascii()):
            raise ConfigError(f"headers: {name!r} holds what a header cannot carry; give printable ASCII text")
    if getattr(client, "is_closed", False):
        raise ConfigError("http_client: it is closed; pass an open one, or none")
    if request.address is not None:
        named = httpx.URL(url)
        url = str(named.copy_with(host=request.address))
        headers["Host"] = named.netloc.decode("ascii")
        extensions = {"sni_hostname": named.host}
    return client.build_request(
        request.method,
        url,
        headers=headers,
        content=request.body,
        timeout=_timeout(library, request, seconds),
        extensions=extensions,
    )


MAX_FAILURE = 1024 * 1024
"""Bytes of a failure that are read: more of a page that no vendor wrote helps nobody."""


class _Bound:
    """The size and time that a request allows its reply."""

    def __init__(self, response: Any, request: Request) -> None:
        self._most = request.max_bytes
        if response.status_code >= 300:
            self._most = MAX_FAILURE
        elif self._most is not None and "," in response.headers.get("content-encoding", ""):
            raise ConfigError("image: the server packs it more than once; pass another one, or the data")
        self._fails = response.status_code >= 300
        self._size = 0
        self._deadline = (
            time.monotonic() + 2 * request.timeout if self._most is not None and request.timeout else float("inf")
        )

    def is_over(self, chunk: bytes) -> bool:
        """Count a chunk, and tell whether what follows is not worth reading."""
        if self._most is None:
            return False
        self._size += len(chunk)
        if self._size > self._most:
            if self._fails:
                return True
            raise ConfigError(
                f"image: larger than {self._most // (1024 * 1024)} MB; make it smaller or pass a smaller one"
            )
        if time.monotonic() > self._deadline:
            raise RequestTimeoutError("the medium did not arrive in time", sent=True)
        return False


def pause(step: Sleep) -> float:
    """Return how long to sleep, a little less at random where the step says so."""
    return step.seconds * random.uniform(0.75, 1.0) if step.jitter else step.seconds


def read_file(step: ReadFile) -> bytes:
    """Read a file that the user named.

    Raises:
        ConfigError: It cannot be read or is too large.
    """
    try:
        with open(os.path.expanduser(step.path), "rb") as file:
            data = file.read(step.max_bytes + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"path={step.path!r}: cannot be read: {why}") from error
    if len(data) > step.max_bytes:
        raise ConfigError(f"path={step.path!r}: larger than {step.max_bytes // (1024 * 1024)} MB")
    return data


def addresses(found: list[Any]) -> tuple[str, ...]:
    """Return the IP addresses of what `getaddrinfo` found, each once."""
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def chunks(response: Any, request: Request, library: Any) -> Generator[bytes, None, None]:
    """Yield the bytes of a reply, within the size and time that the request allows."""
    bound = _Bound(response, request)
    try:
        for chunk in response.iter_bytes():
            over = bound.is_over(chunk)
            yield chunk
            if over:
                return
    except failures(library) as error:
        raise translate_error(error, library, request, begun=True) from error


async def achunks(response: Any, request: Request, library: Any) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of a reply, within the size and time that the request allows."""
    bound = _Bound(response, request)
    try:
        async for chunk in response.aiter_bytes():
            over = bound.is_over(chunk)
            yield chunk
            if over:
                return
    except failures(library) as error:
        raise translate_error(error, library, request, begun=True) from error


class Body:
    """An open reply that is read piece by piece."""

    def __init__(self, response: Any, request: Request, library: Any) -> None:
        self._response = response
        self._chunks = chunks(response, request, library)

    def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        return next(filter(None, self._chunks), b"")

    def close(self) -> None:
        """Hang up."""
        self._response.close()


class AsyncBody:
    """The same for an event loop."""

    def __init__(self, response: Any, request: Request, library: Any) -> None:
        self._response = response
        self._chunks = achunks(response, request, library)

    async def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        async for chunk in self._chunks:
            if chunk:
                return chunk
        return b""

    async def aclose(self) -> None:
        """Hang up."""
        await self._response.aclose()
