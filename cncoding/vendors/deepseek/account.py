"""Balance and web search of DeepSeek. Its speech models are known without their fields, and are left out."""

from __future__ import annotations

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.media.routes import AnyRoute, Draft, Place, QuotaAsk, QuotaRoute, SearchRoute
from cncoding.media.rules import Between, Chars, Flag, Free, MediaModel, check
from cncoding.media.values import SearchHit, SearchResult
from cncoding.quota import Balance, Quota
from cncoding.types import JsonObject


def _base(target: Place) -> str:
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
QUOTA = QuotaRoute(
    dict.fromkeys(("api", "beta"), _ASK),
    source=Source("documented", "api-docs.deepseek.com/api/get-user-balance", "2026"),
)


# ---------------------------------------------------------------- search (since about 2026-10-15)

_PAGE = Source("documented", "docs.apiyi.com deepseek-search-fetch; docs.litellm.ai/docs/search/deepseek", "2026-10-21")
_SEARCH = MediaModel(
    "search",
    {
        "query": Chars(128, 1),
        "count": Between(1, 50, whole=True),
        "need_content": Flag(),
        "ori_question": Chars(128, 1),
        "localization": Free(),
    },
    source=_PAGE,
)


def _encode_search(query: str, count: int | None, options: JsonObject) -> Draft:
    body: JsonObject = {"query": query, **({} if count is None else {"count": count}), **options}
    check(body, _SEARCH)
    return Draft("/v1/tools/search", body)


def _read_search(body: JsonObject, query: str) -> SearchResult:
    """Read the hits; `rerank_score` (0 to 3) and what else there is stays in `raw`."""
    rows = body.get("results")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no results", payload=str(body))
    hits = tuple(
        SearchHit(
            title=str(row.get("title") or ""),
            url=str(row["url"]),
            snippet=str(row.get("snippet") or row.get("summary") or ""),
            site=row.get("site_name") or None,
            date=row.get("date") or None,
            content=row.get("content") or None,
            raw=row,
        )
        for row in rows
    )
    return SearchResult(query, hits, raw=body)


ROUTES: tuple[AnyRoute, ...] = (SearchRoute("deepseek-search", _base, _encode_search, _read_search, source=_PAGE),)
