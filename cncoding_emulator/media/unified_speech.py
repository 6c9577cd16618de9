"""Speech of the gateway: a link to a WAV from Qwen, hex of an MP3 from MiniMax.

Source: opcdoc.ntzq.tech/model-examples.html, 7.1.4, 7.2.4. Streaming is not described; ``stream`` is ignored.
"""

from __future__ import annotations

from functools import partial

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ..wires import Json
from . import sounds
from .endpoint import MediaRequest
from .links import publish
from .minimax_speech import BITRATES, RATES, TYPES, render
from .qwen_access import request_id
from .tasks import Order
from .unified_form import read


async def qwen(call: MediaRequest) -> ASGIApp:
    """Say a text with qwen3-tts-flash."""
    data, text = read(call)
    data.text("voice")
    data.one_of("language_type", ("Chinese", "English", "Auto"), "Auto")
    task = call.media.accept_now(Order("unified", "speech", str(call.data["model"]), text))
    url = publish(call.media, f"{task.id}.wav", "audio/wav", partial(sounds.wav, text))
    output = {"audio": {"url": url}, "finish_reason": "stop"}
    usage = {"characters": len(text)}
    return JSONResponse({"status_code": 200, "request_id": request_id(), "output": output, "usage": usage})


async def minimax(call: MediaRequest) -> ASGIApp:
    """Say a text with speech-2.8-hd."""
    data, text = read(call)
    data.text("voice_id")
    voice = data.inner("voice_setting")
    voice.text("voice_id")
    speed = float(voice.number("speed", 0.5, 2, 1.0))
    setting = data.inner("audio_setting")
    audio: Json = {
        "format": setting.one_of("format", tuple(TYPES), "mp3"),
        "rate": setting.one_of("sample_rate", RATES, 32000),
        "bitrate": setting.one_of("bitrate", BITRATES, 128000),
        "channels": setting.one_of("channel", (1, 2), 1),
    }
    task = call.media.accept_now(Order("unified", "speech", str(call.data["model"]), text))
    sound = render(text, audio, speed)
    info = {
        "audio_length": round(sounds.seconds_of(text, speed) * 1000),
        "audio_sample_rate": audio["rate"],
        "audio_size": len(sound),
        "audio_bitrate": audio["bitrate"],
        "usage_characters": len(text),
    }
    body = {
        "trace_id": task.id,
        "data": {"status": 2, "audio": sound.hex()},
        "extra_info": info,
        "base_resp": {"status_code": 0, "status_msg": "success"},
        "usage": {"characters": len(text)},
    }
    return JSONResponse(body)
