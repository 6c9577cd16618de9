"""What is left of every plan that the environment has a key for, and how long it lasts at this rate."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from cncoding import Balance, Client, CncodingError, QuotaWindow, providers
from cncoding_cli.secrets import scrub

LENGTHS = {"5h": timedelta(hours=5), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
"""How long a window is; a month is counted as 30 days."""
_TIMEOUT = 15.0
_AT_ONCE = 8


@dataclass(frozen=True)
class Window:
    """A window of a plan, and where it is going."""

    quota: QuotaWindow
    asked_at: datetime

    @property
    def used_share(self) -> float | None:
        """Return how much is used, 0 to 1; None if the vendor does not say."""
        one = self.quota
        if one.unlimited:
            return 0.0
        if one.remaining_ratio is not None:
            return min(1.0, max(0.0, 1 - one.remaining_ratio))
        limit = one.limit or (one.used + one.remaining if one.used is not None and one.remaining is not None else None)
        if not limit:
            return None
        if one.used is not None:
            return min(1.0, max(0.0, one.used / limit))
        return None if one.remaining is None else min(1.0, max(0.0, 1 - one.remaining / limit))

    @property
    def elapsed(self) -> timedelta | None:
        """Return how long the window has run; None if its length or its end is not known."""
        length = next((span for name, span in LENGTHS.items() if self.quota.name.split(" ")[0] == name), None)
        if length is None or self.quota.resets_at is None:
            return None
        gone = self.asked_at - (self.quota.resets_at - length)
        return gone if timedelta(0) < gone <= length else None

    @property
    def burn(self) -> float | None:
        """Return the share that is used in an hour, on average since the window began."""
        share, elapsed = self.used_share, self.elapsed
        return None if share is None or elapsed is None else share / (elapsed.total_seconds() / 3600)

    @property
    def runs_out_at(self) -> datetime | None:
        """Return when it runs out at this rate; None if it lasts until it fills again, or nobody knows."""
        share, burn = self.used_share, self.burn
        if share is None or not burn or self.quota.resets_at is None:
            return None
        moment = self.asked_at + timedelta(hours=(1 - share) / burn)
        return moment if moment < self.quota.resets_at else None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        one = self.quota
        return {
            "name": one.name, "used": one.used, "limit": one.limit, "remaining": one.remaining, "unit": one.unit,
            "unlimited": one.unlimited, "used_share": self.used_share, "burn_per_hour": self.burn,
            "runs_out_at": self.runs_out_at and self.runs_out_at.isoformat(),
            "resets_at": one.resets_at and one.resets_at.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True)
class Account:
    """What one key has left, or why that is not known."""

    provider: str
    endpoint: str
    plan: str | None = None
    windows: tuple[Window, ...] = ()
    balances: tuple[Balance, ...] = ()
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "provider": self.provider, "endpoint": self.endpoint, "plan": self.plan,
            "windows": [one.to_json() for one in self.windows],
            "balances": [{"currency": one.currency, "total": one.total} for one in self.balances],
            "problem": self.problem,
        }  # fmt: skip


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
                if (key := _read_key(endpoint.key_env)) and not _is_foreign(endpoint, key):
                    yield Door(name, endpoint.name, key)


def _is_foreign(endpoint: Any, key: str) -> bool:
    return endpoint.foreign_keys is not None and bool(endpoint.foreign_keys.match(key))


def _read_key(entries: Iterable[str]) -> str | None:
    for entry in entries:
        name, _, prefix = entry.partition(":")
        value = os.environ.get(name, "").strip()
        if value and value.startswith(prefix):
            return value
    return None


def ask_all(doors: list[Door]) -> list[Account]:
    """Ask every account at once, in the order of `doors`."""
    if not doors:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(doors))) as pool:
        return list(pool.map(_ask, doors))


def _ask(door: Door) -> Account:
    try:
        with Client(door.provider, endpoint=door.endpoint, api_key=door.key, timeout=_TIMEOUT, max_retries=0) as client:
            found = client.quota()
    except CncodingError as error:
        return Account(door.provider, door.endpoint, problem=scrub(str(error)))
    now = datetime.now(timezone.utc)
    windows = tuple(Window(one, now) for one in found.windows)
    return Account(door.provider, found.endpoint, found.plan, windows, found.balances)
