"""Our values in the words of the HTTP library, and its outcomes in ours."""

from __future__ import annotations

import hashlib
import os
import random
import re
import sys
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, TypeAlias

import httpx

from cncoding.client.forms import FormContent
from cncoding.client.pools import Asking, Proxies
from cncoding.errors import (
    CncodingError,
    ConfigError,
    ConnectFailedError,
    ConnectionLostError,
    RequestTimeoutError,
)
from cncoding.exchange.steps import JITTER, ReadFile, Request, Resolve, Save, Send, Sleep, Step

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 300.0
"""Seconds without a byte. Thinking models are silent for minutes; a total limit would cut them off."""


def family(client: Any) -> Any:
    """Return the module whose exceptions `client` raises: httpx or another that has the same names."""
    kind = type(client)
    if kind not in _FAMILIES:
        modules = (sys.modules.get(base.__module__.partition(".")[0]) for base in kind.__mro__)
        _FAMILIES[kind] = next((one for one in modules if hasattr(one, "ConnectTimeout")), httpx)
    return _FAMILIES[kind]


_FAMILIES: dict[type, Any] = {}
_FAILURES = (
    *("TransportError", "DecodingError", "InvalidURL"),  # httpx
    *("NetworkError", "ProtocolError", "TimeoutException", "ProxyError", "UnsupportedProtocol"),  # httpcore
)


