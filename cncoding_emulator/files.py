"""A host for files on 127.0.0.1, for tests that fetch images by URL.

``GET /files/<name>.<png|jpg|gif|webp|bmp>?w=64&h=48&color=red&mark=TEXT``, ``/files/redirect?to=``,
``/files/huge`` (64 MiB, streamed), ``/files/slow?seconds=5``, ``/files/notimage``, ``/files/missing``.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from . import image_marks
from .state import State

FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP"}
HUGE = 64 * 1024 * 1024


def picture(width: int, height: int, color: str, mark: str = "") -> Image.Image:
    """Paint a plain image, with a mark in the middle when it has room."""
    image = Image.new("RGB", (width, height), color)
    if mark:
        strip = image_marks.draw(mark, module=2)
        if image.width < strip.width or image.height < strip.height:
            image = Image.new("RGB", (max(width, strip.width + 8), max(height, strip.height * 4)), color)
        image.paste(strip, ((image.width - strip.width) // 2, (image.height - strip.height) // 2))
    return image


async def _image(request: Request) -> Response:
    ending = request.path_params["ending"]
    if ending not in FORMATS:
        return PlainTextResponse("no such file", 404)
    query = request.query_params
    width, height = int(query.get("w", 64)), int(query.get("h", 48))
    painted = picture(width, height, query.get("color", "red"), query.get("mark", ""))
    buffer = io.BytesIO()
    painted.save(buffer, FORMATS[ending])
    return Response(buffer.getvalue(), media_type=f"image/{FORMATS[ending].lower()}")


async def _redirect(request: Request) -> Response:
    return RedirectResponse(request.query_params.get("to", "/files/a.png"))


async def _huge(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(HUGE // 65536):
            yield bytes(65536)

    return StreamingResponse(parts(), media_type="image/png")


async def _slow(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params.get("seconds", 5)))
    return PlainTextResponse("late")


async def _not_image(request: Request) -> Response:
    return Response(b"<html>not an image</html>", media_type="text/html")


def routes(state: State) -> list[Route]:
    """Return the file routes."""
    return [
        Route("/files/redirect", _redirect),
        Route("/files/huge", _huge),
        Route("/files/slow", _slow),
        Route("/files/notimage", _not_image),
        Route("/files/{name}.{ending}", _image),
    ]
