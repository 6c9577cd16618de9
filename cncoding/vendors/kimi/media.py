"""Web search and quota of Kimi: the plan's (kimi.com) and the platform's (moonshot). Kimi makes no media."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.media.replies import dig
from cncoding.media.routes import AnyRoute, Draft, Place, QuotaAsk, QuotaRoute, SearchRoute
from cncoding.media.rules import Between, Chars, Flag, Items, MediaModel, OneOf, Rule, check
from cncoding.media.values import SearchHit, SearchResult
from cncoding.quota import Balance, Quota, QuotaWindow
from cncoding.types import JsonObject

_CLIENTS = Source("documented", "kimi-cli 1.52.0 and kimi-code 2.1.0, the vendor's own clients", "2026-09-23")
_PLATFORM_DOCS = Source("documented", "platform.kimi.com/docs", "2026-09")
PLAN = frozenset({"coding", "coding-global"})
PLATFORM = frozenset({"api", "api-global"})


def _plan_base(target: Place) -> str:
    return f"{target.root}/coding/v1"


def _platform_base(target: Place) -> str:
    return f"{target.root}/v1"


# ---------------------------------------------------------------- search

_LIMIT = Between(1, 20, whole=True)
_RULES: dict[str, Rule] = {"query": Chars(10_000, 1), "count": _LIMIT}
_PLAN_SEARCH = MediaModel(
    "search",
    {"text_query": Chars(10_000, 1), "limit": _LIMIT, "enable_page_crawling": Flag(), "timeout_seconds": OneOf(30)},
    source=_CLIENTS,
)
_PLATFORM_SEARCH = MediaModel(
    "search",
    {
        "text_query": Chars(10_000, 1), "limit": _LIMIT, "timeout_seconds": Between(1, 60), "include_content": Flag(),
        "sites": Items(5), "time_window": Items(1),
    },
    source=_PLATFORM_DOCS,
)  # fmt: skip


def _encode_plan(query: str, count: int | None, options: JsonObject) -> Draft:
    """Send the query, as the newer of the vendor's clients does, and the rest only when told."""
    body = {"text_query": query, **({"limit": count} if count is not None else {}), **options}
    check(body, _PLAN_SEARCH, {"query": "text_query"})
    return Draft("/search", body, timeout=90.0)


def _encode_platform(query: str, count: int | None, options: JsonObject) -> Draft:
    """`sites` and `time_window` belong to the dearer search_pro."""
    body = {"text_query": query, **({"limit": count} if count is not None else {}), **options}
    check(body, _PLATFORM_SEARCH, {"query": "text_query"})
    path = "/tools/search_pro" if "sites" in body or "time_window" in body else "/tools/search"
    return Draft(path, body, timeout=90.0)


def _read_search(body: JsonObject, query: str) -> SearchResult:
    rows = body.get("search_results")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no search result", payload=str(body))
    hits = tuple(
        SearchHit(
            title=str(row.get("title") or ""),
            url=str(row.get("url") or ""),
            snippet=str(row.get("snippet") or ""),
            site=row.get("site_name") or None,
            date=row.get("date") or None,
            content=row.get("content") or row.get("text") or None,
            raw=row,
        )
        for row in rows
        if isinstance(row, dict)
    )
    return SearchResult(query, hits, raw=body)


# ---------------------------------------------------------------- quota

_NEW = {"limit_5h": "5h", "limit_7d": "week", "limit_month_total": "month", "limit_month_code": "month (code)"}


