"""Files that callers upload or that jobs leave behind, per vendor."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from ..wires import Json
from .records import StoredFile
from .tasks import MediaState

DISPOSITION = re.compile(rb'content-disposition:[^\r\n]*?\bname="?([^";\r\n]*)"?', re.I)
FILENAME = re.compile(rb'filename="?([^";\r\n]*)"?', re.I)
TYPE = re.compile(rb"content-type:\s*([^\r\n;]+)", re.I)


def keep(host: MediaState, provider: str, file: StoredFile) -> StoredFile:
    """Put a file on the storage."""
    host.files[provider, file.id] = file
    return file


@dataclass(frozen=True)
class Upload:
    """One file part of a form."""

    name: str
    media_type: str
    data: bytes


async def read_form(request: Request) -> tuple[Json, dict[str, Upload]]:
    """Read a multipart body into its fields (repeated ones become lists) and files."""
    boundary = re.search(r'boundary="?([^";]+)', request.headers.get("content-type", ""))
    if boundary is None:
        return {}, {}
    mark = b"--" + boundary[1].encode("latin-1")
    fields: Json = {}
    files: dict[str, Upload] = {}
    for part in (b"\r\n" + await request.body()).split(b"\r\n" + mark)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        named = DISPOSITION.search(head)
        name = named[1].decode() if named else ""
        filename = FILENAME.search(head)
        if filename is not None:
            kind = TYPE.search(head)
            media_type = kind[1].decode("latin-1").strip() if kind else "application/octet-stream"
            files[name] = Upload(filename[1].decode("utf-8", "replace"), media_type, data)
            continue
        value = data.decode("utf-8", "replace")
        fields[name] = [*_as_list(fields[name]), value] if name in fields else value
    return fields, files


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
