"""Qwen media on the native routes, and transcription on the OpenAI route.

Source: vendor page of 2026-11-20, sections 6 and 8. The coding-plan host covers chat only: media models there are
"not supported".
"""

from __future__ import annotations

from starlette.routing import Route
from starlette.types import ASGIApp

from ..persona import Evidence, OtherRoute
from ..trouble import refuse
from ..world import World
from . import qwen_images, qwen_speech, qwen_tasks, qwen_videos
from .desk import Counter, Visit, Voice, side_door
from .qwen_voice import VOICE, forms

ALL = Evidence("documented", "[img]; [tts]; [asr]; chat models are not served here", "2026-10-01")
MEDIA = ("qwen-image", "wan", "qwen3-tts", "qwen-tts", "qwen3-asr")


async def generate(visit: Visit) -> ASGIApp:
    """Send a model of the multimodal address where it belongs."""
    model, _, _ = forms(visit)
    if qwen_images.is_image_model(model):
        return await qwen_images.now(visit)
    if model.startswith(("qwen3-tts", "qwen-tts")):
        return await qwen_speech.speak(visit)
    if model.startswith("qwen3-asr-flash"):
        return await qwen_speech.write_down(visit)
    raise refuse("wrong_url" if model.startswith("qw") else "unknown_model", model)


COUNTERS = (
    Counter("POST", "/api/v1/services/aigc/multimodal-generation/generation", generate, VOICE, ALL),
    *qwen_images.COUNTERS,
    *qwen_videos.COUNTERS,
    *qwen_speech.COUNTERS,
    *qwen_tasks.COUNTERS,
)
OTHERS: tuple[OtherRoute, ...] = tuple(c.other for c in COUNTERS)


def voice_of(path: str) -> Voice | None:
    """Return the voice of a path."""
    return VOICE if path.startswith("/qwen/api/v1/") else None


async def _no_media(visit: Visit) -> ASGIApp:
    raise refuse("plan_model", str(visit.data["model"]))


def routes(world: World) -> list[Route]:
    """Return the routes; opens the side doors on the chat paths."""
    world.side_doors["/qwen/compatible-mode/v1/chat/completions"] = side_door(
        world, VOICE, lambda model: model.startswith("qwen3-asr-flash"), qwen_speech.chat
    )
    world.side_doors["/qwen/v1/chat/completions"] = side_door(
        world, VOICE, lambda model: model.startswith(MEDIA), _no_media
    )
    return [c.route(world) for c in COUNTERS]
