"""MiniMax plan tools and account: image understanding, search, remaining quota, model list."""

from __future__ import annotations

import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import ids, library, vision
from ..endpoints import Evidence
from ..errors import Failure, Refused
from ..facts import load
from ..persona import OtherRoute, Persona
from ..request import Picture
from ..state import State
from ..wires import Json

TOOL = Evidence("documented", "minimax-coding-plan-mcp 0.0.5", "2026-02-22")
REMAINS = Evidence("documented", "official token-plan FAQ; MiniMax-AI/cli PR 166", "2026-07-25")
LIST = Evidence("captured", "terrylica/cc-skills 265421d2", "2026-04-28")
OTHERS = (
    OtherRoute("POST", "/v1/coding_plan/vlm", TOOL),
    OtherRoute("POST", "/v1/coding_plan/search", TOOL),
    OtherRoute("GET", "/v1/token_plan/remains", REMAINS),
    OtherRoute("GET", "/v1/api/openplatform/coding_plan/remains", REMAINS),
    OtherRoute("GET", "/v1/models", LIST),
    OtherRoute("GET", "/v1/models/{model}", REMAINS),
)
LOGIN = "login fail: Please carry the API secret key in the 'Authorization' field of the request header"
MODELS: dict[str, int] = {name: row["created"] for name, row in load("minimax").details.items()}


def native(code: int, text: str, **more: Any) -> Response:
    """Answer HTTP 200 with ``base_resp``, the convention of all native routes."""
    base = {"status_code": code, "status_msg": text}
    return JSONResponse({**more, "base_resp": base}, headers={"Trace-Id": ids.token_hex(16)})


def refuse_key(request: Request, *, plan: bool) -> Response | None:
    """Refuse a missing or foreign key, in HTTP 200."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not key or key.startswith(("sk-kimi-", "sk-sp-")):
        return native(1004, LOGIN)
    if "invalid" in key:
        return native(2049, "invalid api key")
    if plan and key.startswith("sk-api-"):
        return native(2062, "no active token plan subscription")
    return None


async def _data(request: Request) -> Json:
    try:
        data = json.loads(await request.body())
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the plan's tool and account routes."""

    async def vlm(request: Request) -> Response:
        bad = refuse_key(request, plan=True)
        if bad is not None:
            return bad
        if state.options.minimax_require_source and not request.headers.get("mm-api-source"):
            return native(1004, LOGIN)
        data = await _data(request)
        for name in ("prompt", "image_url"):
            if not isinstance(data.get(name), str) or not data[name]:
                return native(2013, f"invalid params, {name} is empty")
        if not data["image_url"].startswith("data:image/"):
            # Official clients only ever send data URLs; what the server does with others is unverified.
            return native(2013, "invalid params, image_url must be a base64 data url")
        kind = data["image_url"].partition(";")[0].removeprefix("data:image/")
        if kind not in ("jpeg", "jpg", "png", "webp"):
            return native(2013, f"invalid params, image format {kind} is not support")
        draft = state.take_script(persona.name)
        if draft is not None:
            if draft.fault is not None:
                error = persona.refuse(Failure("http200_failure", message=draft.fault.message, code=draft.fault.code))
                return Response(error.content, error.status, media_type="application/json")
            return native(0, "success", content="".join(getattr(s, "text", "") for s in draft.segments))
        try:
            seen = await vision.look(Picture(data["image_url"]))
        except Refused as error:
            return native(2013, f"invalid params, image {error.failure.detail}")
        return native(0, "success", content=f"图片里是 I see {seen.words()}. ({data['prompt'][:80]})")

    async def search(request: Request) -> Response:
        bad = refuse_key(request, plan=True)
        if bad is not None:
            return bad
        query = (await _data(request)).get("q")
        if not isinstance(query, str) or not query:
            return native(2013, "invalid params, q is empty")
        rows = [
            {"title": page.title, "link": page.url, "snippet": page.snippet, "date": page.date}
            for page in library.find(query, 5)
        ]
        return native(0, "success", organic=rows, related_searches=[{"query": f"{query} 教程"}])

    async def remains(request: Request) -> Response:
        return refuse_key(request, plan=True) or native(0, "success", model_remains=_remains(state))

    async def models(request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key or "invalid" in key:
            error = persona.refuse(Failure("auth"))
            return Response(error.content, error.status, media_type="application/json")
        rows = [{"id": n, "object": "model", "created": c, "owned_by": "minimax"} for n, c in MODELS.items()]
        return JSONResponse({"object": "list", "data": rows})

    async def model(request: Request) -> Response:
        name = request.path_params["model"]
        if name not in MODELS:
            return Response("404 page not found", 404)
        return JSONResponse({"id": name, "object": "model", "created": MODELS[name], "owned_by": "minimax"})

    root = f"/{persona.name}"
    return [
        Route(f"{root}/v1/coding_plan/vlm", vlm, methods=["POST"]),
        Route(f"{root}/v1/coding_plan/search", search, methods=["POST"]),
        Route(f"{root}/v1/token_plan/remains", remains),
        Route(f"{root}/v1/api/openplatform/coding_plan/remains", remains),
        Route(f"{root}/v1/models", models),
        Route(f"{root}/v1/models/{{model}}", model),
    ]


def _remains(state: State) -> list[Json]:
    now = int(time.time() * 1000)
    hours = state.meters.find_spent("minimax", "quota")
    week = state.meters.find_spent("minimax", "quota_week")
    end = int(hours * 1000) if hours else now + 7_200_000
    week_end = int(week * 1000) if week else now + 345_600_000

    def row(name: str, total: int, left: int, percent: int) -> Json:
        return {
            "model_name": name,
            "start_time": now - 10_800_000,
            "end_time": end,
            "remains_time": max(0, end - now),
            "current_interval_total_count": total,
            "current_interval_usage_count": left,
            "current_interval_status": 1,
            "current_interval_remaining_percent": percent,
            "weekly_start_time": now - 259_200_000,
            "weekly_end_time": week_end,
            "weekly_remains_time": max(0, week_end - now),
            "current_weekly_total_count": total * 10,
            "current_weekly_usage_count": left * 10,
            "current_weekly_status": 1,
            "current_weekly_remaining_percent": 0 if week else 60,
            "boost_permille": 1000,
        }

    return [row("general", 0, 0, 0 if hours else 75), row("video", 3, 2, 66)]