@cache
def failures(library: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions with which the HTTP library says that an exchange failed."""
    return (*(getattr(library, name) for name in _FAILURES if hasattr(library, name)), httpx.InvalidURL, UnicodeError)


def translate_error(error: Exception, library: Any, request: Request, *, begun: bool = False) -> CncodingError:
    """Return what an exception of the HTTP library means; `begun` says that the reply had begun."""
    where = request.url.split("?")[0]
    if isinstance(error, library.ConnectTimeout):
        return RequestTimeoutError(f"no connection to {where} in time", sent=False)
    if isinstance(error, (library.ConnectError, library.PoolTimeout, library.ProxyError)):
        return ConnectFailedError(f"no connection to {where}: {_reason(error)}", sent=False)
    if isinstance(error, library.TimeoutException):
        return RequestTimeoutError(f"nothing came from {where} in time", sent=True, begun=begun)
    if isinstance(error, (library.UnsupportedProtocol, library.LocalProtocolError, httpx.InvalidURL, UnicodeError)):
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


def timeouts(request: Request, seconds: Timeout) -> dict[str, float]:
    """Return the seconds without a byte that are allowed, by phase."""
    if isinstance(seconds, tuple):
        if request.timeout is None:
            return dict(zip(_PHASES, (_LONGEST if one is None else one for one in seconds), strict=True))
        seconds = seconds[1]
    read = request.timeout if request.timeout is not None else (seconds if seconds is not None else READ_TIMEOUT)
    connect = min(CONNECT_TIMEOUT, read)
    return dict(zip(_PHASES, (connect, read, read, connect), strict=True))


_PHASES = ("connect", "read", "write", "pool")


def check_headers(request: Request) -> None:
    """Refuse headers that cannot be sent.

    Raises:
        ConfigError: With the name of the header.
    """
    for name, value in request.headers.items():
        if not (isinstance(value, str) and value.isascii() and value.isprintable() and name.isascii()):
            raise ConfigError(f"headers: {name!r} holds what a header cannot carry; give printable ASCII text")


def find_addresses(request: Request, proxies: Proxies | None) -> tuple[str | None, ...]:
    """Return the addresses to connect to in turn, None for the name itself: a proxy looks it up for us."""
    url = _parse(request.url)
    if not request.addresses or (proxies is not None and proxies.find(url.scheme, url.host)):
        return (None,)
    return request.addresses


def as_download(request: Request, step: Save) -> Request:
    """Return the request of a medium that is written while it comes; its size is bounded by whoever writes it."""
    headers = request.headers
    if step.part is not None:
        headers = {**headers, "Range": f"bytes={step.part.size}-", "If-Range": step.part.tag}
    return replace(request, headers=headers, stream=True, plain=True, max_bytes=step.max_bytes + 1024 * 1024)


def find_total(step: Step) -> float | None:
    """Return the seconds that the exchange of a step may take in all, None for as many as it likes."""
    request = step.request if isinstance(step, Send) else step.source if isinstance(step, Save) else None
    return request.total if isinstance(request, Request) else None


def explain_address(step: Resolve, error: Exception) -> ConnectFailedError:
    """Return the error of a name that nobody knows."""
    why = error.strerror if isinstance(error, OSError) else error
    return ConnectFailedError(f"{step.host} has no address: {why}", sent=False)


_OWNERS = re.compile("auth|key|token|cookie|secret", re.I)


def _scope(request: Request) -> str:
    """Return whose connections a request uses: those of its key, those of nobody for a file of a foreign host."""
    if request.plain:
        return ""
    owner = "\0".join(value for name, value in sorted(request.headers.items()) if _OWNERS.search(name))
    return hashlib.sha256(owner.encode()).hexdigest() if owner else ""  # traces show it


def _complete(request: Request, host: str, form: FormContent | None) -> dict[str, str]:
    given = {name.lower() for name in request.headers}
    ours = {"Host": host, "Accept-Encoding": "identity" if request.plain else "gzip, deflate"}
    if form is not None:
        ours |= {"Content-Type": form.media_type, "Content-Length": str(form.size)}
    return {**{name: value for name, value in ours.items() if name.lower() not in given}, **request.headers}


def ask(request: Request, address: str | None, seconds: dict[str, float], form: FormContent | None = None) -> Asking:
    """Make a request for our own connections."""
    url, host, extensions = _pin(request, address)
    headers = _complete(request, host, form)
    if form is None and (request.body is not None or request.method in ("POST", "PUT", "PATCH")):
        headers["Content-Length"] = str(len(request.body or b""))
    return Asking(
        scope=_scope(request),
        method=request.method,
        url=url,
        headers=list(headers.items()),
        content=request.body if form is None else form,
        timeout=seconds,
        extensions=extensions,
        pinned=address is not None,
    )


def build(
    client: Any,
    library: Any,
    request: Request,
    address: str | None,
    seconds: dict[str, float],
    form: FormContent | None = None,
) -> Any:
    """Make the request of a client of the user's own.

    A file of a foreign host is asked for without anything that the client adds by itself, such as its headers.
    """
    if getattr(client, "is_closed", False):
        raise ConfigError("http_client: it is closed; pass an open one, or none")
    url, host, extensions = _pin(request, address)
    headers = _complete(request, host, form)
    content = request.body if form is None else form
    if request.plain:
        extensions |= {"timeout": seconds}
        return library.Request(request.method, url, headers=headers, content=content, extensions=extensions)
    timeout = library.Timeout(**seconds)
    return client.build_request(
        request.method, url, headers=headers, content=content, timeout=timeout, extensions=extensions
    )


def _pin(request: Request, address: str | None) -> tuple[str, str, dict[str, Any]]:
    """Return URL, Host and extensions; a pinned address replaces the name everywhere but in Host and TLS."""
    named = _parse(request.url)
    host = named.netloc.decode("ascii")
    if address is None:
        return request.url, host, {}
    return str(named.copy_with(host=address)), host, {"sni_hostname": named.host}


@lru_cache(maxsize=256)
def _parse(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigError(f"the address {url[:200]!r} cannot be asked: {error}") from error


def pause(step: Sleep) -> float:
    """Return how long to sleep, a little less at random where the step says so."""
    return step.seconds * random.uniform(1 - JITTER, 1.0) if step.jitter else step.seconds


def read_file(step: ReadFile) -> bytes | None:
    """Read a file that the user named; None for one that is too large where the step says so.

    Raises:
        ConfigError: It cannot be read or is too large.
    """
    try:
        with open(os.path.expanduser(step.path), "rb") as file:
            data = file.read(step.max_bytes + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"path={step.path[:200]!r}: cannot be read: {why}; paths are read from {os.getcwd()}, give the whole path"
        ) from error
    if len(data) > step.max_bytes:
        if step.skips:
            return None
        raise ConfigError(f"path={step.path!r}: larger than {step.max_bytes // (1024 * 1024)} MB")
    return data


def addresses(found: list[Any]) -> tuple[str, ...]:
    """Return the IP addresses of what `getaddrinfo` found, each once."""
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
