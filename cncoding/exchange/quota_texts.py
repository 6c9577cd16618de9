"""What a text about a spent quota says: which window, and when it fills again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
"""Vendor texts without a zone mean UTC+8 (observed, GLM 2026-09)."""

_WINDOWS = (
    ("5h", re.compile(r"\b(5|five)[- ]?h(ours?)?\b|[5五] ?(个)?小时", re.I)),
    ("day", re.compile(r"\bdaily\b|\bper day\b|[每本当]日|[每当]天", re.I)),
    ("week", re.compile(r"week|\b(7|seven)[- ]days?\b|[每本]周", re.I)),
    ("month", re.compile(r"month|[每本]月", re.I)),
)

_TIMES = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?"
    r"\s*\(?((?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?(?!\d|-)|Z\b|UTC|GMT)?",
    re.I | re.A,
)


def find_window(text: str) -> str | None:
    """Return the quota window that `text` names, None if it names none or several."""
    named = [window for window, pattern in _WINDOWS if pattern.search(text)]
    return named[0] if len(named) == 1 else None


def find_reset_time(text: str) -> datetime | None:
    """Return the last time that `text` names, timezone-aware, None if it names none."""
    found = list(_TIMES.finditer(text))
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found[-1].groups()
    try:
        naive = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        return naive.replace(tzinfo=_zone(zone))
    except ValueError:
        return None


def _zone(zone: str | None) -> timezone:
    if zone is None:
        return BEIJING
    found = _OFFSET.search(zone)
    if found is None:
        return timezone.utc
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if sign == "-" else offset)


_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?$")
