"""Stand in front of a real vendor, pass requests on, and write down what it answered."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from .exchanges import Exchange, SecretInRecordingError, write_exchange
from .facts import load
from .redaction import HEADERS, redact, redact_text
from .request_log import RequestRecord

HOP = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding", "keep-alive")
LARGEST = 64 * 1024 * 1024


def find_upstream(provider: str, path: str, key: str) -> str | None:
    """Return the address of a vendor that a path of its persona stands for."""
    below = path.removeprefix(f"/{provider}")
    for host in load(provider).hosts:
        if below.startswith(host.prefix) and key.startswith(host.key):
            return f"{host.url}{below}"
    return None


@dataclass
class Recording:
    """Records the exchanges of one vendor.

    Args:
        provider: Whose requests are passed on.
        folder: Where recordings are written.
        upstream: Where the vendor stands, None for its own hosts.
        tell: Receives a line for each recording and for each one that was not written.
    """

    provider: str
    folder: Path
    upstream: str | None = None
    tell: Callable[[str], None] = print
    _count: int = field(default=0, init=False)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Return the settings of encrypted connections; making them anew for each request is slow."""
        return httpx.create_ssl_context()

    def answer(self, record: RequestRecord) -> ASGIApp | None:
        """Return who passes a request on, None for other vendors' requests."""
        return _Forward(self, record) if record.provider == self.provider else None

    def find_url(self, record: RequestRecord) -> str | None:
        """Return where a request goes."""
        if self.upstream is not None:
            url: str | None = self.upstream.rstrip("/") + record.path.removeprefix(f"/{self.provider}")
        else:
            url = find_upstream(self.provider, record.path, _read_key(record))
        return f"{url}?{record.query}" if url and record.query else url

    def keep(self, record: RequestRecord, url: str, status: int, headers: httpx.Headers, body: bytes) -> None:
        """Write an exchange down without keys, account ids and cookies."""
        secrets = (_read_key(record),)
        text = body.decode("utf-8", "replace")
        kept = {name: value for name, value in headers.items() if name.lower() in HEADERS}
        exchange = Exchange(
            url=redact_text(url, secrets),
            status=status,
            body=redact_text(text, secrets),
            vendor=self.provider,
            wire=record.wire or "other",
            method=record.method,
            headers=kept,
            request=redact(record.json, secrets),
            recorded=time.strftime("%Y-%m-%d", time.gmtime()),
        )
        self._count += 1
        name = f"{self.provider}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{self._count:04d}"
        try:
            path = write_exchange(self.folder, name, exchange)
        except SecretInRecordingError as error:
            self.tell(f"recording of {record.method} {record.path} {error}")
        else:
            self.tell(f"recorded {record.method} {record.path} {status} -> {path.name}")


def _read_key(record: RequestRecord) -> str:
    bearer = record.headers.get("authorization", "").removeprefix("Bearer ").strip()
    return bearer or record.headers.get("x-api-key", "")


class _Forward:
    """Passes one request on and its answer back, as it comes."""

    def __init__(self, recording: Recording, record: RequestRecord) -> None:
        self._recording, self._record = recording, record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record, url = self._record, self._recording.find_url(self._record)
        if url is None:
            return await _say(send, 501, f"no host is known for {record.path}; give one with --upstream URL")
        headers = {k: v for k, v in record.headers.items() if k not in HOP} | {"accept-encoding": "identity"}
        body = b""
        try:
            async with (
                httpx.AsyncClient(timeout=httpx.Timeout(600, connect=15), verify=self._recording.tls) as client,
                client.stream(record.method, url, content=record.body, headers=headers) as reply,
            ):
                back = [(k, v) for k, v in reply.headers.raw if k.lower().decode() not in (*HOP, "content-encoding")]
                await send({"type": "http.response.start", "status": reply.status_code, "headers": back})
                async for piece in reply.aiter_bytes():
                    body += piece if len(body) < LARGEST else b""
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                self._recording.keep(record, url, reply.status_code, reply.headers, body)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except httpx.HTTPError as error:
            self._recording.tell(f"{record.method} {record.path}: {type(error).__name__}; nothing was recorded")
            if not body:
                await _say(send, 502, f"the vendor could not be reached: {type(error).__name__}")


async def _say(send: Send, status: int, message: str) -> None:
    content = json.dumps({"error": {"type": "emulator", "message": message}}).encode()
    head = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": content})
