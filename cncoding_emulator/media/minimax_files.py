"""MiniMax files: upload, list, retrieve with a link that works for an hour, contents, delete.

Source: vendor page of 2026-11-20, sections 9 and 10.2. Link validity: 1 h (video page) against 9 h (agent pages);
the shorter one counts here.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from ..persona import Evidence
from ..reply import Json
from ..trouble import refuse
from .desk import Counter, Visit
from .links import publish
from .minimax_video import task_id
from .minimax_voice import NATIVE, done, form
from .shelf import StoredFile, keep

OAS = Evidence("documented", "[oas-cn]; [mcp]", "2026-09-01")
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


def _wanted(visit: Visit) -> StoredFile:
    raw = visit.data.get("file_id")
    if raw in (None, ""):
        raise form(visit).missing("file_id")
    file = visit.studio.files.get(("minimax", str(raw)))
    if file is None:
        raise refuse("bad_parameter", "file_id not found", inferred=True)
    return file


async def retrieve(visit: Visit) -> ASGIApp:
    """Describe a file and give a link."""
    file = _wanted(visit)
    url = publish(visit.studio, file.name, file.media_type, lambda: file.data, HOUR)
    return done(file={**_row(file), "download_url": url})


async def content(visit: Visit) -> ASGIApp:
    """Return the bytes."""
    file = _wanted(visit)
    return Response(file.data, media_type=file.media_type)


async def upload(visit: Visit) -> ASGIApp:
    """Keep a file."""
    data = form(visit)
    given = visit.uploads.get("file")
    if given is None:
        raise data.missing("file")
    if data.one_of("purpose", PURPOSES) is None:
        raise data.missing("purpose")
    file = StoredFile(
        task_id(), given.name, str(visit.data["purpose"]), lambda: given.data, media_type=given.media_type
    )
    return done(file=_row(keep(visit.studio, "minimax", file)))


async def listing(visit: Visit) -> ASGIApp:
    """List the files of a purpose."""
    purpose = visit.data.get("purpose")
    kept = [f for (p, _), f in visit.studio.files.items() if p == "minimax"]
    return done(files=[_row(f) for f in kept if purpose in (None, "", f.purpose)])


async def delete(visit: Visit) -> ASGIApp:
    """Forget a file."""
    file = _wanted(visit)
    del visit.studio.files["minimax", file.id]
    return done(file_id=int(file.id))


COUNTERS = (
    Counter("GET", "/v1/files/retrieve", retrieve, NATIVE, OAS),
    Counter("GET", "/v1/files/retrieve_content", content, NATIVE, OAS),
    Counter("POST", "/v1/files/upload", upload, NATIVE, OAS),
    Counter("GET", "/v1/files/list", listing, NATIVE, OAS),
    Counter("POST", "/v1/files/delete", delete, NATIVE, OAS),
)
