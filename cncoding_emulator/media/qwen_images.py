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
from ..wires import Json
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest
from .links import publish
from .pictures import paint
from .qwen_access import ACCESS, forms, is_async, may_spend, missing, request_id, wrong
from .qwen_tasks import failure, take
from .tasks import Order, Task

IMG = Evidence("documented", "help.aliyun.com", "2026-10-01")
LISTED = ((1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664))
SQUARES = {"1K": 1024, "2K": 2048, "4K": 4096}


def is_image_model(model: str) -> bool:
    """Tell whether a model makes images."""
    return model.startswith("qwen-image") or (model.startswith("wan") and ("image" in model or "-t2i" in model))


def _wan(model: str) -> bool:
    return model.startswith("wan")


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
    most = 1 if _old(model) else (12 if sequential else 4) if _wan(model) else 6
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
    if "edit" in model and not seen:
        raise wrong("input.messages.content", "needs an image")
    order = Order("qwen", "image", model, prompt, {**_settings(parameters, model, len(seen)), "seen": seen})
    call.media.accept_now(order)
    return JSONResponse({**_chosen(call, order), "request_id": request_id()})


async def later(call: MediaRequest) -> ASGIApp:
    """Take an image conversation as a job; Wan models alone."""
    model, inner, parameters = forms(call)
    if not is_async(call):
        raise refuse("async_only")
    if not _wan(model) or not is_image_model(model):
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
)
