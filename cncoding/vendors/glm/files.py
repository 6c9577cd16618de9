"""Files of GLM: samples of voices, files of agents and batches."""

from __future__ import annotations

from dataclasses import replace

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.media.carriage import MIB
from cncoding.media.file_routes import FileRoute, FileRule, VendorFile, Wanted
from cncoding.media.job_ids import quote_id
from cncoding.media.routes import Draft, Place
from cncoding.types import JsonObject

_PAGE = Source("documented", "docs.bigmodel.cn file API and voice cloning pages", "2026-07-11")
_PAPERS = ("pdf", "docx", "doc", "xls", "xlsx", "txt", "png", "jpg", "jpeg", "csv")
PURPOSES = {
    "voice-clone-input": FileRule(("mp3", "wav"), 10 * MIB, source=_PAGE.at("voice/clone: at most 10M, mp3 or wav")),
    "batch": FileRule(("jsonl",), 100 * MIB, source=_PAGE.at("files")),
    "code-interpreter": FileRule(_PAPERS, 20 * MIB, source=_PAGE.at("files")),
    "agent": FileRule(_PAPERS, 20 * MIB, source=_PAGE.at("files")),
}


def _base(target: Place) -> str:
    return f"{target.root}/api/paas/v4"


def _upload(wanted: Wanted) -> Draft:
    return Draft("/files", form=replace(wanted.form, fields={"purpose": str(wanted.purpose)}))


def _read(body: JsonObject, wanted: Wanted) -> VendorFile:
    if not body.get("id"):
        raise ProtocolError("the reply names no file", payload=str(body))
    return _read_row(body)


def _read_row(row: JsonObject) -> VendorFile:
    size, created = row.get("bytes"), row.get("created_at")
    return VendorFile(
        id=str(row["id"]),
        name=str(row.get("filename") or ""),
        provider="glm",
        purpose=str(row.get("purpose") or "") or None,
        size=size if isinstance(size, int) else None,
        created_at=float(created) if isinstance(created, (int, float)) else None,
        raw=row,
    )


def _list(purpose: str) -> Draft:
    return Draft("/files", method="GET", query={"purpose": purpose})


def _read_list(body: JsonObject) -> tuple[VendorFile, ...]:
    rows = body.get("data")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no list of files", payload=str(body))
    return tuple(_read_row(row) for row in rows if isinstance(row, dict) and row.get("id"))


def _delete(file: VendorFile) -> Draft:
    return Draft(f"/files/{quote_id(file.id)}", method="DELETE")


def _content(name: str) -> Draft:
    return Draft(f"/files/{quote_id(name)}/content", method="GET")


FILES = FileRoute(
    "glm-files", _base, PURPOSES, _upload, _read, _list, (), _read_list, _delete, _content,
    where="GLM's file store", source=_PAGE,
)  # fmt: skip
