"""What stands behind ``oss://`` links and data URLs in a request to DashScope.

Source: help.aliyun.com get-temporary-file-url, error codes. What the vendor says to a link without the header, of
another model or too late is inferred: no page shows it.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from ..errors import refuse
from ..wires import Json
from .endpoint import MediaRequest
from .links import publish
from .tasks import MediaState

LARGEST_ITEM = 10 * 1024 * 1024
HEADER = "x-dashscope-ossresourceresolve"


def resolve(call: MediaRequest) -> None:
    """Put links of the media host in the place of ``oss://`` links, and refuse large data URLs."""
    open_links(call.request, call.data, call.media)


def open_links(request: Request, body: Json, host: MediaState) -> None:
    """Do the same to a body."""
    opted = request.headers.get(HEADER) == "enable"
    body.update(_replace(body, host, str(body.get("model", "")), opted))


def _replace(value: Any, host: MediaState, model: str, opted: bool) -> Any:
    if isinstance(value, dict):
        return {name: _replace(one, host, model, opted) for name, one in value.items()}
    if isinstance(value, list):
        return [_replace(one, host, model, opted) for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith("data:") and len(value) > LARGEST_ITEM:
        raise refuse("bad_parameter", f"Exceeded limit on max bytes per data-uri item : {LARGEST_ITEM}")
    return _open(value, host, model, opted) if value.startswith("oss://") else value


def _open(link: str, host: MediaState, model: str, opted: bool) -> str:
    file = host.files.get(("qwen", link.removeprefix("oss://")))
    if not opted:
        raise refuse("bad_parameter", f"The provided URL does not appear to be valid: {link}", inferred=True)
    if file is None or file.expires is None or host.now > file.expires:
        raise refuse("bad_parameter", f"Download the media resource timed out or not found: {link}", inferred=True)
    if file.purpose != model:
        raise refuse("bad_parameter", f"the file was uploaded for {file.purpose}, not for {model}", inferred=True)
    return publish(host, file.name, file.media_type, lambda: file.data, 3600.0)
