"""The form of Qwen's errors; the rows stand in ``qwen.toml``."""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire

ANTHROPIC_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    429: "rate_limit_error", 500: "api_error", 503: "overloaded_error",
}  # fmt: skip


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write the OpenAI-like envelope; the plan gate has a plain string."""
    if entry.type == "empty":
        return b""
    if entry.type == "gate":
        return {"error": entry.message}
    rid = f"{request_id[:8]}-{request_id[8:12]}-{request_id[12:16]}-{request_id[16:20]}-{request_id[20:]}"
    if wire == "anthropic":
        kind = ANTHROPIC_TYPES.get(entry.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": entry.message}, "request_id": rid}
    error = {"message": entry.message, "type": entry.type, "param": None, "code": entry.code}
    return {"error": error, "request_id": rid}
