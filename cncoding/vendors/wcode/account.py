"""Balance of wcode.net (page check-balance). It lives beside the chat base, at the host's root.

Its image endpoints (`/api/vision/gpt/text-to-image/v3/generate`, `/api/vision/gpt/cvse/v2/transform`) are left out: no
stored page shows what they answer, and two versions of the request contradict each other.
"""

from __future__ import annotations

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.media.routes import Draft, Place, QuotaAsk, QuotaRoute
from cncoding.quota import Balance, Quota
from cncoding.types import JsonObject


def _base(target: Place) -> str:
    return target.root


def _read_balance(body: JsonObject, quota: Quota) -> Quota:
    data = body.get("data")
    if body.get("status") != "success" or not isinstance(data, dict) or data.get("total_available") is None:
        reason = body.get("error_message") or "the reply holds no balance"
        raise ProtocolError(f"the balance cannot be read: {reason}", payload=str(body))
    money = Balance(str(data.get("total_available_currency") or "CNY"), float(data["total_available"]))
    return Quota(quota.provider, quota.endpoint, balances=(money,), raw=body)


_ASK = (QuotaAsk(_base, Draft("/api/account/billing/grants", method="GET"), _read_balance),)
QUOTA = QuotaRoute({"api": _ASK}, source=Source("documented", "wcode.net check-balance page", "2026", "undated"))
