"""How MiniMax's native routes admit and refuse: HTTP 200 with ``base_resp``, except on v2.

Source: vendor page of 2026-11-20, sections 1 and 5. Which plan includes which model is inferred: ``sk-cp-`` keys
are let in (M Plan: image, audio on all tiers, H3 on the larger ones), keys with "planonly" in them are not.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from .. import ids
from ..errors import Failure, Refused, look_up, refuse
from ..personas.minimax import PERSONA
from .checks import Form
from .endpoint import Access, MediaRequest, use_chat_access


def say(failure: Failure) -> Response:
    """Say no inside HTTP 200, unless a test asked for a status of its own."""
    entry = look_up(PERSONA.table, failure)
    number = int(entry.code) if entry.code.isdigit() else 2013
    base = {"status_code": number, "status_msg": entry.message}
    headers = {**dict(failure.headers), "Trace-Id": ids.token_hex(16)}
    if failure.retry_after is not None:
        headers["Retry-After"] = f"{failure.retry_after:g}"
    if entry.inferred:
        headers["X-Emulator-Rule"] = "inferred"
    return JSONResponse({"base_resp": base}, failure.status or 200, headers)


NATIVE = Access(PERSONA, PERSONA.endpoint("api", "openai"), say, PERSONA.admit)
H3 = use_chat_access(PERSONA, "api")


def missing(name: str) -> Refused:
    """Refuse an absent field."""
    return refuse("bad_parameter", f"binding: expr_path={name}, cause=missing required parameter")


def wrong(name: str, why: str) -> Refused:
    """Refuse a bad field."""
    return refuse("bad_parameter", f"{name} {why}")


def form(call: MediaRequest) -> Form:
    """Put a request under examination."""
    return Form(call.data, missing, wrong)


def balance(call: MediaRequest, model: str) -> None:
    """Refuse keys that may not spend: 1008 without money, 2061 outside the plan."""
    if "nobalance" in call.key:
        raise refuse("balance")
    if "planonly" in call.key:
        raise refuse("not_in_plan", model)


def done(**more: object) -> Response:
    """Answer well."""
    body = {**more, "base_resp": {"status_code": 0, "status_msg": "success"}}
    return JSONResponse(body, headers={"Trace-Id": ids.token_hex(16)})
