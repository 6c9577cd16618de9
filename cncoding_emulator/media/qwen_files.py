"""DashScope's temporary files: a ticket, a store that takes a form, and ``oss://`` links for one model and 48 hours.

Source: help.aliyun.com get-temporary-file-url and dashscope 2.0.2 (utils/oss_utils).
"""

from __future__ import annotations

import base64
import hashlib
import json
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..state import State
from ..wires import Json
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest
from .files import keep, read_form
from .links import SECRETS, say_xml
from .qwen_access import ACCESS, missing, request_id, wrong
from .records import Leak, StoredFile
from .tasks import media_state

PAGE = Evidence("documented", "help.aliyun.com get-temporary-file-url; dashscope 2.0.2", "2026-10-01")
LIFETIME = 48 * 3600.0
SECONDS = 300
"""How long a ticket is good for."""
MEGABYTES = 100


def _sign(policy: str) -> str:
    return base64.b64encode(hashlib.sha256(f"emulator {policy}".encode()).digest()[:20]).decode()


async def ticket(call: MediaRequest) -> ASGIApp:
    """Say where a file goes."""
    if call.data.get("action") != "getPolicy":
        raise missing("action")
    model = Form(call.data, missing, wrong).text("model", required=True)
    folder = f"dashscope-instant/{ids.token_hex(8)}/{time.strftime('%Y-%m-%d')}/{ids.token_hex(16)}"
    rule = {"dir": folder, "model": model, "ends": call.media.now + SECONDS}
    policy = base64.b64encode(json.dumps(rule).encode()).decode()
    data = {
        "policy": policy,
        "signature": _sign(policy),
        "upload_dir": folder,
        "upload_host": f"{call.state.url}/dashscope-file",
        "expire_in_seconds": SECONDS,
        "max_file_size_mb": MEGABYTES,
        "capacity_limit_mb": 999999999,
        "oss_access_key_id": "LTAIemulator",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
    return JSONResponse({"request_id": request_id(), "data": data})


async def store(state: State, request: Request) -> Response:
    """Take a file for a ticket, in the manner of the object store."""
    host = media_state(state)
    for header in SECRETS:
        if value := request.headers.get(header):
            host.leaks.append(Leak(request.url.path, header, value))
    fields, files = await read_form(request)
    policy, key, file = str(fields.get("policy", "")), str(fields.get("key", "")), files.get("file")
    try:
        rule: Json = json.loads(base64.b64decode(policy, validate=True))
    except ValueError:
        return say_xml(403, "InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition.")
    if fields.get("Signature") != _sign(policy) or fields.get("OSSAccessKeyId") != "LTAIemulator":
        return say_xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    if host.now > rule["ends"]:
        return say_xml(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    if not key.startswith(f"{rule['dir']}/"):
        return say_xml(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed.")
    if file is None:
        return say_xml(400, "InvalidArgument", "The form holds no file.")
    if len(file.data) > MEGABYTES * 1024 * 1024:
        return say_xml(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
    if ("qwen", key) in host.files and fields.get("x-oss-forbid-overwrite") == "true":
        return say_xml(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.")
    name = key.rpartition("/")[2]
    kept = StoredFile(key, name, rule["model"], lambda: file.data, media_type=file.media_type)
    kept.expires = host.now + LIFETIME
    keep(host, "qwen", kept)
    return Response(b"", int(str(fields.get("success_action_status", "204"))))


COUNTERS = (MediaEndpoint("GET", "/api/v1/uploads", ticket, ACCESS, PAGE),)


def routes(state: State) -> list[Route]:
    """Return the route of the store, which stands beside the vendor."""

    async def handle(request: Request) -> Response:
        return await store(state, request)

    return [Route("/dashscope-file", handle, methods=["POST"])]
