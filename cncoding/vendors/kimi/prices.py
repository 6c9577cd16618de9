"""What Moonshot's platform takes for a search; the searches of a plan are part of it."""

from __future__ import annotations

from cncoding.evidence import Source
from cncoding.media.prices import Price

_PAGE = Source("inferred", "a community catalogue of Moonshot's tools", "2026-09-19", "only for a reply with hits")
_PLATFORM = frozenset({"api", "api-global"})

PRICES: tuple[Price, ...] = (
    Price(("search",), 0.01, "CNY", "call", _PAGE, _PLATFORM),
    Price(("search_pro",), 0.015, "CNY", "call", _PAGE, _PLATFORM),
)
