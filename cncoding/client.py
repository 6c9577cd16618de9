"""The two drivers: they perform the steps of flows and decide nothing.

The only module that knows an HTTP library, a clock, the environment or the file system.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
import threading
import time
import uuid
import weakref
from collections import OrderedDict
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import closing
from typing import Any, Protocol, TypeVar

import httpx

from cncoding import flows
from cncoding.errors import (
    BadRequestError,
    CncodingError,
    ConfigError,
    ConnectFailedError,
    ConnectionLostError,
    RequestTimeoutError,
    TransportError,
    TruncatedStreamError,
)
from cncoding.exchange import Now, ReadFile, Reply, Request, Resolve, Send, Sleep, Step
from cncoding.fetching import FetchPolicy
from cncoding.fold import Fold, fold
from cncoding.profile import ModelCard, WireName
from cncoding.registry import Settings, resolve
from cncoding.types import ChatRequest, ChatResponse, Event, Thinking, Vision, user

T = TypeVar("T")

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 300.0
"""Seconds without a byte. Thinking models are silent for minutes; a total limit would cut them off."""
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30.0)


class Secret(Protocol):
    """A key in a wrapper, such as pydantic's `SecretStr`."""

    def get_secret_value(self) -> str:
        """Return the key."""


# ---------------------------------------------------------------- connection pools


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


_pools = _Pools()


def _forget_pools() -> None:
    """Start anew in a forked child: connections cannot be shared between processes."""
    global _pools
    _pools = _Pools()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pools)


# ---------------------------------------------------------------- translation


def _family(client: Any) -> Any:
    """Return the module whose exceptions `client` raises: httpx, or another that has the same names."""
    for kind in type(client).__mro__:
        module = sys.modules.get(kind.__module__.partition(".")[0])
        if module is not None and hasattr(module, "TransportError") and hasattr(module, "ConnectTimeout"):
            return module
    return httpx


