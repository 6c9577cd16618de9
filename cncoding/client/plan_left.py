"""Ask plans what they have left: once a minute for a process, whoever wants to know."""

from __future__ import annotations

import time

from cncoding.client.aio import AsyncClient
from cncoding.client.base import BaseClient
from cncoding.client.plan_memory import plan_id
from cncoding.client.sync import Client
from cncoding.errors import CncodingError
from cncoding.plans.left import PlanLeft, read_left

_FRESH = 60.0
"""Seconds for which an answer is believed."""
_left: dict[str, tuple[float, PlanLeft]] = {}
"""When a plan was asked and what it had left, by plan."""


def _recall(client: BaseClient) -> PlanLeft | None:
    now = time.time()
    asked_at, left = _left.get(plan_id(client.target), (0.0, None))
    if left is None or asked_at + _FRESH <= now:
        return None
    return None if left.resets_at is not None and left.resets_at.timestamp() <= now else left


def _keep(client: BaseClient, left: PlanLeft) -> PlanLeft:
    _left[plan_id(client.target)] = (time.time(), left)
    return left


def ask_left(client: Client) -> PlanLeft:
    """Return what a plan has left; where nobody tells, its share is None."""
    if (known := _recall(client)) is not None:
        return known
    try:
        quota = client.quota()
    except CncodingError:
        quota = None  # nobody tells: the vendor has no such endpoint, or it is down
    return _keep(client, read_left(client.provider_id, client.endpoint_name, quota))


async def ask_left_async(client: AsyncClient) -> PlanLeft:
    """Return what a plan has left; see `ask_left`."""
    if (known := _recall(client)) is not None:
        return known
    try:
        quota = await client.quota()
    except CncodingError:
        quota = None  # as above
    return _keep(client, read_left(client.provider_id, client.endpoint_name, quota))
