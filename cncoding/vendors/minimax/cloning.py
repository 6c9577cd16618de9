"""New voices of MiniMax: cloned from a recording, designed by words, deleted."""

from __future__ import annotations

from dataclasses import replace

from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.steps import Reply
from cncoding.media.carriage import Carriage
from cncoding.media.inspection import from_hex
from cncoding.media.rates import Rate
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
from cncoding.media.rules import Between, Chars, Flag, Form, Free, Items, MediaModel, Members, Rule
from cncoding.media.values import Asset, Done, MediaRequest
from cncoding.media.voices import VoiceRequest, describe_voice
from cncoding.types import JsonObject
from cncoding.vendors.minimax.video import RATES

_CLONING = Source("documented", "platform.minimax.io/docs/api-reference/voice-cloning-clone", "2026-10")
_DESIGN = Source("documented", "platform.minimax.io/docs/api-reference/voice-design-design", "2026-10")
_VOICE_ID = Form(
    r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]",
    "8 to 256 letters, digits, - and _, first a letter, last no - or _",
)
_CLONE: dict[str, Rule] = {
    "file_id": Items(1, 1, single=True), "voice_id": _VOICE_ID, "text": Chars(1000, 1),
    "text_validation": Chars(200, 1), "accuracy": Between(0, 1), "language_boost": Free(),
    "need_noise_reduction": Flag(), "need_volume_normalization": Flag(), "aigc_watermark": Flag(),
    "clone_prompt": Members({"prompt_audio": Free(), "prompt_text": Free()}, ("prompt_audio", "prompt_text")),
}  # fmt: skip
_CLONE_NAMES = {"voice": "voice_id", "watermark": "aigc_watermark"}
_MODELS = tuple(
    MediaModel(f"speech-{version}-{grade}", _CLONE, ("file_id", "voice_id"), _CLONING)
    for version in ("2.8", "2.6", "02", "01")
    for grade in ("hd", "turbo")
)
"""Of the preview."""
_DESIGN_NAMES = {"voice": "voice_id", "watermark": "aigc_watermark"}
_DESIGNS = MediaModel(
    "voice_design",
    {"prompt": Free(), "preview_text": Chars(500, 1), "voice_id": _VOICE_ID, "aigc_watermark": Flag()},
    ("prompt", "preview_text"),
    _DESIGN,
)
"""The name is that of its path: there is no model to choose."""
_KINDS = {"cloned": "voice_cloning", "designed": "voice_generation"}


def _base(target: Place) -> str:
    return target.root


def _encode_clone(asking: Asking) -> Draft:
    """Speak the preview with the model; without one the model is not told."""
    request = asking.request
    fields = vendor_fields(asking, _CLONE_NAMES)
    files = [_number(media.file_id or "") for media in request.inputs]
    fields["file_id"] = files[0] if len(files) == 1 else files
    if isinstance(request, VoiceRequest):
        told = {"text": request.preview, "text_validation": request.transcript}
        fields |= {name: value for name, value in told.items() if value is not None}
    named = {**_CLONE_NAMES, "audio": "file_id", "preview": "text", "transcript": "text_validation"}
    check_fields(asking, fields, named)
    model = {"model": asking.model} if "text" in fields else {}
    return Draft("/v1/voice_clone", {**fields, **model})


def _number(name: str) -> int | str:
    """Return the id of a file, which is a number there, and a digest until it has one."""
    return int(name) if name.isdecimal() else name


def _read_clone(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    demo = first_text(body, "demo_audio")
    heard = (Asset("audio", url=demo),) if demo else ()
    return Submitted(done=Done(heard, raw=body), extra=describe_voice(str(request.voice), request, "cloned"))


def _encode_design(asking: Asking) -> Draft:
    request = asking.request
    fields: JsonObject = {"prompt": request.prompt, **vendor_fields(asking, _DESIGN_NAMES)}
    if isinstance(request, VoiceRequest):
        if request.transcript is not None:
            raise ConfigError("transcript: a designed voice has none; leave it out")
        fields |= {} if request.preview is None else {"preview_text": request.preview}
    check_fields(asking, fields, {**_DESIGN_NAMES, "preview": "preview_text", "description": "prompt"})
    return Draft("/v1/voice_design", fields)


def _read_design(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    name, sound = first_text(body, "voice_id"), first_text(body, "trial_audio")
    if name is None:
        raise ProtocolError("the reply names no voice", payload=str(body)[:500])
    heard = (Asset("audio", data=from_hex(sound)),) if sound else ()
    raw = {**body, "trial_audio": None}
    return Submitted(done=Done(heard, raw=raw), extra=describe_voice(name, request, "designed"))


def delete_voice(name: str, kind: str) -> Draft:
    """Delete a voice; its id is not given again."""
    return Draft("/v1/delete_voice", {"voice_type": _KINDS[kind], "voice_id": name})


CLONE = MediaRoute(
    "minimax-voice-clone", "voice", _MODELS, _base, _encode_clone, _read_clone, starts=True,
    catches=lambda model: model.lower().startswith("speech"),
    names=name_fields(_CLONE_NAMES, name="voice_id", audio="file_id", preview="text", transcript="text_validation"),
    rate=Rate(60, 60.0, replace(RATES, note="clone 60, design 20 requests a minute")), source=_CLONING,
    carriage=Carriage({}, _CLONING, uploads=True, purpose="voice_clone", ids=True, links=False),
)  # fmt: skip
DESIGN = MediaRoute(
    "minimax-voice-design", "voice", (_DESIGNS,), _base, _encode_design, _read_design, starts=False,
    catches=lambda model: False, names=name_fields(_DESIGN_NAMES, name="voice_id", description="prompt",
    preview="preview_text"), rate=Rate(20, 60.0, RATES), source=_DESIGN,
)  # fmt: skip
