"""Keys that must not be shown."""

from __future__ import annotations

import os
import re
from functools import cache

from cncoding import providers

_SHORTEST = 8
_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:sk-(?:kimi-|sp-|cp-|ant-|api-)?[A-Za-z0-9_-]{12,}|[0-9a-f]{32}\.[A-Za-z0-9]{16}|eyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|x-api-key:?|api[_-]?key[\"']?\s*[:=])(\s*[\"']?)[\w.+/=-]{8,}")


@cache
def known_keys() -> tuple[str, ...]:
    """Return the values of every variable that may hold a provider's key, longest first."""
    names = {
        entry.partition(":")[0]
        for provider in providers().values()
        for endpoint in provider.endpoints
        for entry in endpoint.key_env
    }
    values = {os.environ.get(name, "").strip() for name in names}
    return tuple(sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True))


def hide_keys(text: str) -> str:
    """Return `text` without the keys of the environment, and otherwise as it is."""
    for key in known_keys():
        text = text.replace(key, "***")
    return text


def scrub(text: str) -> str:
    """Return `text` without keys: those of the environment, and whatever looks like one."""
    text = hide_keys(text)
    return _BEARER.sub(r"\1\2***", _LOOKS_LIKE_A_KEY.sub("***", text))
