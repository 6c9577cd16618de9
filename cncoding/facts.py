"""What the vendor folders state, as a list: each fact with its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, timedelta

from cncoding.cards import ModelCard
from cncoding.dialects import Dialect
from cncoding.errors import ConfigError
from cncoding.evidence import Source
from cncoding.exchange.failures import ErrorRule
from cncoding.media.file_routes import FileRule
from cncoding.media.routes import MediaRoute, SpeechRoute
from cncoding.profile import Endpoint, Provider
from cncoding.registry import find_provider, providers


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about a vendor.

    Attributes:
        provider: Id of the provider.
        subject: What it is about, for example `model glm-5.3 (coding, coding-global)`.
        value: What is stated.
        source: Its evidence; None where a vendor outside this package names none.
    """

    provider: str
    subject: str
    value: str
    source: Source | None


def list_facts(
    provider: str | None = None,
    *,
    older_than: int | str | None = None,
    inferred: bool = False,
    today: date | None = None,
) -> tuple[Fact, ...]:
    """Return the facts of a provider, or of all.

    Args:
        provider: Id of the provider; all if None.
        older_than: Only facts whose source is older than so many days: 90, "90" or "90d".
        inferred: Only facts that were concluded, not read or seen.
        today: The day that ages are counted to.

    Raises:
        ConfigError: There is no such provider, or `older_than` is no number of days.
    """
    known = providers().values() if provider is None else (find_provider(provider),)
    found = [fact for one in known for fact in _facts_of(one)]
    if inferred:
        found = [fact for fact in found if fact.source is None or fact.source.kind == "inferred"]
    if older_than is not None:
        before = (today or date.today()) - timedelta(days=_read_days(older_than))
        found = [fact for fact in found if fact.source is None or fact.source.day < before]
    return tuple(found)


def _read_days(given: int | str) -> int:
    found = re.fullmatch(r"(\d{1,5}) ?d?", str(given).strip())
    if found is None:
        raise ConfigError(f"older_than={given!r}: give days, for example 90d")
    return int(found[1])


def _list_prices(provider: Provider) -> Iterator[tuple[str, str, Source]]:
    for price in provider.prices:
        settings = ", ".join(f"{name}={value}" for name, value in price.when.items())
        where = ", ".join(sorted(price.endpoints)) if price.endpoints is not None else "every endpoint"
        of = f"{price.per} {price.unit}s" if price.per != 1 else price.unit
        subject = f"price of {', '.join(price.models)} ({where}){': ' + settings if settings else ''}"
        yield subject, f"{price.amount:g} {price.currency} for each {of}", price.source


def _facts_of(provider: Provider) -> Iterator[Fact]:
    def state(subject: str, value: object, source: Source | None) -> Fact:
        return Fact(provider.id, subject, _show(value), source)

    for name in ("identity", "code_patterns", "completions"):
        if name in _changed(provider):
            yield state(name, getattr(provider, name), provider.sources.get(name))
    for endpoint in provider.endpoints:
        for name in _stated(endpoint):
            yield state(f"endpoint {endpoint.name}: {name}", getattr(endpoint, name), endpoint.sources.get(name))
        if endpoint.terms is not None:
            yield state(f"endpoint {endpoint.name}: terms", endpoint.terms.text, endpoint.terms.source)
    for wire, dialect, where in _dialects(provider):
        for name in list_quirks(dialect):
            yield state(f"{wire} wire ({where}): {name}", getattr(dialect, name), dialect.sources.get(name))
    for card, where in _cards(provider):
        yield state(f"model {card.id} ({where})", card, card.source)
    for subject, rule in _rules(provider):
        yield state(subject, rule, rule.source)
    for route in provider.media:
        yield state(f"route {route.name}", type(route).__name__, route.source)
        if isinstance(route, (MediaRoute, SpeechRoute)) and route.carriage is not None:
            yield state(f"inputs of {route.name}", route.carriage.describe(), route.carriage.source)
        if isinstance(route, MediaRoute):
            for model in route.models:
                takes = "unchecked" if model.fields is None else f"takes {', '.join(model.fields)}"
                yield state(f"{route.kind} model {model.id} ({route.name})", takes, model.source)
    if provider.files is not None:
        yield state("files", provider.files.where or provider.files.name, provider.files.source)
        for purpose, taken in provider.files.purposes.items():
            yield state(f"files for {purpose}", taken, taken.source)
    for subject, value, source in _list_prices(provider):
        yield state(subject, value, source)
    if provider.quota is not None:
        asked = ", ".join(provider.quota.asks) or provider.quota.otherwise
        yield state("quota", asked, provider.quota.source)


