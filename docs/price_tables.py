"""The table of prices in the page on media, in English and Chinese; `tables.py` writes it."""

from __future__ import annotations

from cncoding.hints.hint import Language
from cncoding.media.prices import Price
from cncoding.registry import own_providers

_HEAD = {
    "en": "| provider | models | price | for | settings | endpoints | page, date |",
    "zh": "| 厂商 | 模型 | 价格 | 计费单位 | 适用设置 | 接入点 | 页面与日期 |",
}
_UNITS = {
    "en": {
        "image": "picture", "video": "film", "second": "second", "character": "character", "call": "call",
        "voice": "new voice",
    },
    "zh": {
        "image": "张图片", "video": "个视频", "second": "秒", "character": "字符", "call": "次调用",
        "voice": "个新音色",
    },
}  # fmt: skip
_INFERRED = {"en": " (inferred)", "zh": "（推断）"}


def prices(language: Language) -> str:
    """Write what the vendors publish of the cost of media and searches."""
    rows = [_write(name, price, language) for name, provider in own_providers().items() for price in provider.prices]
    return "\n".join([_HEAD[language], "|---|---|---|---|---|---|---|", *rows])


def _write(provider: str, price: Price, language: Language) -> str:
    models = ", ".join(f"`{one}`" for one in price.models)
    unit = _UNITS[language][price.unit]
    if language == "zh":
        of = f"每{unit}" if price.per == 1 else f"每 {price.per:,} {unit}"
    else:
        of = unit if price.per == 1 else f"{price.per:,} {unit}s"
    settings = ", ".join(f"`{name}={value}`" for name, value in price.when.items())
    where = ", ".join(f"`{one}`" for one in sorted(price.endpoints)) if price.endpoints is not None else ""
    source = price.source
    known = f"{source.where}, {source.date}" + (_INFERRED[language] if source.kind == "inferred" else "")
    return f"| {provider} | {models} | {price.amount:g} {price.currency} | {of} | {settings} | {where} | {known} |"
