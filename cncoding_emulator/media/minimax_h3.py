"""MiniMax video v2 (H3): real HTTP statuses, states in lower case, cancelling.

Source: platform.minimaxi.com video generation v2 and vercel/ai ("expired").
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ..endpoints import Evidence
from ..errors import refuse
from ..persona import fields
from ..wires import Json
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest, linger
from .links import publish
from .minimax_access import H3, balance, form
from .minimax_video import task_id
from .tasks import Order, Phase, Task
from .videos import film

OAS = Evidence("documented", "platform.minimaxi.com video generation v2; failures of a job inferred", "2026-09-01")
LIST = Evidence("documented", "platform.minimax.io/docs/api-reference/video-generation-v2-list", "2026-09-01")
FILTERS = ("status", "model", "task_type")
WEEK = 7 * 86400.0
FPS = 24
MODELS = {"MiniMax-H3": (("768P", "2K"), 4), "MiniMax-H3-Max": (("480P", "768P"), 5)}
SIDES = {"480P": 480, "768P": 768, "2K": 1440}
RATIOS = {"21:9": (21, 9), "16:9": (16, 9), "4:3": (4, 3), "1:1": (1, 1), "3:4": (3, 4), "9:16": (9, 16)}
ROLES = {
    "image_url": ("first_frame", "last_frame", "reference_image"),
    "video_url": ("reference_video",),
    "audio_url": ("reference_audio",),
}
LIMITS = {"reference_image": 9, "reference_video": 3, "reference_audio": 3, "first_frame": 1, "last_frame": 1}
LARGEST = {"image_url": 30, "video_url": 50, "audio_url": 15}
"""MB."""
LARGEST_BODY = 64 * 1024 * 1024
WORDS: dict[Phase, str] = {
    "preparing": "queued",
    "queueing": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
SUBMIT_FIELDS = fields("model content resolution duration ratio extra callback_url aigc_watermark")


async def _part(data: Form, i: int, part: Any, roles: list[str]) -> str:
    name = f"content[{i}]"
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        text = part.get("text")
        if not isinstance(text, str) or not text or len(text) > 7000:
            raise data.wrong(f"{name}.text", "must be 1 to 7000 characters")
        roles.append("text")
        return text
    if kind not in ROLES:
        raise data.wrong(f"{name}.type", "is not support")
    role = part.get("role")
    if role not in ROLES[kind]:
        raise data.wrong(f"{name}.role", f"must be one of {', '.join(ROLES[kind])}")
    roles.append(role)
    inner = part.get(kind)
    url = inner.get("url") if isinstance(inner, dict) else None
    if kind == "image_url" and isinstance(url, str) and not url.startswith("mm_file://"):
        seen = await data.image(f"{name}.{kind}.url", url, most=30)
        if not seen.url and not 256 <= min(seen.width, seen.height) <= max(seen.width, seen.height) <= 5760:
            raise data.wrong(f"{name}.{kind}.url", "sides must be 256 to 5760 px")
        return f"{role}: {seen.words()}"
    source = data.source(f"{name}.{kind}.url", url, schemes=("mm_file://",))
    most = LARGEST[kind] * 1024 * 1024
    if source.startswith("data:") and len(source) * 3 // 4 > most:
        raise data.wrong(f"{name}.{kind}.url", f"must be smaller than {LARGEST[kind]}MB")
    return f"{role}"


def _check_files(call: MediaRequest, data: Form) -> None:
    """Refuse links to files that are not kept for videos, and one body that is too large; the words are inferred."""
    if int(call.request.headers.get("content-length") or 0) > LARGEST_BODY:
        raise refuse("bad_parameter", "request body is larger than 64MB", inferred=True)
    for i, part in enumerate(data.array("content", 16)):
        kind = part.get("type") if isinstance(part, dict) else None
        inner = part.get(kind) if isinstance(kind, str) else None
        url = str(inner.get("url")) if isinstance(inner, dict) else ""
        if not url.startswith("mm_file://"):
            continue
        file = call.media.files.get(("minimax", url.removeprefix("mm_file://")))
        if file is None or file.purpose != "video_generation_input":
            raise refuse("bad_parameter", f"content[{i}]: {url} not found", inferred=True)
        if len(file.data) > LARGEST[str(kind)] * 1024 * 1024:
            raise data.wrong(f"content[{i}]", f"must be smaller than {LARGEST[str(kind)]}MB")


async def _content(data: Form) -> tuple[str, str, list[str]]:
    """Return the text, what was seen, and the roles."""
    parts = data.array("content", 16)
    roles: list[str] = []
    found = [await _part(data, i, part, roles) for i, part in enumerate(parts)]
    if roles.count("text") != 1:
        raise data.wrong("content", "needs exactly one text")
    for role, most in LIMITS.items():
        if roles.count(role) > most:
            raise data.wrong("content", f"at most {most} {role}")
    frames = {"first_frame", "last_frame"} & set(roles)
    references = {r for r in roles if r.startswith("reference")}
    if frames and references:
        raise data.wrong("content", "frames and references are mutually exclusive")
    at = roles.index("text")
    return found[at], "; ".join(found[:at] + found[at + 1 :]), roles


def _sides(resolution: str, ratio: str) -> tuple[int, int]:
    wide, high = RATIOS.get(ratio, (16, 9))
    short = SIDES[resolution]
    long = round(short * max(wide, high) / min(wide, high) / 2) * 2
    return (long, short) if wide >= high else (short, long)


async def submit(call: MediaRequest) -> ASGIApp:
    """Take a job."""
    data = form(call)
    model = data.text("model", required=True)
    if model not in MODELS:
        raise refuse("unknown_model", model)
    resolutions, least = MODELS[model]
    prompt, note, roles = await _content(data)
    _check_files(call, data)
    for name in ("resolution", "duration"):
        if call.data.get(name) is None:
            raise data.missing(name)
    resolution = data.one_of("resolution", resolutions)
    seconds = data.number("duration", least, 15, whole=True)
    ratio = data.one_of("ratio", ("adaptive", *RATIOS), "adaptive")
    if roles == ["text"] and ratio == "adaptive":
        raise data.wrong("ratio", "adaptive is not supported for text to video")
    if {"first_frame", "last_frame"} & set(roles) and ratio != "adaptive":
        raise data.wrong("ratio", "must be adaptive for image to video")
    extra = data.inner("extra")
    if extra.data and model != "MiniMax-H3-Max":
        raise data.wrong("extra", "is for MiniMax-H3-Max only")
    extra.one_of("prompt_expansion_mode", ("disabled", "balanced", "quality"))
    data.flag("aigc_watermark")
    balance(call, model)
    spec: Json = {
        "size": _sides(resolution, ratio),
        "seconds": seconds,
        "note": note,
        "resolution": resolution,
        "ratio": ratio,
        "images": sum(r in ROLES["image_url"] for r in roles),
        "born": int(time.time()),
    }
    task = call.media.accept(Order("minimax", "video", model, prompt, {**spec, "v2": True}), task_id)
    return JSONResponse({"task_id": task.id})


def _find(call: MediaRequest) -> Task:
    task = call.media.find("minimax", call.path["task_id"], WEEK)
    if task is None or not task.order.spec.get("v2"):
        raise refuse("not_found", status=404, inferred=True)
    return task


def _url(call: MediaRequest, task: Task) -> str:
    if task.urls is None:
        spec = task.order.spec
        make = partial(film, task.order.prompt, spec["size"], FPS, spec["seconds"], spec["note"])
        task.urls = [publish(call.media, f"{task.id}.mp4", "video/mp4", make)]
    return task.urls[0]


def report(call: MediaRequest, task: Task) -> Json:
    """Return a task as the query and the list show it."""
    phase = task.phase(call.media.now)
    spec = task.order.spec
    body: Json = {
        "id": task.id,
        "model": task.order.model,
        "status": WORDS.get(phase, task.weird.lower()),
        "created_at": spec["born"],
        "updated_at": int(time.time()),
        "resolution": spec["resolution"],
        "duration": spec["seconds"],
        "ratio": spec["ratio"],
        "task_type": "generation",
        "modality": "video",
    }
    if phase == "succeeded":
        usage = {"total_seconds": spec["seconds"], "input_seconds": 0, "output_seconds": spec["seconds"]}
        body |= {"content": {"url": _url(call, task)}, "usage": {**usage, "input_image_count": spec["images"]}}
    if phase == "failed":
        blocked = task.fault.kind == "moderate"
        error = ("1027", "output new_sensitive") if blocked else ("1000", "unknown error")
        body["error"] = {"code": error[0], "message": error[1]}
    return body


async def query(call: MediaRequest) -> ASGIApp:
    """Answer a query."""
    await linger(call, "minimax", call.path["task_id"])
    return JSONResponse({"task": report(call, _find(call))})


async def listing(call: MediaRequest) -> ASGIApp:
    """List the tasks of the last week that the filters let through, newest first; 20 a page is inferred."""
    found = []
    for (provider, name), task in reversed(call.media.tasks.items()):
        if provider != "minimax" or not task.order.spec.get("v2") or call.media.find(provider, name, WEEK) is None:
            continue
        row = report(call, task)
        if all(row[key] == value for key in FILTERS if (value := call.data.get(f"filter.{key}"))):
            found.append(row)
    number, size = (max(1, int(call.data.get(name) or usual)) for name, usual in (("page_num", 1), ("page_size", 20)))
    return JSONResponse({"items": found[(number - 1) * size : number * size], "total": len(found)})


async def delete(call: MediaRequest) -> ASGIApp:
    """Cancel a waiting job or delete a finished one."""
    task = _find(call)
    phase = task.phase(call.media.now)
    if phase in ("preparing", "queueing"):
        task.cancelled_at = call.media.now
        return JSONResponse({"task_id": task.id, "action": "cancel", "status": "cancelled"})
    if phase in ("succeeded", "failed"):
        del call.media.tasks["minimax", task.id]
        return JSONResponse({"task_id": task.id, "action": "delete", "status": "deleted"})
    raise refuse("bad_parameter", f"task is {WORDS.get(phase, 'running')}, it can not be cancelled", inferred=True)


COUNTERS = (
    MediaEndpoint("POST", "/v2/video_generation", submit, H3, OAS, SUBMIT_FIELDS),
    MediaEndpoint("GET", "/v2/query/video_generation/{task_id}", query, H3, OAS),
    MediaEndpoint("GET", "/v2/query/video_generation", listing, H3, LIST),
    MediaEndpoint("DELETE", "/v2/video_generation/{task_id}", delete, H3, OAS),
)
