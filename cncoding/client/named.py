"""Named models of `cncoding.yaml` as clients, without a framework."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
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


def select_client_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those settings of a named model that a client takes; the others are of requests, or of a framework."""
    takes = set(inspect.signature(BaseClient.__init__).parameters) - {"self", "unknown"}
    return {key: value for key, value in settings.items() if key in takes}


def _open_one(settings: dict[str, Any]) -> Member[Client]:
    return Member(Client(**select_client_settings(settings)), _read_own(settings))


def _open_group(opened: list[Member[Client]], settings: dict[str, Any]) -> Member[Client]:
    members = [replace(one, floor=settings.get("floor")) for one in opened]
    own = _read_own(settings)
    group = {name: settings[name] for name in _GROUP if name in settings}
    return Member(PlanClient(members, own=own, **group), own)


def _read_own(settings: dict[str, Any]) -> ChatRequest:
    asked = {key: value for key, value in settings.items() if key in ChatSettings.__annotations__}
    return build_request(ChatRequest(()), asked)
