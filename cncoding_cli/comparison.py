"""What the plans can do, side by side: from our cards, and from the model lists of those that a key opens now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cncoding import Client, CncodingError, ListedModel, ModelCard, Provider, providers
from cncoding.client.panel import Door, find_doors
from cncoding.dialects import OpenAIDialect
from cncoding.media.routes import McpRoute, SearchRoute, SightRoute, SpeechRoute, serves
from cncoding.media.selection import media_routes
from cncoding.profile import Endpoint
from cncoding_cli.secrets import scrub

_TIMEOUT = 20.0
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Compared:
    """One endpoint, and what its vendor lists now."""

    provider: Provider
    endpoint: Endpoint
    has_key: bool = False
    listed: tuple[ListedModel, ...] | None = None
    """What the endpoint lists now; None where it was not asked, has no list or failed."""
    problem: str | None = None

    @property
    def dates(self) -> tuple[str, str] | None:
        """When the oldest and the newest page was read that the cards come from."""
        found = sorted(card.source.date for card in self.endpoint.models if card.source is not None)
        return (found[0], found[-1]) if found else None

    def find(self, card: ModelCard) -> bool | None:
        """Tell whether the endpoint lists a model now, None where nobody knows."""
        if self.listed is None:
            return None
        return card.id.lower() in {one.id.lower() for one in self.listed}

    @property
    def strangers(self) -> list[ListedModel]:
        """Models that the endpoint lists and no card describes."""
        return [one for one in self.listed or () if not self.endpoint.card(one.id).known]

    @property
    def state(self) -> str:
        """Where its models are from."""
        cards = "cards of {}".format(" to ".join(dict.fromkeys(self.dates)) if self.dates else "no date")
        if self.problem is not None:
            return f"{cards}; {self.problem}"
        if self.listed is None:
            return f"{cards}; not asked: no key in the environment"
        missing = sum(self.find(card) is False for card in self.endpoint.models)
        return (
            f"asked now: {len(self.listed)} listed, {len(self.strangers)} of them without a card, {missing} cards not "
            f"listed; {cards}"
        )


def compare(provider: str | None, endpoint: str | None) -> list[Compared]:
    """Return an endpoint of each provider: the one that its key opens, which is asked for its list, or the default."""
    doors = {door.provider: door for door in reversed(find_doors(provider, endpoint))}
    chosen = []
    for one in providers().values():
        if provider not in (None, one.id):
            continue
        door = doors.get(one.id)
        names = [where.name for where in one.endpoints]
        name = door.endpoint if door is not None else endpoint or names[0]
        if name in names:
            chosen.append((Compared(one, one.endpoint(name), door is not None), door))
    with ThreadPoolExecutor(max(1, len(chosen))) as pool:
        return list(pool.map(lambda pair: _ask(*pair), chosen))


def _ask(one: Compared, door: Door | None) -> Compared:
    if door is None:
        return one
    try:
        with Client(door.provider, endpoint=door.endpoint, api_key=door.key, timeout=_TIMEOUT, max_retries=0) as client:
            listed = client.models()
    except CncodingError as error:
        return Compared(one.provider, one.endpoint, True, None, f"asked now, and failed: {scrub(str(error))}")
    if not all(model.listed for model in listed):
        return Compared(one.provider, one.endpoint, True, None, "the endpoint has no list of models")
    return Compared(one.provider, one.endpoint, True, listed)


def list_abilities(one: Compared) -> dict[str, str]:
    """Return what an endpoint can do, as the comparisons of plans ask it."""
    provider, where = one.provider, one.endpoint
    reads: frozenset[str] = frozenset().union(*(card.input for card in where.models))
    dialects = [wire.dialect for wire in where.wires.values()]
    by_link = any(dialect.image_urls for dialect in dialects if isinstance(dialect, OpenAIDialect))
    structured = sorted(frozenset().union(*(card.structured for card in where.models)))
    ruled_out = where.terms is not None and where.terms.interactive_only
    return {
        "text": YES,
        "reads images itself": _list("image" in reads, [card.id for card in where.models if "image" in card.input]),
        "vision endpoint": _has(provider, where, SightRoute),
        "image by link": "no" if not reads & {"image"} else YES if by_link else "fetched here, sent as data",
        "image as data": YES if "image" in reads else NO,
        "video": YES if "video" in reads else NO,
        "reasoning": YES if any(card.thinking is not None for card in where.models) else NO,
        "tools": YES if any(card.tools for card in where.models) else NO,
        "structured": ", ".join(structured) or NO,
        "wires": ", ".join(where.wires),
        "MCP servers": _has(provider, where, McpRoute),
        "web search": _has(provider, where, SearchRoute),
        "makes": ", ".join(sorted({route.kind for route in media_routes(provider)})) or NO,
        "hears": YES if provider.routes(SpeechRoute) else NO,
        "other vendors' models": ", ".join(_find_others(provider, where)) or NO,
        "quota by API": YES if provider.quota is not None and provider.quota.asks.get(where.name) else NO,
        "unattended use": "ruled out" if ruled_out else "not ruled out",
    }


def _list(has: bool, names: list[str]) -> str:
    if not has:
        return NO
    return f"{', '.join(names[:2])}{f' and {len(names) - 2} more' if len(names) > 2 else ''}"


def _has(provider: Provider, where: Endpoint, kind: type[Any]) -> str:
    return YES if any(serves(route, where.name) for route in provider.routes(kind)) else NO


def _find_others(provider: Provider, where: Endpoint) -> list[str]:
    """Return vendors whose models an endpoint serves, too: ids begin with their names."""
    names = [card.id.lower().rpartition("/")[2] for card in where.models]
    others = [one for one in providers() if one != provider.id]
    return [one for one in others if any(name.startswith(one) for name in names)]
