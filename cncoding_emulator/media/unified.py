"""The unified gateway's media models: submitted on the chat path, asked for on two query paths.

Source: the gateway's model examples (opcdoc.ntzq.tech/model-examples.html). Rules of fields, places of task ids and
result shapes are the page's; the shape of a query is "the model's own", so each family answers natively (inferred),
and an unknown id is a 404 (inferred).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from ..endpoints import Evidence
from ..errors import refuse
from ..persona import OtherRoute
from ..personas.unified import PERSONA
from ..state import State
from ..wires import Json
from . import glm, minimax_video, unified_images, unified_speech, unified_videos
from .endpoint import Access, MediaEndpoint, MediaRequest, intercept, linger, use_chat_access
from .links import publish
from .qwen_access import request_id
from .qwen_tasks import WORDS, failure
from .qwen_videos import video_url
from .tasks import Task

SUBMIT = Evidence("documented", "opcdoc.ntzq.tech/model-examples.html, 7.1-7.3 (bodies); path inferred", "2026-05-07")
QUERY = Evidence("documented", "opcdoc.ntzq.tech/model-examples.html; shapes of MiniMax, GLM inferred", "2026-05-07")
ACCESS = use_chat_access(PERSONA, "coding")
FAMILIES: dict[str, Callable[[MediaRequest], Awaitable[ASGIApp]]] = {
    "qwen-image": unified_images.qwen,
    "wan2.7-image": unified_images.qwen,
    "image-01": unified_images.minimax,
    "glm-image": unified_images.glm_image,
    "wan2.7-": unified_videos.wan,
    "MiniMax-Hailuo": unified_videos.hailuo,
    "cogvideox": unified_videos.cogvideox,
    "qwen3-tts": unified_speech.qwen,
    "speech-": unified_speech.minimax,
}


def _family(model: str) -> Callable[[MediaRequest], Awaitable[ASGIApp]] | None:
    return next((work for prefix, work in FAMILIES.items() if model.startswith(prefix)), None)


async def submit(call: MediaRequest) -> ASGIApp:
    """Send a media model to its family."""
    work = _family(str(call.data["model"]))
    assert work is not None
    return await work(call)


def _dashscope(call: MediaRequest, task: Task) -> Json:
    phase = task.phase(call.media.now)
    output: Json = {"task_id": task.id, "task_status": WORDS.get(phase, task.weird)}
    if phase == "failed":
        output |= failure(task)
    if phase == "succeeded" and task.order.kind == "video":
        output["video_url"] = video_url(call, task)
    if phase == "succeeded" and task.order.kind == "image":
        if task.urls is None:
            task.urls = unified_images.publish_all(call, task.order)
        output["results"] = [{"url": url, "orig_prompt": task.order.prompt} for url in task.urls]
    return {"output": output, "request_id": request_id()}


def _hailuo(call: MediaRequest, task: Task) -> Json:
    body = minimax_video.status(call, task)
    if body["file_id"] and task.fault.kind != "file_id_only":
        # The page shows no way from a file id to a film, so the gateway is taken to send the address along.
        file = minimax_video.file_of(call, task, "unified")
        if task.urls is None:
            task.urls = [publish(call.media, file.name, "video/mp4", lambda: file.data)]
        body["file"] = {"file_id": file.id, "filename": file.name, "download_url": task.urls[0]}
    return body


async def _query(call: MediaRequest, kind: str) -> ASGIApp:
    wanted = call.path["task_id"]
    await linger(call, "unified", wanted)
    task = call.media.find("unified", wanted)
    if task is None or task.order.kind != kind:
        raise refuse("not_found")
    native: Any = task.order.spec["family"]
    if native == "dashscope":
        return JSONResponse(_dashscope(call, task))
    if task.phase(call.media.now) == "expired":
        raise refuse("not_found")
    return JSONResponse(_hailuo(call, task) if native == "minimax" else glm.report(call, task))


async def videos(call: MediaRequest) -> ASGIApp:
    """Answer a query of a video job."""
    return await _query(call, "video")


async def images(call: MediaRequest) -> ASGIApp:
    """Answer a query of an image job."""
    return await _query(call, "image")


COUNTERS = (
    MediaEndpoint("GET", "/v1/videos/generations/{task_id}", videos, ACCESS, QUERY),
    MediaEndpoint("GET", "/v1/images/generations/{task_id}", images, ACCESS, QUERY),
)
OTHERS = (OtherRoute("POST", "/v1/chat/completions (media models)", SUBMIT), *(c.other for c in COUNTERS))


def access_for(path: str) -> Access | None:
    """Return None: these routes refuse as chat does."""
    return None


def routes(state: State) -> list[Route]:
    """Return the query routes; opens the side door on the chat path."""
    state.interceptors["/unified/v1/chat/completions"] = intercept(
        state, ACCESS, lambda model: _family(model) is not None, submit
    )
    return [c.route(state) for c in COUNTERS]
