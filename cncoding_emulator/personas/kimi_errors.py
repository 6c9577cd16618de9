"""The form of Kimi's errors; the rows stand in ``kimi.toml``."""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write ``{"error":{"message","type"}}``; the outer "type" comes with the Anthropic wire."""
    if entry.type == "plain":
        return b""
    error = {"message": entry.message, "type": entry.type, **({"code": entry.code} if entry.code else {})}
    return {"type": "error", "error": error} if wire == "anthropic" else {"error": error}
