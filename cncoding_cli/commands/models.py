"""`cncoding models`: which models are known, or which the vendor lists."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cncoding import Client, ModelCard, providers
from cncoding.media.selection import media_routes
from cncoding.profile import Endpoint
from cncoding_cli import show
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, OneProvider, choose_provider


def models(
    provider: OneProvider = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    media: Annotated[bool, typer.Option("--media", help="The models that make images, videos and speech.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the vendor for its list; needs a key.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="The default models of all plans side by side.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that are known at an endpoint. Unknown ones work too."""
    if compare:
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
    """Show what the default model of each endpoint can do, and what the plan's terms say of unattended use."""
    if provider is not None:
        choose_provider([provider], provider)
    rows = []
    for one in providers().values():
        for where in one.endpoints:
            if provider in (None, one.id) and endpoint in (None, where.name):
                rows.append((one, where, where.card(where.default_model)))
    if show.wants_json():
        show.data(
            [
                {"provider": one.id, "endpoint": where.name, **_as_object(card), **_as_abilities(where, card)}
                for one, where, card in rows
            ]
        )
        return
    table = [
        (one.id, where.name, *_row(card), *(str(value) for value in _as_abilities(where, card).values()))
        for one, where, card in rows
    ]
    heads = ("provider", "endpoint", "model", "context", "output", "reads", "thinks", "tools")
    show.table((*heads, "structured", "wires", "unattended use"), table)


def _as_abilities(where: Endpoint, card: ModelCard) -> dict[str, str]:
    ruled_out = where.terms is not None and where.terms.interactive_only
    return {
        "structured": ", ".join(sorted(card.structured)) or "no",
        "wires": ", ".join(where.wires),
        "unattended": "ruled out" if ruled_out else "not ruled out by a page we read",
    }


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
