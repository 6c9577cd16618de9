"""Balance of DeepSeek (API reference). It makes no media here.

Its search (`/v1/tools/search`, since about 2026-10-15) and its speech models are known from third parties only, without
their fields, and are left out.
"""

from __future__ import annotations

from cncoding.errors import ProtocolError
from cncoding.media.routes import Draft, QuotaAsk, QuotaRoute
from cncoding.media.values import Balance, Quota
from cncoding.target import Target
from cncoding.types import JsonObject


def _base(target: Target) -> str:
    return target.root


def _read_balance(body: JsonObject, quota: Quota) -> Quota:
    """Read the balances; amounts are texts."""
    rows = body.get("balance_infos")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no balance", payload=str(body))
    balances = tuple(
        Balance(
            str(row["currency"]),
            float(row["total_balance"]),
            float(row["granted_balance"]),
            float(row["topped_up_balance"]),
        )
        for row in rows
    )
    return Quota(quota.provider, quota.endpoint, balances=balances, raw=body)


_ASK = (QuotaAsk(_base, Draft("/user/balance", method="GET"), _read_balance),)
QUOTA = QuotaRoute(dict.fromkeys(("api", "api-global", "coding"), _ASK))
