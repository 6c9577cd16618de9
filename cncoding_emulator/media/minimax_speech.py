"""MiniMax speech: ``t2a_v2`` whole and streamed, long texts as jobs.

Source: platform.minimaxi.com speech T2A, minimax-mcp 0.0.19, MiniMax-AI/cli.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from functools import partial
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .. import ids
from ..deliver import Delivered
from ..endpoints import Evidence
from ..errors import refuse
from ..openai_api import dump
from ..persona import fields
from ..reply import Delivery
from ..wires import Json
from . import minimax_voices, sounds
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest, linger
from .files import keep
from .links import publish
from .minimax_access import NATIVE, balance, done, form
from .minimax_video import task_id
from .records import StoredFile
from .tasks import Order, Task

T2A = Evidence("documented", "platform.minimaxi.com speech T2A; minimax-mcp 0.0.19", "2026-09-01")
LONG = Evidence(
    "documented", "platform.minimaxi.com T2A Async; the archive as three public programs read it", "2026-09-01"
)
VOICES = Evidence("documented", "platform.minimaxi.com", "2026-09-01")
MODEL = re.compile(r"speech-(2\.8|2\.6|02|01)-(hd|turbo)$")
EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "fluent", "whisper")
RATES = (8000, 16000, 22050, 24000, 32000, 44100)
BITRATES = (32000, 64000, 128000, 256000)
FORMATS = ("mp3", "pcm", "flac", "wav", "pcmu_raw", "pcmu_wav", "opus")
EFFECTS = ("spacious_echo", "auditorium_echo", "lofi_telephone", "robotic")
LONG_FORMATS = ("mp3", "pcm", "flac")
TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "audio/pcm"}
T2A_FIELDS = fields(
    "model text stream stream_options voice_setting audio_setting pronunciation_dict timbre_weights language_boost "
    "voice_modify subtitle_enable subtitle_type output_format aigc_watermark"
)


LONG_FIELDS = fields(
    "model text text_file_id voice_setting audio_setting pronunciation_dict language_boost voice_modify aigc_watermark"
)


def _voice(data: Form) -> float:
    setting = data.inner("voice_setting")
    weights = data.array("timbre_weights", 4)
    if not setting.text("voice_id") and not weights:
        raise data.missing("voice_setting.voice_id")
    setting.number("vol", 0, 10, 1, open_low=True)
    setting.number("pitch", -12, 12, 0, whole=True)
    setting.one_of("emotion", EMOTIONS)
    for name in ("text_normalization", "latex_read"):
        setting.flag(name)
    modify = data.inner("voice_modify")
    for name in ("pitch", "intensity", "timbre"):
        modify.number(name, -100, 100, whole=True)
    modify.one_of("sound_effects", EFFECTS)
    tones: Any = data.table("pronunciation_dict").get("tone", [])
    if not isinstance(tones, list) or not all(isinstance(t, str) and "/" in t for t in tones):
        raise data.wrong("pronunciation_dict.tone", "must be a list of text/replacement")
    return float(setting.number("speed", 0.5, 2, 1.0))


def _audio(data: Form, long: bool) -> Json:
    """Read the form of the sound; jobs call its rate by another name, and have fewer forms."""
    setting = data.inner("audio_setting")
    form = setting.one_of("format", LONG_FORMATS if long else FORMATS, "mp3")
    if form not in TYPES:
        # Documented formats that this emulator cannot write; a limit of the stand-in, not of the vendor.
        raise refuse("bad_parameter", f"audio_setting.format {form} is not served by the emulator", inferred=True)
    return {
        "format": form,
        "rate": setting.one_of("audio_sample_rate" if long else "sample_rate", RATES, 32000),
        "bitrate": setting.one_of("bitrate", BITRATES, 128000),
        "channels": setting.one_of("channel", (1, 2), 1),
    }


def render(text: str, audio: Json, speed: float) -> bytes:
    """Say a text in the format asked for."""
    rate, channels = audio["rate"], audio["channels"]
    if audio["format"] == "mp3":
        return sounds.mp3(text, rate, audio["bitrate"], speed, channels)
    if audio["format"] == "wav":
        return sounds.wav(text, rate, speed, channels)
    sound = sounds.pcm(text, rate, speed)
    return sounds.stereo(sound) if channels == 2 else sound


def titles(text: str, speed: float) -> list[Json]:
    """Return the sentences of a text with their times in ms, as the vendor's subtitle files have them."""
    each = sounds.seconds_of(text, speed) * 1000 / max(1, len(text))
    spans = [found.span() for found in re.finditer(r"[^。！？!?]+[。！？!?]*|[。！？!?]+", text)]
    return [
        {"text": text[a:b], "time_begin": round(a * each), "time_end": round(b * each), "text_begin": a, "text_end": b}
        for a, b in spans
    ]


