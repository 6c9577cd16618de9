"""Purchases that have no job to ask for: why, and what to do."""

from __future__ import annotations

from cncoding.errors import ConfigError
from cncoding.media.journal import Purchase


def need_job(purchase: Purchase) -> Purchase:
    """Return a purchase that has a job.

    Raises:
        ConfigError: It has none, and why.
    """
    if purchase.job is None and purchase.pieces is not None:
        how = f"spoken in {purchase.pieces} pieces" if purchase.kind == "speech" else f"made by {purchase.pieces} calls"
        raise ConfigError(
            f"job={purchase.handle}: is {how} and not whole yet; ask for it again, with the same text and settings, "
            "and it goes on"
        )
    if purchase.job is None and purchase.state == "done":
        raise ConfigError(
            f"job={purchase.handle}: this {purchase.kind} was made and paid for, and is not there any more: a stream "
            "is not kept. Make it again under a new call"
        )
    if purchase.job is None:
        raise ConfigError(f"job={purchase.handle}: is {purchase.state}; {explain_jobless(purchase)}")
    return purchase


def explain_jobless(purchase: Purchase) -> str:
    """Say of a purchase why it has no job to ask for, and what to do."""
    if purchase.state == "unconfirmed":
        return f"there is no job to ask for; `cncoding job resolve {purchase.handle}` looks for it"
    if purchase.state == "refused":
        why = f" ({purchase.error})" if purchase.error else ""
        return f"nothing was bought{why}; ask for it again"
    if purchase.state == "released":
        return "a person allowed to buy it again; ask for the same once more"
    return "its request is on its way, and another process works on it; ask again in a moment"
