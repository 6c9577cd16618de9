"""Kimi account calls: model lists, plan usage in both shapes, platform balance."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..endpoints import Evidence
from ..facts import load
from ..persona import OtherRoute, Persona
from ..state import State
from ..wires import Json

USAGES = Evidence("documented", "MoonshotAI/kimi-code 2.1.0, kimi-cli 1.52.0; CodexBar", "2026-09-23")
MODELS = Evidence("documented", "MoonshotAI/kimi-code 2.1.0", "2026-09-23")
BALANCE = Evidence("documented", "platform.kimi.com docs", "2026-09-01")
OTHERS = (
    OtherRoute("GET", "/coding/v1/usages", USAGES),
    OtherRoute("GET", "/coding/v1/models", MODELS),
    OtherRoute("GET", "/v1/models", BALANCE),
    OtherRoute("GET", "/v1/users/me/balance", BALANCE),
)
REFUSED = {"error": {"message": "Invalid Authentication", "type": "invalid_authentication_error"}}


FACTS = load("kimi")


def _show_model(name: str) -> Json:
    told, family = FACTS.details[name], FACTS.find_model(name)
    return {
        "id": name,
        "object": "model",
        "display_name": told["title"],
        "context_length": family.context,
        "supports_reasoning": family.thinks != "never",
        "supports_image_in": family.sees,
        "supports_video_in": told["video"],
        "supports_tool_use": True,
        "supports_thinking_type": told["thinking"],
        "think_efforts": {"support": True, "valid_efforts": ["low", "high", "max"], "default_effort": "high"},
        "protocol": "openai",
    }


def _reset(hours: float) -> str:
    at = datetime.now(timezone.utc) + timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _window(state: State, ratio: float | str, hours: float, *kinds: str) -> Json:
    """Return the use of a window: all of it while its limit is spent."""
    spent = state.meters.find_spent("kimi", *kinds)
    if spent is None:
        return {"used_ratio": ratio, "reset_time": _reset(hours)}
    at = datetime.fromtimestamp(spent, timezone.utc)
    return {"used_ratio": 1, "reset_time": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


def new_shape(state: State) -> Json:
    """Return the shape of 2026-09."""
    return {
        "usages": {
            "limit_5h": _window(state, 0.25, 2, "quota", "quota_429"),
            "limit_7d": _window(state, "0.4", 72, "quota_week"),
            "limit_month_total": {"used_ratio": 0.1, "reset_time": _reset(400)},
        },
        "boosterWallet": {"balance": {"type": "BOOSTER", "amount": "0", "amountLeft": "0"}},
    }


def old_shape() -> Json:
    """Return the shape up to about 2026-08, numbers as strings."""
    detail = {"limit": "100", "used": "25", "remaining": "75", "resetTime": _reset(2)}
    window = {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"}
    return {
        "user": {"membership": {"level": "LEVEL_INTERMEDIATE"}},
        "usage": {"limit": "2048", "used": "819", "remaining": "1229", "resetTime": _reset(72)},
        "limits": [{"window": window, "detail": detail}],
    }


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the account routes; ``?shape=old`` on usages gives the older shape."""

    def key(request: Request) -> str:
        return request.headers.get("authorization", "").removeprefix("Bearer ")

    async def usages(request: Request) -> Response:
        if not key(request).startswith("sk-kimi-"):
            return JSONResponse(REFUSED, 401)
        old = request.query_params.get("shape") == "old" or state.storage.get("kimi.usages") == "old"
        return JSONResponse(old_shape() if old else new_shape(state))

    async def plan_models(request: Request) -> Response:
        if not key(request).startswith("sk-kimi-"):
            return JSONResponse(REFUSED, 401)
        return JSONResponse({"object": "list", "data": [_show_model(name) for name in FACTS.lists["coding"]]})

    async def models(request: Request) -> Response:
        if not key(request).startswith("sk-") or key(request).startswith("sk-kimi-"):
            return JSONResponse(REFUSED, 401)
        row = {"object": "model", "created": 1785880000, "owned_by": "moonshot", "supports_image_in": True}
        return JSONResponse({"object": "list", "data": [{"id": n, **row} for n in FACTS.lists["api"]]})

    async def balance(request: Request) -> Response:
        if not key(request).startswith("sk-") or key(request).startswith("sk-kimi-"):
            return JSONResponse(REFUSED, 401)
        data = {"available_balance": 49.58894, "voucher_balance": 46.58893, "cash_balance": 3.00001}
        return JSONResponse({"code": 0, "data": data, "scode": "0x0", "status": True})

    root = f"/{persona.name}"
    return [
        Route(f"{root}/coding/v1/usages", usages),
        Route(f"{root}/coding/v1/models", plan_models),
        Route(f"{root}/v1/models", models),
        Route(f"{root}/v1/users/me/balance", balance),
    ]