def _read_usages(body: JsonObject, quota: Quota) -> Quota:
    """Read both shapes: `usages.limit_5h` (2026-09) and `usage` with `limits` (to about 2026-08)."""
    usages = body.get("usages")
    windows: list[QuotaWindow] = []
    if isinstance(usages, dict):
        windows = [
            _new_window(label, usages[name]) for name, label in _NEW.items() if isinstance(usages.get(name), dict)
        ]
    else:
        for row in body.get("limits") or []:
            minutes = _number(dig(row, "window", "duration"))
            windows.append(_old_window(f"{minutes / 60:g}h" if minutes else "window", row.get("detail") or row))
        if isinstance(body.get("usage"), dict):
            windows.append(_old_window("week", body["usage"]))
    if not windows:
        raise ProtocolError("the reply holds no quota", payload=str(body))
    level = dig(body, "user", "membership", "level")
    return Quota(quota.provider, quota.endpoint, str(level) if level else None, tuple(windows), _booster(body), body)


def _new_window(name: str, row: JsonObject) -> QuotaWindow:
    used = _number(row.get("used_ratio"))
    return QuotaWindow(
        name, remaining_ratio=None if used is None else max(0.0, 1 - used), resets_at=_time(row.get("reset_time"))
    )


def _old_window(name: str, row: JsonObject) -> QuotaWindow:
    limit, used, remaining = (_number(row.get(key)) for key in ("limit", "used", "remaining"))
    if used is None and limit is not None and remaining is not None:
        used = limit - remaining
    if remaining is None and limit is not None and used is not None:
        remaining = limit - used
    reset = next((row[key] for key in ("resetTime", "reset_time", "resetAt", "reset_at") if row.get(key)), None)
    ratio = remaining / limit if limit and remaining is not None else None
    return QuotaWindow(name, used, limit, remaining, ratio, _time(reset), "requests")


def _booster(body: JsonObject) -> tuple[Balance, ...]:
    """Read the booster wallet: fixed point, 1,000,000 is one cent; counts only if its type is BOOSTER."""
    balance = dig(body, "boosterWallet", "balance")
    if not isinstance(balance, dict) or balance.get("type") != "BOOSTER" or not _number(balance.get("amount")):
        return ()
    left = _number(balance.get("amountLeft"))
    currency = dig(body, "boosterWallet", "monthlyUsed", "currency") or "CNY"
    return () if left is None else (Balance(str(currency), left / 1_000_000 / 100),)


def _read_balance(body: JsonObject, quota: Quota) -> Quota:
    data = body.get("data")
    total = _number(dig(data, "available_balance"))
    if total is None:
        raise ProtocolError("the reply holds no balance", payload=str(body))
    currency = "USD" if quota.endpoint.endswith("global") else "CNY"
    money = Balance(currency, total, _number(dig(data, "voucher_balance")), _number(dig(data, "cash_balance")))
    return Quota(quota.provider, quota.endpoint, balances=(money,), raw=body)


def _number(value: Any) -> float | None:
    """Return a number that may be written as text."""
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        # Python 3.10 knows neither Z nor nine digits of a second.
        whole, _, rest = value.replace("Z", "+00:00").partition(".")
        zone = rest[len(rest.rstrip("0123456789:+-")) :].lstrip("0123456789") if rest else ""
        found = datetime.fromisoformat(whole + zone)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone(timedelta(hours=8)))


_PLAN_ASK = (QuotaAsk(_plan_base, Draft("/usages", method="GET", timeout=8.0), _read_usages),)
_BALANCE_ASK = (QuotaAsk(_platform_base, Draft("/users/me/balance", method="GET"), _read_balance),)
QUOTA = QuotaRoute(
    {**dict.fromkeys(PLAN, _PLAN_ASK), **dict.fromkeys(PLATFORM, _BALANCE_ASK)},
    source=_CLIENTS.annotate("balance: platform.kimi.com/docs, 2026-09"),
)
ROUTES: tuple[AnyRoute, ...] = (
    SearchRoute(
        "kimi-plan-search", _plan_base, _encode_plan, _read_search, endpoints=PLAN, rules=_RULES, source=_CLIENTS
    ),
    SearchRoute(
        "kimi-platform-search",
        _platform_base,
        _encode_platform,
        _read_search,
        endpoints=PLATFORM,
        rules=_RULES,
        source=_PLATFORM_DOCS,
    ),
)
