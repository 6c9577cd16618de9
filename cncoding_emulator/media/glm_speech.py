"""GLM speech: ``audio/speech``, ``audio/transcriptions`` and files.

Source: docs.bigmodel.cn OpenAPI document and zai-sdk 0.2.3 (stream chunks).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Iterator

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from .. import ids
from ..deliver import Delivered
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..openai_api import dump
from ..persona import fields
from ..personas.glm import PERSONA
from ..reply import Delivery
from ..wires import Json
from . import glm_voices, sounds
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest, use_chat_access
from .files import keep
from .records import StoredFile
from .tasks import Order

BASE = "/api/paas/v4"
OPENAPI = Evidence("documented", "docs.bigmodel.cn OpenAPI document; stream zai-sdk 0.2.3", "2026-07-11")
ACCESS = use_chat_access(PERSONA, "api")
PURPOSES = ("batch", "code-interpreter", "agent", "voice-clone-input")
RATE = 24000


def _missing(name: str) -> Refused:
    return refuse("missing_field", name)


def _wrong(name: str, why: str) -> Refused:
    return refuse("bad_parameter", f"{name}: {why}")


async def speech(call: MediaRequest) -> ASGIApp:
    """Say a text."""
    data = Form(call.data, _missing, _wrong)
    model = data.text("model", required=True)
    if not model.startswith("glm-tts"):
        raise refuse("unknown_model", model)
    text = data.text("input", 1024, required=True)
    data.one_of("voice", glm_voices.list_ids(call.media), "tongtong")
    speed = data.number("speed", 0.5, 2, 1.0)
    data.number("volume", 0, 10, 1.0, open_low=True)
    stream = data.flag("stream")
    kind = data.one_of("response_format", ("wav", "pcm"), "pcm")
    if stream and kind != "pcm":
        raise _wrong("response_format", "stream supports pcm only")
    encoding = data.one_of("encode_format", ("base64", "hex"), "base64")
    task = call.media.accept_now(Order("glm", "speech", model, text))
    if stream:
        return Delivered(
            list(_stream(sounds.pcm(text, RATE, speed), encoding, task.id)), Delivery(), "text/event-stream", {}
        )
    if kind == "wav":
        return Response(sounds.wav(text, RATE, speed), media_type="audio/wav")
    return Response(sounds.pcm(text, RATE, speed), media_type="audio/pcm")


def _stream(sound: bytes, encoding: str, request_id: str) -> Iterator[bytes]:
    size = RATE
    head: Json = {"request_id": request_id, "created": int(time.time())}
    for at in range(0, len(sound), size):
        piece = sound[at : at + size]
        text = piece.hex() if encoding == "hex" else base64.b64encode(piece).decode()
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}}
        yield f"data: {dump({**head, 'choices': [choice]})}\n\n".encode()
    end = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    yield f"data: {dump({**head, 'choices': [end]})}\n\n".encode()
    yield b"data: [DONE]\n\n"


async def transcribe(call: MediaRequest) -> ASGIApp:
    """Write down what was said."""
    data = Form(call.data, _missing, _wrong)
    model = data.text("model", required=True)
    if not model.startswith("glm-asr"):
        raise refuse("unknown_model", model)
    data.text("prompt", 8000)
    sound = _audio(call, data)
    try:
        heard = await asyncio.to_thread(sounds.listen, sound)
    except ValueError as error:
        raise _wrong("file", str(error)) from None
    if heard.seconds > 30:
        raise _wrong("file", "the audio must not be longer than 30 seconds")
    task = call.media.accept_now(Order("glm", "transcript", model, heard.words))
    head: Json = {"id": task.id, "created": int(time.time()), "model": model}
    if str(data.data.get("stream", "")).lower() != "true":
        return JSONResponse({**head, "request_id": task.id, "text": heard.words})
    events: list[Json] = [{"type": "transcript.text.delta", "delta": p} for p in _pieces(heard.words)]
    events.append({"type": "transcript.text.done", "delta": ""})
    frames = [f"data: {dump({**head, **e})}\n\n".encode() for e in events]
    return Delivered([*frames, b"data: [DONE]\n\n"], Delivery(), "text/event-stream", {})


def _pieces(text: str) -> list[str]:
    return [text[i : i + 6] for i in range(0, len(text), 6)]


def _audio(call: MediaRequest, data: Form) -> bytes:
    upload = call.uploads.get("file")
    given = data.text("file_base64")
    if upload is None and not given:
        raise _missing("file")
    if upload is not None and not upload.name.lower().endswith((".wav", ".mp3")):
        raise _wrong("file", "only .wav and .mp3")
    try:
        sound = upload.data if upload else base64.b64decode(given.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise _wrong("file_base64", "is not valid base64") from None
    if len(sound) > 25 * 1024 * 1024:
        raise _wrong("file", "larger than 25 MB")
    return sound


def _row(file: StoredFile) -> Json:
    return {
        "id": file.id,
        "object": "file",
        "bytes": len(file.data),
        "filename": file.name,
        "purpose": file.purpose,
        "created_at": file.created,
    }


async def upload(call: MediaRequest) -> ASGIApp:
    """Keep a file."""
    given = call.uploads.get("file")
    purpose = Form(call.data, _missing, _wrong).one_of("purpose", PURPOSES)
    if given is None or purpose is None:
        raise _missing("file" if given is None else "purpose")
    file = StoredFile(f"file-{ids.token_hex(8)}", given.name, purpose, lambda: given.data)
    return JSONResponse(_row(keep(call.media, "glm", file)))


async def files(call: MediaRequest) -> ASGIApp:
    """List the files."""
    wanted = call.data.get("purpose")
    kept = [f for (p, _), f in call.media.files.items() if p == "glm"]
    rows = [_row(f) for f in kept if wanted in (None, f.purpose)]
    return JSONResponse({"object": "list", "data": rows, "has_more": False})


async def forget(call: MediaRequest) -> ASGIApp:
    """Delete a file."""
    name = call.path["id"]
    if call.media.files.pop(("glm", name), None) is None:
        raise refuse("not_found")
    return JSONResponse({"id": name, "deleted": True, "object": "file"})


async def content(call: MediaRequest) -> ASGIApp:
    """Return the bytes of a file."""
    file = call.media.files.get(("glm", call.path["id"]))
    if file is None:
        raise refuse("not_found")
    return Response(file.data, media_type=file.media_type)


SPEECH_FIELDS = fields(
    "model input voice speed volume response_format stream encode_format watermark_enabled request_id user_id"
)
ASR_FIELDS = fields("model file file_base64 prompt hotwords stream request_id user_id")
COUNTERS = (
    MediaEndpoint("POST", f"{BASE}/audio/speech", speech, ACCESS, OPENAPI, SPEECH_FIELDS),
    MediaEndpoint("POST", f"{BASE}/audio/transcriptions", transcribe, ACCESS, OPENAPI, ASR_FIELDS),
    *glm_voices.COUNTERS,
    MediaEndpoint("POST", f"{BASE}/files", upload, ACCESS, OPENAPI),
    MediaEndpoint("GET", f"{BASE}/files", files, ACCESS, OPENAPI),
    MediaEndpoint("DELETE", f"{BASE}/files/{{id}}", forget, ACCESS, OPENAPI),
    MediaEndpoint("GET", f"{BASE}/files/{{id}}/content", content, ACCESS, OPENAPI),
)
