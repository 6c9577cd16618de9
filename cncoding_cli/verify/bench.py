"""Where probes are run: clients of one provider whose traffic is recorded and bounded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from cncoding import ApiError, ChatRequest, Client, JsonObject, ModelCard
from cncoding.chat import anthropic, openai
from cncoding.dialects import Dialect
from cncoding.exchange.failures import read_failure
from cncoding.exchange.steps import Reply
from cncoding.profile import WireName


class OverBudgetError(Exception):
    """A probe asked more often, or cost more, than was announced."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply, as they went over the wire."""

    method: str
    url: str
    request: str
    status: int
    headers: Mapping[str, str]
    reply: str


class Recorder(httpx.BaseTransport):
    """Carry requests, keep what went over, and stop what costs more than was announced."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._calls = 0
        self._tokens = 0
        self.exchanges: list[Exchange] = []

    def allow(self, calls: int, tokens: int) -> None:
        """Begin a probe that may make so many calls and use so many tokens."""
        self._calls, self._tokens, self.exchanges = calls, tokens, []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request that is still within what was announced."""
        if self._calls <= 0 or self._tokens < 0:
            raise OverBudgetError("it would have cost more than was announced")
        self._calls -= 1
        sent = request.read()
        response = self._inner.handle_request(request)
        body = response.read()
        self._tokens -= count_tokens(body)
        headers = {name: value for name, value in response.headers.items() if name not in _FRAMING}
        self.exchanges.append(
            Exchange(
                request.method,
                str(request.url),
                sent.decode("utf-8", "replace"),
                response.status_code,
                headers,
                body.decode("utf-8", "replace"),
            )
        )
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    def close(self) -> None:
        """Close what carries."""
        self._inner.close()


_FRAMING = {"content-encoding", "transfer-encoding", "content-length", "connection"}


def count_tokens(body: bytes) -> int:
    """Return the largest count of tokens that a reply, whole or streamed, tells of itself."""
    most = 0
    for line in body.decode("utf-8", "replace").splitlines():
        text = line.removeprefix("data:").strip()
        if '"usage"' not in text:
            continue
        try:
            most = max(most, _total(json.loads(text)))
        except ValueError:
            continue
    return most


def _total(value: Any) -> int:
    if not isinstance(value, dict):
        return 0
    usage = value.get("usage") or (value.get("message") or {}).get("usage") or {}
    names = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")
    return sum(number for name in names if isinstance(number := usage.get(name), int))


@dataclass
class Bench:
    """Clients of one provider at one endpoint.

    Attributes:
        provider: Its id.
        settings: Of every client: endpoint, model.
        places: Where each wire is, if not at the vendor: base URL and key.
        transport: What carries; the network if None.
    """

    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[WireName, Mapping[str, str]] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = None

    def __post_init__(self) -> None:
        """Open the connection."""
        self.recorder = Recorder(self.transport or httpx.HTTPTransport())
        self.http = httpx.Client(transport=self.recorder, timeout=300.0)

    def client(self, wire: WireName, **more: Any) -> Client:
        """Return a client that asks once and looks nothing up."""
        settings = {**self.settings, **self.places.get(wire, {}), "wire": wire, **more}
        return Client(self.provider, http_client=self.http, max_retries=0, quota_lookup=False, **settings)

    def card(self, wire: WireName) -> ModelCard:
        """Return what is known of the model."""
        return self.client(wire).card()

    def dialect(self, wire: WireName) -> Dialect:
        """Return how the endpoint speaks a wire."""
        return self.client(wire).target.wire.dialect

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key in use, for redaction."""
        wires = self.places or {"openai": {}}
        return tuple({self.client(wire).target.api_key for wire in wires})

    def ask_raw(self, wire: WireName, request: ChatRequest, edit: Callable[[JsonObject], None]) -> ApiError | None:
        """Send what the client would not send, and return the vendor's refusal, None if it took it."""
        target = self.client(wire).target
        wired, _ = (anthropic if wire == "anthropic" else openai).encode(request, target)
        body = json.loads(wired.body or b"{}")
        edit(body)
        response = self.http.post(wired.url, headers=dict(wired.headers), content=json.dumps(body).encode())
        return read_failure(Reply(response.status_code, dict(response.headers), response.content), target.rules)

    def close(self) -> None:
        """Close the connection."""
        self.http.close()
