"""Named models of `cncoding.yaml` as clients, without a framework."""

from __future__ import annotations

import inspect
import os
from typing import Any

from cncoding.chat.request import ChatSettings, build_request
from cncoding.client.base import BaseClient
from cncoding.client.configuration import reveal
from cncoding.client.plans import Member, PlanClient
from cncoding.client.sync import Client
from cncoding.errors import ConfigError
from cncoding.plans.configuration import Configuration
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
    settings = reveal(entry, configuration)
    group = {one: settings.pop(one) for one in _GROUP if one in settings}
    names = entry.over or (entry.name,)
    members = [one for inner in names for one in _open_members(configuration, inner, settings if entry.over else {})]
    return PlanClient(members, **group)


def _open_members(configuration: Configuration, name: str, shared: dict[str, Any]) -> list[Member[Client]]:
    entry = configuration.entry(name)
    settings = {**reveal(entry, configuration), **shared}
    if entry.over:
        settings = {key: value for key, value in settings.items() if key not in _GROUP}
        return [one for inner in entry.over for one in _open_members(configuration, inner, settings)]
    takes = set(inspect.signature(BaseClient.__init__).parameters) - {"self", "unknown"}
    client = Client(**{key: value for key, value in settings.items() if key in takes})
    asked = {key: value for key, value in settings.items() if key in ChatSettings.__annotations__}
    try:
        own = build_request(ChatRequest(()), asked)
    except ConfigError as error:
        raise ConfigError(f"{os.fspath(configuration.path)}: models.{name}: {error}") from None
    return [Member(client, own)]
