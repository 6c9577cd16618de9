"""Where the client and the emulator read a vendor differently: two sets of facts, compared field by field.

The two know nothing of each other. Where they differ, one of them misread a page, or two pages contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cncoding.cards import ModelCard
from cncoding.exchange.failures import read_failure
from cncoding.exchange.steps import Reply
from cncoding.profile import Provider
from cncoding.registry import own_providers
from cncoding_emulator.errors import Failure
from cncoding_emulator.facts import UNKNOWN, ModelFacts
from cncoding_emulator.persona import Persona
from cncoding_emulator.personas import PERSONAS

_KINDS = (
    (r"auth.*|no_key|plan_auth", {"AuthenticationError"}),
    (r"quota.*|balance|tpd|free_tier|usage_limit.*", {"QuotaExhaustedError"}),
    (r"rate_limit|concurrency|burst.*|throttle|allocation", {"RateLimitedError"}),
    (r"overloaded|server_error|timeout", {"ServerError", "RateLimitedError"}),
    (r"context_overflow", {"ContextOverflowError"}),
    (r"content_blocked", {"ContentBlockedError"}),
    (r"unknown_model", {"NotFoundError"}),
    (r"client_refused|access_terminated", {"ClientRefusedError"}),
    (r"permission", {"PermissionDeniedError"}),
)
"""What a row of the emulator's error table is called, and the class that the client should make of it."""


@dataclass(frozen=True)
class Difference:
    """One fact that is read in two ways."""

    provider: str
    subject: str
    ours: str
    theirs: str
    our_source: str
    their_source: str


def compare() -> tuple[Difference, ...]:
    """Return every difference, vendor by vendor."""
    found: list[Difference] = []
    for name, provider in own_providers().items():
        if name in PERSONAS:
            persona = PERSONAS[name]
            found += [*_addresses(provider, persona), *_models(provider, persona), *_errors(provider, persona)]
    return tuple(_join(found))


def _join(found: list[Difference]) -> Iterator[Difference]:
    """Tell a difference that several endpoints have once."""
    places: dict[Difference, list[str]] = {}
    for one in found:
        subject, _, place = one.subject.partition(" @ ")
        places.setdefault(replace(one, subject=subject), []).extend([place] if place else [])
    for one, where in places.items():
        yield replace(one, subject=f"{one.subject} ({', '.join(where)})" if where else one.subject)


def _addresses(provider: Provider, persona: Persona) -> Iterator[Difference]:
    ours = {(wire, one.path) for endpoint in provider.endpoints for wire, one in endpoint.wires.items()}
    known = ours | {
        (wire, path) for endpoint in provider.endpoints for wire, one in endpoint.wires.items() for path in one.also
    }
    theirs = {(one.wire, one.base): str(one.evidence.source) for one in persona.endpoints}
    for wire, path in sorted(ours - theirs.keys()):
        yield Difference(provider.id, f"{wire} at `{path or '/'}`", "served", "not served", "", "")
    for wire, path in sorted(theirs.keys() - known):
        source = theirs[wire, path]
        yield Difference(provider.id, f"{wire} at `{path or '/'}`", "not served", "served", "", source)


def _models(provider: Provider, persona: Persona) -> Iterator[Difference]:
    for endpoint in provider.endpoints:
        for card in endpoint.models:
            family = persona.facts.find_model(card.id)
            if (
                family is not UNKNOWN
                and family.evidence.kind != "inferred"
                and "emulator" not in family.evidence.source
            ):
                yield from _fields(provider.id, endpoint.name, card, family)


def _fields(provider: str, endpoint: str, card: ModelCard, family: ModelFacts) -> Iterator[Difference]:
    pairs = (
        ("input", card.input_limit, family.context),
        ("output", card.max_output, family.output),
        ("thinking", _thinking(card), family.thinks),
        ("sight", _word("image" in card.input), _word(family.sees)),
    )
    for name, ours, theirs in pairs:
        if ours is None or theirs is None or ours == theirs:
            continue
        subject = f"`{card.id}`, {name} @ {endpoint}"
        theirs_from = f"{family.evidence.source}, {family.evidence.date}"
        yield Difference(provider, subject, _show(ours), _show(theirs), str(card.source), theirs_from)


def _thinking(card: ModelCard) -> str:
    if card.thinking is None:
        return "never"
    if not card.thinking.can_disable:
        return "always"
    return "on" if card.thinking.default else "off"


def _word(flag: bool) -> str:
    return "yes" if flag else "no"


def _show(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _errors(provider: Provider, persona: Persona) -> Iterator[Difference]:
    for kind, entry in persona.table.items():
        wanted = next((names for pattern, names in _KINDS if re.fullmatch(pattern, kind)), None)
        if wanted is None or entry.inferred:
            continue  # what the emulator concluded on its own contradicts nobody
        refusal = persona.refuse(Failure(kind))
        reply = Reply(refusal.status, dict(refusal.headers), refusal.content)
        made = {type(read_failure(reply, provider.rules(one))).__name__ for one in provider.endpoints}
        if made.isdisjoint(wanted):
            subject = f"error `{kind}`, HTTP {entry.status}: {entry.message[:60]}"
            theirs = f"{entry.source}, {entry.date}"
            yield Difference(provider.id, subject, " or ".join(sorted(made)), " or ".join(sorted(wanted)), "", theirs)
