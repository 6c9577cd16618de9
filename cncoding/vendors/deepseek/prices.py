"""What DeepSeek takes for a search."""

from __future__ import annotations

from cncoding.evidence import Source
from cncoding.media.prices import Price

_PAGE = Source("documented", "api-docs.deepseek.com/quick_start/pricing", "2026-11-15", "only for a success")

PRICES: tuple[Price, ...] = (Price(("search",), 5.0, "CNY", "call", _PAGE, None, 1000),)
