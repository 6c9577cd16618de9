"""The bytes of a reply: unpacked in small steps, and within the size that the request allows."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Generator
from typing import Any

from cncoding.client.http import failures, headers, translate_error
from cncoding.errors import (
    ConfigError,
    ConnectionLostError,
    ProtocolError,
    ReplyTooLargeError,
)
from cncoding.exchange.steps import Request

MAX_FAILURE = 1024 * 1024
"""Bytes of a failure that are read: more of a page that no vendor wrote helps nobody."""
MAX_REPLY = 256 * 1024 * 1024
"""Bytes of a reply, unpacked, unless the client was told otherwise."""
_STEP = 256 * 1024
"""Bytes that are unpacked at once: a thousandfold bomb is noticed after one step."""


_KINDS = ("gzip", "x-gzip", "deflate")


class Unpacker:
    """Undo the packing that a reply declares: gzip or deflate, once."""

    def __init__(self, encoding: str, plain: bool, field: str) -> None:
        """Begin.

        Raises:
            ProtocolError, ConfigError: The reply is packed in another way.
        """
        kind = encoding.strip().lower()
        self._inflater: Any = None
        self._kind = kind
        if kind in ("", "identity"):
            return
        if plain:
            raise ConfigError(f"{field}: the server packs it ({kind}), unasked; pass another link, or the data")
        if kind not in _KINDS:
            raise ProtocolError(f"the reply is packed in a way that was not asked for: {encoding!r}")
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 32 if kind != "deflate" else zlib.MAX_WBITS)
        self._begun = False

    def feed(self, data: bytes) -> Generator[bytes, None, None]:
        """Yield what bytes unpack to, a step at a time."""
        if self._inflater is None:
            yield data
            return
        if self._inflater.eof:
            return  # what stands behind the packed body is none of it
        try:
            yield self._inflate(data)
            while self._inflater.unconsumed_tail:
                yield self._inflate(self._inflater.unconsumed_tail)
        except zlib.error as error:
            raise ConnectionLostError(f"the reply cannot be unpacked: {error}", sent=True, begun=True) from error

    def _inflate(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._inflater.decompress(data, _STEP)
        except zlib.error:
            if self._begun or self._kind != "deflate":
                raise
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # without a head, as some servers understand deflate
            piece = self._inflater.decompress(data, _STEP)
        self._begun = True
        return piece

    def finish(self) -> None:
        """Say that no more comes.

        Raises:
            ConnectionLostError: The packed reply has no end.
        """
        if self._inflater is not None and self._begun and not self._inflater.eof:
            raise ConnectionLostError("the packed reply broke off", sent=True, begun=True)


class Bound:
    """The size that a request allows its reply; `limits.Watch` holds it to its time."""

    def __init__(self, response: Any, request: Request, most: int) -> None:
        self._fails = response.status_code >= 300
        self._asked, self._field = request.max_bytes, request.field
        self._most = MAX_FAILURE if self._fails else request.max_bytes or most
        self._size = 0

    def is_over(self, chunk: bytes) -> bool:
        """Count a chunk, and tell whether what follows is not worth reading.

        Raises:
            ConfigError: A file that the user named is too large.
            ReplyTooLargeError: A reply of the vendor is.
        """
        self._size += len(chunk)
        if self._size > self._most:
            if self._fails:
                return True
            if self._asked is not None:
                most = self._asked // (1024 * 1024)
                raise ConfigError(f"{self._field}: larger than {most} MB; make it smaller or pass a smaller one")
            raise ReplyTooLargeError(f"the reply is larger than max_reply_bytes={self._most}")
        return False


def _open(response: Any, request: Request, most: int) -> tuple[Unpacker, Bound]:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    fails = response.status_code >= 300
    if _is_read(response) or (fails and encoding not in _KINDS):
        encoding = ""  # a page packed in layers: nobody reads it, and nobody unpacks it
    return Unpacker(encoding, request.plain and not fails, request.field), Bound(response, request, most)


def _is_read(response: Any) -> bool:
    """Tell whether a transport of the user's own gave the whole body at once, which httpx then has unpacked."""
    return bool(getattr(response, "is_stream_consumed", False))


def chunks(response: Any, request: Request, library: Any, most: int = MAX_REPLY) -> Generator[bytes, None, None]:
    """Yield the bytes of a reply."""
    unpacker, bound = _open(response, request, most)
    try:
        for packed in response.iter_bytes() if _is_read(response) else response.iter_raw():
            for chunk in unpacker.feed(packed):
                over = bound.is_over(chunk)
                yield chunk
                if over:
                    return
        unpacker.finish()
    except failures(library) as error:
        raise translate_error(error, library, request, begun=True) from error


async def achunks(response: Any, request: Request, library: Any, most: int = MAX_REPLY) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of a reply."""
    unpacker, bound = _open(response, request, most)
    try:
        async for packed in response.aiter_bytes() if _is_read(response) else response.aiter_raw():
            for chunk in unpacker.feed(packed):
                over = bound.is_over(chunk)
                yield chunk
                if over:
                    return
        unpacker.finish()
    except failures(library) as error:
        raise translate_error(error, library, request, begun=True) from error


class Body:
    """An open reply that is read piece by piece."""

    def __init__(self, response: Any, request: Request, library: Any, most: int) -> None:
        self.status: int = response.status_code
        self.headers = headers(response)
        self._response = response
        self._chunks = chunks(response, request, library, most)

    def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        return next(filter(None, self._chunks), b"")

    def close(self) -> None:
        """Hang up."""
        self._response.close()


class AsyncBody:
    """The same for an event loop."""

    def __init__(self, response: Any, request: Request, library: Any, most: int) -> None:
        self.status: int = response.status_code
        self.headers = headers(response)
        self._response = response
        self._chunks = achunks(response, request, library, most)

    async def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        async for chunk in self._chunks:
            if chunk:
                return chunk
        return b""

    async def aclose(self) -> None:
        """Hang up, also when the task is cancelled meanwhile."""
        await self._chunks.aclose()
        await self._response.aclose()