def pack(name: str, text: str, audio: Json, speed: float) -> bytes:
    """Return the archive of a long text, as programs of others unpack it: sound, sentences, figures."""
    sound = render(text, audio, speed)
    files = {
        audio["format"]: sound,
        "titles": json.dumps(titles(text, speed), ensure_ascii=False).encode(),
        "extra": json.dumps({**extra_info(text, sound, audio, speed), "vol": 1}).encode(),
    }
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for ending, data in files.items():
            member = tarfile.TarInfo(f"{name}/content-{name}.{ending}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def _order(call: MediaRequest, longest: int) -> Order:
    data = form(call)
    model = data.text("model", required=True)
    if not MODEL.match(model):
        raise refuse("unknown_model", model)
    text = data.text("text", longest, required=True)
    unseen = sum(1 for c in text if not c.isprintable() and c not in "\n\t\r")
    if unseen > len(text) * 0.1:
        raise refuse(
            "bad_parameter", "invisible characters", code="1042", message="invisible character ratio exceeds 10%"
        )
    data.one_of("subtitle_type", ("sentence", "word", "word_streaming"))
    speed = _voice(data)
    audio = _audio(data, longest > 10_000)
    balance(call, model)
    return Order("minimax", "speech", model, text, {"audio": audio, "speed": speed})


def extra_info(text: str, sound: bytes, audio: Json, speed: float) -> Json:
    """Return what the vendor tells about a piece of speech; the length is in ms."""
    return {
        "audio_length": round(sounds.seconds_of(text, speed) * 1000),
        "audio_sample_rate": audio["rate"],
        "audio_size": len(sound),
        "bitrate": audio["bitrate"],
        "word_count": len(text),
        "invisible_character_ratio": 0,
        "usage_characters": len(text),
        "audio_format": audio["format"],
        "audio_channel": audio["channels"],
    }


async def speak(call: MediaRequest) -> ASGIApp:
    """Say a text."""
    data = form(call)
    order = _order(call, 9999)
    stream = data.flag("stream")
    way = data.one_of("output_format", ("hex", "url"), "hex")
    if stream and way == "url":
        raise data.wrong("output_format", "url is not supported in stream mode")
    subtitles = data.flag("subtitle_enable")
    data.flag("aigc_watermark")
    minimax_voices.use_voice(call.media, data.inner("voice_setting").text("voice_id"))
    task = call.media.accept_now(order)
    audio, speed = order.spec["audio"], order.spec["speed"]
    sound = render(order.prompt, audio, speed)
    info = extra_info(order.prompt, sound, audio, speed)
    whole: Json = {"audio": sound.hex(), "status": 2, "ced": ""}
    if way == "url":
        name = f"{task.id}.{audio['format']}"
        whole["audio"] = publish(call.media, name, TYPES[audio["format"]], lambda: sound)
    if subtitles:
        make = json.dumps(titles(order.prompt, speed), ensure_ascii=False).encode
        whole["subtitle_file"] = publish(call.media, f"{task.id}.json", "application/json", make)
    tail = {"trace_id": task.id, "base_resp": {"status_code": 0, "status_msg": "success"}}
    if not stream:
        return JSONResponse({"data": whole, "extra_info": info, **tail}, headers={"Trace-Id": task.id})
    without = form(call).inner("stream_options").flag("exclude_aggregated_audio")
    return _stream(sound, whole, {"extra_info": info, **tail}, tail, without)


def _stream(sound: bytes, whole: Json, last: Json, tail: Json, without: bool) -> ASGIApp:
    """Stream the pieces with status 1, then, unless excluded, everything once more with status 2."""
    size = max(1024, len(sound) // 5)
    events: list[Json] = [
        {"data": {"audio": sound[at : at + size].hex(), "status": 1, "ced": ""}, **tail}
        for at in range(0, len(sound), size)
    ]
    events.append({"data": {**whole, "audio": ""} if without else whole, **last})
    return Delivered([f"data: {dump(e)}\n\n".encode() for e in events], Delivery(), "text/event-stream", {})


async def speak_long(call: MediaRequest) -> ASGIApp:
    """Take a long text as a job."""
    order = _order(call, 50000)
    minimax_voices.use_voice(call.media, form(call).inner("voice_setting").text("voice_id"))
    task = call.media.accept(order, task_id)
    audio, speed = order.spec["audio"], order.spec["speed"]
    make = partial(pack, task.id, order.prompt, audio, speed)
    file = StoredFile(task_id(), f"{task.id}.tar", "t2a_async", make, media_type="application/x-tar")
    task.notes["file"] = file
    return done(
        task_id=int(task.id), task_token=ids.token_hex(16), file_id=int(file.id), usage_characters=len(order.prompt)
    )


def _long_status(call: MediaRequest, task: Task) -> str:
    phase = task.phase(call.media.now)
    if phase == "succeeded":
        keep(call.media, "minimax", task.notes["file"])
        return "Success"
    return {"failed": "Failed", "expired": "Expired", "weird": task.weird}.get(phase, "Processing")


async def long_query(call: MediaRequest) -> ASGIApp:
    """Answer a query of a long text."""
    wanted = form(call).text("task_id", required=True)
    await linger(call, "minimax", wanted)
    task = call.media.find("minimax", wanted)
    if task is None or "file" not in task.notes:
        raise refuse("bad_parameter", "task_id not found", inferred=True)
    return done(task_id=int(task.id), status=_long_status(call, task), file_id=int(task.notes["file"].id))


COUNTERS = (
    MediaEndpoint("POST", "/v1/t2a_v2", speak, NATIVE, T2A, T2A_FIELDS),
    MediaEndpoint("POST", "/v1/t2a_async_v2", speak_long, NATIVE, LONG, LONG_FIELDS),
    MediaEndpoint("GET", "/v1/query/t2a_async_query_v2", long_query, NATIVE, VOICES),
    *minimax_voices.COUNTERS,
)
