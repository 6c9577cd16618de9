"""An explained error, in words."""

from __future__ import annotations

from datetime import datetime, timezone

from cncoding import Hint, providers
from cncoding.hints.find import meaning
from cncoding.hints.hint import Language
from cncoding.hints.links import link_topic
from cncoding_cli import show
from cncoding_cli.explain import Explanation, explain
from cncoding_cli.secrets import scrub

_LABELS = {
    "vendor": Hint("vendor", "厂商"),
    "class": Hint("class", "错误类型"),
    "window": Hint("window", "额度窗口"),
    "resets": Hint("fills again", "恢复时间"),
    "wait": Hint("wait", "建议等待"),
    "said": Hint("it says", "厂商原文"),
    "request": Hint("request id", "请求 ID"),
    "remedy": Hint("what to do", "处理建议"),
    "source": Hint("source", "依据"),
    "elsewhere": Hint("elsewhere", "其他接入点"),
    "others": Hint("could also be", "也可能是"),
    "more": Hint("more", "详见"),
}
_WINDOWS = {
    "5h": Hint("5 hours", "5 小时"), "week": Hint("a week", "每周"), "month": Hint("a month", "每月"),
    "day": Hint("a day", "每日"), "balance": Hint("the balance", "账户余额"),
}  # fmt: skip
_TOPPED_UP = Hint("after topping up", "充值后")
_UNKNOWN = Hint("not said", "未说明")


def print_explanation(text: str, language: Language) -> None:
    """Explain a pasted error on standard output.

    Raises:
        ConfigError: It is none.
    """
    found = explain(text, providers().values())
    if show.wants_json():
        show.data(_as_object(found, language))
        return
    rows = [(_LABELS[name].say(language), scrub(value)) for name, value in _describe(found, language) if value]
    for label, value in rows:
        show.line(f"{label}: {value}")


def _describe(found: Explanation, language: Language) -> list[tuple[str, str]]:
    spent = found.kind.__name__ == "QuotaExhaustedError"
    unknown = _UNKNOWN.say(language)
    window = _name_window(found.window, language) if found.window else unknown if spent else ""
    status = " ".join(str(one) for one in (found.status and f"HTTP {found.status}", found.code) if one)
    return [
        ("vendor", _name_vendor(found) or unknown),
        ("class", f"{found.kind.__name__} ({meaning(found.kind).say(language)}{'; ' + status if status else ''})"),
        ("window", window),
        ("resets", _describe_reset(found, language) if spent else ""),
        ("wait", f"{found.retry_after:g} s" if found.retry_after else ""),
        ("said", found.message),
        ("request", found.request_id or ""),
        ("remedy", found.remedy.say(language) if found.remedy else ""),
        ("source", found.source or ""),
        ("elsewhere", "; ".join(f"{name}: {kind}" for name, kind in found.elsewhere.items())),
        ("others", ", ".join(found.others)),
        ("more", link_topic(found.topic, language)),
    ]


def _name_window(window: str, language: Language) -> str:
    known = _WINDOWS.get(window)
    return known.say(language) if known else window


def _name_vendor(found: Explanation) -> str:
    if found.provider is None:
        return ""
    endpoint = f", endpoint {found.endpoint}" if found.endpoint else ""
    return f"{providers()[found.provider].title} ({found.provider}{endpoint})"


def _describe_reset(found: Explanation, language: Language) -> str:
    if found.resets_at is not None:
        return _describe_moment(found.resets_at, language)
    return (_TOPPED_UP if found.window == "balance" else _UNKNOWN).say(language)


def _describe_moment(moment: datetime, language: Language) -> str:
    """Return a moment in local time, and how far it is."""
    hours = (moment - datetime.now(timezone.utc)).total_seconds() / 3600
    if hours < 0:
        distance = "已过" if language == "zh" else "is past"
    else:
        distance = f"{hours:.1f} 小时后" if language == "zh" else f"in {hours:.1f} h"
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z} ({distance})"


def _as_object(found: Explanation, language: Language) -> dict[str, object]:
    return {
        "provider": found.provider, "endpoint": found.endpoint, "class": found.kind.__name__,
        "meaning": meaning(found.kind).say(language), "retryable": found.kind.retryable, "status": found.status,
        "code": found.code, "message": scrub(found.message), "window": found.window,
        "resets_at": found.resets_at.astimezone().isoformat() if found.resets_at else None,
        "retry_after": found.retry_after, "request_id": found.request_id,
        "remedy": found.remedy.say(language) if found.remedy else None, "source": found.source,
        "elsewhere": dict(found.elsewhere), "others": list(found.others),
        "help": link_topic(found.topic, language),
    }  # fmt: skip
