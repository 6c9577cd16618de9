"""The form of DeepSeek's errors; the rows stand in ``deepseek.toml``."""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write ``{"error":{"message","type","param","code"}}``; the Anthropic address names the block."""
    message = entry.message
    if entry.type == "plain":
        return b"404 page not found"
    if wire == "anthropic":
        message = message.replace("`reasoning_content`", "`content[].thinking`")
        return {"type": "error", "error": {"type": entry.type, "message": message}, "request_id": request_id}
    return {"error": {"message": message, "type": entry.type, "param": None, "code": entry.code}}
