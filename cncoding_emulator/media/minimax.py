"""MiniMax media: images here; films, jobs, speech and files next door.

Source: platform.minimaxi.com image generation and MiniMax-AI/cli; the article coding-plan-api-report for ``size``,
which is no official field: it is ignored, and a caller who relies on it gets the default size. Native routes answer
HTTP 200 with ``base_resp``.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..errors import refuse
from ..persona import fields
from ..state import State
from ..wires import Json
from . import minimax_files, minimax_h3, minimax_speech, minimax_video
from .checks import Form
from .endpoint import Access, MediaEndpoint, MediaRequest
from .links import publish
from .minimax_access import H3, NATIVE, balance, form
from .pictures import paint
from .tasks import Order

T2I = Evidence("documented", "platform.minimaxi.com image generation; treatment of `size` inferred", "2026-09-01")
RATIOS = {
    "1:1": (1024, 1024),
    "16:9": (1280, 720),
    "4:3": (1152, 864),
    "3:2": (1248, 832),
    "2:3": (832, 1248),
    "3:4": (864, 1152),
    "9:16": (720, 1280),
    "21:9": (1344, 576),
}
STYLES = ("漫画", "元气", "中世纪", "水彩")
IMAGE_FIELDS = fields(
    "model prompt aspect_ratio width height response_format n seed prompt_optimizer aigc_watermark style "
    "subject_reference"
)


def _size(data: Form, model: str) -> tuple[int, int]:
    ratio = data.one_of("aspect_ratio", tuple(RATIOS))
    if ratio == "21:9" and model != "image-01":
        raise data.wrong("aspect_ratio", "21:9 is for image-01 only")
    sides = [name for name in ("width", "height") if _has(data, name)]
    if sides and model != "image-01":
        raise data.wrong(sides[0], "is for image-01 only")
    if len(sides) == 1:
        raise data.wrong(sides[0], "width and height must be set together")
    width = data.number("width", 512, 2048, whole=True)
    height = data.number("height", 512, 2048, whole=True)
    if sides and (width % 8 or height % 8):
        raise data.wrong("width", "and height must be multiples of 8")
    if ratio is not None:
        return RATIOS[ratio]
    return (width, height) if sides else RATIOS["1:1"]


def _has(data: Form, name: str) -> bool:
    """Tell whether a field is set."""
    return data.data.get(name) is not None


def _style(data: Form, model: str) -> None:
    if not _has(data, "style"):
        return
    if model != "image-01-live":
        raise data.wrong("style", "is for image-01-live only")
    inner = data.inner("style")
    if inner.one_of("style_type", STYLES) is None:
        raise inner.missing("style_type")
    inner.number("style_weight", 0, 1, 0.8, open_low=True)


async def subject(data: Form, key: str, most: int) -> str:
    """Check ``subject_reference`` and return what was seen."""
    found = []
    for i, row in enumerate(data.array("subject_reference", 1)):
        name = f"subject_reference[{i}]"
        if not isinstance(row, dict) or row.get("type") != "character":
            raise data.wrong(f"{name}.type", "must be character")
        source: Any = row.get(key)
        if isinstance(source, list):
            source = source[0] if source else None
        if source is None:
            raise data.missing(f"{name}.{key}")
        found.append(await data.image(f"{name}.{key}", source, most=most))
    return "; ".join(seen.words() for seen in found)


async def images(call: MediaRequest) -> ASGIApp:
    """Answer an image request."""
    data = form(call)
    model = data.text("model", required=True)
    if not model.startswith("image-01"):
        raise refuse("unknown_model", model)
    prompt = data.text("prompt", 1500, required=True)
    width, height = _size(data, model)
    _style(data, model)
    n = data.number("n", 1, 9, 1, whole=True)
    kind = data.one_of("response_format", ("url", "base64"), "url")
    for name in ("prompt_optimizer", "aigc_watermark"):
        data.flag(name)
    data.number("seed", -(2**63), 2**63 - 1, whole=True)
    note = await subject(data, "image_file", 10)
    balance(call, model)
    task = call.media.accept_now(Order("minimax", "image", model, prompt))
    lost = 1 if task.fault.kind == "partial" else 0
    makers = [partial(paint, prompt, width, height, form="jpeg", number=i, note=note) for i in range(n - lost)]
    if kind == "base64":
        made: Json = {"image_base64": [base64.b64encode(make()).decode() for make in makers]}
    else:
        made = {"image_urls": [publish(call.media, f"{ids.token_hex(8)}.jpeg", "image/jpeg", make) for make in makers]}
    body = {
        "id": task.id,
        "data": made,
        "metadata": {"failed_count": str(lost), "success_count": str(n - lost)},
        "base_resp": {"status_code": 0, "status_msg": "success"},
    }
    return JSONResponse(body, headers={"Trace-Id": task.id})


COUNTERS = (
    MediaEndpoint("POST", "/v1/image_generation", images, NATIVE, T2I, IMAGE_FIELDS),
    *minimax_video.COUNTERS,
    *minimax_h3.COUNTERS,
    *minimax_speech.COUNTERS,
    *minimax_files.COUNTERS,
)
OTHERS = tuple(c.other for c in COUNTERS)


def access_for(path: str) -> Access | None:
    """Return who answers for a path: native ones say no inside HTTP 200."""
    if path.startswith("/minimax/v2/"):
        return H3
    return None if path.startswith("/minimax/v1/models") else NATIVE


def routes(state: State) -> list[Route]:
    """Return the routes."""
    return [c.route(state) for c in COUNTERS]
