"""Films of the gateway: always jobs, the id in three places.

Source: opcdoc.ntzq.tech/model-examples.html, 7.1.3, 7.2.3, 7.3.4; the role words are upstream's (help.aliyun.com),
which of them count is inferred.
"""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ..errors import refuse
from ..wires import Json
from .checks import Form
from .endpoint import MediaRequest
from .glm import task_id as glm_id
from .minimax_video import task_id as minimax_id
from .qwen_access import request_id
from .qwen_videos import RATIOS
from .tasks import Order
from .unified_form import missing, read, seen, urls, wrong

TAKES = {"t2v": ("voices",), "i2v": ("images", "videos", "voices"), "r2v": ("images", "videos", "voices")}
ROLES = {
    "images": ("first_frame", "last_frame", "reference_image"),
    "videos": ("first_clip", "reference_video"),
    "voices": ("driving_audio", "reference_voice", "background_audio"),
}
HAILUO = {"720P": (1280, 720), "768P": (1366, 768), "1080P": (1920, 1080)}


def _roles(data: Form) -> None:
    """Check ``media_roles``: lists of known words, no longer than the media they describe."""
    for name, roles in data.table("media_roles").items():
        if name not in ROLES or not isinstance(roles, list):
            raise wrong(f"media_roles.{name}", "must be a list of roles")
        if len(roles) > len(data.array(name, 16)):
            raise wrong(f"media_roles.{name}", f"is longer than {name}")
        for role in roles:
            if role not in ROLES[name]:
                raise wrong(f"media_roles.{name}", f"does not know {role}")


async def wan(call: MediaRequest) -> ASGIApp:
    """Take a Wan job: the id at the top and inside ``output``."""
    model = str(call.data["model"])
    kind = next((k for k in TAKES if model.startswith(f"wan2.7-{k}")), None)
    if kind is None:
        raise refuse("unknown_model", model)
    data, prompt = read(call, *TAKES[kind])
    media = {name: urls(data, name, 5) for name in TAKES[kind]}
    if kind == "i2v" and not media["images"] and not media["videos"]:
        raise missing("images or videos")
    if kind == "r2v" and not any(media.values()):
        raise missing("images, videos or voices")
    _roles(data)
    data.text("negative_prompt", 500)
    seconds = data.number("duration", 2, 15, 5, whole=True)
    resolution = data.one_of("resolution", ("720P", "1080P"), "1080P")
    note = "; ".join(await seen(data, 5))
    spec: Json = {
        "size": RATIOS[resolution]["16:9"], "seconds": seconds, "note": note, "family": "dashscope", "media": media,
    }  # fmt: skip
    task = call.media.accept(Order("unified", "video", model, prompt, spec), request_id)
    output = {"task_id": task.id, "task_status": "PENDING"}
    return JSONResponse({"output": output, "request_id": request_id(), "task_id": task.id})


async def hailuo(call: MediaRequest) -> ASGIApp:
    """Take a Hailuo job: nothing but ``task_id``."""
    data, prompt = read(call, "images")
    note = "; ".join(await seen(data, 2))
    seconds = data.one_of("duration", (5, 6), 6)
    resolution = data.one_of("resolution", tuple(HAILUO), "768P")
    spec: Json = {"size": HAILUO[resolution], "seconds": seconds, "note": note, "family": "minimax"}
    task = call.media.accept(Order("unified", "video", str(call.data["model"]), prompt, spec), minimax_id)
    return JSONResponse({"task_id": task.id})


async def cogvideox(call: MediaRequest) -> ASGIApp:
    """Take a CogVideoX job: ``id`` equals ``task_id``; images beyond the fourth are dropped."""
    data, prompt = read(call, "images")
    data.array("images", 64)
    kept = Form({**call.data, "images": (call.data.get("images") or [])[:4]}, missing, wrong)
    note = "; ".join(await seen(kept, 4))
    spec: Json = {
        "size": (1280, 720),
        "fps": data.number("fps", 1, 60, 30, whole=True),
        "seconds": data.number("duration", 1, 10, 5, whole=True),
        "note": note,
        "family": "glm",
    }
    task = call.media.accept(Order("unified", "video", str(call.data["model"]), prompt, spec), glm_id)
    return JSONResponse({"id": task.id, "task_id": task.id})