def _failures(library: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions with which the HTTP library says that an exchange failed."""
    return (library.TransportError, library.DecodingError, library.InvalidURL)


def _translated(error: Exception, library: Any, request: Request) -> CncodingError:
    """Return what an exception of the HTTP library means."""
    where = request.url.split("?")[0]
    if isinstance(error, library.ConnectTimeout):
        return RequestTimeoutError(f"no connection to {where} in time", sent=False)
    if isinstance(error, (library.ConnectError, library.PoolTimeout, library.ProxyError)):
        return ConnectFailedError(f"no connection to {where}: {_reason(error)}", sent=False)
    if isinstance(error, library.TimeoutException):
        return RequestTimeoutError(f"nothing came from {where} in time", sent=True)
    if isinstance(error, (library.UnsupportedProtocol, library.LocalProtocolError, library.InvalidURL)):
        return ConfigError(f"the request to {where} cannot be sent: {_reason(error)}")
    return ConnectionLostError(f"the connection to {where} broke: {_reason(error)}", sent=True)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _headers(response: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _timeout(library: Any, request: Request, seconds: float | None) -> Any:
    read = request.timeout if request.timeout is not None else (seconds if seconds is not None else READ_TIMEOUT)
    return library.Timeout(read, connect=min(CONNECT_TIMEOUT, read), pool=None)


def _aimed(request: Request) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return URL, headers and extensions; a pinned address replaces the name everywhere but in Host and TLS."""
    if request.address is None:
        return request.url, dict(request.headers), {}
    url = httpx.URL(request.url)
    headers = {**request.headers, "Host": url.netloc.decode("ascii")}
    return str(url.copy_with(host=request.address)), headers, {"sni_hostname": url.host}


def _check_size(size: int, request: Request) -> None:
    if request.max_bytes is not None and size > request.max_bytes:
        raise ConfigError(f"image: larger than {request.max_bytes // (1024 * 1024)} MB; make it smaller or pass a smaller one")


def _pause(step: Sleep) -> float:
    return step.seconds * random.uniform(0.75, 1.0) if step.jitter else step.seconds


def _read_file(step: ReadFile) -> bytes:
    try:
        with open(os.path.expanduser(step.path), "rb") as file:
            data = file.read(step.max_bytes + 1)
    except OSError as error:
        raise ConfigError(f"path={step.path!r}: cannot be read: {error.strerror}") from error
    if len(data) > step.max_bytes:
        raise ConfigError(f"path={step.path!r}: larger than {step.max_bytes // (1024 * 1024)} MB")
    return data


def _addresses(found: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _make_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


def _allowed(allow_hosts: tuple[str, ...], environ: Mapping[str, str]) -> FetchPolicy:
    from_env = (entry.strip() for entry in environ.get("CNCODING_ALLOW_HOSTS", "").split(","))
    return FetchPolicy((*allow_hosts, *(entry for entry in from_env if entry)))


class _Descriptions(OrderedDict[str, str]):
    """The last 64 image descriptions."""

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        if len(self) > 64:
            self.popitem(last=False)


# ---------------------------------------------------------------- what both clients are


class _Base:
    """Settings and facts of a client, without I/O."""

    def __init__(
        self,
        provider: str,
        *,
        model: str | None = None,
        api_key: str | Secret | None = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        wire: WireName | None = None,
        timeout: float | None = None,
        max_retries: int = 2,
        user_agent: str | None = None,
        framework: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        vision: Vision | None = None,
        allow_hosts: tuple[str, ...] = (),
        http_client: Any = None,
    ) -> None:
        """Resolve the settings; nothing is connected yet.

        Args:
            provider: Id of the provider, for example `kimi`.
            model: Model id; the endpoint's default if None.
            api_key: Key; from the provider's environment variables if None.
            endpoint: `coding`, `coding-global`, `api`, `api-global` and, for qwen, `token-plan(-global)`.
            base_url: What the vendor's own SDK of that wire takes.
            wire: `openai` or `anthropic`.
            timeout: Seconds without a byte before giving up (300).
            max_retries: How often a busy, failing or unreachable vendor is asked again.
            user_agent: Instead of the truthful `cncoding/<version>`.
            framework: Name appended to the own User-Agent.
            default_headers: Laid over the headers of every request.
            vision: What becomes of an image if the model cannot see: `vlm`, `native` or `error`.
            allow_hosts: Hosts, addresses and networks that images may be fetched from although not public.
            http_client: An httpx client of your own, sync or async to match; you close it.

        Raises:
            ConfigError: Something is missing or does not fit; the text names the field and the remedy.
        """
        if max_retries < 0:
            raise ConfigError(f"max_retries={max_retries}: give 0 or more")
        if timeout is not None and timeout <= 0:
            raise ConfigError(f"timeout={timeout}: give seconds above 0, or None for {READ_TIMEOUT:.0f}")
        if vision not in (None, "vlm", "native", "error"):
            raise ConfigError(f"vision={vision!r}: choose 'vlm', 'native' or 'error'")
        key = api_key if api_key is None or isinstance(api_key, str) else api_key.get_secret_value()
        settings = Settings(provider, model, key, endpoint, base_url, wire, user_agent, framework, default_headers or {})
        self.target = resolve(settings, os.environ)
        self._timeout = timeout
        self._http = http_client
        self._setup = flows.Setup(
            target=self.target,
            retry=flows.Retry(times=max_retries),
            fetching=_allowed(allow_hosts, os.environ),
            make_id=_make_id,
            descriptions=_Descriptions(),
            vision=vision,
        )

    @property
    def provider_id(self) -> str:
        """Id of the provider, for example `kimi`."""
        return self.target.provider.id

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint, for example `coding`."""
        return self.target.endpoint.name

    @property
    def wire_name(self) -> WireName:
        """`openai` or `anthropic`."""
        return self.target.wire_name

    @property
    def base_url(self) -> str:
        """The URL that the route is appended to."""
        return self.target.base_url

    @property
    def model(self) -> str:
        """The model that is asked when a request names none."""
        return self.target.model

    def card(self, model: str | None = None) -> ModelCard:
        """Return what is known of `model` on this endpoint and wire; `known` is False for an unknown one."""
        return self.target.card(model)

    def tool_choices(self, model: str | None = None, thinking: Thinking | None = None) -> frozenset[str]:
        """Return which of auto, none, required and named the endpoint takes, thinking as told."""
        return self.target.tool_choices(self.card(model), thinking or Thinking())

    def __repr__(self) -> str:
        """Show where it leads, never the key."""
        return f"{type(self).__name__}({self.provider_id!r}, model={self.model!r}, base_url={self.base_url!r})"

    def _reply(self, events: list[Event]) -> ChatResponse:
        return fold(events, self.provider_id)

    def _broken(self, error: TransportError, progress: Fold) -> TruncatedStreamError:
        return TruncatedStreamError(f"the stream was cut: {error}", provider=self.provider_id, partial=progress.response())


def _as_request(request: ChatRequest | str) -> ChatRequest:
    return ChatRequest(messages=(user(request),)) if isinstance(request, str) else request


# ---------------------------------------------------------------- sync


class Client(_Base):
    """Talk to one endpoint of one provider.

    Example:
        >>> with Client("kimi", api_key="sk-kimi-example") as client:
        ...     client.model
        'kimi-for-coding'
    """

    def chat(self, request: ChatRequest | str) -> ChatResponse:
        """Ask and return the whole reply.

        Raises:
            ConfigError: The request cannot be sent.
            ApiError: The vendor refused or failed.
            TransportError: The network failed.
            ProtocolError: The reply cannot be read.
        """
        request = _as_request(request)
        if flows.must_stream(request, self.target):
            return self._reply(list(self.stream(request)))
        try:
            return self._reply(self._run(flows.chat(request, self._setup)))
        except BadRequestError as error:
            if not flows.asks_for_stream(error):
                raise
            return self._reply(list(self.stream(request)))

    def stream(self, request: ChatRequest | str) -> Generator[Event, None, None]:
        """Ask and yield the events of the reply; closing the generator closes the connection.

        Raises:
            TruncatedStreamError: The stream broke; `partial` is the reply so far.
            ConfigError, ApiError, TransportError, ProtocolError: As `chat`.
        """
        call, reply = self._run(flows.open_stream(_as_request(request), self._setup))
        progress = Fold(self.provider_id)
        decoder = call.decoder
        with closing(reply.raw) as response:
            for warning in call.warnings:
                progress.add(warning)
                yield warning
            try:
                for chunk in _chunks(response, call.request, _family(self._client(call.request))):
                    for event in decoder.feed(chunk):
                        progress.add(event)
                        yield event
                for event in decoder.finish():
                    progress.add(event)
                    yield event
            except TruncatedStreamError as error:
                error.partial = progress.response()
                raise
            except ConnectionLostError as error:
                raise self._broken(error, progress) from error

    def close(self) -> None:
        """Do nothing: connections are shared, and a client of your own is yours to close."""

    def __enter__(self) -> Client:
        """Return the client."""
        return self

    def __exit__(self, *details: object) -> None:
        """Close it."""
        self.close()

    # ------------------------------------------------------------ the driver

    def _client(self, request: Request) -> Any:
        if self._http is not None and request.address is None:
            return self._http
        return _pools.sync(request.address is not None)

    def _run(self, flow: flows.Flow[T]) -> T:
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    try:
                        outcome = self._perform(step)
                    except TransportError as error:
                        step = flow.throw(error)
                    else:
                        step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Send):
            return self._send(step.request)
        if isinstance(step, Sleep):
            return time.sleep(_pause(step))
        if isinstance(step, Resolve):
            try:
                return _addresses(socket.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
            except OSError as error:
                raise ConnectFailedError(f"{step.host} has no address: {error.strerror}", sent=False) from error
        if isinstance(step, ReadFile):
            return _read_file(step)
        assert isinstance(step, Now)
        return time.time()

    def _send(self, request: Request) -> Reply:
        client = self._client(request)
        library = _family(client)
        url, headers, extensions = _aimed(request)
        try:
            built = client.build_request(
                request.method, url, headers=headers, content=request.body, timeout=_timeout(library, request, self._timeout),
                extensions=extensions,
            )  # fmt: skip
            response = client.send(built, stream=True, follow_redirects=False)
        except _failures(library) as error:
            raise _translated(error, library, request) from error
        if request.stream and response.status_code < 300:
            return Reply(response.status_code, _headers(response), raw=response)
        with closing(response):
            body = b"".join(_chunks(response, request, library))
        return Reply(response.status_code, _headers(response), body)


def _chunks(response: Any, request: Request, library: Any) -> Generator[bytes, None, None]:
    """Yield the bytes of a reply, within the size and time that the request allows."""
    size = 0
    deadline = time.monotonic() + 2 * request.timeout if request.max_bytes and request.timeout else None
    try:
        for chunk in response.iter_bytes():
            if request.max_bytes is not None:
                size += len(chunk)
                _check_size(size, request)
                if deadline is not None and time.monotonic() > deadline:
                    raise RequestTimeoutError("the medium did not arrive in time", sent=True)
            yield chunk
    except _failures(library) as error:
        raise _translated(error, library, request) from error


# ---------------------------------------------------------------- async


class AsyncClient(_Base):
    """Talk to one endpoint of one provider from an event loop; the methods are those of `Client`."""

    async def chat(self, request: ChatRequest | str) -> ChatResponse:
        """Ask and return the whole reply; see `Client.chat`."""
        request = _as_request(request)
        if flows.must_stream(request, self.target):
            return self._reply([event async for event in self.stream(request)])
        try:
            return self._reply(await self._run(flows.chat(request, self._setup)))
        except BadRequestError as error:
            if not flows.asks_for_stream(error):
                raise
            return self._reply([event async for event in self.stream(request)])

    async def stream(self, request: ChatRequest | str) -> AsyncGenerator[Event, None]:
        """Ask and yield the events of the reply; see `Client.stream`. `aclose` closes the connection."""
        call, reply = await self._run(flows.open_stream(_as_request(request), self._setup))
        progress = Fold(self.provider_id)
        decoder = call.decoder
        try:
            for warning in call.warnings:
                progress.add(warning)
                yield warning
            library = _family(await self._client(call.request))
            async for chunk in _achunks(reply.raw, call.request, library):
                for event in decoder.feed(chunk):
                    progress.add(event)
                    yield event
            for event in decoder.finish():
                progress.add(event)
                yield event
        except TruncatedStreamError as error:
            error.partial = progress.response()
            raise
        except ConnectionLostError as error:
            raise self._broken(error, progress) from error
        finally:
            await reply.raw.aclose()

    async def aclose(self) -> None:
        """Do nothing: connections are shared, and a client of your own is yours to close."""

    async def __aenter__(self) -> AsyncClient:
        """Return the client."""
        return self

    async def __aexit__(self, *details: object) -> None:
        """Close it."""
        await self.aclose()

    # ------------------------------------------------------------ the driver

    async def _client(self, request: Request) -> Any:
        if self._http is not None and request.address is None:
            return self._http
        return await _pools.async_(request.address is not None)

    async def _run(self, flow: flows.Flow[T]) -> T:
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    try:
                        outcome = await self._perform(step)
                    except TransportError as error:
                        step = flow.throw(error)
                    else:
                        step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Send):
            return await self._send(step.request)
        if isinstance(step, Sleep):
            return await asyncio.sleep(_pause(step))
        if isinstance(step, Resolve):
            try:
                loop = asyncio.get_running_loop()
                return _addresses(await loop.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
            except OSError as error:
                raise ConnectFailedError(f"{step.host} has no address: {error.strerror}", sent=False) from error
        if isinstance(step, ReadFile):
            return await asyncio.to_thread(_read_file, step)
        assert isinstance(step, Now)
        return time.time()

    async def _send(self, request: Request) -> Reply:
        client = await self._client(request)
        library = _family(client)
        url, headers, extensions = _aimed(request)
        try:
            built = client.build_request(
                request.method, url, headers=headers, content=request.body, timeout=_timeout(library, request, self._timeout),
                extensions=extensions,
            )  # fmt: skip
            response = await client.send(built, stream=True, follow_redirects=False)
        except _failures(library) as error:
            raise _translated(error, library, request) from error
        if request.stream and response.status_code < 300:
            return Reply(response.status_code, _headers(response), raw=response)
        try:
            body = b"".join([chunk async for chunk in _achunks(response, request, library)])
        finally:
            await response.aclose()
        return Reply(response.status_code, _headers(response), body)


async def _achunks(response: Any, request: Request, library: Any) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of a reply, within the size and time that the request allows."""
    size = 0
    deadline = time.monotonic() + 2 * request.timeout if request.max_bytes and request.timeout else None
    try:
        async for chunk in response.aiter_bytes():
            if request.max_bytes is not None:
                size += len(chunk)
                _check_size(size, request)
                if deadline is not None and time.monotonic() > deadline:
                    raise RequestTimeoutError("the medium did not arrive in time", sent=True)
            yield chunk
    except _failures(library) as error:
        raise _translated(error, library, request) from error
