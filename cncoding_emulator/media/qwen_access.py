"""How DashScope's native routes admit and refuse: ``{"code","message","request_id"}``.

Source: help.aliyun.com, error codes, Token Plan and Coding Plan.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from .. import ids
from ..errors import Entry, Failure, Refused, look_up, refuse
from ..persona import Caller
from ..personas.qwen import PERSONA
from .checks import Form
from .endpoint import Access, MediaRequest
from .qwen_links import resolve

NATIVE_CODES = {
    "invalid_api_key": "InvalidApiKey",
    "limit_requests": "Throttling.RateQuota",
    "limit_burst_rate": "Throttling.BurstRate",
    "insufficient_quota": "Throttling.AllocationQuota",
    "data_inspection_failed": "DataInspectionFailed",
    "model_not_found": "ModelNotFound",
    "invalid_parameter_error": "InvalidParameter",
    "internal_error": "InternalError",
}
NATIVE = {
    **PERSONA.table,
    "no_key": Entry(401, "No API-key provided.", "InvalidApiKey"),
    "auth": Entry(401, "Invalid API-key provided.", "InvalidApiKey"),
    "bad_parameter": Entry(400, "{detail}", "InvalidParameter"),
    "bad_json": Entry(400, "Required body invalid, please check the request body format.", "InvalidParameter"),
    "unknown_model": Entry(404, "Model not exist.", "ModelNotFound"),
    "async_only": Entry(403, "current user api does not support synchronous calls.", "AccessDenied"),
    "sync_only": Entry(403, "current user api does not support asynchronous calls.", "AccessDenied"),
    "wrong_url": Entry(400, "url error, please check url!", "InvalidParameter"),
    "conflict": Entry(400, "task can not be canceled", "UnsupportedOperation", inferred=True),
}
TOKEN_PLAN = ("qwen-image-3.0", "wan2.7-image", "qwen-audio-3.0")
ENDPOINT = replace(PERSONA.endpoint("api", "openai"), base="/api/v1")


def request_id() -> str:
    """Return an id in the form of a UUID."""
    return str(uuid.UUID(ids.token_hex(16), version=4))


def say(failure: Failure) -> Response:
    """Say no in the native form."""
    entry = look_up(NATIVE, failure)
    body = {"code": NATIVE_CODES.get(entry.code, entry.code), "message": entry.message, "request_id": request_id()}
    headers = dict(failure.headers)
    if failure.retry_after is not None:
        headers["Retry-After"] = f"{failure.retry_after:g}"
    if entry.inferred:
        headers["X-Emulator-Rule"] = "inferred"
    return JSONResponse(body, entry.status, headers)


def admit(caller: Caller) -> None:
    """Want a general key; plan keys only get in where the Token Plan is on."""
    if not caller.key:
        raise refuse("no_key")
    foreign = (
        caller.key.startswith(("sk-kimi-", "sk-cp-")) or not caller.key.startswith("sk-") or "invalid" in caller.key
    )
    if foreign or (caller.key.startswith("sk-sp-") and not caller.state.options.qwen_token_plan):
        raise refuse("auth")


ACCESS = Access(PERSONA, ENDPOINT, say, admit)


def missing(name: str) -> Refused:
    """Refuse an absent field."""
    return refuse(
        "bad_parameter", f'Required parameter "{name}" missing or invalid, please check the request parameters.'
    )


def wrong(name: str, why: str) -> Refused:
    """Refuse a bad field."""
    return refuse("bad_parameter", f"{name} {why}")


def may_spend(call: MediaRequest, model: str) -> None:
    """Refuse plan keys for models outside the Token Plan, and accounts without money."""
    if call.key.startswith("sk-sp-") and not model.startswith(TOKEN_PLAN):
        raise refuse("auth")
    if "nobalance" in call.key:
        raise refuse("balance")


def forms(call: MediaRequest) -> tuple[str, Form, Form]:
    """Return the model and the forms of ``input`` and ``parameters``."""
    resolve(call)
    whole = Form(call.data, missing, wrong)
    model = whole.text("model", required=True)
    if not isinstance(call.data.get("input"), dict):
        raise missing("input")
    return model, whole.inner("input"), whole.inner("parameters")


def is_async(call: MediaRequest) -> bool:
    """Tell whether the asynchronous header is there."""
    return call.request.headers.get("x-dashscope-async") == "enable"


def is_streamed(call: MediaRequest) -> bool:
    """Tell whether server-sent events are wanted."""
    headers = call.request.headers
    return headers.get("x-dashscope-sse") == "enable" or "text/event-stream" in headers.get("accept", "")
