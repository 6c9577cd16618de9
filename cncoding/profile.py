"""What a vendor is, as data: providers and endpoints. Models and wires stand in `cards` and `dialects`.

A fact about a vendor stands in `vendors/`; this module only says which facts can be stated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from cncoding.cards import (
    EFFORT_ORDER,
    ModelCard,
    ThinkingSupport,
    Warn,
    nearest_level,
    share_for_thinking,
    thinks,
    unknown_card,
)
from cncoding.dialects import (
    AnthropicDialect,
    CheckHook,
    Dialect,
    FinalizeHook,
    OpenAIDialect,
    accept,
    keep,
)
from cncoding.errors import ApiError, ConfigError, Hint
from cncoding.evidence import Source
from cncoding.exchange.failures import ErrorRule, FailureRules
from cncoding.hints import table
from cncoding.hints.hint import list_names
from cncoding.media.file_routes import FileRoute
from cncoding.media.prices import Price
from cncoding.media.routes import AnyRoute, QuotaRoute, R
from cncoding.names import did_you_mean

__all__ = [
    "EFFORT_ORDER",
    "AnthropicDialect",
    "CheckHook",
    "Dialect",
    "Endpoint",
    "ModelCard",
    "OpenAIDialect",
    "Provider",
    "ThinkingSupport",
    "Warn",
    "Wire",
    "WireName",
    "nearest_level",
    "share_for_thinking",
    "thinks",
    "unknown_card",
]

WireName: TypeAlias = Literal["openai", "anthropic"]


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire of one endpoint: `path` after the host, and the dialect spoken there."""

    path: str
    dialect: Dialect
    also: tuple[str, ...] = ()
    """Other paths that lead to the same service, for base URLs in the user's environment."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan's pages say about its use, in short; no legal advice."""

    text: str
    interactive_only: bool
    """Whether unattended, scripted and batch use is ruled out."""
    allowed: str
    """The endpoint of the same vendor that such use belongs to."""
    source: Source

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A door of a vendor: a plan or pay as you go, in one region."""

    name: str
    host: str
    """Scheme and host, without a path; empty where the user must give the base URL."""
    wires: Mapping[str, Wire]
    """By name: openai, anthropic."""
    models: tuple[ModelCard, ...]
    default_model: str
    key_env: tuple[str, ...]
    """Environment variables that hold its key, in order. `NAME:prefix` counts only with that key prefix."""
    key_prefixes: tuple[str, ...] = ()
    """Key prefixes that mean this endpoint and no other kind."""
    foreign_keys: re.Pattern[str] | None = None
    """Keys that plainly belong to another endpoint of the vendor."""
    foreign_hint: str | Hint = ""
    """What to do about such a key."""
    check: CheckHook = accept
    """Raises `ConfigError` for what the vendor is documented to refuse, on whatever wire."""
    finalize: FinalizeHook = keep
    """Last word on the body of either wire, before the user's `extra`."""
    error_codes: Mapping[str, ErrorRule] = field(default_factory=dict)
    """What a code means here, where that is another thing than at the provider's other endpoints."""
    error_texts: tuple[tuple[re.Pattern[str], ErrorRule], ...] = ()
    """Searched after those of the provider."""
    also: tuple[str, ...] = ()
    """Other hosts of the same service."""
    terms: Terms | None = None
    """What its pages say about unattended use; None where none was found."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The evidence of the address (`host`), of the kind of key (`key_env`) and of the hooks, by the field's name."""

    _by_id: dict[str, ModelCard] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the cards by id."""
        self._by_id.update({card.id.lower(): card for card in reversed(self.models)})

    def is_foreign(self, key: str) -> bool:
        """Tell whether a key is of another endpoint, by its form."""
        return self.foreign_keys is not None and self.foreign_keys.match(key) is not None

    def card(self, model: str) -> ModelCard:
        """Return the card of `model`, or one that allows everything."""
        return self._by_id.get(model.lower()) or unknown_card(model)


def _no_identity(environ: Mapping[str, str]) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor: everything that is true of all its endpoints."""

    id: str
    title: str
    docs: str
    endpoints: tuple[Endpoint, ...]
    """The first is the default."""
    base_url_env: str
    class_name: str = ""
    """Stem of its adapter classes: `Chat<name>` and `<name>`; made of the id if empty."""
    host_env: str | None = None
    """Environment variable with scheme and host alone."""
    error_codes: Mapping[str, ErrorRule] = field(default_factory=dict)
    error_texts: tuple[tuple[re.Pattern[str], ErrorRule], ...] = ()
    """Searched in order when the code says nothing; decides before the HTTP status does."""
    code_patterns: tuple[re.Pattern[str], ...] = ()
    """Find the vendor's code inside an error text; group 1 is the code."""
    hints: Mapping[type[ApiError], Hint | str] = field(default_factory=dict)
    """A remedy to add to an error of that class."""
    also_called: tuple[str, ...] = ()
    """Other names under which people and programs speak of it."""
    phrases: tuple[str, ...] = ()
    """Words of its errors that no other vendor uses, as far as is known."""
    key_pages: Mapping[str, str] = field(default_factory=dict)
    """Where keys are made, by name of the endpoint."""
    identity: Callable[[Mapping[str, str]], str | None] = _no_identity
    """The User-Agent that the environment asks for, if any."""
    completions: str | None = None
    """Path after the root of completion between two texts; None where the vendor documents none."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The evidence of `identity`, `code_patterns` and `completions`, by the field's name."""
    media: tuple[AnyRoute, ...] = ()
    """Routes to media, search, transcripts, sight and MCP servers."""
    quota: QuotaRoute | None = None
    files: FileRoute | None = None
    """Where files go that a request is too small for; None where the vendor takes none."""
    prices: tuple[Price, ...] = ()
    """What it publishes of the cost of its media and searches."""
    _kinds: dict[type[AnyRoute], tuple[AnyRoute, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The routes by kind, filled once."""

    def __post_init__(self) -> None:
        """Sort the routes by kind, so that nobody goes through all of them."""
        for route in self.media:
            self._kinds[type(route)] = (*self._kinds.get(type(route), ()), route)

    @property
    def stem(self) -> str:
        """Stem of its adapter classes."""
        return self.class_name or re.sub(r"\W|_", "", self.id.title())

    def routes(self, kind: type[R]) -> tuple[R, ...]:
        """Return the routes of a kind, in their order."""
        return self._kinds.get(kind, ())  # type: ignore[return-value]  # the key is the type of the values

    def rules(self, endpoint: Endpoint) -> FailureRules:
        """Return what failures mean at `endpoint`."""
        if not endpoint.error_codes and not endpoint.error_texts:
            return self
        return replace(
            self,
            error_codes={**self.error_codes, **endpoint.error_codes},
            error_texts=(*self.error_texts, *endpoint.error_texts),
        )

    def endpoint(self, name: str | None) -> Endpoint:
        """Return the endpoint called `name`, the default one for None.

        Raises:
            ConfigError: The provider has no such endpoint.
        """
        if name is None:
            return self.endpoints[0]
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        hint = table.ENDPOINTS.fill(names=list_names(repr(endpoint.name) for endpoint in self.endpoints))
        near = did_you_mean(name, [endpoint.name for endpoint in self.endpoints])
        raise ConfigError(f"endpoint={name!r}: {self.id} has no such endpoint{near}", hint=hint)
