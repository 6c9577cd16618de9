"""MiniMax video v1 (Hailuo): submit, query, then a file id.

Source: platform.minimaxi.com and minimax-mcp 0.0.19.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..errors import refuse
from ..persona import fields
from ..wires import Json
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest, linger
from .files import keep
from .minimax_access import NATIVE, balance, done, form
from .records import StoredFile
from .tasks import Order, Task
from .videos import film

OAS = Evidence("documented", "platform.minimaxi.com; minimax-mcp 0.0.19", "2026-09-01")
FPS = 25
SIDES = {"512P": 512, "720P": 720, "768P": 768, "1080P": 1080}
# resolutions with the durations they allow; whether a first frame is needed, a last frame possible
HAILUO_23 = {"768P": (6, 10), "1080P": (6,)}
HAILUO_02 = {"512P": (6, 10), "768P": (6, 10), "1080P": (6,)}
OLD: dict[str, tuple[int, ...]] = {"720P": (6,)}
MODELS: dict[str, dict[str, tuple[int, ...]]] = {
    "MiniMax-Hailuo-2.3": HAILUO_23,
    "MiniMax-Hailuo-2.3-Fast": HAILUO_23,
    "MiniMax-Hailuo-02": HAILUO_02,
    "S2V-01": OLD,
    "T2V-01": OLD,
    "T2V-01-Director": OLD,
    "I2V-01": OLD,
    "I2V-01-Director": OLD,
    "I2V-01-live": OLD,
}
WORDS = {
    "preparing": "Preparing",
    "queueing": "Queueing",
    "running": "Processing",
    "succeeded": "Success",
    "failed": "Fail",
}
VIDEO_FIELDS = fields(
    "model prompt first_frame_image last_frame_image subject_reference duration resolution prompt_optimizer "
    "fast_pretreatment aigc_watermark callback_url"
)


def task_id() -> str:
    """Return an id of digits."""
    return str(10**17 + ids.randbelow(9 * 10**17))


async def _frame(data: Form, name: str) -> str:
    seen = await data.image(name, data.data[name], most=20)
    if not seen.url:
        short, ratio = min(seen.width, seen.height), seen.width / seen.height
        if short <= 300 or not 0.4 <= ratio <= 2.5:
            raise data.wrong(name, "short side must be over 300 px and ratio between 2:5 and 5:2")
    return f"{name}: {seen.words()}"


async def _frames(data: Form, model: str) -> tuple[str, bool]:
    """Check the frames; return what was seen and whether the first one is there."""
    first, last = (data.data.get(n) is not None for n in ("first_frame_image", "last_frame_image"))
    if (model.startswith("I2V") or model.endswith("-Fast")) and not first:
        raise data.missing("first_frame_image")
    if first and model.startswith(("T2V", "S2V")):
        raise data.wrong("first_frame_image", f"is not supported by {model}")
    if last and model != "MiniMax-Hailuo-02":
        raise data.wrong("last_frame_image", f"is not supported by {model}")
    notes = [await _frame(data, n) for n in ("first_frame_image", "last_frame_image") if data.data.get(n) is not None]
    if model == "S2V-01":
        notes.append(await _subject(data))
    return "; ".join(notes), first


async def _subject(data: Form) -> str:
    rows = data.array("subject_reference", 1)
    if not rows:
        raise data.missing("subject_reference")
    image: Any = rows[0].get("image") if isinstance(rows[0], dict) else None
    if not isinstance(image, list) or len(image) != 1 or rows[0].get("type") != "character":
        raise data.wrong("subject_reference", "must be [{type: character, image: [url]}]")
    return (await data.image("subject_reference[0].image", image[0], most=20)).words()


def _sides(resolution: str) -> tuple[int, int]:
    short = SIDES[resolution]
    return (round(short * 16 / 9 / 2) * 2, short)


async def submit(call: MediaRequest) -> ASGIApp:
    """Take a job."""
    data = form(call)
    model = data.text("model", required=True)
    if model not in MODELS:
        raise refuse("unknown_model", model)
    note, first = await _frames(data, model)
    prompt = data.text("prompt", 2000, required=not first)
    allowed = MODELS[model]
    default = "768P" if "Hailuo" in model else "720P"
    resolution = data.one_of("resolution", tuple(allowed), default)
    if resolution == "512P" and (not first or data.data.get("last_frame_image")):
        raise data.wrong("resolution", "512P is for a first frame alone")
    seconds = data.one_of("duration", (6, 10), 6)
    if seconds not in allowed[resolution]:
        raise data.wrong("duration", f"{seconds} is not supported at {resolution}")
    for name in ("prompt_optimizer", "fast_pretreatment", "aigc_watermark"):
        data.flag(name)
    balance(call, model)
    spec: Json = {"size": _sides(resolution), "seconds": seconds, "note": note}
    task = call.media.accept(Order("minimax", "video", model, prompt, spec), task_id)
    return done(task_id=task.id)


def file_of(call: MediaRequest, task: Task, provider: str = "minimax") -> StoredFile:
    """Return the film of a finished job as a file, made once."""
    found = call.media.files.get((provider, str(task.notes.get("file_id"))))
    if found is not None:
        return found
    spec = task.order.spec
    make = partial(film, task.order.prompt or "(image to video)", spec["size"], FPS, spec["seconds"], spec["note"])
    task.notes["file_id"] = task_id()
    file = StoredFile(task.notes["file_id"], "output_aigc.mp4", "video_generation", make, media_type="video/mp4")
    return keep(call.media, provider, file)


def status(call: MediaRequest, task: Task) -> Json:
    """Return the body of a query."""
    phase = task.phase(call.media.now)
    base = {"status_code": 0, "status_msg": "success"}
    body: Json = {"task_id": task.id, "status": WORDS.get(phase, task.weird), "file_id": ""}
    if phase == "failed" and task.fault.kind == "moderate":
        base = {"status_code": 1027, "status_msg": "output new_sensitive"}
    if phase == "succeeded":
        width, height = task.order.spec["size"]
        file = file_of(call, task, task.order.provider)
        body |= {"file_id": file.id, "video_width": width, "video_height": height}
    return {**body, "base_resp": base}


async def query(call: MediaRequest) -> ASGIApp:
    """Answer a query."""
    wanted = form(call).text("task_id", required=True)
    await linger(call, "minimax", wanted)
    task = call.media.find("minimax", wanted)
    if task is None or task.order.kind != "video" or task.phase(call.media.now) == "expired":
        raise refuse("bad_parameter", "task_id not found", inferred=True)
    return JSONResponse(status(call, task), headers={"Trace-Id": ids.token_hex(16)})


COUNTERS = (
    MediaEndpoint("POST", "/v1/video_generation", submit, NATIVE, OAS, VIDEO_FIELDS),
    MediaEndpoint("GET", "/v1/query/video_generation", query, NATIVE, OAS),
)
