"""Named models of `cncoding.yaml` as clients, without a framework."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from cncoding.chat.request import ChatSettings, build_request
from cncoding.client.base import BaseClient
from cncoding.client.configuration import build_model
from cncoding.client.plans import Member, PlanClient
from cncoding.client.sync import Client
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
    member = build_model(configuration.entry(name), configuration, _open_one, _open_group)
    return member.client if isinstance(member.client, PlanClient) else PlanClient([member])


def _open_one(settings: dict[str, Any]) -> Member[Client]:
    takes = set(inspect.signature(BaseClient.__init__).parameters) - {"self", "unknown"}
    client = Client(**{key: value for key, value in settings.items() if key in takes})
    return Member(client, _read_own(settings))


def _open_group(opened: list[Member[Client]], settings: dict[str, Any]) -> Member[Client]:
    members = [replace(one, floor=settings.get("floor")) for one in opened]
    own = _read_own(settings)
    group = {name: settings[name] for name in _GROUP if name in settings}
    return Member(PlanClient(members, own=own, **group), own)


def _read_own(settings: dict[str, Any]) -> ChatRequest:
    asked = {key: value for key, value in settings.items() if key in ChatSettings.__annotations__}
    return build_request(ChatRequest(()), asked)
