"""The form of MiniMax's errors; the rows stand in ``minimax.toml``."""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire

ANTHROPIC_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "permission_error", 404: "not_found_error",
    422: "invalid_request_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error",
}  # fmt: skip


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write the captured envelope, the number in parentheses, ``http_code`` a string."""
    if entry.type == "plain":
        return entry.message.encode()
    if entry.type == "base_resp":
        return {"base_resp": {"status_code": int(entry.code), "status_msg": entry.message}}
    message = f"{entry.message} ({entry.code})"
    if wire == "anthropic":
        kind = ANTHROPIC_TYPES.get(entry.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
    error = {"type": entry.type, "message": message, "http_code": str(entry.status)}
    return {"type": "error", "error": error, "request_id": request_id}
