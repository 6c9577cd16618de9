"""The media host: signed result URLs that expire, ranges, and callers who send their key along.

``GET|HEAD /media-host/<token>/<name>?Expires=..&Signature=..``. A wrong signature, a late caller and a link
that never was get what object stores say (403 and 404 with an XML body).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from .. import ids
from ..deliver import Delivered
from ..reply import Delivery
from ..state import State
from .records import Download, Leak, Link
from .tasks import Fault, MediaState, media_state

DAY = 86400.0
SECRETS = ("authorization", "x-api-key", "cookie", "mm-api-source", "x-dashscope-async")
FAULTS = ("expired", "gone", "cut", "truncated", "html", "empty", "named", "wrong_type", "redirect", "huge", "slow")
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def publish(host: MediaState, name: str, media_type: str, make: Callable[[], bytes], lifetime: float = DAY) -> str:
    """Put something on the media host and return its URL; it works for ``lifetime`` virtual seconds."""
    token = ids.token_hex(12)
    # Like real signatures, with characters that must stay percent-encoded.
    signature = ids.token_urlsafe(12) + "+/="
    host.links[token] = Link(token, name, media_type, make, host.now + lifetime, signature)
    ends = int(time.time() + lifetime)
    query = f"Expires={ends}&OSSAccessKeyId=emulator&Signature={quote(signature, safe='')}"
    return f"{host.state.url}/media-host/{token}/{quote(name)}?{query}"


def find(host: MediaState, url: str) -> Link | None:
    """Return the link behind a URL of this media host that still works."""
    token = url.partition("/media-host/")[2].partition("/")[0]
    link = host.links.get(token)
    return link if link is not None and host.now <= link.expires else None


def say_xml(status: int, code: str, message: str) -> Response:
    """Say no as object stores do."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, media_type="application/xml")


def _refuse(host: MediaState, request: Request, link: Link | None, fault: Fault) -> Response | None:
    for header in SECRETS:
        value = request.headers.get(header)
        if value:
            host.leaks.append(Leak(request.url.path, header, value))
    if request.headers.get("authorization"):
        return say_xml(400, "InvalidArgument", "Only one auth mechanism allowed; the media host takes no Authorization")
    if link is None or fault.kind == "gone":
        return say_xml(404, "NoSuchKey", "The specified key does not exist.")
    if host.now > link.expires or fault.kind == "expired":
        return say_xml(403, "AccessDenied", "Request has expired.")
    if request.query_params.get("Signature") != link.signature:
        return say_xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    return None


def _part(request: Request, data: bytes, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
    wanted = RANGE.match(request.headers.get("range", ""))
    if wanted is None or not (wanted[1] or wanted[2]):
        return 200, data, headers
    size = len(data)
    start = int(wanted[1]) if wanted[1] else max(0, size - int(wanted[2]))
    end = min(size - 1, int(wanted[2])) if wanted[1] and wanted[2] else size - 1
    if start >= size or start > end:
        return 416, b"", {**headers, "content-range": f"bytes */{size}"}
    return 206, data[start : end + 1], {**headers, "content-range": f"bytes {start}-{end}/{size}"}


async def _serve(host: MediaState, request: Request, link: Link, fault: Fault) -> ASGIApp:
    data = await asyncio.to_thread(lambda: link.data)
    headers = {"accept-ranges": "bytes", "etag": f'"{link.token}"', "content-type": link.media_type}
    if fault.kind == "named":
        headers["content-disposition"] = f'attachment; filename="{fault.options.get("name", "../../evil.png")}"'
    if fault.kind == "wrong_type":
        headers["content-type"] = str(fault.options.get("type", "application/octet-stream"))
    if fault.kind == "html":
        return Response("<html><body>captive portal</body></html>", media_type="text/html")
    if fault.kind == "empty":
        data = b""
    if fault.kind == "huge":
        data = data + bytes(int(fault.options.get("bytes", 64 * 1024 * 1024)))
    if fault.kind == "slow":
        await asyncio.sleep(float(fault.options.get("seconds", 5)))
    if fault.kind == "redirect":
        return RedirectResponse(str(fault.options.get("to", "http://169.254.169.254/latest/meta-data/")))
    if fault.kind == "truncated":
        data = data[: len(data) // 2]
    status, part, headers = _part(request, data, headers)
    headers["content-length"] = str(len(part))
    if fault.kind == "cut":
        return Delivered([part], Delivery(cut_bytes=len(part) // 2), headers["content-type"], headers, status)
    return Response(b"" if request.method == "HEAD" else part, status, headers)


def routes(state: State) -> list[Route]:
    """Return the route of the media host."""

    async def handle(request: Request) -> ASGIApp:
        host = media_state(state)
        link = host.links.get(request.path_params["token"])
        fault = host.take_link_fault()
        answer: ASGIApp | None = _refuse(host, request, link, fault)
        if answer is None:
            assert link is not None
            answer = await _serve(host, request, link, fault)
        status = getattr(answer, "status_code", 200)
        agent = request.headers.get("user-agent", "")
        row = Download(request.method, request.url.path, status, request.headers.get("range", ""), agent)
        host.downloads.append(row)
        return answer

    return [Route("/media-host/{token}/{name}", handle, methods=["GET", "HEAD"])]
