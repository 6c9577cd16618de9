"""What a vendor is: endpoints with their evidence, rules, error texts and templates, as one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.routing import Route

from .anthropic_api import AnthropicTemplate
from .endpoints import Endpoint, Evidence
from .errors import Body, Failure, Refusal, Table, render
from .facts import Facts
from .openai_api import OpenAITemplate
from .request import ChatRequest
from .state import State
from .wires import Wire

Sight = Literal["sees", "drops", "refuses"]


def fields(names: str) -> frozenset[str]:
    """Split a list of request fields."""
    return frozenset(names.split())


@dataclass(frozen=True)
class Caller:
    """What a vendor looks at before the body: headers (lower case), key, endpoint."""

    headers: Mapping[str, str]
    endpoint: Endpoint
    state: State

    @property
    def key(self) -> str:
        """Return the bearer token, else ``x-api-key``."""
        bearer = self.headers.get("authorization", "")
        if bearer:
            return bearer.removeprefix("Bearer ").strip()
        return self.headers.get("x-api-key", "").strip()

    @property
    def agent(self) -> str:
        """Return the User-Agent."""
        return self.headers.get("user-agent", "")


@dataclass(frozen=True)
class OtherRoute:
    """Evidence of a non-chat address, for ``/__persona__``."""

    method: str
    path: str
    evidence: Evidence


@dataclass(frozen=True)
class Persona:
    """A vendor.

    Attributes:
        facts: Endpoints, error table, models, limits and fields, from the TOML file of the vendor.
        admit: Raises ``Refused`` for a wrong key or client.
        rules: Raise ``Refused`` for requests that the vendor refuses.
        thinks: Tells whether the model thinks for this request.
        counts_thinking: Tells whether ``max_tokens`` includes the reasoning.
        missing_reasoning: The vendor itself refuses a tool turn that lacks reasoning (else inferred).
        all_turns: The reasoning of every earlier tool turn is wanted, not only of the running loop.
        reads: A last change to the request as read: media elsewhere, fields the vendor ignores.
        call_id: Makes a tool call id from (name, n-th call of the conversation, random hex).
    """

    facts: Facts
    body: Body
    template: OpenAITemplate
    admit: Callable[[Caller], None]
    rules: Sequence[Callable[[ChatRequest, Endpoint, State], None]]
    thinks: Callable[[ChatRequest, Endpoint], bool]
    call_id: Callable[[str, int, str], str]
    messages: AnthropicTemplate | None = None
    reads: Callable[[ChatRequest], ChatRequest] = lambda chat: chat
    sight: Callable[[ChatRequest], Sight] = lambda chat: "sees"
    counts_thinking: Callable[[ChatRequest], bool] = lambda chat: True
    name_served: Callable[[str], str] = lambda model: model
    missing_reasoning: bool = False
    all_turns: bool = False
    parallel_default: bool = True
    obeys_stop: bool = True
    routes: Callable[[State, Persona], list[Route]] = lambda state, persona: []
    others: tuple[OtherRoute, ...] = ()

    @property
    def name(self) -> str:
        """Return the id of the vendor."""
        return self.facts.name

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the chat addresses."""
        return self.facts.endpoints

    @property
    def table(self) -> Table:
        """Return the error table."""
        return self.facts.table

    def refuse(self, failure: Failure, wire: Wire = "openai", request_id: str = "") -> Refusal:
        """Write a failure as this vendor does."""
        return render(self.table, self.body, failure, wire, request_id)

    def endpoint(self, name: str | None, wire: Wire) -> Endpoint:
        """Find an endpoint by name and wire; None means the first of that wire."""
        for endpoint in self.endpoints:
            if endpoint.wire == wire and name in (None, endpoint.name, f"{endpoint.name}-global"):
                return endpoint
        raise LookupError(f"{self.name} has no {wire} endpoint {name!r}")
