"""MiniMax files: upload, list, retrieve with a link that works for an hour, contents, delete.

Source: vendor page of 2026-11-20, sections 9 and 10.2. Link validity: 1 h (video page) against 9 h (agent pages);
the shorter one counts here.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from ..endpoints import Evidence
from ..errors import refuse
from ..wires import Json
from .endpoint import MediaEndpoint, MediaRequest
from .files import keep
from .links import publish
from .minimax_access import NATIVE, done, form
from .minimax_video import task_id
from .records import StoredFile

OAS = Evidence("documented", "platform.minimaxi.com; minimax-mcp 0.0.19", "2026-09-01")
PURPOSES = ("voice_clone", "prompt_audio", "t2a_async_input", "video_understanding", "video_generation_input")
HOUR = 3600.0


def _row(file: StoredFile) -> Json:
    return {
        "file_id": int(file.id),
        "bytes": len(file.data),
        "created_at": file.created,
        "filename": file.name,
        "purpose": file.purpose,
    }


def _find_file(call: MediaRequest) -> StoredFile:
    raw = call.data.get("file_id")
    if raw in (None, ""):
        raise form(call).missing("file_id")
    file = call.media.files.get(("minimax", str(raw)))
    if file is None:
        raise refuse("bad_parameter", "file_id not found", inferred=True)
    return file


async def retrieve(call: MediaRequest) -> ASGIApp:
    """Describe a file and give a link."""
    file = _find_file(call)
    url = publish(call.media, file.name, file.media_type, lambda: file.data, HOUR)
    return done(file={**_row(file), "download_url": url})


async def content(call: MediaRequest) -> ASGIApp:
    """Return the bytes."""
    file = _find_file(call)
    return Response(file.data, media_type=file.media_type)


async def upload(call: MediaRequest) -> ASGIApp:
    """Keep a file."""
    data = form(call)
    given = call.uploads.get("file")
    if given is None:
        raise data.missing("file")
    if data.one_of("purpose", PURPOSES) is None:
        raise data.missing("purpose")
    file = StoredFile(task_id(), given.name, str(call.data["purpose"]), lambda: given.data, media_type=given.media_type)
    return done(file=_row(keep(call.media, "minimax", file)))


async def listing(call: MediaRequest) -> ASGIApp:
    """List the files of a purpose."""
    purpose = call.data.get("purpose")
    kept = [f for (p, _), f in call.media.files.items() if p == "minimax"]
    return done(files=[_row(f) for f in kept if purpose in (None, "", f.purpose)])


async def delete(call: MediaRequest) -> ASGIApp:
    """Forget a file."""
    file = _find_file(call)
    del call.media.files["minimax", file.id]
    return done(file_id=int(file.id))


COUNTERS = (
    MediaEndpoint("GET", "/v1/files/retrieve", retrieve, NATIVE, OAS),
    MediaEndpoint("GET", "/v1/files/retrieve_content", content, NATIVE, OAS),
    MediaEndpoint("POST", "/v1/files/upload", upload, NATIVE, OAS),
    MediaEndpoint("GET", "/v1/files/list", listing, NATIVE, OAS),
    MediaEndpoint("POST", "/v1/files/delete", delete, NATIVE, OAS),
)
