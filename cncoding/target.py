"""Where a client's requests go, and what its flows are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace

from cncoding.budget import NamedBudget
from cncoding.exchange.failures import FailureRules
from cncoding.exchange.fetching import FetchPolicy
from cncoding.exchange.retry import Retry
from cncoding.limits import Limits, recall_limits
from cncoding.profile import AnthropicDialect, Endpoint, ModelCard, Provider, Wire, WireName, thinks
from cncoding.types import OnCut, Thinking, Vision


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client's requests go: the outcome of its settings and the environment."""

    provider: Provider
    endpoint: Endpoint
    wire_name: WireName
    wire: Wire
    base_url: str
    root: str
    """`base_url` without the wire's path: what the vendor's other routes are appended to."""
    model: str
    api_key: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Authorization, User-Agent and the user's own headers."""
    _cards: dict[str, tuple[Limits, ModelCard]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Cards made already, so that a call makes none twice."""

    @property
    def rules(self) -> FailureRules:
        """What failures mean at this endpoint."""
        return self.provider.rules(self.endpoint)

    def card(self, model: str | None = None) -> ModelCard:
        """Return what is known of `model` on this endpoint and wire, with the ceilings that its errors told."""
        name = model or self.model
        learned = recall_limits(self.provider.id, self.endpoint.name, name)
        if (known := self._cards.get(name)) is not None and known[0] == learned:
            return known[1]
        card = learned.apply(self.endpoint.card(name))
        if isinstance(self.wire.dialect, AnthropicDialect):
            card = replace(card, structured=card.structured & self.wire.dialect.structured)
        self._cards[name] = (learned, card)
        return card

    def tool_choices(self, card: ModelCard, thinking: Thinking) -> frozenset[str]:
        """Return the tool choices that the endpoint takes from this model, thinking as told."""
        dialect = self.wire.dialect
        if not card.tools:
            return frozenset()
        accepted = card.tool_choice if card.tool_choice is not None else dialect.tool_choice
        if dialect.thinking_tool_choice is not None and thinks(thinking, card):
            return accepted & dialect.thinking_tool_choice
        return accepted


@dataclass(frozen=True, slots=True)
class Setup:
    """What a client gives its flows."""

    target: Target
    retry: Retry
    fetching: FetchPolicy
    make_id: Callable[[], str]
    descriptions: MutableMapping[str, str]
    """Image descriptions already paid for, so that a tool loop does not buy one twice."""
    vision: Vision | None = None
    on_cut: OnCut = "raise"
    """What becomes of a reply that breaks off: an error with the partial, or the partial as a reply."""
    resume_cut: bool = False
    """Whether a reply in words that breaks off is continued, where the vendor goes on from a given beginning."""
    quota_lookup: bool = True
    """Whether a spent quota whose text names no window or no time is looked up, once."""
    budgets: tuple[NamedBudget, ...] = ()
    """What the user lets calls spend, over all processes."""
    prefixes: MutableMapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the last calls began with, for `prompt_cache="auto"`."""
