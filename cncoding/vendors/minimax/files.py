"""Files of MiniMax: samples of voices, films to understand or to start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.media.carriage import MIB, Carriage
from cncoding.media.file_routes import FileRoute, FileRule, VendorFile, Wanted
from cncoding.media.routes import Draft, Place
from cncoding.types import JsonObject

_PAGE = Source("documented", "platform.minimax.io file management and voice cloning pages", "2026-10")
_SOUNDS = ("mp3", "m4a", "wav")
PURPOSES = {
    "voice_clone": FileRule(_SOUNDS, 20 * MIB, 10, 300, _PAGE.at("voice-cloning-uploadcloneaudio")),
    "prompt_audio": FileRule(_SOUNDS, 20 * MIB, 0, 7.99, _PAGE.at("voice-cloning-uploadprompt")),
    "t2a_async_input": FileRule(("txt", "zip"), source=_PAGE.at("file-management-upload")),
    "video_understanding": FileRule(("mp4", "avi", "mov", "mkv"), source=_PAGE.at("file-management-upload")),
    "video_generation_input": FileRule(source=Source("documented", "platform.minimax.cn OpenAPI pages", "2026-10")),
}
_LINKED = frozenset({"video_understanding", "video_generation_input"})
"""Purposes whose files are named `mm_file://` in a request."""


def _base(target: Place) -> str:
    return target.root


def _upload(wanted: Wanted) -> Draft:
    return Draft("/v1/files/upload", form=replace(wanted.form, fields={"purpose": str(wanted.purpose)}))


def _read(body: JsonObject, wanted: Wanted) -> VendorFile:
    row = body.get("file")
    if not isinstance(row, dict) or not row.get("file_id"):
        raise ProtocolError("the reply names no file", payload=str(body))
    return _read_row(row)


def _read_row(row: dict[str, Any]) -> VendorFile:
    name, purpose = str(row["file_id"]), str(row.get("purpose") or "") or None
    size, created = row.get("bytes"), row.get("created_at")
    return VendorFile(
        id=name,
        name=str(row.get("filename") or ""),
        provider="minimax",
        purpose=purpose,
        size=size if isinstance(size, int) else None,
        created_at=float(created) if isinstance(created, (int, float)) else None,
        url=f"mm_file://{name}" if purpose in _LINKED else None,
        raw=row,
    )


def _list(purpose: str) -> Draft:
    return Draft("/v1/files/list", method="GET", query={"purpose": purpose})


def _read_list(body: JsonObject) -> tuple[VendorFile, ...]:
    rows = body.get("files")
    if rows is not None and not isinstance(rows, list):
        raise ProtocolError("the reply holds no list of files", payload=str(body))
    return tuple(_read_row(row) for row in rows or [] if isinstance(row, dict) and row.get("file_id"))


def _delete(file: VendorFile) -> Draft:
    """Name the purpose too, as public clients of the page do."""
    name = int(file.id) if file.id.isdecimal() else file.id
    return Draft("/v1/files/delete", {"file_id": name, **({"purpose": file.purpose} if file.purpose else {})})


def _content(name: str) -> Draft:
    return Draft("/v1/files/retrieve_content", method="GET", query={"file_id": name})


FILMS = Carriage(
    {"image": 30 * MIB, "video": 50 * MIB, "audio": 15 * MIB},
    Source("documented", "platform.minimax.cn OpenAPI pages, v2/video_generation", "2026-10"),
    together=47 * MIB,  # 64 MB of a request, which are Base64
    most={"image": 30 * MIB, "video": 50 * MIB, "audio": 15 * MIB},
    uploads=True, purpose="video_generation_input", scheme="mm_file", ids=True,
)  # fmt: skip
"""Of H3."""
FILES = FileRoute(
    "minimax-files", _base, PURPOSES, _upload, _read, _list,
    # What the page of the list names; the purposes of films are asked for by name.
    ("voice_clone", "prompt_audio", "t2a_async_input"),
    _read_list, _delete, _content, FileRule(most=512 * MIB, source=_PAGE), 7 * 86400.0,
    "MiniMax's file store, for 7 days", _PAGE,
)  # fmt: skip
