"""Speech and transcripts of GLM. Source: the BigModel OpenAPI document of 2026-07-11."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Reply
from cncoding.media.inspection import from_base64, from_hex
from cncoding.media.recordings import Recording, RecordingLimit
from cncoding.media.routes import (
    Asking,
    Draft,
    Submitted,
    check_fields,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, MediaModel, Named, OneOf
from cncoding.media.sound.segments import read_segments
from cncoding.media.sound.transcript import Transcript
from cncoding.media.values import Asset, Done, MediaRequest
from cncoding.media.voices import Voice
from cncoding.types import JsonObject

_PAGE = Source("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11")
VOICES = ("tongtong", "chuichui", "xiaochen", "jam", "kazi", "douji", "luodo")
SPEECH_NAMES = {
    "watermark": "watermark_enabled", "voice": "voice", "format": "response_format", "speed": "speed",
}  # fmt: skip
TTS = MediaModel(
    "glm-tts",
    {
        "input": Chars(1024, 1), "voice": Named(*VOICES, most=200, complete=True), "speed": Between(0.5, 2),
        "volume": Between(0, 10, above=True),
        "response_format": OneOf("wav", "pcm"), "stream": Flag(), "encode_format": OneOf("base64", "hex"),
        "watermark_enabled": Flag(),
    },
    ("input",),
    _PAGE.at(f"10.4; voices: {', '.join(VOICES)} or a cloned one"),
)  # fmt: skip


def encode_speech(asking: Asking) -> Draft:
    """Ask for a WAV file unless told otherwise: the vendor's default is PCM without a header."""
    request = asking.request
    named = vendor_fields(asking, SPEECH_NAMES)
    fields = {"input": request.prompt, **named}
    fields.setdefault("response_format", "pcm" if fields.get("stream") else "wav")
    if fields.get("stream") and fields["response_format"] != "pcm":
        raise ConfigError(f"format: glm-tts streams pcm only ({_PAGE}, 10.4)")
    return Draft("/audio/speech", {"model": asking.model, **check_fields(asking, fields, SPEECH_NAMES)})


def read_voices(body: JsonObject) -> tuple[Voice, ...]:
    """Read `voice_list`: the official ones and those of the account."""
    rows = body.get("voice_list")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no list of voices", payload=str(body))
    return tuple(_read_row(row) for row in rows if isinstance(row, dict) and row.get("voice"))


def _read_row(row: JsonObject) -> Voice:
    kind, link = str(row.get("voice_type") or ""), row.get("download_url")
    heard = Asset("audio", url=link, provider="glm") if isinstance(link, str) and link else None
    return Voice(str(row["voice"]), str(row.get("voice_name") or row["voice"]), _KINDS.get(kind, kind), row, heard)


_KINDS = {"OFFICIAL": "system", "PRIVATE": "cloned"}


def read_speech(reply: Reply, request: MediaRequest) -> Submitted:
    """Read sound: a file, or the pieces of a stream."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        decode = from_hex if request.options.get("encode_format") == "hex" else from_base64
        return Submitted(done=Done((Asset("audio", data=_join(reply.body, decode), media_type="audio/pcm"),)))
    if kind == "application/json" or not reply.body:
        raise ProtocolError("the reply holds no sound", payload=repr(reply.body[:500]))
    media_type = "audio/wav" if reply.body[:4] == b"RIFF" else "audio/pcm"
    return Submitted(done=Done((Asset("audio", data=reply.body, media_type=media_type),)))


def read_piece(data: str) -> tuple[bytes, bool]:
    """Return the PCM of an event (chunks of zai-sdk 0.2.3: `choices[].delta.content`), and whether it is the last."""
    if data == "[DONE]":
        return b"", True
    chunk = read_json(Reply(200, {}, data.encode()))
    if isinstance(chunk.get("error"), dict):
        raise ProtocolError(f"the stream reports {chunk['error'].get('message')}", payload=data)
    choices = chunk.get("choices") or []
    texts = [(choice.get("delta") or {}).get("content") for choice in choices]
    return b"".join(from_base64(text) for text in texts if text), any(one.get("finish_reason") for one in choices)


def _join(body: bytes, decode: Any) -> bytes:
    """Return the sound of a stream (chunks of zai-sdk 0.2.3: `choices[].delta.content`)."""
    decoder = SSEDecoder()
    pieces: list[bytes] = []
    for frame in (*decoder.feed(body), *decoder.finish()):
        if frame.data == "[DONE]":
            break
        chunk = read_json(Reply(200, {}, frame.data.encode()))
        if isinstance(chunk.get("error"), dict):
            raise ProtocolError(f"the stream reports {chunk['error'].get('message')}", payload=frame.data)
        for choice in chunk.get("choices") or []:
            content = (choice.get("delta") or {}).get("content")
            if content:
                pieces.append(decode(content))
    return b"".join(pieces)


# ---------------------------------------------------------------- transcripts


RECORDING = RecordingLimit(30.0, 25 * 1024 * 1024, _PAGE.at("10.5"))


def encode_recording(recording: Recording) -> Draft:
    """Make the multipart form: .wav or .mp3."""
    media = recording.media
    data = base64.b64decode(media.data or "")
    kind = media.media_type or "audio/wav"
    if kind not in ("audio/wav", "audio/mpeg"):
        raise ConfigError(f"audio: GLM reads WAV and MP3, not {kind} ({_PAGE}, 10.5)")
    fields: JsonObject = {"model": recording.model, "stream": "false", **recording.options}
    if recording.language is not None:
        raise ConfigError("language: GLM finds the language itself; leave it out, or say it in options={'prompt': ...}")
    ending = "mp3" if kind == "audio/mpeg" else "wav"
    boundary = f"cncoding-{hashlib.sha256(data).hexdigest()[:32]}"
    bits = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_write_part(one)}\r\n'.encode()
        for name, value in fields.items()
        for one in (value if isinstance(value, (list, tuple)) else (value,))
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="audio.{ending}"\r\n'
    content = b"".join(
        [*bits, f"{head}Content-Type: {kind}\r\n\r\n".encode(), data, f"\r\n--{boundary}--\r\n".encode()]
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Draft("/audio/transcriptions", headers=headers, content=content)


def _write_part(value: Any) -> str:
    """Write a field of a form; of a list each entry is a part of its own (OpenAPI 3, multipart arrays)."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_transcript(body: JsonObject) -> Transcript:
    """Read the transcript of a reply; the page names no times, a client of others reads `segments` (zai-rs 0.1.13)."""
    if not isinstance(body.get("text"), str):
        raise ProtocolError("the reply holds no transcript", payload=str(body))
    return Transcript(body["text"], model=body.get("model"), segments=read_segments(body.get("segments")), raw=body)
