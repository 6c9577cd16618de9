"""Named models of `cncoding.yaml` as clients, without a framework."""

from __future__ import annotations

import inspect
from dataclasses import replace

from cncoding.budget import NamedBudget
from cncoding.chat.request import ChatSettings, build_request
from cncoding.client.base import BaseClient
from cncoding.client.configuration import reveal
from cncoding.client.plans import Member, PlanClient
from cncoding.client.sync import Client
from cncoding.plans.configuration import Configuration, Entry
from cncoding.types import ChatRequest

_GROUP = ("order", "hedge_after")


def open_named(configuration: Configuration, name: str | None = None) -> PlanClient:
    """Return the client of a named model; one model is a group of one.

    Settings that only a framework has, such as `streaming`, are passed over.

    Args:
        configuration: A configuration, see `load_configuration`.
        name: The name there; the default model if None.

    Raises:
        ConfigError: There is no such model, a secret cannot be had, or a setting is wrong.
    """
    entry = configuration.entry(name)
    member = _open_member(configuration, entry, ())
    return member.client if isinstance(member.client, PlanClient) else PlanClient([member])


def _open_member(configuration: Configuration, entry: Entry, outer: tuple[NamedBudget, ...]) -> Member[Client]:
    """Open a model; what a group may spend is counted where its models are asked."""
    settings = reveal(entry, configuration)
    budgets = (*settings.pop("budgets", ()), *outer)
    asked = {key: value for key, value in settings.items() if key in ChatSettings.__annotations__}
    own = build_request(ChatRequest(()), asked)
    if entry.over:
        opened = [_open_member(configuration, configuration.entry(one), budgets) for one in entry.over]
        members = [replace(one, floor=settings.get("floor")) for one in opened]
        group = {name: settings[name] for name in _GROUP if name in settings}
        return Member(PlanClient(members, own=own, **group), own)
    takes = set(inspect.signature(BaseClient.__init__).parameters) - {"self", "unknown"}
    client = Client(**{key: value for key, value in settings.items() if key in takes}, budgets=budgets)
    return Member(client, own)
