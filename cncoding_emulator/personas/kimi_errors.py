"""Errors of Kimi: each row is a status, a text and a type of the vendor's; sources in ``kimi.py``.

Status, code and type follow the vendor page. Where the page gives a message only in part or in paraphrase, the wording
is completed from recollection of public threads and is unverified; classify by status, code and type first.
"""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire

INVALID = "invalid_request_error"
TABLE = {
    # Plan
    "auth": Entry(
        401, "The API Key appears to be invalid or may have expired. Please verify your credentials and try again.",
        "", "invalid_authentication_error",
    ),
    "no_key": Entry(401, "Invalid Authentication", "", "invalid_authentication_error"),
    "auth_old": Entry(401, "invalid x-api-key", "", "auth_error"),
    "membership": Entry(402, "We're unable to verify your membership benefits at this time.", "", "permission_error"),
    "client_refused": Entry(
        403, "Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, "
        "Roo Code, Kilo Code, etc.", "", "access_terminated_error",
    ),
    "access_terminated": Entry(
        403, "Your access has been terminated. Please review our guidelines.", "", "access_terminated_error"
    ),
    "quota": Entry(
        403, "You've reached your 5-hour usage limit. Your quota will be refreshed in the next cycle.",
        "", "access_terminated_error",
    ),
    "quota_week": Entry(
        403, "You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle.",
        "", "access_terminated_error",
    ),
    "quota_429": Entry(429, "You've reached your usage limit for this period.", "", "rate_limit_reached_error"),
    "concurrency": Entry(403, "You've reached your concurrent request limit.", "", "permission_error"),
    "overloaded": Entry(
        429, "The engine is currently overloaded, please try again later", "", "engine_overloaded_error"
    ),
    "rate_limit": Entry(
        429, "We're receiving too many requests at the moment. Please wait a moment and try again.",
        "", "rate_limit_reached_error",
    ),
    "context_overflow": Entry(
        400, "Invalid request: Your request exceeded model token limit: 262144 (requested: {detail})", "", INVALID
    ),
    "too_large": Entry(413, "request too large", "", INVALID),
    # Platform
    "balance": Entry(
        429, "Your account is suspended due to insufficient balance, please recharge your account",
        "", "exceeded_current_quota_error",
    ),
    "content_blocked": Entry(400, "The request was rejected because it was considered high risk", "", "content_filter"),
    "permission": Entry(403, "permission denied", "", "permission_denied_error"),
    "unknown_model": Entry(
        404, "Not found the model {detail} or Permission denied", "", "resource_not_found_error"
    ),
    "server_error": Entry(500, "internal server error", "", "server_error"),
    "timeout": Entry(504, "", "", "plain", media_type="text/html"),
    "not_found": Entry(404, "The requested resource was not found", "", "resource_not_found_error"),
    # Rules
    "temperature": Entry(400, "invalid temperature: only {detail} is allowed for this model", "", INVALID),
    "fixed": Entry(400, "invalid {detail} for this model", "", INVALID),
    "effort": Entry(400, "invalid reasoning_effort: {detail}", "", INVALID),
    "empty_text": Entry(400, "text content is empty", "", INVALID),
    "empty_message": Entry(400, "Invalid request: {detail} must not be empty", "", INVALID),
    "schema": Entry(
        400, "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, "
        "details: <At path '{detail}': type is not defined>", "", INVALID,
    ),
    "tool_name": Entry(
        400, "Invalid request: function name is invalid, must start with a letter and can contain letters, "
        "numbers, underscores, and dashes", "", INVALID,
    ),
    "forced_tool": Entry(
        400, "tool_choice '{detail}' is incompatible with thinking enabled", "", INVALID
    ),
    "orphan_tool": Entry(400, "Invalid request: tool_call_id {detail} is not found", "", INVALID),
    "unanswered": Entry(
        400, "Invalid request: an assistant message with 'tool_calls' must be followed by tool messages responding "
        "to each 'tool_call_id'. The following tool_call_ids did not have response messages: {detail}", "", INVALID,
    ),
    "image_url": Entry(
        400, "Invalid request: unsupported image url: {detail}, only base64 data url and ms:// are supported",
        "", INVALID,
    ),
    "bad_image": Entry(400, "Invalid request: unsupported image format: {detail}", "", INVALID),
    "no_vision": Entry(400, "Invalid request: Image input not supported for model {detail}", "", INVALID),
    "reasoning_missing": Entry(
        400, "thinking is enabled but reasoning_content is missing in assistant tool call message at index {detail}",
        "", INVALID,
    ),
    "reasoning_changed": Entry(
        400, "reasoning_content in assistant tool call message at index {detail} was changed", "", INVALID,
        inferred=True,
    ),
    "bad_json": Entry(400, "Invalid request: invalid request body", "", INVALID),
    "missing_model": Entry(400, "Invalid request: model is required", "", INVALID),
    "missing_messages": Entry(400, "Invalid request: messages is required", "", INVALID),
    "missing_max_tokens": Entry(400, "max_tokens is required", "", INVALID, inferred=True),
    "bad_role": Entry(400, "Invalid request: invalid role in {detail}", "", INVALID, inferred=True),
    "bad_messages": Entry(400, "Invalid request: {detail}", "", INVALID, inferred=True),
    "bad_tools": Entry(400, "Invalid request: {detail}", "", INVALID, inferred=True),
    "bad_tool_choice": Entry(400, "Invalid request: tool_choice {detail}", "", INVALID, inferred=True),
    "bad_parameter": Entry(400, "Invalid request: {detail}", "", INVALID, inferred=True),
    "stream_options": Entry(
        400, "Invalid request: stream_options is only allowed when stream is true", "", INVALID, inferred=True
    ),
}  # fmt: skip


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write ``{"error":{"message","type"}}``; the outer "type" comes with the Anthropic wire."""
    if entry.type == "plain":
        return b""
    error = {"message": entry.message, "type": entry.type, **({"code": entry.code} if entry.code else {})}
    return {"type": "error", "error": error} if wire == "anthropic" else {"error": error}
