"""What GLM publishes of the cost of its media. They are paid from the balance, also with a Coding Plan."""

from __future__ import annotations

from cncoding.evidence import Source
from cncoding.media.prices import Price

_NOTE = "a stored copy that shows no date of its own"
_PAGES = "docs.bigmodel.cn/cn/guide/models"
_IMAGE = Source("documented", f"{_PAGES}/image-generation/glm-image", "2026-09", _NOTE)
_COGVIEW = Source("documented", f"{_PAGES}/image-generation/cogview-4", "2026-09", _NOTE)
_VIDEO_3 = Source("documented", f"{_PAGES}/video-generation/cogvideox-3", "2025-08", _NOTE)
_VIDEO_2 = Source("documented", f"{_PAGES}/video-generation/cogvideox-2", "2026-09", _NOTE)
_FREE = Source("inferred", "a community catalogue of bigmodel.cn's free models (CogView-3-Flash)", "2026-09")
_SPEECH = Source("inferred", "a community reading of bigmodel.cn/pricing", "2026-08", "the page itself needs a browser")
_SEARCH = Source("inferred", "a community catalogue of bigmodel.cn's searches", "2026-09-19")
_ZAI = Source("documented", "docs.z.ai/guides/overview/pricing", "2026-03", "dated by the models that it lists")
_HERE, _ABROAD = frozenset({"coding", "api"}), frozenset({"coding-global", "api-global"})

PRICES: tuple[Price, ...] = (
    Price(("glm-image",), 0.1, "CNY", "image", _IMAGE, _HERE),
    Price(("cogview-4", "cogview-4-250304"), 0.06, "CNY", "image", _COGVIEW, _HERE),
    Price(("cogview-3-flash",), 0.0, "CNY", "image", _FREE, _HERE),
    Price(("cogvideox-3",), 1.0, "CNY", "video", _VIDEO_3, _HERE),
    Price(("cogvideox-2",), 0.5, "CNY", "video", _VIDEO_2, _HERE),
    Price(("glm-tts",), 2.0, "CNY", "character", _SPEECH, _HERE, 10_000),
    Price(("search_std",), 0.01, "CNY", "call", _SEARCH, _HERE),
    Price(("search_pro",), 0.03, "CNY", "call", _SEARCH, _HERE),
    Price(("search_pro_sogou", "search_pro_quark"), 0.05, "CNY", "call", _SEARCH, _HERE),
    Price(("glm-image",), 0.015, "USD", "image", _ZAI, _ABROAD),
    Price(("cogview-4", "cogview-4-250304"), 0.01, "USD", "image", _ZAI, _ABROAD),
    Price(("cogvideox-3", "vidu2-image", "vidu2-start-end"), 0.2, "USD", "video", _ZAI, _ABROAD),
    Price(("viduq1-text", "viduq1-image", "viduq1-start-end", "vidu2-reference"), 0.4, "USD", "video", _ZAI, _ABROAD),
    Price(("web_search",), 0.01, "USD", "call", _ZAI, _ABROAD),
)
