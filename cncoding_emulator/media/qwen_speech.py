"""Qwen speech both ways: qwen3-tts whole and streamed, qwen3-asr on three routes.

Source: vendor page of 2026-11-20, 8.3 and 8.4, over help.aliyun.com, help.aliyun.com.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ..count import tokens
from ..deliver import Delivered
from ..endpoints import Evidence
from ..errors import refuse
from ..openai_api import dump
from ..reply import Delivery
from ..wires import Json
from . import sounds
from .endpoint import MediaEndpoint, MediaRequest
from .links import DAY, publish
from .qwen_access import ACCESS, forms, is_async, is_streamed, may_spend, missing, request_id, wrong
from .qwen_tasks import take
from .recordings import Unreachable, hear
from .sounds import Heard
from .tasks import MediaState, Order

TTS = Evidence("documented", "help.aliyun.com; raw PCM16 in the stream inferred", "2026-10-01")
ASR = Evidence("documented", "help.aliyun.com", "2026-10-01")
LANGUAGES = (
    "Auto", "Chinese", "English", "German", "Italian", "Portuguese", "Spanish", "Japanese", "Korean", "French",
    "Russian",
)  # fmt: skip


async def speak(call: MediaRequest) -> ASGIApp:
    """Say a text."""
    model, inner, _ = forms(call)
    if is_async(call):
        raise refuse("sync_only")
    may_spend(call, model)
    text = inner.text("text", 600, required=True)
    inner.text("voice", required=True)
    inner.one_of("language_type", LANGUAGES, "Auto")
    if "instruct" not in model and inner.data.get("instructions"):
        raise wrong("input.instructions", "is not supported by this model")
    task = call.media.accept_now(Order("qwen", "speech", model, text))
    usage = {"characters": len(text)}
    url = publish(call.media, f"{task.id}.wav", "audio/wav", lambda: sounds.wav(text))
    ends = int(time.time() + DAY)
    audio = {"expires_at": ends, "id": f"audio_{task.id}", "data": "", "url": url}
    if not is_streamed(call):
        output = {"text": None, "finish_reason": "stop", "choices": None, "audio": audio}
        return JSONResponse({"output": output, "usage": usage, "request_id": request_id()})
    events = _events(sounds.pcm(text), audio, usage)
    frames = [f"id:{i + 1}\nevent:result\n:HTTP_STATUS/200\ndata:{dump(e)}\n\n".encode() for i, e in enumerate(events)]
    return Delivered(frames, Delivery(), "text/event-stream;charset=UTF-8", {})


def _events(sound: bytes, audio: Json, usage: Json) -> Iterator[Json]:
    made = request_id()
    for at in range(0, len(sound), 9600):
        piece = base64.b64encode(sound[at : at + 9600]).decode()
        output: Json = {"finish_reason": "null", "audio": {**audio, "url": "", "data": piece}}
        yield {"output": output, "usage": usage, "request_id": made}
    yield {"output": {"finish_reason": "stop", "audio": audio}, "usage": usage, "request_id": made}


async def _heard(host: MediaState, source: Any) -> Heard:
    """Listen to what a message brings."""
    good = isinstance(source, str) and source.startswith(("http://", "https://", "data:"))
    if not good:
        raise refuse("bad_parameter", "The provided URL does not appear to be valid. Ensure it is correctly formatted.")
    if len(source) > 10 * 1024 * 1024:
        raise refuse("bad_parameter", "Exceeded limit on max bytes per data-uri item : 10485760")
    try:
        return await hear(host, source)
    except Unreachable as error:
        raise refuse("bad_parameter", f"Failed to download multimodal content: {error}") from None
    except ValueError as error:
        raise refuse("bad_parameter", f"The audio is invalid: {error}") from None


async def write_down(call: MediaRequest) -> ASGIApp:
    """Transcribe on the native route."""
    model, inner, parameters = forms(call)
    may_spend(call, model)
    messages: Any = inner.data.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else {}
    content = last.get("content") if isinstance(last, dict) else None
    audio = [p.get("audio") for p in content or () if isinstance(p, dict) and "audio" in p]
    if len(audio) != 1:
        raise missing("input.messages.content.audio")
    parameters.inner("asr_options").flag("enable_itn")
    heard = await _heard(call.media, audio[0])
    call.media.accept_now(Order("qwen", "transcript", model, heard.words))
    message = {"role": "assistant", "content": [{"text": heard.words}], "annotations": [_annotation(heard)]}
    choice = {"finish_reason": "stop", "message": message}
    usage = {"seconds": _seconds(heard), "input_tokens_details": {"text_tokens": 0}}
    return JSONResponse({"output": {"choices": [choice]}, "usage": usage, "request_id": request_id()})


def _annotation(heard: Heard) -> Json:
    language = "zh" if any(ord(c) > 0x2E7F for c in heard.words) else "en"
    return {"type": "audio_info", "language": language, "emotion": "neutral"}


def _seconds(heard: Heard) -> int:
    return max(1, round(heard.seconds))


async def write_file_down(call: MediaRequest) -> ASGIApp:
    """Transcribe a file as a job."""
    model, inner, _ = forms(call)
    if not is_async(call):
        raise refuse("async_only")
    if not model.startswith("qwen3-asr-flash-filetrans"):
        raise refuse("unknown_model", model)
    may_spend(call, model)
    url = inner.text("file_url", required=True)
    spec: Json = {}
    try:
        spec["heard"] = await hear(call.media, url)
    except Unreachable as error:
        spec["code"] = f"FILE_{error.status}_FORBIDDEN" if error.status == 403 else "FILE_DOWNLOAD_FAILED"
    except ValueError:
        spec["code"] = "DECODE_ERROR"
    heard = spec.get("heard")

    def results(call: MediaRequest, task: Any) -> Json:
        if heard is None:
            return {"output": {"task_status": "FAILED", "code": spec["code"], "message": spec["code"]}, "usage": {}}
        make = json.dumps(_transcript(url, heard), ensure_ascii=False).encode
        link = publish(call.media, f"{task.id}.json", "application/json", make)
        return {"output": {"result": {"transcription_url": link}}, "usage": {"seconds": _seconds(heard)}}

    return take(call, Order("qwen", "transcript", model, heard.words if heard else url), results)


def _transcript(url: str, heard: Heard) -> Json:
    end = round(heard.seconds * 1000)
    sentence = {
        "sentence_id": 0,
        "begin_time": 0,
        "end_time": end,
        "language": _annotation(heard)["language"],
        "emotion": "neutral",
        "text": heard.words,
        "words": [{"begin_time": 0, "end_time": end, "text": heard.words, "punctuation": ""}],
    }
    transcript = {"channel_id": 0, "text": heard.words, "sentences": [sentence]}
    info = {"format": heard.form, "sample_rate": heard.rate}
    return {"file_url": url, "audio_info": info, "transcripts": [transcript]}


async def chat(call: MediaRequest) -> ASGIApp:
    """Transcribe on the OpenAI route."""
    body, model = call.data, str(call.data["model"])
    last = (body.get("messages") or [{}])[-1]
    parts = last.get("content") if isinstance(last, dict) else None
    audio = [p.get("input_audio") for p in parts or () if isinstance(p, dict) and p.get("type") == "input_audio"]
    if len(audio) != 1 or not isinstance(audio[0], dict):
        raise refuse("bad_parameter", "'messages' must end with one input_audio")
    if body.get("stream_options") and not body.get("stream"):
        raise refuse("stream_options")
    heard = await _heard(call.media, audio[0].get("data"))
    task = call.media.accept_now(Order("qwen", "transcript", model, heard.words))
    return _chat_reply(model, task.id, heard, body)


def _chat_reply(model: str, made: str, heard: Heard, body: Json) -> ASGIApp:
    spoken = {"audio_tokens": 25 * _seconds(heard), "text_tokens": 0}
    usage: Json = {
        "prompt_tokens": spoken["audio_tokens"],
        "completion_tokens": tokens(heard.words),
        "total_tokens": spoken["audio_tokens"] + tokens(heard.words),
        "prompt_tokens_details": spoken,
        "seconds": _seconds(heard),
    }
    head: Json = {"id": f"chatcmpl-{made}", "created": int(time.time()), "model": model}
    said: Json = {"role": "assistant", "annotations": [_annotation(heard)]}
    if not body.get("stream"):
        choice = {"index": 0, "finish_reason": "stop", "message": {**said, "content": heard.words}}
        return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    head["object"] = "chat.completion.chunk"
    pieces = [heard.words[i : i + 5] for i in range(0, len(heard.words), 5)]
    chunks: list[Json] = [
        {**head, "choices": [{"index": 0, "delta": {**said, "content": p}, "finish_reason": None}], "usage": None}
        for p in pieces
    ]
    chunks.append({**head, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}], "usage": None})
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": usage})
    frames = [f"data: {dump(c)}\n\n".encode() for c in chunks]
    return Delivered([*frames, b"data: [DONE]\n\n"], Delivery(), "text/event-stream", {})


COUNTERS = (MediaEndpoint("POST", "/api/v1/services/audio/asr/transcription", write_file_down, ACCESS, ASR),)
