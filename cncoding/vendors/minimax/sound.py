"""Speech and voices of MiniMax. Source as in `media.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Reply
from cncoding.media.inspection import from_hex
from cncoding.media.rates import Rate
from cncoding.media.replies import dig, first_text, sounds, status, task_id
from cncoding.media.routes import (
    Asking,
    Draft,
    FileReady,
    MediaRoute,
    Place,
    Submitted,
    VoiceRoute,
    check_fields,
    name_fields,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, Free, Items, MediaModel, Named, OneOf, Rule
from cncoding.media.sound.streams import SoundKind
from cncoding.media.values import Asset, Done, MediaJob, MediaRequest, MediaStatus
from cncoding.media.voices import Voice
from cncoding.types import JsonObject
from cncoding.vendors.minimax.cloning import delete_voice
from cncoding.vendors.minimax.video import RATES, ask_for_file

_PAGE = Source("documented", "platform.minimax.cn OpenAPI pages", "2026-10")


def _base(target: Place) -> str:
    return target.root


DEFAULT_VOICE = "male-qn-qingse"
"""A voice is required. This one is the default of the unified gateway and stands in the vendor's samples."""
_VOICE: dict[str, Rule] = {
    "voice_id": Named(DEFAULT_VOICE, most=200), "speed": Between(0.5, 2), "vol": Between(0, 10, above=True),
    "pitch": Between(-12, 12, whole=True),
    "emotion": OneOf(
        "happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "fluent", "whisper", "neutral"
    ),
    "text_normalization": Flag(), "latex_read": Flag(),
}  # fmt: skip
_AUDIO: dict[str, Rule] = {
    "sample_rate": OneOf(8000, 16000, 22050, 24000, 32000, 44100), "bitrate": OneOf(32000, 64000, 128000, 256000),
    "format": OneOf("mp3", "pcm", "flac", "wav", "pcmu_raw", "pcmu_wav", "opus"), "channel": OneOf(1, 2),
    "force_cbr": Flag(),
}  # fmt: skip
_SPEECH: dict[str, Rule] = {
    **_VOICE, **_AUDIO, "text": Chars(9999, 1), "stream": Flag(), "stream_options": Free(),
    "pronunciation_dict": Free(),
    "timbre_weights": Items(4, 1), "language_boost": Free(), "voice_modify": Free(), "subtitle_enable": Flag(),
    "subtitle_type": OneOf("sentence", "word", "word_streaming"), "output_format": OneOf("hex", "url"),
    "aigc_watermark": Flag(),
}  # fmt: skip
_SPEECH_NAMES = {
    "voice": "voice_id", "speed": "speed", "format": "format", "watermark": "aigc_watermark",
    "subtitles": "subtitle_enable",
}  # fmt: skip
_SPEECH_MODELS = tuple(
    MediaModel(f"speech-{version}-{grade}", _SPEECH, ("text",), _PAGE.at("t2a_v2"))
    for version in ("2.8", "2.6", "02", "01")
    for grade in ("hd", "turbo")
)


def _list_fields(asking: Asking) -> JsonObject:
    """Return the fields without their groups, checked by the page of the model."""
    named = vendor_fields(asking, _SPEECH_NAMES)
    for group in ("voice_setting", "audio_setting"):
        given = named.pop(group, None) or {}
        if not isinstance(given, Mapping):
            raise ConfigError(f"{group}: is {type(given).__name__}; give a dict of its fields ({_PAGE}, t2a_v2)")
        named |= given
    fields: JsonObject = {"text": asking.request.prompt, **named}
    if "timbre_weights" not in fields:
        fields.setdefault("voice_id", DEFAULT_VOICE)
    elif fields.get("voice_id") == "":
        del fields["voice_id"]  # how the vendor's samples write that a mixture has no voice of its own
    return check_fields(asking, fields, {**_SPEECH_NAMES, "prompt": "text"})


