"""GLM voices: cloned from a sample, listed and deleted.

Source: docs.bigmodel.cn OpenAPI document; zai-sdk 0.2.3, which names the texts otherwise.
"""

from __future__ import annotations

import time

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import fields
from ..personas.glm import PERSONA
from . import sounds
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest, use_chat_access
from .files import keep
from .links import publish
from .records import StoredFile, StoredVoice
from .tasks import MediaState, Order

BASE = "/api/paas/v4"
OPENAPI = Evidence("documented", "docs.bigmodel.cn OpenAPI document; zai-sdk 0.2.3", "2026-07-11")
ACCESS = use_chat_access(PERSONA, "api")
OFFICIAL = ("tongtong", "chuichui", "xiaochen", "jam", "kazi", "douji", "luodo")
MEGABYTES = 10 * 1024 * 1024
CLONE_FIELDS = fields("model voice_name text input file_id request_id voice_text_input voice_text_output")


def _missing(name: str) -> Refused:
    return refuse("missing_field", name)


def _wrong(name: str, why: str) -> Refused:
    return refuse("bad_parameter", f"{name}: {why}")


def list_ids(host: MediaState) -> tuple[str, ...]:
    """Return the ids that speech may be made with."""
    return (*OFFICIAL, *(name for provider, name in host.voices if provider == "glm"))


def _sample(call: MediaRequest, name: str) -> StoredFile:
    file = call.media.files.get(("glm", name))
    if file is None or file.purpose != "voice-clone-input":
        raise _wrong("file_id", "no such file")
    if not file.name.lower().endswith((".mp3", ".wav")) or len(file.data) > MEGABYTES:
        raise _wrong("file_id", "the sample must be mp3 or wav of at most 10M")
    try:
        sounds.listen(file.data)
    except ValueError as error:
        raise _wrong("file_id", str(error)) from None
    return file


async def clone(call: MediaRequest) -> ASGIApp:
    """Clone a voice from an uploaded file."""
    data = Form(call.data, _missing, _wrong)
    model = data.text("model", required=True)
    if model != "glm-tts-clone":
        raise refuse("unknown_model", model)
    name = data.text("voice_name", required=True)
    if any(provider == "glm" and one.name == name for (provider, _), one in call.media.voices.items()):
        raise _wrong("voice_name", "already exists")
    # The OpenAPI document says `input`, the official SDK sends `voice_text_output`.
    said = data.text("input") or data.text("voice_text_output")
    if not said:
        raise _missing("input")
    _sample(call, data.text("file_id", required=True))
    if "nobalance" in call.key:
        raise refuse("balance")
    call.media.accept_now(Order("glm", "voice", model, name))
    voice = StoredVoice(f"voice_clone_{time.strftime('%Y%m%d')}_{ids.token_hex(6)}", name, "PRIVATE", call.media.now)
    call.media.voices["glm", voice.id] = voice
    sound = sounds.wav(said)
    made = StoredFile(f"file-{ids.token_hex(8)}", f"{name}.wav", "voice-clone-output", lambda: sound)
    voice.preview = keep(call.media, "glm", made)
    body = {"voice": voice.id, "file_id": made.id, "file_purpose": made.purpose}
    return JSONResponse({**body, "request_id": data.text("request_id") or ids.token_hex(8)})


async def listing(call: MediaRequest) -> ASGIApp:
    """List the voices."""
    data = Form(call.data, _missing, _wrong)
    kind, named = data.one_of("voiceType", ("OFFICIAL", "PRIVATE")), data.text("voiceName")
    own = [one for (provider, _), one in call.media.voices.items() if provider == "glm"]
    found = [*(StoredVoice(name, name, "OFFICIAL", 0.0, created=0) for name in OFFICIAL), *own]
    rows = [
        {
            "voice": one.id,
            "voice_name": one.name,
            "voice_type": one.kind,
            "download_url": _link(call, one),
            "create_time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.created)),
        }
        for one in found
        if kind in (None, one.kind) and named in ("", one.name)
    ]
    return JSONResponse({"voice_list": rows})


def _link(call: MediaRequest, voice: StoredVoice) -> str:
    file = voice.preview
    return "" if file is None else publish(call.media, file.name, "audio/wav", lambda: file.data)


async def delete(call: MediaRequest) -> ASGIApp:
    """Delete a cloned voice."""
    name = Form(call.data, _missing, _wrong).text("voice", required=True)
    if call.media.voices.pop(("glm", name), None) is None:
        raise _wrong("voice", "no such voice")
    return JSONResponse({"voice": name, "update_time": time.strftime("%Y-%m-%d %H:%M:%S")})


COUNTERS = (
    MediaEndpoint("GET", f"{BASE}/voice/list", listing, ACCESS, OPENAPI),
    MediaEndpoint("POST", f"{BASE}/voice/clone", clone, ACCESS, OPENAPI, CLONE_FIELDS),
    MediaEndpoint("POST", f"{BASE}/voice/delete", delete, ACCESS, OPENAPI),
)
