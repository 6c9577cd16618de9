"""Errors of MiniMax: each row is a status, a text and a type of the vendor's; sources in ``minimax.py``.

Status, code and type follow the vendor page. Where the page gives a message only in part or in paraphrase, the wording
is completed from recollection of public threads and is unverified; classify by status, code and type first.
"""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire

BAD = "bad_request_error"
TABLE = {
    "auth": Entry(
        401, "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
        "1004", "authorized_error",
    ),
    "invalid_key": Entry(401, "invalid api key", "2049", "authorized_error"),
    "balance": Entry(402, "insufficient balance", "1008", "insufficient_balance_error"),
    "rate_limit": Entry(429, "rate limit exceeded(RPM)", "1002", "rate_limit_error"),
    "token_limit": Entry(429, "token limit", "1039", "rate_limit_error"),
    "connections": Entry(429, "conn limit", "1041", "rate_limit_error"),
    "growth": Entry(429, "rate growth limit", "2045", "rate_limit_error"),
    "quota": Entry(
        429, "usage limit exceeded, 5-hour usage limit reached, resets at {reset}", "2056", "rate_limit_error"
    ),
    "quota_week": Entry(
        429, "usage limit exceeded, weekly usage limit reached, resets at {reset}", "2056", "rate_limit_error"
    ),
    "not_in_plan": Entry(500, "your current token plan not support model, {detail}", "2061", "server_error"),
    "overloaded": Entry(529, "The server cluster is currently under high load. Please retry after a short wait.",
                        "2064", "overloaded_error"),
    "server_error": Entry(500, "unknown error", "1000", "server_error"),
    "timeout": Entry(500, "request timeout", "1001", "server_error"),
    "context_overflow": Entry(400, "invalid params, context window exceeds limit", "2013", BAD),
    "content_blocked": Entry(422, "input new_sensitive", "1026", "unprocessable_entity_error"),
    "output_blocked": Entry(422, "output new_sensitive", "1027", "unprocessable_entity_error"),
    # HTTP 200 with base_resp; in a stream it comes as an event.
    "http200_failure": Entry(200, "rate limit exceeded(RPM)", "1002", "base_resp"),
    "http200_quota": Entry(200, "usage limit exceeded, resets at {reset}", "2056", "base_resp"),
    "http200_auth": Entry(
        200, "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
        "1004", "base_resp",
    ),
    "http200_blocked": Entry(200, "input new_sensitive", "1026", "base_resp"),
    "client_refused": Entry(401, "token not match group", "1004", "authorized_error", inferred=True),
    "not_found": Entry(404, "404 page not found", "", "plain", "text/plain"),
    "unknown_model": Entry(400, "invalid params, unknown model '{detail}'", "2013", BAD),
    "bad_json": Entry(400, 'invalid params, "Syntax error at index {detail}"', "2013", BAD),
    "missing_model": Entry(
        400, "invalid params, binding: expr_path=model, cause=missing required parameter", "2013", BAD
    ),
    "missing_messages": Entry(
        400, "invalid params, binding: expr_path=messages, cause=missing required parameter", "2013", BAD
    ),
    "missing_max_tokens": Entry(
        400, "invalid params, binding: expr_path=max_tokens, cause=missing required parameter", "2013", BAD
    ),
    "bad_parameter": Entry(400, "invalid params, {detail}", "2013", BAD),
    "tool_type": Entry(400, "invalid params, tool type {detail} is not support", "2013", BAD),
    "tool_result": Entry(
        400, "invalid params, tool result's tool id({detail}) not found", "2013", BAD
    ),
    "tool_unanswered": Entry(
        400, "invalid params, tool call result does not follow tool call", "2013", BAD
    ),
    "bad_image": Entry(400, "invalid params, image {detail}", "2013", BAD),
    "no_vision": Entry(400, "invalid params, image is not support", "2013", BAD, inferred=True),
    "bad_role": Entry(400, "invalid params, invalid role: {detail}", "2013", BAD, inferred=True),
    "bad_messages": Entry(400, "invalid params, {detail}", "2013", BAD, inferred=True),
    "bad_tools": Entry(400, "invalid params, {detail}", "2013", BAD, inferred=True),
    "bad_tool_choice": Entry(400, "invalid params, tool_choice {detail}", "2013", BAD, inferred=True),
    "stream_options": Entry(400, "invalid params, stream_options", "2013", BAD, inferred=True),
    "reasoning_missing": Entry(
        400, "invalid params, reasoning of messages[{detail}] is missing", "2013", BAD, inferred=True
    ),
    "reasoning_changed": Entry(
        400, "invalid params, reasoning of messages[{detail}] was changed", "2013", BAD, inferred=True
    ),
}  # fmt: skip

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
