r"""Half characters: JSON can hold them (`\ud800`), and no file, screen or request can."""

from __future__ import annotations

from typing import Any


def mend_text(text: str) -> str:
    """Return a text with whole characters: halves that meet are joined, others become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def mend_value(value: Any) -> Any:
    """Return an id, a name or JSON-like data with whole characters in all its texts."""
    if isinstance(value, str):
        return mend_text(value)
    if isinstance(value, dict):
        return {mend_value(key): mend_value(one) for key, one in value.items()}
    return [mend_value(one) for one in value] if isinstance(value, list) else value


def may_hold_halves(body: bytes) -> bool:
    """Tell whether JSON escapes what may be half a character; it is not decoded for that, it may be large."""
    return b"\\ud" in body or b"\\uD" in body