def _encode_speech(asking: Asking) -> Draft:
    fields = _list_fields(asking)
    if fields.get("stream") and fields.get("output_format") == "url":
        raise ConfigError(f"output_format='url': not with stream ({_PAGE}, t2a_v2)")
    voice = {name: fields.pop(name) for name in _VOICE if name in fields}
    audio = {name: fields.pop(name) for name in _AUDIO if name in fields}
    body: JsonObject = {"model": asking.model, **fields}
    if voice:
        body["voice_setting"] = {"voice_id": "", **voice}
    if audio:
        body["audio_setting"] = audio
    return Draft("/v1/t2a_v2", body)


def _read_speech(reply: Reply, request: MediaRequest) -> Submitted:
    if reply.headers.get("content-type", "").startswith("text/event-stream") or reply.body.lstrip()[:5] == b"data:":
        return Submitted(done=_read_stream(reply.body))
    body = read_json(reply)
    found = sounds(body)
    if not found:
        raise ProtocolError("the reply holds no sound", payload=str(body))
    return Submitted(done=Done(_add_type(found, body), raw={**body, "data": None}))


def _add_type(found: tuple[Asset, ...], body: JsonObject) -> tuple[Asset, ...]:
    """Add the type of headerless sound, which its bytes cannot tell."""
    if first_text(body, "extra_info.audio_format") != "pcm" or found[0].data is None:
        return found
    return (
        Asset(
            "audio", data=found[0].data, media_type="audio/pcm", duration=found[0].duration, metadata=found[0].metadata
        ),
    )


def _read_event(data: str) -> JsonObject:
    """Return an event of a stream.

    Raises:
        ProtocolError: It tells of a failure.
    """
    event = read_json(Reply(200, {}, data.encode()))
    base: Any = event.get("base_resp") or {}
    if base.get("status_code"):
        raise ProtocolError(f"the stream reports [{base['status_code']}] {base.get('status_msg')}", payload=data)
    return event


def _read_piece(data: str) -> tuple[bytes, bool]:
    """Return the sound of an event; the last one (status 2) may repeat the whole, which is no piece."""
    event = _read_event(data)
    last, text = dig(event, "data", "status") == 2, dig(event, "data", "audio")
    return (b"" if last or not text else from_hex(text)), last


def _read_stream(body: bytes) -> Done:
    """Join the pieces of a stream. The last event repeats the whole sound (status 2), which is not a piece."""
    decoder = SSEDecoder()
    pieces: list[bytes] = []
    last: JsonObject = {}
    for frame in (*decoder.feed(body), *decoder.finish()):
        if frame.data == "[DONE]":
            break
        event = _read_event(frame.data)
        state, text = dig(event, "data", "status"), dig(event, "data", "audio")
        if state == 2:
            last = event
            if pieces or not text:
                continue
        if text:
            pieces.append(from_hex(text))
    if not pieces:
        raise ProtocolError("the stream holds no sound")
    info = last.get("extra_info") or {}
    whole = {**last, "data": {"audio": b"".join(pieces).hex()}, "extra_info": info}
    return Done(_add_type(sounds(whole), whole), raw={**last, "data": None})


def _describe_stream(request: MediaRequest) -> SoundKind:
    """MP3 unless told otherwise; samples without a header have 32 kHz and one channel by the page."""
    given = {**request.options, **(request.options.get("audio_setting") or {})}
    form = request.format or given.get("format") or "mp3"
    if form != "pcm":
        return SoundKind({"mp3": "audio/mpeg"}.get(form, f"audio/{form}"))
    return SoundKind("audio/pcm", int(given.get("sample_rate") or 32000), int(given.get("channel") or 1))


_VOICE_LISTS = {"system_voice": "system", "voice_cloning": "cloned", "voice_generation": "designed"}


