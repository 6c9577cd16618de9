"""What several models are as one: what they can do together, and what each is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, TypeAlias

from cncoding.cards import ModelCard
from cncoding.chat.encoder import check_modality
from cncoding.errors import ConfigError
from cncoding.media.selection import find_sight_route
from cncoding.plans.left import check_floor
from cncoding.target import Setup
from cncoding.types import ChatRequest, Media

Order: TypeAlias = Literal["listed", "most_left", "cheapest"]
ORDERS = ("listed", "most_left", "cheapest")
_OF_ONE = frozenset(
    {"provider", "model", "api_key", "endpoint", "base_url", "wire", "http_client", "http_async_client"}
)
"""Settings that each of several models has for itself."""


def read_members(
    given: Any, kind: type, settings: Mapping[str, Any], *, noun: str, examples: tuple[str, str]
) -> list[Any]:
    """Return the models that a framework is to join.

    Args:
        given: What the user gave for a list of them.
        kind: The framework's class of such models.
        settings: Of all of them together.
        noun: What the framework calls one: chat model, LLM.
        examples: Two classes of them, for errors.

    Raises:
        ConfigError: It is no list of such models, it is empty, or a setting belongs to each of them.
    """
    first, second = examples
    if isinstance(given, kind) or not isinstance(given, Iterable):
        raise ConfigError(f"over: is {type(given).__name__}; give a list of {noun}s, such as [{first}()]")
    members = list(given)
    if not members:
        raise ConfigError(f"over: the list is empty; give at least one {noun}")
    for one in members:
        if not isinstance(one, kind):
            raise ConfigError(f"over: {type(one).__name__} is no {noun} of cncoding; give {first}(), {second}(), ...")
    if own := sorted(_OF_ONE & settings.keys()):
        raise ConfigError(
            f"over: {own[0]} belongs to each {noun.split()[-1]}; give it to {first}(...), {second}(...), ..."
        )
    return members


def check_members(count: int, order: str, hedge_after: float | None, floors: Iterable[float | None]) -> None:
    """Refuse what cannot be one model.

    Raises:
        ConfigError: There is no member, the order is unknown, the time is no time, or a floor is no share.
    """
    if count == 0:
        raise ConfigError("over: the list is empty; give at least one model")
    if order not in ORDERS:
        raise ConfigError(f"order={order!r}: choose one of {', '.join(ORDERS)}")
    if hedge_after is not None and not (isinstance(hedge_after, int | float) and 0 < hedge_after < 1e9):
        raise ConfigError(f"hedge_after={hedge_after!r}: give seconds above 0, or None for never")
    for floor in floors:
        if floor is not None:
            check_floor(floor)


def check_abilities(request: ChatRequest, card: ModelCard, setup: Setup) -> None:
    """Refuse a request that one of several models is known not to take, before any of them is asked.

    Raises:
        ConfigError: It names the model.
    """
    if request.tools and not card.tools:
        raise ConfigError(f"tools: {card.id} of {setup.target.provider.id} takes none; leave it out")
    vision = request.vision or setup.vision or card.vision
    described = vision == "vlm" and find_sight_route(setup) is not None
    for part in [part for message in request.messages if message.role == "user" for part in message.parts]:
        if isinstance(part, Media) and part.kind != "file" and not (part.kind == "image" and described):
            check_modality(part, card, replace(request, vision=vision), setup.target)


def weakest(cards: Sequence[ModelCard]) -> ModelCard:
    """Return what every one of several models can do."""
    first = cards[0]
    limits = [card.input_limit for card in cards]
    return replace(
        first,
        context=None if None in limits else min(limit for limit in limits if limit is not None),
        max_output=_least([card.max_output for card in cards]),
        input=frozenset.intersection(*(card.input for card in cards)),
        tools=all(card.tools for card in cards),
        structured=frozenset.intersection(*(card.structured for card in cards)),
        tool_images=all(card.tool_images for card in cards),
        known=all(card.known for card in cards),
    )


def _least(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def overlay(request: ChatRequest, own: ChatRequest, model: str | None) -> ChatRequest:
    """Return a request for a model, with what a member says of itself where the request says nothing."""
    blank = _BLANK
    changes: dict[str, Any] = {
        one.name: getattr(own, one.name)
        for one in fields(ChatRequest)
        if one.name not in _ALWAYS and getattr(request, one.name) == getattr(blank, one.name)
    }
    return replace(
        request,
        **changes,
        model=model,
        extra={**own.extra, **request.extra},
        headers={**own.headers, **request.headers},
    )


_BLANK = ChatRequest(())
_ALWAYS = frozenset({"messages", "model", "extra", "headers", "stream"})
