"""Recorded exchanges: one request with its literal answer, written to a folder and read from several formats.

The format of a recording is one JSON object a file: ``vendor, wire, url, status, headers, request, body``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .redaction import find_suspects
from .script import ScriptError


@dataclass(frozen=True)
class Exchange:
    """One request with its answer.

    Attributes:
        vendor: The id of a persona, "" when the address does not tell.
        request: The parsed body of the request, None without one.
        body: The answer as it came, a stream with its framing.
    """

    url: str
    status: int
    body: str
    vendor: str = ""
    wire: str = ""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    request: Any = None
    recorded: str = ""

    @property
    def tail(self) -> str:
        """Return the end of the path by which a request finds its recording."""
        return read_tail(urlsplit(self.url).path)


def read_tail(path: str) -> str:
    """Return the last two steps of a path, without a version."""
    steps = [step for step in path.split("/") if step and step not in ("v1", "v4")]
    return "/".join(steps[-2:]) if steps[-1:] != ["messages"] else "messages"


class SecretInRecordingError(ValueError):
    """Raised for a recording that still holds something like a secret; says where, not what."""


def write_exchange(folder: Path, name: str, exchange: Exchange) -> Path:
    """Write a recording.

    Raises:
        SecretInRecordingError: It still holds something that looks like a key; nothing was written.
    """
    data = {
        "vendor": exchange.vendor,
        "wire": exchange.wire,
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "headers": dict(exchange.headers),
        "request": exchange.request,
        "body": exchange.body,
        "recorded": exchange.recorded,
    }
    suspects = list(find_suspects(data))
    if suspects:
        raise SecretInRecordingError(f"not written: {'; '.join(suspects)}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def read_exchange(data: Mapping[str, Any], source: str = "") -> Exchange:
    """Read a recording.

    Raises:
        ScriptError: A part is missing or of the wrong type.
    """
    for name, kind in (("url", str), ("status", int), ("body", str)):
        if not isinstance(data.get(name), kind):
            raise ScriptError(f"a recording wants {name!r} as {kind.__name__}", source=source)
    headers = {str(k).lower(): str(v) for k, v in (data.get("headers") or {}).items()}
    return Exchange(
        url=data["url"],
        status=data["status"],
        body=data["body"],
        vendor=data.get("vendor") or "",
        wire=data.get("wire") or "",
        method=data.get("method") or ("POST" if data.get("request") is not None else "GET"),
        headers=headers,
        request=data.get("request"),
        recorded=data.get("recorded") or "",
    )


def read_cassette(data: Any, source: str = "") -> list[Exchange]:
    """Read a VCR cassette, of vcrpy (``uri``, ``status.code``, ``body.string``) or of go-vcr (``url``, ``code``).

    Raises:
        ScriptError: It has no interactions, or one of them lacks its request or response.
    """
    interactions = data.get("interactions") if isinstance(data, dict) else None
    if not isinstance(interactions, list):
        raise ScriptError("a cassette wants a list of interactions", source=source)
    return [_read_interaction(one, f"interaction {n}", source) for n, one in enumerate(interactions, 1)]


def _read_interaction(data: Any, where: str, source: str) -> Exchange:
    request = data.get("request") if isinstance(data, dict) else None
    response = data.get("response") if isinstance(data, dict) else None
    if not isinstance(request, dict) or not isinstance(response, dict):
        raise ScriptError(f"{where} wants a request and a response", source=source)
    status: Any = response.get("status")
    code = status.get("code") if isinstance(status, dict) else response.get("code", response.get("status_code"))
    url = request.get("uri") or request.get("url")
    if not isinstance(url, str) or not isinstance(code, int):
        raise ScriptError(f"{where} wants a uri and a status code", source=source)
    told = response.get("headers") or {}
    headers = {str(k).lower(): str(v[0] if isinstance(v, list) and v else v) for k, v in told.items()}
    sent = _read_text(request.get("body"))
    try:
        parsed = json.loads(sent) if sent else None
    except ValueError:
        parsed = sent
    method = str(request.get("method", "POST"))
    return Exchange(url, code, _read_text(response.get("body")), method=method, headers=headers, request=parsed)


def _read_text(body: Any) -> str:
    if isinstance(body, dict):
        body = body.get("string", "")
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
