"""Errors of DeepSeek: each row is a status, a text and a type of the vendor's; sources in ``deepseek.py``.

Status, code and type follow the vendor page. Where the page gives a message only in part or in paraphrase, the wording
is completed from recollection of public threads and is unverified; classify by status, code and type first.
"""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire

INVALID = "invalid_request_error"
TABLE = {
    "auth": Entry(401, "Authentication Fails, Your api key: {detail} is invalid", INVALID, "authentication_error"),
    "no_key": Entry(401, "Authentication Fails (no such user)", INVALID, "authentication_error"),
    "balance": Entry(402, "Insufficient Balance", INVALID, "unknown_error"),
    "quota": Entry(402, "Insufficient Balance", INVALID, "unknown_error"),
    "rate_limit": Entry(429, "Rate limit reached for requests", "rate_limit_reached", "rate_limit_error"),
    "server_error": Entry(500, "Internal Server Error", "internal_error", "server_error"),
    "overloaded": Entry(
        503, "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
        "service_unavailable_error", "service_unavailable_error",
    ),
    "content_blocked": Entry(400, "Content Exists Risk", INVALID, INVALID),
    "context_overflow": Entry(
        400, "This model's maximum context length is 1048576 tokens. However, you requested {detail} tokens. "
        "Please reduce the length of the messages or completion.", INVALID, INVALID,
    ),
    "unknown_model": Entry(400, "Model Not Exist", INVALID, INVALID),
    "not_found": Entry(404, "Not Found", "", "plain"),
    "forced_tool": Entry(400, "deepseek-reasoner does not support this tool_choice", INVALID, INVALID),
    # Verbatim from modelparams.dev #29 (2026-05-25); the other text names the message.
    "reasoning_missing": Entry(
        400, "The `reasoning_content` in the thinking mode must be passed back to the API.", INVALID, INVALID
    ),
    "reasoning_changed": Entry(
        400, "The `reasoning_content` in the thinking mode must be passed back to the API. (changed at message "
        "index {detail})", INVALID, INVALID, inferred=True,
    ),
    "empty_assistant": Entry(
        400, "Invalid assistant message: content or tool_calls must be set", INVALID, INVALID
    ),
    "empty_content": Entry(400, "all messages must have non-empty content", INVALID, INVALID),
    "orphan_tool": Entry(
        400, "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'", INVALID, INVALID
    ),
    "unanswered": Entry(
        400, "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'. (insufficient tool messages following tool_calls message)", INVALID, INVALID,
    ),
    "json_word": Entry(
        400, "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
        INVALID, INVALID,
    ),
    "no_vision": Entry(
        400, "Failed to deserialize the JSON body into the target type: messages[0]: unknown variant "
        "`image_url`, expected `text`", INVALID, INVALID,
    ),
    "bad_image": Entry(400, "Invalid image: {detail}", INVALID, INVALID, inferred=True),
    "image_role": Entry(400, "Images are only supported in user messages", INVALID, INVALID),
    "bad_parameter": Entry(422, "Invalid parameter: {detail}", INVALID, INVALID),
    "strict": Entry(400, "Invalid tool schema in strict mode: {detail}", INVALID, INVALID, inferred=True),
    "prefix": Entry(400, "prefix is only supported on the beta base url", INVALID, INVALID, inferred=True),
    "bad_json": Entry(
        400, "Failed to parse the request body as JSON: {detail}", INVALID, INVALID, "application/octet-stream"
    ),
    "missing_model": Entry(400, "missing field `model`", INVALID, INVALID),
    "missing_messages": Entry(400, "missing field `messages`", INVALID, INVALID),
    "missing_max_tokens": Entry(400, "missing field `max_tokens`", INVALID, INVALID, inferred=True),
    "bad_role": Entry(400, "unknown variant in {detail}", INVALID, INVALID, inferred=True),
    "bad_messages": Entry(400, "invalid {detail}", INVALID, INVALID, inferred=True),
    "bad_tools": Entry(400, "missing field `{detail}`", INVALID, INVALID, inferred=True),
    "bad_tool_choice": Entry(400, "invalid tool_choice: {detail}", INVALID, INVALID, inferred=True),
    "stream_options": Entry(400, "stream_options should be set along with stream = true", INVALID, INVALID),
}  # fmt: skip


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write ``{"error":{"message","type","param","code"}}``; the Anthropic address names the block."""
    message = entry.message
    if entry.type == "plain":
        return b"404 page not found"
    if wire == "anthropic":
        message = message.replace("`reasoning_content`", "`content[].thinking`")
        return {"type": "error", "error": {"type": entry.type, "message": message}, "request_id": request_id}
    return {"error": {"message": message, "type": entry.type, "param": None, "code": entry.code}}
