"""Ask every plan that the environment has a key for what it has left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone

from cncoding.client.sync import Client
from cncoding.errors import CncodingError
from cncoding.plans.panel import PlanAccount, PlanPanel, PlanWindow, gather
from cncoding.registry import providers, read_key

_TIMEOUT = 15.0
_AT_ONCE = 8


@dataclass(frozen=True)
class Door:
    """One key, and an endpoint that it opens."""

    provider: str
    endpoint: str
    key: str = field(repr=False)


def find_doors(only: str | None = None, endpoint: str | None = None) -> list[Door]:
    """Return an endpoint for every key of the environment, each key once.

    Args:
        only: The provider; every one if None.
        endpoint: Its name; the first that the key opens if None.
    """
    found = [one for one in _list_doors(only) if endpoint in (None, one.endpoint)]
    return list({(one.provider, one.key): one for one in reversed(found)}.values())[::-1]


def _list_doors(only: str | None) -> Iterator[Door]:
    for name, provider in providers().items():
        if only in (None, name):
            for endpoint in provider.endpoints:
                if (key := read_key(endpoint, os.environ)) and not endpoint.is_foreign(key):
                    yield Door(name, endpoint.name, key)


def read_plans(provider: str | None = None) -> PlanPanel:
    """Ask every plan that the environment has a key for what it has left, all at once.

    Args:
        provider: Only this one.

    Returns:
        A panel that shows itself in a notebook; an account that does not answer says why.
    """
    doors = find_doors(provider)
    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(doors)))) as pool:
        return gather(list(pool.map(_ask, doors)))


def _ask(door: Door) -> PlanAccount:
    try:
        with Client(door.provider, endpoint=door.endpoint, api_key=door.key, timeout=_TIMEOUT, max_retries=0) as client:
            found = client.quota()
    except CncodingError as error:
        said = str(error).removeprefix(f"quota of {door.provider} at endpoint {door.endpoint!r}: ")
        return PlanAccount(door.provider, door.endpoint, problem=said)
    now = datetime.now(timezone.utc)
    windows = tuple(PlanWindow(one, now) for one in found.windows)
    return PlanAccount(door.provider, found.endpoint, found.plan, windows, found.balances)
