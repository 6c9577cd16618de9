"""`cncoding quota`: what is left of the plan or the balance."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from cncoding import Client, Quota
from cncoding_cli import show
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, OneProvider, choose_provider


def quota(
    provider: OneProvider = None, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False
) -> None:
    """Ask what is left of the plan or the balance."""
    name, _ = choose_provider(None if provider is None else [provider], provider)
    with Client(name, endpoint=endpoint, base_url=base_url) as client:
        found = client.quota()
    if as_json:
        show.data(_as_object(found))
        return
    rows = [
        (one.name, one.describe_used(), one.describe_left(), _describe_moment(one.resets_at)) for one in found.windows
    ]
    rows += [("balance", "", f"{one.total:g} {one.currency}", "") for one in found.balances]
    show.table(("window", "used", "left", "resets"), rows, title=f"{name} {found.plan or found.endpoint}")


def _describe_moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    left = (moment - datetime.now(timezone.utc)).total_seconds()
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z} (in {max(0.0, left) / 3600:.1f} h)"


def _as_object(found: Quota) -> dict[str, Any]:
    windows = [
        {
            "name": one.name, "used": one.used, "limit": one.limit, "remaining": one.remaining,
            "remaining_ratio": one.remaining_ratio, "unit": one.unit, "unlimited": one.unlimited,
            "resets_at": one.resets_at.isoformat() if one.resets_at else None,
        }
        for one in found.windows
    ]  # fmt: skip
    balances = [{"currency": one.currency, "total": one.total} for one in found.balances]
    return {
        "provider": found.provider, "endpoint": found.endpoint, "plan": found.plan, "windows": windows,
        "balances": balances,
    }  # fmt: skip
