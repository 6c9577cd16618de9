"""GLM media on the general base: images, films, results by ``async-result``; speech and search are next door.

Source: docs.bigmodel.cn OpenAPI document; the coding-plan-api-report article for ``cogview-3``.
"""

from __future__ import annotations

import time
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import fields
from ..personas.glm import PERSONA
from ..state import State
from ..wires import Json
from . import glm_search, glm_speech
from .checks import Form
from .endpoint import Access, MediaEndpoint, MediaRequest, linger, use_chat_access
from .links import publish
from .pictures import paint
from .tasks import Order, Task
from .videos import film

BASE = "/api/paas/v4"
OPENAPI = Evidence("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11")
RESULT = Evidence("documented", "docs.bigmodel.cn OpenAPI document; unknown ids and failures inferred", "2026-07-11")
ACCESS = use_chat_access(PERSONA, "api")
MONTH = 30 * 86400.0

IMAGE_FIELDS = fields("model prompt quality size watermark_enabled user_id request_id")
VIDEO_FIELDS = fields(
    "model prompt image_url quality with_audio watermark_enabled size fps duration request_id user_id style "
    "aspect_ratio movement_amplitude"
)
COGVIDEO_SIZES = {
    "cogvideox-3": ("1920x1080", "1280x720", "720x1280", "1024x1024", "1080x1920", "2048x1080", "3840x2160"),
    "cogvideox-2": (
        "1920x1080", "720x480", "1024x1024", "1280x960", "960x1280", "1080x1920", "2048x1080", "3840x2160",
    ),
}  # fmt: skip
# Vidu: sizes, seconds, how many images (least, most).
VIDU = {
    "viduq1-text": (("1920x1080",), 5, (0, 0)),
    "viduq1-image": (("1920x1080",), 5, (1, 1)),
    "vidu2-image": (("1280x720",), 4, (1, 1)),
    "viduq1-start-end": (("1920x1080",), 5, (2, 2)),
    "vidu2-start-end": (("1280x720", "480x360"), 4, (2, 2)),
    "vidu2-reference": (("1280x720",), 4, (1, 3)),
}
RATIOS = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}


def missing(name: str) -> Refused:
    """Refuse an refuse_absent field: code 1213."""
    return refuse("missing_field", name)


def wrong(name: str, why: str) -> Refused:
    """Refuse a bad field: code 1210."""
    return refuse("bad_parameter", f"{name}: {why}")


def form(call: MediaRequest) -> Form:
    """Put a request under examination."""
    return Form(call.data, missing, wrong)


def task_id() -> str:
    """Return an id like 2026050714440173035c127e244bba: digits of UTC+8, then digits."""
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 8 * 3600))
    return now + str(ids.randbelow(10**18)).zfill(18)


def _image_size(data: Form, model: str) -> tuple[int, int]:
    newest = model == "glm-image"
    size = data.size("size", "x")
    if size is None:
        return (1280, 1280) if newest else (1024, 1024)
    # The page has two readings for glm-image (1024-2048 and 512-2048); the schema's, stricter one counts here.
    low, step, most = (1024, 32, 2**22) if newest else (512, 16, 2**21)
    listed = {(1728, 960), (960, 1728)} if newest else set()
    good = all(low <= side <= 2048 and side % step == 0 for side in size) or size in listed
    if not good or size[0] * size[1] > most:
        raise wrong("size", f"sides {low}-2048, multiples of {step}, at most {most} pixels")
    return size


def _image_order(call: MediaRequest) -> Order:
    data = form(call)
    model = data.text("model", required=True)
    if not model.startswith(("glm-image", "cogview-")):
        raise refuse("unknown_model", model)
    prompt = data.text("prompt", required=True)
    data.one_of("quality", ("hd",) if model == "glm-image" else ("hd", "standard"))
    data.flag("watermark_enabled")
    return Order("glm", "image", model, prompt, {"size": _image_size(data, model)})


def _image_url(call: MediaRequest, order: Order) -> str:
    width, height = order.spec["size"]
    return publish(
        call.media, f"{ids.token_hex(8)}.png", "image/png", partial(paint, order.prompt, width, height), MONTH
    )


async def images(call: MediaRequest) -> ASGIApp:
    """Answer an image request at once."""
    order = _image_order(call)
    call.media.accept_now(order)
    body = {
        "created": int(time.time()),
        "data": [{"url": _image_url(call, order)}],
        "content_filter": [{"role": "assistant", "level": 3}],
    }
    return JSONResponse(body)


def _taken(task: Task) -> Response:
    body = {"model": task.order.model, "id": task.id, "request_id": task.id[:20], "task_status": "PROCESSING"}
    return JSONResponse(body)


async def async_images(call: MediaRequest) -> ASGIApp:
    """Take an image job; glm-image alone."""
    order = _image_order(call)
    if order.model != "glm-image":
        raise refuse("no_vision")
    return _taken(call.media.accept(order, task_id))


