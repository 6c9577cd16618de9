"""Errors of Qwen: each row is a status, a text and a type of the vendor's; sources in ``qwen.py``.

Status, code and type follow the vendor page. Where the page gives a message only in part or in paraphrase, the wording
is completed from recollection of public threads and is unverified; classify by status, code and type first.
"""

from __future__ import annotations

from typing import Any

from ..errors import Entry, Failure
from ..wires import Wire

INVALID = "invalid_request_error"
ALGO = "<400> InternalError.Algo.InvalidParameter: "
TABLE = {
    "auth": Entry(401, "Incorrect API key provided. ", "invalid_api_key", INVALID),
    "plan_auth": Entry(401, "invalid access token or token expired", "invalid_api_key", INVALID),
    "no_key": Entry(401, "You didn't provide an API key. ", "invalid_api_key", INVALID),
    "client_refused": Entry(405, "Coding Plan is currently only available for Coding Agents", "", "gate"),
    "quota": Entry(429, "hour allocated quota exceeded", "insufficient_quota", "insufficient_quota"),
    "quota_week": Entry(429, "week allocated quota exceeded", "insufficient_quota", "insufficient_quota"),
    "quota_month": Entry(429, "month allocated quota exceeded", "insufficient_quota", "insufficient_quota"),
    "burst": Entry(429, "usage allocated quota exceeded", "insufficient_quota", "insufficient_quota"),
    "concurrency": Entry(429, "concurrency allocated quota exceeded", "limit_requests", "limit_requests"),
    "rate_limit": Entry(
        429, "You exceeded your current requests list. For more information on this error, head to: "
        "https://help.aliyun.com/zh/model-media/error-code", "limit_requests", "limit_requests",
    ),
    "burst_rate": Entry(429, "Request rate increased too quickly.", "limit_burst_rate", "limit_burst_rate"),
    "balance": Entry(
        400, "Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage"
    ),
    "overloaded": Entry(503, "Too many requests. The model is overloaded.", "ModelUnavailable", "ModelUnavailable"),
    "server_error": Entry(
        500, "An internal error has occured, please try again later.", "internal_error", "internal_error"
    ),
    "context_overflow": Entry(
        400, f"{ALGO}Range of input length should be [1, {{detail}}]", "invalid_parameter_error", INVALID
    ),
    "max_tokens": Entry(
        400, f"{ALGO}Range of max_tokens should be [1, {{detail}}]", "invalid_parameter_error", INVALID
    ),
    "content_blocked": Entry(
        400, "Input data may contain inappropriate content.", "data_inspection_failed", "data_inspection_failed"
    ),
    "not_found": Entry(404, "", "", "empty"),
    "unknown_model": Entry(
        404, "The model `{detail}` does not exist or you do not have access to it.", "model_not_found", INVALID
    ),
    "plan_model": Entry(400, "model '{detail}' is not supported.", "invalid_parameter_error", INVALID),
    "forced_tool": Entry(
        400, f"{ALGO}The tool_choice parameter does not support being set to required or object in thinking mode",
        "invalid_parameter_error", INVALID,
    ),
    "required": Entry(400, f"{ALGO}The tool_choice parameter does not support required", "invalid_parameter_error",
                      INVALID, inferred=True),
    "json_word": Entry(
        400, f"{ALGO}'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        "'json_object'.", "invalid_parameter_error", INVALID,
    ),
    "stream_only": Entry(
        400, "This model only support stream mode, please enable the stream parameter to access the model. ",
        "invalid_parameter_error", INVALID,
    ),
    "thinking_stream": Entry(
        400, "parameter.enable_thinking must be set to false for non-streaming calls", "invalid_parameter_error",
        INVALID,
    ),
    "budget": Entry(
        400, "parameter.thinking_budget must be a positive integer and not greater than {detail}",
        "invalid_parameter_error", INVALID,
    ),
    "tool_name": Entry(400, "Tool names are not allowed to be [{detail}]", "invalid_parameter_error", INVALID),
    "orphan_tool": Entry(
        400, f"{ALGO}messages with role \"tool\" must be a response to a preceeding message with \"tool_calls\".",
        "invalid_parameter_error", INVALID,
    ),
    "unanswered": Entry(
        400, f"{ALGO}An assistant message with \"tool_calls\" must be followed by tool messages responding to each "
        "\"tool_call_id\". The following tool_call_ids did not have response messages: {detail}",
        "invalid_parameter_error", INVALID, inferred=True,
    ),
    "stream_options": Entry(
        400, "'stream_options' should be set along with 'stream' = true", "invalid_parameter_error", INVALID
    ),
    "bad_image": Entry(
        400, f"{ALGO}The provided URL does not appear to be valid. Ensure it is correctly formatted. {{detail}}",
        "invalid_parameter_error", INVALID,
    ),
    "small_image": Entry(
        400, f"{ALGO}The image length and width do not meet the model restrictions. [height:{{detail}}]",
        "invalid_parameter_error", INVALID, inferred=True,
    ),
    "no_vision": Entry(400, f"{ALGO}Unexpected item type in content.", "invalid_parameter_error", INVALID),
    "bad_parameter": Entry(400, f"{ALGO}{{detail}}", "invalid_parameter_error", INVALID),
    "bad_json": Entry(400, "Required body invalid, please check the request body format.",
                      "invalid_parameter_error", INVALID, inferred=True),
    "missing_model": Entry(400, "you must provide a model parameter", "invalid_parameter_error", INVALID),
    "missing_messages": Entry(400, f"{ALGO}[] is too short - 'messages'", "invalid_parameter_error", INVALID),
    "missing_max_tokens": Entry(400, "max_tokens: Field required", "invalid_parameter_error", INVALID, inferred=True),
    "bad_role": Entry(400, f"{ALGO}{{detail}}", "invalid_parameter_error", INVALID, inferred=True),
    "bad_messages": Entry(400, f"{ALGO}{{detail}}", "invalid_parameter_error", INVALID, inferred=True),
    "bad_tools": Entry(400, f"{ALGO}{{detail}}", "invalid_parameter_error", INVALID, inferred=True),
    "bad_tool_choice": Entry(400, f"{ALGO}tool_choice is one of the strings that should be [\"none\", \"auto\"]",
                             "invalid_parameter_error", INVALID),
    "reasoning_missing": Entry(
        400, f"{ALGO}reasoning of messages[{{detail}}] is missing", "invalid_parameter_error", INVALID, inferred=True
    ),
    "reasoning_changed": Entry(
        400, f"{ALGO}reasoning of messages[{{detail}}] was changed", "invalid_parameter_error", INVALID,
        inferred=True,
    ),
}  # fmt: skip

ANTHROPIC_TYPES = {
    400: INVALID, 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
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
