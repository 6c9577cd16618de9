"""How MiniMax's native routes admit and refuse: HTTP 200 with ``base_resp``, except on v2.

Source: vendor page of 2026-11-20, sections 1 and 5. Which plan includes which model is inferred: ``sk-cp-`` keys
are let in (M Plan: image, audio on all tiers, H3 on the larger ones), keys with "planonly" in them are not.
"""

from __future__ import annotations

import secrets

from starlette.responses import JSONResponse, Response

from ..personas.minimax import PERSONA
from ..trouble import Refused, Trouble, look_up, refuse
from .checks import Form
from .desk import Visit, Voice, plain_voice


def say(trouble: Trouble) -> Response:
    """Say no inside HTTP 200, unless a test asked for a status of its own."""
    entry = look_up(PERSONA.table, trouble)
    number = int(entry.code) if entry.code.isdigit() else 2013
    base = {"status_code": number, "status_msg": entry.message}
    headers = {**dict(trouble.headers), "Trace-Id": secrets.token_hex(16)}
    if trouble.retry_after is not None:
        headers["Retry-After"] = f"{trouble.retry_after:g}"
    if entry.inferred:
        headers["X-Emulator-Rule"] = "inferred"
    return JSONResponse({"base_resp": base}, trouble.status or 200, headers)


NATIVE = Voice(PERSONA, PERSONA.endpoint("api", "openai"), say, PERSONA.admit)
H3 = plain_voice(PERSONA, "api")


def missing(name: str) -> Refused:
    """Refuse an absent field."""
    return refuse("bad_parameter", f"binding: expr_path={name}, cause=missing required parameter")


def wrong(name: str, why: str) -> Refused:
    """Refuse a bad field."""
    return refuse("bad_parameter", f"{name} {why}")


def form(visit: Visit) -> Form:
    """Put a request under examination."""
    return Form(visit.data, missing, wrong)


def balance(visit: Visit, model: str) -> None:
    """Refuse keys that may not spend: 1008 without money, 2061 outside the plan."""
    if "nobalance" in visit.key:
        raise refuse("balance")
    if "planonly" in visit.key:
        raise refuse("not_in_plan", model)


def done(**more: object) -> Response:
    """Answer well."""
    body = {**more, "base_resp": {"status_code": 0, "status_msg": "success"}}
    return JSONResponse(body, headers={"Trace-Id": secrets.token_hex(16)})