def _pictures_given(data: Form) -> list[str]:
    given = data.data.get("image_url")
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _cogvideo(data: Form, model: str, given: int) -> Json:
    sizes = COGVIDEO_SIZES.get(model, COGVIDEO_SIZES["cogvideox-2"])
    newest = model.startswith("cogvideox-3")
    if given > (2 if newest else 1):
        raise wrong("image_url", "too many images")
    if not newest and "duration" in data.data:
        raise wrong("duration", f"{model} takes none")
    data.one_of("quality", ("speed", "quality"))
    data.flag("with_audio")
    size = data.one_of("size", sizes, sizes[0])
    width, height = map(int, size.split("x"))
    fps = data.one_of("fps", (30, 60), 30)
    return {"size": (width, height), "fps": fps, "seconds": data.one_of("duration", (5, 10), 5)}


def _vidu(data: Form, model: str, given: int) -> Json:
    sizes, seconds, (least, most) = VIDU[model]
    if not least <= given <= most:
        raise wrong("image_url", f"{model} takes {least} to {most} images")
    if model in ("viduq1-text", "vidu2-reference"):
        data.text("prompt", required=True)
    data.one_of("style", ("general", "anime"))
    data.one_of("movement_amplitude", ("auto", "small", "medium", "large"))
    ratio = data.one_of("aspect_ratio", tuple(RATIOS))
    data.flag("with_audio")
    width, height = map(int, data.one_of("size", sizes, sizes[0]).split("x"))
    if ratio is not None and "size" not in data.data:
        width, height = RATIOS[ratio]
    return {"size": (width, height), "fps": 24, "seconds": data.one_of("duration", (seconds,), seconds)}


async def videos(call: MediaRequest) -> ASGIApp:
    """Take a video job."""
    data = form(call)
    model = data.text("model", required=True)
    if not model.startswith("cogvideox-") and model not in VIDU:
        raise refuse("unknown_model", model)
    prompt = data.text("prompt", 512 if model.startswith("cogvideox") else None)
    given = _pictures_given(data)
    if not prompt and not given:
        raise missing("prompt")
    spec = (_vidu if model in VIDU else _cogvideo)(data, model, len(given))
    data.flag("watermark_enabled")
    seen = [await data.image("image_url", image, most=5, bare=True) for image in given]
    note = "; ".join(s.words() for s in seen)
    task = call.media.accept(Order("glm", "video", model, prompt, {**spec, "note": note}), task_id)
    return _taken(task)


def _results(call: MediaRequest, task: Task) -> list[str]:
    """Publish the results of a job once."""
    if task.urls is None:
        order, spec = task.order, task.order.spec
        width, height = spec["size"]
        if order.kind == "image":
            task.urls = [_image_url(call, order)]
        else:
            words = order.prompt or "(image to video)"
            make = partial(film, words, (width, height), spec["fps"], spec["seconds"], spec["note"])
            cover = partial(paint, words, width, height, form="jpeg")
            task.urls = [
                publish(call.media, f"{task.id}.mp4", "video/mp4", make),
                publish(call.media, f"{task.id}_cover.jpeg", "image/jpeg", cover),
            ]
    return task.urls


async def result(call: MediaRequest) -> ASGIApp:
    """Answer a query."""
    await linger(call, "glm", call.path["id"])
    task = call.media.find("glm", call.path["id"])
    if task is None or task.phase(call.media.now) == "expired":
        raise refuse("bad_parameter", "任务不存在", inferred=True)
    return JSONResponse(report(call, task))


def report(call: MediaRequest, task: Task) -> Json:
    """Return the body of a query."""
    phase = task.phase(call.media.now)
    body: Json = {"model": task.order.model, "request_id": task.id[:20], "task_status": "PROCESSING"}
    if phase == "weird":
        return {**body, "task_status": task.weird}
    if phase == "failed":
        body["task_status"] = "FAIL"
        if task.fault.kind == "moderate":
            # The schema has no reason; an ``error`` object is reported as possible.
            body["error"] = {"code": "1301", "message": PERSONA.table["content_blocked"].message}
        return body
    if phase != "succeeded":
        return body
    urls = _results(call, task)
    body["task_status"] = "SUCCESS"
    if task.order.kind == "image":
        return {**body, "image_result": [{"url": urls[0]}]}
    return {**body, "video_result": [{"url": urls[0], "cover_image_url": urls[1]}]}


COUNTERS = (
    MediaEndpoint("POST", f"{BASE}/images/generations", images, ACCESS, OPENAPI, IMAGE_FIELDS),
    MediaEndpoint("POST", f"{BASE}/async/images/generations", async_images, ACCESS, OPENAPI, IMAGE_FIELDS),
    MediaEndpoint("POST", f"{BASE}/videos/generations", videos, ACCESS, OPENAPI, VIDEO_FIELDS),
    MediaEndpoint("GET", f"{BASE}/async-result/{{id}}", result, ACCESS, RESULT),
    *glm_speech.COUNTERS,
    *glm_search.COUNTERS,
)
OTHERS = tuple(c.other for c in COUNTERS)


def access_for(path: str) -> Access | None:
    """Return None: these routes refuse as chat does."""
    return None


def routes(state: State) -> list[Route]:
    """Return the routes of the general base, and the plan base's "no such thing"."""

    async def refuse_absent(request: Request) -> ASGIApp:
        return ACCESS.say(refuse("not_found").failure)

    plan = PERSONA.endpoint("coding", "openai").base
    names = ("images/generations", "videos/generations", "audio/speech", "audio/transcriptions", "web_search")
    nothing = [Route(f"/glm{plan}/{name}", refuse_absent, methods=["POST"]) for name in names]
    return [*(c.route(state) for c in COUNTERS), *nothing]
