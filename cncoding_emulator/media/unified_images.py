"""Images of the gateway: three families, three result shapes.

Source: opcdoc.ntzq.tech/model-examples.html, 7.1.2, 7.2.2, 7.3.3.
"""

from __future__ import annotations

import base64
import time
from functools import partial

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .. import ids
from ..errors import refuse
from ..wires import Json
from .checks import Form
from .endpoint import MediaRequest
from .glm import task_id
from .links import publish
from .minimax import RATIOS
from .pictures import paint
from .qwen_access import request_id
from .tasks import Order
from .unified_form import read, seen, wrong


def publish_all(call: MediaRequest, order: Order) -> list[str]:
    """Put the pictures of an order on the media host."""
    width, height = order.spec["size"]
    form = order.spec.get("form", "png")
    found = []
    for i in range(order.spec.get("n", 1)):
        make = partial(paint, order.prompt, width, height, form=form, number=i, note=order.spec.get("note", ""))
        found.append(publish(call.media, f"{ids.token_hex(8)}.{form}", f"image/{form}", make))
    return found


def _size(data: Form, mark: str, default: tuple[int, int], low: int, most: int) -> tuple[int, int]:
    size = data.size("size", mark) or default
    if not all(low <= side <= most for side in size):
        raise wrong("size", f"sides must be between {low} and {most}")
    return size


async def qwen(call: MediaRequest) -> ASGIApp:
    """Answer qwen-image and wan2.7-image; "usually" at once."""
    data, prompt = read(call, "images")
    n = data.number("n", 1, 6, 1, whole=True)
    data.flag("watermark")
    size = _size(data, "*", (2048, 2048), 240, 4096)
    note = "; ".join(await seen(data, 9))
    spec: Json = {"size": size, "n": n, "note": note, "family": "dashscope"}
    task = call.media.accept_now(Order("unified", "image", str(call.data["model"]), prompt, spec))
    if task.fault.kind == "as_task":
        output = {"task_id": task.id, "task_status": "PENDING"}
        return JSONResponse({"output": output, "request_id": request_id(), "task_id": task.id})
    content = [{"image": url} for url in publish_all(call, task.order)]
    choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return JSONResponse({"output": {"choices": [choice]}, "usage": {"image_count": n}, "request_id": request_id()})


async def minimax(call: MediaRequest) -> ASGIApp:
    """Answer image-01: ``data.image_url`` is a list."""
    data, prompt = read(call, "images")
    ratio = data.one_of("aspect_ratio", tuple(RATIOS))
    size = _size(data, "x", RATIOS[ratio] if ratio else RATIOS["1:1"], 512, 2048)
    n = data.number("n", 1, 9, 1, whole=True)
    kind = data.one_of("response_format", ("url", "base64"), "url")
    note = "; ".join(await seen(data, 1))
    spec: Json = {"size": size, "n": n, "note": note, "form": "jpeg"}
    task = call.media.accept_now(Order("unified", "image", str(call.data["model"]), prompt, spec))
    if kind == "url":
        return JSONResponse({"data": {"image_url": publish_all(call, task.order)}})
    made = [paint(prompt, *size, form="jpeg", number=i, note=note) for i in range(n)]
    return JSONResponse({"data": {"image_base64": [base64.b64encode(m).decode() for m in made]}})


async def glm_image(call: MediaRequest) -> ASGIApp:
    """Answer glm-image, or with ``async`` only name the job."""
    data, prompt = read(call)
    size = _size(data, "x", (1280, 1280), 512, 2048)
    data.one_of("style", ("vivid", "natural"))
    later = data.flag("async")
    order = Order("unified", "image", str(call.data["model"]), prompt, {"size": size, "family": "glm"})
    if later:
        return JSONResponse({"task_id": call.media.accept(order, task_id).id})
    task = call.media.accept_now(order)
    if task.fault.kind == "as_task":
        raise refuse("server_error")
    rows = [{"url": url, "revised_prompt": f"{prompt}(画面更丰富)"} for url in publish_all(call, order)]
    return JSONResponse({"created": int(time.time()), "data": rows})
