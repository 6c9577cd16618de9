"""A report that can be attached to an issue: what was asked, expected and seen, without keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

from cncoding import CncodingError, JsonObject, __version__
from cncoding_cli.verify.bench import Exchange
from cncoding_cli.verify.run import Result

_KEYS = re.compile(
    r"\b(?:sk|ms)-[A-Za-z0-9_\-]{8,}|\b[0-9a-f]{32}\.[A-Za-z0-9]{16}\b|\beyJ[A-Za-z0-9_\-]{20,}\.[\w\-.]+"
)
_ACCOUNTS = re.compile(
    r'("(?:user_id|account_id|org_id|organization_id|group_id|owner|email|phone)"\s*:\s*)"[^"]*"', re.I
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
_HEADERS = ("content-type", "retry-after")
_LONGEST = 4000


class LeakError(CncodingError):
    """A report still holds something that looks like a key; it is not written."""


def redact(text: str, keys: Sequence[str]) -> str:
    """Return a text without keys, account ids and long data."""
    for key in keys:
        text = text.replace(key, "[key]")
    text = _ACCOUNTS.sub(r'\1"[account]"', _KEYS.sub("[key]", text))
    text = _BASE64.sub("[base64]", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def write_report(provider: str, endpoint: str, model: str, results: Iterable[Result], keys: Sequence[str]) -> str:
    """Return the report as JSON text.

    Raises:
        LeakError: Something in it still looks like a key; the text says where.
    """
    found: JsonObject = {
        "provider": provider,
        "endpoint": endpoint,
        "model": model,
        "cncoding": __version__,
        "asked_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "probes": [_show(result, keys) for result in results],
    }
    for where, text in _texts(found, "report"):
        if _KEYS.search(text) or any(key in text for key in keys):
            raise LeakError(f"{where} still looks like a key; the report was not written")
    return json.dumps(found, ensure_ascii=False, indent=1)


def _show(result: Result, keys: Sequence[str]) -> JsonObject:
    return {
        "name": result.name,
        "facts": list(result.facts),
        "expected": redact(result.outcome.expected, keys),
        "seen": redact(result.outcome.seen, keys),
        "ok": result.outcome.ok,
        "settles_an_inference": result.is_open,
        "exchanges": [_show_exchange(one, keys) for one in result.exchanges],
    }


def _show_exchange(one: Exchange, keys: Sequence[str]) -> JsonObject:
    return {
        "method": one.method,
        "url": redact(one.url, keys),
        "request": redact(one.request, keys),
        "status": one.status,
        "headers": {name: redact(value, keys) for name, value in one.headers.items() if name in _HEADERS},
        "body": redact(one.reply, keys),
    }


def _texts(value: Any, where: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{where}[{place}]")
