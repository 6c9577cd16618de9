"""Qwen and Wan images: synchronous in a conversation, or as jobs on two addresses.

Source: help.aliyun.com.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..errors import refuse
from ..vision import Seen
from ..wires import Json
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest
from .links import publish
from .pictures import paint
from .qwen_access import ACCESS, forms, is_async, may_spend, missing, request_id, wrong
from .qwen_tasks import failure, take
from .tasks import Order, Task

IMG = Evidence("documented", "help.aliyun.com", "2026-10-01")
EDIT = Evidence("documented", "help.aliyun.com/zh/model-studio/wanx-image-edit", "2026-02-11")
LISTED = ((1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664))
SQUARES = {"1K": 1024, "2K": 2048, "4K": 4096}


FUNCTIONS = (
    "stylization_all", "stylization_local", "description_edit", "description_edit_with_mask", "remove_watermark",
    "expand", "super_resolution", "colorization", "doodle", "control_cartoon_feature",
)  # fmt: skip


def is_image_model(model: str) -> bool:
    """Tell whether a model makes images in a conversation."""
    return model.startswith("qwen-image") or (model.startswith("wan2") and ("image" in model or "-t2i" in model))


def _wan(model: str) -> bool:
    return model.startswith("wan")


def _edits(model: str) -> bool:
    return model.startswith("qwen-image-edit")


def _old(model: str) -> bool:
    return model == "qwen-image" or model.startswith(("qwen-image-plus", "qwen-image-max"))


def _size(parameters: Form, model: str, images: int) -> tuple[int, int]:
    raw = parameters.data.get("size")
    if _wan(model) and isinstance(raw, str) and raw in SQUARES:
        if raw == "4K" and ("pro" not in model or images):
            raise wrong("size", "4K is for text to image with wan2.7-image-pro only")
        return SQUARES[raw], SQUARES[raw]
    size = parameters.size("size", "*")
    if _old(model):
        if size is not None and size not in LISTED:
            raise wrong("size", f"must be one of {', '.join(f'{w}*{h}' for w, h in LISTED)}")
        return size or LISTED[0]
    if size is not None and model == "qwen-image-edit":
        raise wrong("size", "is not supported by this model")
    if size is not None and _edits(model) and not 512 <= min(size) <= max(size) <= 2048:
        raise wrong("size", "sides must be between 512 and 2048")
    if size is None:
        return (1024, 1024) if "-t2i" in model else (2048, 2048)
    most = 4096**2 if _wan(model) else 2048**2
    if not 512**2 <= size[0] * size[1] <= most or not 0.125 <= size[0] / size[1] <= 8:
        raise wrong("size", f"total pixels must be between 512*512 and {int(most**0.5)}*{int(most**0.5)}")
    return size


def _settings(parameters: Form, model: str, images: int) -> Json:
    parameters.text("negative_prompt", 500)
    for name in ("prompt_extend", "watermark", "thinking_mode"):
        parameters.flag(name)
    parameters.number("seed", 0, 2**31 - 1, whole=True)
    sequential = parameters.flag("enable_sequential")
    if sequential and not _wan(model):
        raise wrong("enable_sequential", "is not supported by this model")
    if parameters.data.get("prompt_extend_mode") is not None:
        parameters.one_of("prompt_extend_mode", ("direct",) if images else ("direct", "agent"))
    most = 1 if _old(model) or model == "qwen-image-edit" else (12 if sequential else 4) if _wan(model) else 6
    n = parameters.number("n", 1, most, 1, whole=True)
    width, height = _size(parameters, model, images)
    return {"n": n, "width": width, "height": height}


async def _read_messages(inner: Form, model: str) -> tuple[str, list[str]]:
    """Read the only user message: its text and what its images show."""
    messages = inner.data.get("messages")
    if not isinstance(messages, list) or len(messages) != 1:
        raise missing("input.messages")
    message = messages[0]
    content: Any = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list) or message.get("role") != "user":
        raise wrong("input.messages", "must hold one user message with a list as content")
    texts = [p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str)]
    images = [p["image"] for p in content if isinstance(p, dict) and "image" in p]
    if len(texts) != 1 or not texts[0]:
        raise wrong("input.messages.content", "must hold exactly one text")
    if len(texts) + len(images) != len(content):
        raise wrong("input.messages.content", "holds an unknown part")
    most = 0 if _old(model) else 9 if _wan(model) else 3
    if len(images) > most:
        raise wrong("input.messages.content", f"takes at most {most} images")
    _check_length(texts[0], model)
    seen = [await inner.image("image", image, most=20 if _wan(model) else 10) for image in images]
    for s in seen:
        if _wan(model) and not s.url and not 240 <= min(s.width, s.height) <= max(s.width, s.height) <= 8000:
            raise wrong("image", "sides must be between 240 and 8000 pixels")
    return texts[0], [s.words() for s in seen]


def _check_length(prompt: str, model: str) -> None:
    longest = 800 if _old(model) else 5000 if _wan(model) else 2600
    if len(prompt) > longest:
        raise wrong("prompt", f"length must be less than or equal to {longest}")


def _publish(call: MediaRequest, prompt: str, spec: Json, number: int) -> str:
    note = "; ".join(spec.get("seen", ()))
    make = partial(paint, prompt, spec["width"], spec["height"], number=number, note=note)
    return publish(call.media, f"{ids.token_hex(8)}.png", "image/png", make)


def _chosen(call: MediaRequest, order: Order) -> Json:
    """Return ``output`` and ``usage`` of the conversation form."""
    spec, model = order.spec, order.model
    urls = [_publish(call, order.prompt, spec, i) for i in range(spec["n"])]
    if _wan(model):
        contents = [[{"image": url, "type": "image"}] for url in urls]
        usage: Json = {"image_count": len(urls), "size": f"{spec['width']}*{spec['height']}"}
        usage |= {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    else:
        contents = [[{"image": url} for url in urls]]
        usage = {"image_count": len(urls), "width": spec["width"], "height": spec["height"]}
    choices = [{"finish_reason": "stop", "message": {"role": "assistant", "content": c}} for c in contents]
    return {"output": {"choices": choices, **({"finished": True} if _wan(model) else {})}, "usage": usage}


async def now(call: MediaRequest) -> ASGIApp:
    """Answer an image conversation at once."""
    model, inner, parameters = forms(call)
    if is_async(call):
        raise refuse("sync_only")
    may_spend(call, model)
    prompt, seen = await _read_messages(inner, model)
    if _edits(model) and not seen:
        raise wrong("input.messages.content", "needs an image")
    order = Order("qwen", "image", model, prompt, {**_settings(parameters, model, len(seen)), "seen": seen})
    call.media.accept_now(order)
    return JSONResponse({**_chosen(call, order), "request_id": request_id()})


async def later(call: MediaRequest) -> ASGIApp:
    """Take an image conversation as a job; Wan and Qwen 3.0 models alone."""
    model, inner, parameters = forms(call)
    if not is_async(call):
        raise refuse("async_only")
    if not model.startswith(("wan2", "qwen-image-3.0")) or not is_image_model(model):
        raise refuse("unknown_model", model)
    may_spend(call, model)
    prompt, seen = await _read_messages(inner, model)
    spec = {**_settings(parameters, model, len(seen)), "seen": seen}
    return take(call, Order("qwen", "image", model, prompt, spec), lambda v, t: _chosen(v, t.order))


async def synthesis(call: MediaRequest) -> ASGIApp:
    """Take a prompt as a job: the older form."""
    model, inner, parameters = forms(call)
    if not is_async(call):
        raise refuse("async_only")
    if not (model in ("qwen-image", "qwen-image-plus") or (model.startswith("wan") and "-t2i" in model)):
        raise refuse("unknown_model", model)
    may_spend(call, model)
    prompt = inner.text("prompt", required=True)
    _check_length(prompt, model)
    inner.text("negative_prompt", 500)
    spec = _settings(parameters, model, 0)
    return take(call, Order("qwen", "image", model, prompt, spec), _list_results)


async def edit(call: MediaRequest) -> ASGIApp:
    """Take a change of one picture as a job, within a mask or not."""
    model, inner, parameters = forms(call)
    if not is_async(call):
        raise refuse("async_only")
    if model != "wanx2.1-imageedit":
        raise refuse("unknown_model", model)
    may_spend(call, model)
    function = inner.one_of("function", FUNCTIONS)
    if function is None:
        raise missing("input.function")
    prompt = inner.text("prompt")
    picture = await inner.image("base_image_url", inner.data.get("base_image_url"), most=10)
    seen = [picture.words()]
    if not picture.url and not 512 <= min(picture.width, picture.height) <= max(picture.width, picture.height) <= 4096:
        raise wrong("input.base_image_url", "sides must be between 512 and 4096 pixels")
    if function == "description_edit_with_mask":
        seen.append(f"mask: {await _look_at_mask(inner, picture)}")
    parameters.number("strength", 0, 1)
    for name in ("top_scale", "bottom_scale", "left_scale", "right_scale"):
        parameters.number(name, 1, 2)
    parameters.number("upscale_factor", 1, 4, whole=True)
    parameters.number("seed", 0, 2**31 - 1, whole=True)
    for name in ("is_sketch", "watermark"):
        parameters.flag(name)
    n = parameters.number("n", 1, 4, 1, whole=True)
    sides = (picture.width, picture.height) if not picture.url else (1024, 1024)
    spec: Json = {"n": n, "width": sides[0], "height": sides[1], "seen": seen}
    return take(call, Order("qwen", "image", model, prompt, spec), _list_edited)


async def _look_at_mask(inner: Form, picture: Seen) -> str:
    mask = await inner.image("mask_image_url", inner.data.get("mask_image_url"), most=10)
    if not picture.url and not mask.url and (mask.width, mask.height) != (picture.width, picture.height):
        raise wrong("input.mask_image_url", "must have the resolution of base_image_url")
    return mask.words()


def _list_edited(call: MediaRequest, task: Task) -> Json:
    """Return ``results`` with links alone, as the page shows them."""
    made = _list_results(call, task)
    made["output"]["results"] = [{"url": row["url"]} if "url" in row else row for row in made["output"]["results"]]
    return made


def _list_results(call: MediaRequest, task: Task) -> Json:
    """Return ``results``; with the fault "partial" the last one is a failure beside the others."""
    order, n = task.order, task.order.spec["n"]
    lost = 1 if task.fault.kind == "partial" else 0
    rows: list[Json] = [
        {
            "orig_prompt": order.prompt,
            "actual_prompt": order.prompt,
            "url": _publish(call, order.prompt, order.spec, i),
        }
        for i in range(n - lost)
    ]
    rows += [failure(task)] * lost
    metrics = {"TOTAL": n, "SUCCEEDED": n - lost, "FAILED": lost}
    return {"output": {"results": rows, "task_metrics": metrics}, "usage": {"image_count": n - lost}}


COUNTERS = (
    MediaEndpoint("POST", "/api/v1/services/aigc/text2image/image-synthesis", synthesis, ACCESS, IMG),
    MediaEndpoint("POST", "/api/v1/services/aigc/image-generation/generation", later, ACCESS, IMG),
    MediaEndpoint("POST", "/api/v1/services/aigc/image2image/image-synthesis", edit, ACCESS, EDIT),
)
