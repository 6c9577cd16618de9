"""Qwen media on the native routes, and transcription on the OpenAI route.

Source: vendor page of 2026-11-20, sections 6 and 8. The coding-plan host covers chat only: media models there are
"not supported".
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from ..endpoints import Evidence
from ..errors import refuse
from ..persona import OtherRoute
from ..personas.qwen import PERSONA
from ..state import State
from ..wires import Json
from . import qwen_files, qwen_images, qwen_speech, qwen_tasks, qwen_text, qwen_videos
from .endpoint import Access, MediaEndpoint, MediaRequest, intercept
from .qwen_access import ACCESS, ENDPOINT, forms
from .qwen_links import open_links
from .tasks import media_state

ALL = Evidence("documented", "help.aliyun.com", "2026-10-01")
MEDIA = ("qwen-image", "wan", "qwen3-tts", "qwen-tts", "qwen3-asr")


async def generate(call: MediaRequest) -> ASGIApp:
    """Send a model of the multimodal address where it belongs."""
    model, _, _ = forms(call)
    if qwen_images.is_image_model(model):
        return await qwen_images.now(call)
    if model.startswith(("qwen3-tts", "qwen-tts")):
        return await qwen_speech.speak(call)
    if model.startswith("qwen3-asr-flash"):
        return await qwen_speech.write_down(call)
    if PERSONA.facts.find_model(model).sees and "qwen-image" not in model:
        return await qwen_text.NativeHandler(call.state, PERSONA, ENDPOINT).handle(call.request)
    raise refuse("wrong_url" if model.startswith("qw") else "unknown_model", model)


COUNTERS = (
    MediaEndpoint("POST", "/api/v1/services/aigc/multimodal-generation/generation", generate, ACCESS, ALL),
    *qwen_images.COUNTERS,
    *qwen_videos.COUNTERS,
    *qwen_speech.COUNTERS,
    *qwen_tasks.COUNTERS,
    *qwen_files.COUNTERS,
)
OTHERS: tuple[OtherRoute, ...] = (
    OtherRoute("POST", qwen_text.PATH, qwen_text.DOCS),
    *(c.other for c in COUNTERS),
)


def access_for(path: str) -> Access | None:
    """Return the voice of a path."""
    return ACCESS if path.startswith("/qwen/api/v1/") else None


async def _no_media(call: MediaRequest) -> ASGIApp:
    raise refuse("plan_model", str(call.data["model"]))


def routes(state: State) -> list[Route]:
    """Return the routes; opens the side doors on the chat paths."""
    hear = intercept(state, ACCESS, lambda model: model.startswith("qwen3-asr-flash"), qwen_speech.chat)

    async def door(request: Request, body: Json) -> ASGIApp | None:
        if "oss://" in json.dumps(body):
            open_links(request, body, media_state(state))
        return await hear(request, body)

    state.interceptors["/qwen/compatible-mode/v1/chat/completions"] = door
    state.interceptors["/qwen/v1/chat/completions"] = intercept(
        state, ACCESS, lambda model: model.startswith(MEDIA), _no_media
    )
    text = qwen_text.NativeHandler(state, PERSONA, ENDPOINT).handle
    return [
        Route(f"/qwen{qwen_text.PATH}", text, methods=["POST"]),
        *(c.route(state) for c in COUNTERS),
        *qwen_files.routes(state),
    ]
