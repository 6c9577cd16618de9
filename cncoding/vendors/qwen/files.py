"""Temporary files of DashScope: free, for one model, for 48 hours, and only to be named in a request."""

from __future__ import annotations

import re
from dataclasses import replace

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.forms import Form
from cncoding.media.carriage import MIB, Carriage
from cncoding.media.file_routes import FileRoute, FileRule, Ticket, VendorFile, Wanted
from cncoding.media.routes import Draft, Place
from cncoding.types import JsonObject

PAGE = Source(
    "documented", "help.aliyun.com model-studio/get-temporary-file-url; dashscope 2.0.2 utils/oss_utils", "2026-10"
)
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
"""Header of every request that names an `oss://` link."""
_FIELDS = {
    "OSSAccessKeyId": "oss_access_key_id", "Signature": "signature", "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl", "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}  # fmt: skip
"""Of the store's form, and where the ticket tells them."""


def _base(target: Place) -> str:
    return f"{target.root}/api/v1"


def _upload(wanted: Wanted) -> Draft:
    return Draft("/uploads", method="GET", query={"action": "getPolicy", "model": str(wanted.model)})


def _read(body: JsonObject, wanted: Wanted) -> Ticket:
    data = body.get("data") or body.get("output")
    if not isinstance(data, dict) or not all(data.get(name) for name in ("upload_host", "upload_dir", "policy")):
        raise ProtocolError("the reply says nowhere to upload to", payload=str(body))
    name = re.sub(r"[^A-Za-z0-9._]+", "-", wanted.form.name).lstrip("-.") or "file"
    key = f"{str(data['upload_dir']).rstrip('/')}/{name}"
    fields = {theirs: str(data[ours]) for theirs, ours in _FIELDS.items() if data.get(ours) is not None}
    fields |= {"key": key, "success_action_status": "200"}
    most = data.get("max_file_size_mb")
    return Ticket(
        url=str(data["upload_host"]),
        form=Form(fields, name, wanted.form.media_type, wanted.form.source),
        file=VendorFile("", wanted.form.name, "qwen", None, wanted.size, url=f"oss://{key}"),
        most=int(most) * MIB if isinstance(most, (int, str)) and str(most).isdecimal() else None,
    )


_ENCODED = Source("documented", "help.aliyun.com error codes: at most 10485760 bytes of a data URI", "2026-10")
PICTURES = Carriage(
    {"image": 10_485_000 // 4 * 3}, _ENCODED, together=12_000_000, uploads=True, scheme="oss", headers=RESOLVE
)
"""All of a request is 16 MiB."""
FILMS = replace(PICTURES, most={"audio": 15 * MIB})
"""Films and sounds go as files: no page shows their data in a request, and the official client uploads them all."""
RECORDINGS = Carriage({}, PAGE, uploads=True, scheme="oss", headers=RESOLVE)
SPEECH = Carriage({"audio": 10 * MIB}, PAGE, scheme="oss", headers=RESOLVE)
FILES = FileRoute(
    "dashscope-uploads", _base, {}, _upload, _read, rule=FileRule(most=1024 * MIB, source=PAGE), kept=48 * 3600.0,
    where="DashScope's temporary store, for 48 hours", source=PAGE,
)  # fmt: skip