def _stated(endpoint: Endpoint) -> Iterator[str]:
    yield from ("host", "key_env")
    yield from (name for name in ("check", "finalize") if name in _changed(endpoint))


def list_quirks(dialect: Dialect) -> tuple[str, ...]:
    """Return the fields of a dialect that are not at their default: the quirks that it states."""
    return tuple(name for name in _changed(dialect) if name != "sources")


def _changed(value: Provider | Endpoint | Dialect) -> tuple[str, ...]:
    return tuple(one.name for one in fields(value) if one.init and _default(one) != getattr(value, one.name))


def _default(one: Field[object]) -> object:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default


def _dialects(provider: Provider) -> Iterator[tuple[str, Dialect, str]]:
    found: dict[int, tuple[str, Dialect, list[str]]] = {}
    for endpoint in provider.endpoints:
        for name, wire in endpoint.wires.items():
            found.setdefault(id(wire.dialect), (name, wire.dialect, []))[2].append(endpoint.name)
    for name, dialect, where in found.values():
        yield name, dialect, ", ".join(where)


def _cards(provider: Provider) -> Iterator[tuple[ModelCard, str]]:
    found: dict[ModelCard, list[str]] = {}
    for endpoint in provider.endpoints:
        for card in endpoint.models:
            found.setdefault(card, []).append(endpoint.name)
    for card, where in found.items():
        yield card, ", ".join(where)


def _rules(provider: Provider) -> Iterator[tuple[str, ErrorRule]]:
    yield from ((f"error code {code}", rule) for code, rule in provider.error_codes.items())
    yield from ((f"error text {pattern.pattern}", rule) for pattern, rule in provider.error_texts)
    seen: set[tuple[str, ErrorRule]] = set()
    for endpoint in provider.endpoints:
        own = [(f"error code {code}", rule) for code, rule in endpoint.error_codes.items()]
        own += [(f"error text {pattern.pattern}", rule) for pattern, rule in endpoint.error_texts]
        yield from ((f"{subject} ({endpoint.name})", rule) for subject, rule in own if (subject, rule) not in seen)
        seen.update(own)


def _show(value: object) -> str:
    """Return a value in few words."""
    if isinstance(value, ModelCard):
        return _show_card(value)
    if isinstance(value, FileRule):
        return value.describe()
    if isinstance(value, ErrorRule):
        return value.kind.__name__ + (f", window {value.window}" if value.window else "")
    if isinstance(value, (frozenset, set)):
        return ", ".join(sorted(map(str, value))) or "none"
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    if isinstance(value, tuple):
        return ", ".join(map(_show, value))
    if callable(value):
        return (value.__doc__ or "a function").strip().splitlines()[0]
    return str(value)


def _show_card(card: ModelCard) -> str:
    bits = [f"context {card.context or '?'}", f"output {card.max_output or '?'}", "reads " + _show(card.input)]
    if card.max_input is not None:
        bits.append(f"input {card.max_input}")
    bits.append("does not think" if card.thinking is None else _show_thinking(card))
    bits.extend(f"{name} {_show(getattr(card, name))}" for name in _QUIRKS if getattr(card, name) != _USUAL[name])
    return ", ".join(bits)


def _show_thinking(card: ModelCard) -> str:
    support = card.thinking
    assert support is not None
    start = "thinks" if support.default else "thinks when told"
    levels = f", efforts {'/'.join(support.levels)}" if support.levels else ""
    return start + (", can stop" if support.can_disable else ", always") + levels


_QUIRKS = (
    *("tools", "tool_choice", "structured", "tool_images", "stream_only", "cumulative", "omits", "temperature"),
    *("max_images", "search", "requires", "tool_stream", "vision"),
)
_USUAL = {one.name: _default(one) for one in fields(ModelCard)}
