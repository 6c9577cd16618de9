"""`cncoding models`: which models are known, or which the vendor lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from cncoding import Client, ConfigError, ModelCard, providers
from cncoding.media.selection import media_routes
from cncoding_cli import show, terminal
from cncoding_cli.comparison import Compared, compare, list_abilities
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, OneProvider, choose_provider


def models(
    provider: OneProvider = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    media: Annotated[bool, typer.Option("--media", help="The models that make images, videos and speech.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the vendor for its list; needs a key.")] = False,
    side_by_side: Annotated[
        bool, typer.Option("--compare", help="All plans side by side; asks those that there is a key for.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that are known at an endpoint. Unknown ones work too."""
    if side_by_side:
        _compare(provider, endpoint)
        return
    name, _ = choose_provider(None if provider is None else [provider], provider)
    if live:
        _list_live(name, endpoint, base_url)
        return
    if media:
        _list_media(name)
        return
    found = providers()[name]
    where = found.endpoint(endpoint)
    if as_json:
        show.data([_as_object(card) for card in where.models])
        return
    rows = [_row(card) for card in where.models]
    title = f"{found.title}, endpoint {where.name}"
    show.table(("model", "context", "output", "reads", "thinks", "tools"), rows, title=title)


def _list_media(name: str) -> None:
    rows = [(model.id, route.kind, route.name) for route in media_routes(providers()[name]) for model in route.models]
    if show.wants_json():
        show.data([{"id": model, "kind": kind, "route": route} for model, kind, route in rows])
    else:
        show.table(("model", "makes", "route"), rows)


def _list_live(name: str, endpoint: str | None, base_url: str | None) -> None:
    with Client(name, endpoint=endpoint, base_url=base_url) as client:
        listed = client.models()
    if show.wants_json():
        show.data([{"id": one.id, "listed": one.listed, "context": one.context} for one in listed])
        return
    rows = [(one.id, f"{one.context:,}" if one.context else "", "vendor" if one.listed else "table") for one in listed]
    show.table(("model", "context", "from"), rows)


def _compare(provider: str | None, endpoint: str | None) -> None:
    """Show what the plans can do side by side, and which of the models that we know their vendors list now."""
    if provider is not None:
        choose_provider([provider], provider)
    found = compare(provider, endpoint)
    if not found:
        raise ConfigError(f"--endpoint {endpoint}: no provider has it")
    if show.wants_json():
        show.data([_as_comparison(one) for one in found])
        return
    abilities = [list_abilities(one) for one in found]
    rows = [(name, *(several[name] for several in abilities)) for name in abilities[0]]
    show.table(("", *(f"{one.provider.id} {one.endpoint.name}" for one in found)), rows)
    show.line("")
    if terminal.is_watched():
        for one in found:
            _tell_models(one)
        return
    heads = ("provider", "endpoint", "listed now", "model", "context", "output", "reads", "thinks", "tools")
    show.table(heads, [row for one in found for row in _list_models(one)])
    for one in found:
        show.note(f"{one.provider.id} {one.endpoint.name}: {one.state}")


def _tell_models(one: Compared) -> None:
    show.line(f"{one.provider.id} {one.endpoint.name}: {one.state}")
    known = [(card.id, one.find(card)) for card in one.endpoint.models]
    groups = {
        "listed now": [name for name, listed in known if listed],
        "not listed now, which does not mean refused": [name for name, listed in known if listed is False],
        "listed now, without a card": [stranger.id for stranger in one.strangers],
        "known": [name for name, listed in known if listed is None],
    }
    for title, names in groups.items():
        if names:
            show.stdout().print(Padding(Text(f"{title}: {', '.join(names)}"), (0, 0, 0, 2)))


_LISTED = {True: "yes", False: "no", None: ""}


def _list_models(one: Compared) -> Iterator[tuple[str, ...]]:
    head = (one.provider.id, one.endpoint.name)
    for card in one.endpoint.models:
        yield (*head, _LISTED[one.find(card)], *_row(card))
    for stranger in one.strangers:
        context = f"{stranger.context:,}" if stranger.context else "?"
        yield (*head, "yes, no card", stranger.id, context, "?", "?", "?", "?")


def _as_comparison(one: Compared) -> dict[str, Any]:
    default = one.endpoint.card(one.endpoint.default_model)
    cards = [{**_as_object(card), "known": True, "listed": one.find(card)} for card in one.endpoint.models]
    strangers = [{"id": found.id, "context": found.context, "known": False, "listed": True} for found in one.strangers]
    return {
        "provider": one.provider.id, "endpoint": one.endpoint.name, **_as_object(default),
        "abilities": list_abilities(one), "asked": one.has_key, "problem": one.problem,
        "cards_of": list(one.dates) if one.dates else None, "models": [*cards, *strangers],
    }  # fmt: skip


def _row(card: ModelCard) -> tuple[str, ...]:
    thinks = "no" if card.thinking is None else "/".join(card.thinking.levels) or "yes"
    numbers = [f"{number:,}" if number else "?" for number in (card.context, card.max_output)]
    return (card.id, *numbers, ", ".join(sorted(card.input)), thinks, "yes" if card.tools else "no")


def _as_object(card: ModelCard) -> dict[str, Any]:
    thinking = card.thinking
    return {
        "id": card.id, "context": card.context, "max_output": card.max_output, "input": sorted(card.input),
        "tools": card.tools, "thinks": thinking is not None, "levels": list(thinking.levels) if thinking else [],
    }  # fmt: skip
