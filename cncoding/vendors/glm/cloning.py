"""New voices of GLM: cloned from a recording, deleted."""

from __future__ import annotations

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.steps import Reply
from cncoding.media.carriage import Carriage
from cncoding.media.replies import first_text
from cncoding.media.routes import (
    Asking,
    Draft,
    MediaRoute,
    Place,
    Submitted,
    check_fields,
    name_fields,
    vendor_fields,
)
from cncoding.media.rules import Free, Items, MediaModel
from cncoding.media.values import Asset, Done, MediaRequest
from cncoding.media.voices import VoiceRequest, describe_voice

_PAGE = Source("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11").at("voice/clone")
_NAMES = {"voice": "voice_name"}
_MODEL = MediaModel(
    "glm-tts-clone",
    {
        "voice_name": Free(), "input": Free(), "text": Free(), "file_id": Items(1, 1, single=True),
        "request_id": Free(),
    },
    ("voice_name", "input", "file_id"),
    _PAGE,
)  # fmt: skip


def _base(target: Place) -> str:
    return f"{target.root}/api/paas/v4"


def _encode_clone(asking: Asking) -> Draft:
    request = asking.request
    fields = vendor_fields(asking, _NAMES)
    files = [media.file_id for media in request.inputs]
    fields["file_id"] = files[0] if len(files) == 1 else files
    if isinstance(request, VoiceRequest):
        told = {"input": request.preview, "text": request.transcript}
        fields |= {name: value for name, value in told.items() if value is not None}
    check_fields(asking, fields, {**_NAMES, "audio": "file_id", "preview": "input", "transcript": "text"})
    return Draft("/voice/clone", {"model": asking.model, **fields})


def _read_clone(reply: Reply, request: MediaRequest) -> Submitted:
    """The preview is a file, whose bytes `read_file` returns."""
    body = read_json(reply)
    name, file = first_text(body, "voice"), first_text(body, "file_id")
    if name is None:
        raise ProtocolError("the reply names no voice", payload=str(body))
    heard = (Asset("audio", file_id=file),) if file else ()
    return Submitted(done=Done(heard, raw=body), extra=describe_voice(name, request, "cloned"))


def delete_voice(name: str, kind: str) -> Draft:
    """Delete a voice."""
    return Draft("/voice/delete", {"voice": name})


CLONE = MediaRoute(
    "glm-voice-clone", "voice", (_MODEL,), _base, _encode_clone, _read_clone, starts=True,
    names=name_fields(_NAMES, name="voice_name", audio="file_id", preview="input", transcript="text"), source=_PAGE,
    carriage=Carriage({}, _PAGE, uploads=True, purpose="voice-clone-input", ids=True, links=False),
)  # fmt: skip
