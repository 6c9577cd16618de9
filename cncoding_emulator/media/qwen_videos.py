"""Wan films: text, frames and references to video, always as jobs.

Source: help.aliyun.com. For wan2.7 frames go into ``input.media``; ``img_url`` is of
the models before and refused here.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.types import ASGIApp

from ..endpoints import Evidence
from ..errors import refuse
from ..wires import Json
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest
from .links import publish
from .qwen_access import ACCESS, forms, is_async, may_spend, missing, wrong
from .qwen_tasks import take
from .tasks import Order, Task
from .videos import film

VID = Evidence("documented", "help.aliyun.com; models before wan2.7 by the page's one row", "2026-10-01")
# help.aliyun.com/en/model-studio/wan-video-editing-api-reference, 2026-10-22, and documents of resellers
FPS = 30
RATIOS = {
    "720P": {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1088, 832), "3:4": (832, 1088)},
    "1080P": {
        "16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1440, 1440), "4:3": (1632, 1248), "3:4": (1248, 1632),
    },
    "480P": {"16:9": (832, 480), "9:16": (480, 832), "1:1": (624, 624)},
}  # fmt: skip
FRAMES = (
    {"first_frame"}, {"first_frame", "driving_audio"}, {"first_frame", "last_frame"},
    {"first_frame", "last_frame", "driving_audio"}, {"first_clip"}, {"first_clip", "last_frame"},
)  # fmt: skip
EDITED = {"video", "reference_image"}
REFERENCES = {"reference_image", "reference_video", "first_frame"}
# Fields of the models before; others that nobody documents are ignored: the official SDK sends `extend_prompt`.
OLDER = ("img_url", "first_frame_url", "last_frame_url", "reference_urls", "reference_video_urls")
WRONG = {
    "t2v": (*OLDER, "media"), "i2v": (*OLDER, "audio_url"), "r2v": (*OLDER, "audio_url"),
    "videoedit": (*OLDER, "audio_url"),
}  # fmt: skip


def kind_of(model: str) -> str:
    """Return t2v, i2v, r2v or videoedit of a wan2.7 model, "" for others."""
    return next((k for k in WRONG if model.startswith(f"wan2.7-{k}")), "")


async def media_of(inner: Form, kind: str) -> tuple[list[str], str]:
    """Check ``input.media``; return the types and what was seen."""
    media = inner.data.get("media")
    if not isinstance(media, list) or not media:
        raise missing("input.media")
    types: list[str] = []
    notes: list[str] = []
    for i, item in enumerate(media):
        name = f"input.media[{i}]"
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            raise missing(f"{name}.type")
        types.append(item["type"])
        if item["type"].endswith(("frame", "image")):
            notes.append(f"{item['type']}: {(await inner.image(f'{name}.url', item.get('url'), most=20)).words()}")
        else:
            inner.source(f"{name}.url", item.get("url"))
            notes.append(item["type"])
        if "reference_voice" in item:
            inner.source(f"{name}.reference_voice", item["reference_voice"])
    if kind == "i2v" and (len(set(types)) != len(types) or set(types) not in FRAMES):
        raise wrong("input.media", f"does not support the combination {', '.join(types)}")
    if kind == "r2v":
        _check_references(types)
    if kind == "videoedit" and (not set(types) <= EDITED or types.count("video") != 1 or len(types) > 5):
        raise wrong("input.media", "takes one video and at most 4 reference_image")
    return types, "; ".join(notes)


def _check_references(types: list[str]) -> None:
    if not set(types) <= REFERENCES or types.count("first_frame") > 1:
        raise wrong("input.media", f"does not support the combination {', '.join(types)}")
    if not 1 <= sum(t.startswith("reference") for t in types) <= 5:
        raise wrong("input.media", "takes 1 to 5 references")


def _sides(parameters: Form, kind: str) -> tuple[tuple[int, int], str, str]:
    resolution = parameters.one_of("resolution", ("720P", "1080P"), "1080P")
    if kind == "i2v" and parameters.data.get("ratio") is not None:
        raise wrong("parameters.ratio", "is not supported by this model")
    ratio = parameters.one_of("ratio", tuple(RATIOS[resolution]), "16:9")
    return RATIOS[resolution][ratio], resolution, ratio


async def _newest(inner: Form, parameters: Form, kind: str) -> Json:
    extra = [name for name in WRONG[kind] if inner.data.get(name)]
    if extra:
        raise wrong(f"input.{extra[0]}", "is not supported by this model")
    types: list[str] = []
    note = ""
    if kind == "t2v":
        if inner.data.get("audio_url") is not None:
            inner.source("input.audio_url", inner.data["audio_url"])
    else:
        types, note = await media_of(inner, kind)
    size, resolution, ratio = _sides(parameters, kind)
    longest = 10 if kind == "videoedit" or (kind == "r2v" and "reference_video" in types) else 15
    if kind == "videoedit":
        parameters.one_of("audio_setting", ("auto", "origin"), "auto")
    seconds = parameters.number("duration", 2, longest, 5, whole=True)
    return {"size": size, "resolution": resolution, "ratio": ratio, "seconds": seconds, "note": note}


async def _older(inner: Form, parameters: Form) -> Json:
    note = ""
    if inner.data.get("img_url") is not None:
        note = (await inner.image("input.img_url", inner.data["img_url"], most=10)).words()
    size = parameters.size("size", "*")
    resolution = parameters.one_of("resolution", tuple(RATIOS), "1080P")
    seconds = parameters.number("duration", 2, 15, 5, whole=True)
    sides = size or RATIOS[resolution]["16:9"]
    return {"size": sides, "resolution": resolution, "ratio": "16:9", "seconds": seconds, "note": note}


async def submit(call: MediaRequest) -> ASGIApp:
    """Take a video job."""
    model, inner, parameters = forms(call)
    if not is_async(call):
        raise refuse("async_only")
    kind = kind_of(model)
    if not kind and not (model.startswith("wan") and "2v" in model):
        raise refuse("unknown_model", model)
    may_spend(call, model)
    needed = kind in ("t2v", "r2v", "videoedit") or (not kind and "-t2v" in model)
    prompt = inner.text("prompt", 5000, required=needed)
    inner.text("negative_prompt", 500)
    spec = await (_newest(inner, parameters, kind) if kind else _older(inner, parameters))
    for name in ("prompt_extend", "watermark"):
        parameters.flag(name)
    parameters.number("seed", 0, 2**31 - 1, whole=True)
    return take(call, Order("qwen", "video", model, prompt, spec), results)


def video_url(call: MediaRequest, task: Task) -> str:
    """Publish the film of a job once."""
    if task.urls is None:
        spec: Any = task.order.spec
        make = partial(
            film, task.order.prompt or "(image to video)", spec["size"], FPS, spec["seconds"], spec.get("note", "")
        )
        task.urls = [publish(call.media, f"{task.id}.mp4", "video/mp4", make)]
    return task.urls[0]


def results(call: MediaRequest, task: Task) -> Json:
    """Return output and usage of a finished job."""
    spec = task.order.spec
    usage = {
        "duration": spec["seconds"],
        "input_video_duration": spec["seconds"] if task.order.model.startswith("wan2.7-videoedit") else 0,
        "output_video_duration": spec["seconds"],
        "video_count": 1,
        "ratio": spec["ratio"],
        "SR": int(spec["resolution"].removesuffix("P")),
    }
    return {"output": {"orig_prompt": task.order.prompt, "video_url": video_url(call, task)}, "usage": usage}


COUNTERS = (
    MediaEndpoint("POST", "/api/v1/services/aigc/video-generation/video-synthesis", submit, ACCESS, VID),
    MediaEndpoint("POST", "/api/v1/services/aigc/image2video/video-synthesis", submit, ACCESS, VID),
)
