"""What MiniMax publishes of the cost of its media: list prices, pay as you go. A Token Plan pays with its quota."""

from __future__ import annotations

from cncoding.evidence import Source
from cncoding.media.prices import Price

_CN = Source("documented", "platform.minimaxi.com/docs/guides/pricing-paygo", "2026-09", "dated by its notices")
_GLOBAL = Source("documented", "platform.minimax.io/docs/guides/pricing-paygo", "2026-09", "dated by its notices")
_CN_VOICES = _CN.annotate(
    "paid when the voice first speaks, and 2 CNY for 10,000 characters of the preview; Alibaba names 9.9 CNY, too"
)
_HERE, _ABROAD = frozenset({"coding", "api"}), frozenset({"coding-global", "api-global"})
_HD = ("speech-2.8-hd", "speech-2.6-hd", "speech-02-hd")
_TURBO = ("speech-2.8-turbo", "speech-2.6-turbo", "speech-02-turbo")
_TEN_THOUSAND, _MILLION = 10_000, 1_000_000
_USUAL: dict[str, str | int] = {"resolution": "768P", "duration": 6}
"""Of Hailuo, by the page of video_generation."""
_USUAL_V2: dict[str, str | int] = {"resolution": "768P", "duration": 5}
"""Of MiniMax-H3, where this package sends them: the vendor requires both."""
_HAILUO: tuple[tuple[str, str, int, float, float], ...] = (
    ("MiniMax-Hailuo-2.3", "768P", 6, 2.00, 0.28),
    ("MiniMax-Hailuo-2.3", "768P", 10, 4.00, 0.56),
    ("MiniMax-Hailuo-2.3", "1080P", 6, 3.50, 0.49),
    ("MiniMax-Hailuo-2.3-Fast", "768P", 6, 1.35, 0.19),
    ("MiniMax-Hailuo-2.3-Fast", "768P", 10, 2.25, 0.32),
    ("MiniMax-Hailuo-2.3-Fast", "1080P", 6, 2.31, 0.33),
    ("MiniMax-Hailuo-02", "768P", 6, 2.00, 0.28),
    ("MiniMax-Hailuo-02", "768P", 10, 4.00, 0.56),
    ("MiniMax-Hailuo-02", "1080P", 6, 3.50, 0.49),
    ("MiniMax-Hailuo-02", "512P", 6, 0.60, 0.10),
    ("MiniMax-Hailuo-02", "512P", 10, 1.00, 0.15),
)
"""Model, resolution, seconds, CNY, USD."""


def _list_hailuo() -> tuple[Price, ...]:
    found: list[Price] = []
    for model, resolution, seconds, yuan, dollars in _HAILUO:
        when: dict[str, str | int] = {"resolution": resolution, "duration": seconds}
        found.append(Price((model,), yuan, "CNY", "video", _CN, _HERE, when=when, usual=_USUAL))
        found.append(Price((model,), dollars, "USD", "video", _GLOBAL, _ABROAD, when=when, usual=_USUAL))
    return tuple(found)


def _h3(amount: float, currency: str, resolution: str, free: int | None, picture: float, fast: bool = False) -> Price:
    """Return a price of a second. Films among the inputs are billed by their length."""
    source, endpoints = (_CN, _HERE) if currency == "CNY" else (_GLOBAL, _ABROAD)
    return Price(
        ("MiniMax-H3-Max",) if fast else ("MiniMax-H3",), amount, currency, "second", source, endpoints,
        when={"resolution": resolution}, usual=_USUAL_V2, film_seconds=None, free_pictures=free, picture=picture,
    )  # fmt: skip


PRICES: tuple[Price, ...] = (
    Price(("image-01", "image-01-live"), 0.025, "CNY", "image", _CN, _HERE),
    Price(("image-01",), 0.0035, "USD", "image", _GLOBAL, _ABROAD),
    *_list_hailuo(),
    _h3(0.50, "CNY", "768P", 5, 0.20),
    _h3(0.80, "CNY", "2K", 5, 0.20),
    _h3(0.33, "CNY", "480P", None, 0.0, fast=True),
    _h3(0.50, "CNY", "768P", None, 0.0, fast=True),
    _h3(0.08, "USD", "768P", 5, 0.04),
    _h3(0.13, "USD", "2K", 5, 0.04),
    _h3(0.05, "USD", "480P", 2, 0.074, fast=True),
    _h3(0.08, "USD", "768P", 2, 0.074, fast=True),
    Price((*_HD, *_TURBO), 9.90, "CNY", "voice", _CN_VOICES, _HERE),
    Price(("voice_design",), 9.90, "CNY", "voice", _CN_VOICES, _HERE),
    Price(_HD, 3.50, "CNY", "character", _CN, _HERE, _TEN_THOUSAND, counts_han_twice=True),
    Price(_TURBO, 2.00, "CNY", "character", _CN, _HERE, _TEN_THOUSAND, counts_han_twice=True),
    Price(_HD, 100.0, "USD", "character", _GLOBAL, _ABROAD, _MILLION, counts_han_twice=True),
    Price(_TURBO, 60.0, "USD", "character", _GLOBAL, _ABROAD, _MILLION, counts_han_twice=True),
)