def _read_voices(body: JsonObject) -> tuple[Voice, ...]:
    if not any(name in body for name in _VOICE_LISTS):
        raise ProtocolError("the reply holds no list of voices", payload=str(body))
    return tuple(
        Voice(str(row["voice_id"]), str(row.get("voice_name") or row["voice_id"]), kind, row)
        for name, kind in _VOICE_LISTS.items()
        for row in body.get(name) or []
        if isinstance(row, dict) and row.get("voice_id")
    )


VOICES = VoiceRoute(
    "minimax-voices",
    _base,
    Draft("/v1/get_voice", {"voice_type": "all"}),
    _read_voices,
    delete_voice,
    source=_PAGE.at("get_voice, delete_voice"),
)
SPEECH = MediaRoute(
    "minimax-speech", "speech", _SPEECH_MODELS, _base, _encode_speech, _read_speech, task=False, expiry=86400.0,
    names=name_fields(_SPEECH_NAMES, text="text"), voices=(DEFAULT_VOICE,), rate=Rate(20, 60.0, RATES),
    piece=_read_piece, streams=_describe_stream,
    streaming={"stream": True, "stream_options": {"exclude_aggregated_audio": True}},
)  # fmt: skip


# ---------------------------------------------------------------- long texts (t2a_async_v2)

_LONG_AUDIO: dict[str, Rule] = {
    **{name: _AUDIO[name] for name in ("sample_rate", "bitrate", "channel")}, "format": OneOf("mp3", "pcm", "flac"),
}  # fmt: skip
_LONG: dict[str, Rule] = {
    **{name: _VOICE[name] for name in ("voice_id", "speed", "vol", "pitch", "emotion")}, **_LONG_AUDIO,
    "english_normalization": Flag(), "text": Chars(50_000, 1), "pronunciation_dict": Free(), "language_boost": Free(),
    "voice_modify": Free(), "aigc_watermark": Flag(), "subtitle_enable": Flag(),
}  # fmt: skip
_LONG_VOICE = ("voice_id", "speed", "vol", "pitch", "emotion", "english_normalization")
_LONG_PAGE = _PAGE.at("t2a_async_v2")


def _encode_long(asking: Asking) -> Draft:
    """Ask for a job. Its archive always holds the sentences with their times, so that nothing asks for them."""
    fields = _list_fields(asking)
    fields.pop("subtitle_enable", None)
    voice = {name: fields.pop(name) for name in _LONG_VOICE if name in fields}
    audio = {name: fields.pop(name) for name in _LONG_AUDIO if name in fields}
    if "sample_rate" in audio:
        audio["audio_sample_rate"] = audio.pop("sample_rate")
    body: JsonObject = {"model": asking.model, **fields, "voice_setting": voice}
    return Draft("/v1/t2a_async_v2", {**body, "audio_setting": audio} if audio else body)


def _read_long(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    task = task_id(body)
    if task is None:
        raise ProtocolError("the reply names no task", payload=str(body))
    return Submitted(task)


def _query_long(job: MediaJob) -> Draft:
    return Draft("/v1/query/t2a_async_query_v2", method="GET", query={"task_id": job.id})


def _read_long_query(body: JsonObject, job: MediaJob) -> MediaStatus | FileReady:
    """`status` is Processing, Success, Failed or Expired; the file of a success is an archive."""
    return ask_for_file(status(body, "speech"), body, {"archive": "tar"})


LONG_SPEECH = MediaRoute(
    "minimax-speech-long", "speech",
    tuple(MediaModel(one.id, _LONG, ("text",), _LONG_PAGE) for one in _SPEECH_MODELS),
    _base, _encode_long, _read_long, _query_long, _read_long_query, task=True,
    names=name_fields(_SPEECH_NAMES, text="text"), voices=(DEFAULT_VOICE,), rate=Rate(20, 60.0, RATES),
    interval=2.0, longest_interval=20.0, deadline=3600.0, expiry=32400.0, source=_LONG_PAGE,
)  # fmt: skip
