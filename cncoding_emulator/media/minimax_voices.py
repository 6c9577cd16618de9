"""MiniMax voices: cloned from a sample, designed by words, listed and deleted.

Source: platform.minimax.io voice cloning, voice design and voice management pages; error codes. How alike a text must
be, and what becomes of an id after its voice was deleted, is inferred.
"""

from __future__ import annotations

import difflib
import re
import time
from typing import Any

from starlette.types import ASGIApp

from .. import ids
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import fields
from ..wires import Json
from . import sounds
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest
from .links import publish
from .minimax_access import NATIVE, balance, done, form
from .records import StoredFile, StoredVoice
from .tasks import MediaState, Order

PAGES = Evidence("documented", "platform.minimax.io voice cloning, design and management; error codes", "2026-09-01")
SYSTEM = ("male-qn-qingse", "female-shaonv", "female-yujie", "Boyan_new_hd", "English_Graceful_Lady")
VOICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]")
SPEAKS = re.compile(r"speech-(2\.8|2\.6|02|01)-(hd|turbo)$")
WEEK = 7 * 86400.0
MEGABYTES = 20 * 1024 * 1024
CLONE_FIELDS = fields(
    "file_id voice_id clone_prompt text model language_boost text_validation accuracy need_noise_reduction "
    "need_volume_normalization aigc_watermark"
)
DESIGN_FIELDS = fields("prompt preview_text voice_id aigc_watermark")


def _refuse(code: str, message: str) -> Refused:
    return refuse("bad_parameter", message, code=code, message=message)


def find_voice(host: MediaState, name: str) -> StoredVoice | None:
    """Return a voice of the account; one that was not used for a week is gone."""
    voice = host.voices.get(("minimax", name))
    if voice is None or voice.deleted or (not voice.used and host.now - voice.made > WEEK):
        return None
    return voice


def use_voice(host: MediaState, name: str) -> None:
    """Note that a voice spoke, which makes it last; one that was deleted, or is gone, does not speak.

    An id that the account never had is let through: the vendor has some 300 of its own, the emulator five.
    """
    voice = find_voice(host, name)
    if voice is not None:
        voice.used = True
    elif ("minimax", name) in host.voices:
        raise refuse("unknown_voice")


def _sample(call: MediaRequest, name: str, purpose: str) -> StoredFile:
    file = call.media.files.get(("minimax", str(name)))
    if file is None or file.purpose != purpose:
        raise _refuse("2013", f"invalid params, file_id {name} not found")
    return file


def _hear(file: StoredFile) -> sounds.Heard:
    if not file.name.lower().endswith((".mp3", ".m4a", ".wav")) or len(file.data) > MEGABYTES:
        raise _refuse("20132", "invalid samples or voice_id")
    try:
        return sounds.listen(file.data)
    except ValueError:
        raise _refuse("20132", "invalid samples or voice_id") from None


def _is_alike(said: str, heard: sounds.Heard, least: float) -> bool:
    return difflib.SequenceMatcher(None, said, heard.words).ratio() >= least


def _check_id(host: MediaState, name: str) -> None:
    if not VOICE_ID.fullmatch(name):
        raise _refuse("20132", "invalid samples or voice_id")
    if name in SYSTEM or ("minimax", name) in host.voices:
        raise _refuse("2039", "voice clone voice_id duplicate")


def _check_prompt(call: MediaRequest, data: Form) -> None:
    if data.data.get("clone_prompt") is None:
        return
    prompt = data.inner("clone_prompt")
    said = prompt.text("prompt_text", required=True)
    heard = _hear(_sample(call, prompt.data.get("prompt_audio", ""), "prompt_audio"))
    if heard.seconds >= 8:
        raise _refuse("2048", "prompt audio too long")
    if not _is_alike(said, heard, 0.7):
        raise _refuse("1044", "clone prompt similarity check failed")


async def clone(call: MediaRequest) -> ASGIApp:
    """Clone a voice from an uploaded file."""
    data = form(call)
    name = data.text("voice_id", required=True)
    if not isinstance(data.data.get("file_id"), int):
        raise data.missing("file_id") if data.data.get("file_id") is None else data.wrong("file_id", "must be an int64")
    _check_id(call.media, name)
    if "unverified" in call.key:
        raise refuse("bad_parameter", "clone", code="2038", message="no cloning permission, please verify your account")
    heard = _hear(_sample(call, str(data.data["file_id"]), "voice_clone"))
    if not 10 <= heard.seconds <= 300:
        raise _refuse("2037", "voice duration too short or too long")
    said = data.text("text_validation", 200)
    if said and not _is_alike(said, heard, data.number("accuracy", 0, 1, 0.7)):
        raise _refuse("1043", "ASR similarity check failed")
    _check_prompt(call, data)
    text, model = data.text("text", 1000), data.text("model")
    if text and not model:
        raise data.missing("model")
    if model and not SPEAKS.match(model):
        raise refuse("unknown_model", model)
    for flag in ("need_noise_reduction", "need_volume_normalization", "aigc_watermark"):
        data.flag(flag)
    balance(call, model or "voice_clone")
    call.media.accept_now(Order("minimax", "voice", model or "voice_clone", name))
    call.media.voices["minimax", name] = StoredVoice(name, name, "voice_cloning", call.media.now)
    demo = publish(call.media, f"{name}.mp3", "audio/mpeg", lambda: sounds.mp3(text)) if text else ""
    return done(input_sensitive=False, input_sensitive_type=0, demo_audio=demo, extra_info={})


async def design(call: MediaRequest) -> ASGIApp:
    """Design a voice from a description."""
    data = form(call)
    said = data.text("prompt", required=True)
    preview = data.text("preview_text", 500, required=True)
    name = data.text("voice_id")
    if name:
        _check_id(call.media, name)
    data.flag("aigc_watermark")
    balance(call, "voice_design")
    call.media.accept_now(Order("minimax", "voice", "voice_design", said))
    name = name or f"ttv-voice-{time.strftime('%Y%m%d%H%M%S')}-{ids.token_hex(4)}"
    call.media.voices["minimax", name] = StoredVoice(name, name, "voice_generation", call.media.now)
    return done(voice_id=name, trial_audio=sounds.mp3(preview).hex())


def _row(name: str, description: list[str], created: int) -> Json:
    day = time.strftime("%Y-%m-%d", time.gmtime(created))
    return {"voice_id": name, "description": description, "created_time": day}


async def listing(call: MediaRequest) -> ASGIApp:
    """List the voices; one of the account only after it spoke."""
    kind = form(call).one_of("voice_type", ("system", "voice_cloning", "voice_generation", "all"))
    if kind is None:
        raise form(call).missing("voice_type")
    lists: dict[str, list[Any]] = {"system_voice": [], "voice_cloning": [], "voice_generation": []}
    if kind in ("system", "all"):
        lists["system_voice"] = [{**_row(name, [], 0), "voice_name": name} for name in SYSTEM]
    for (provider, name), voice in call.media.voices.items():
        if provider == "minimax" and voice.used and kind in (voice.kind, "all") and find_voice(call.media, name):
            lists[voice.kind].append(_row(name, [], voice.created))
    return done(**lists)


async def delete(call: MediaRequest) -> ASGIApp:
    """Delete a voice of the account; its id is not given again."""
    data = form(call)
    kind = data.one_of("voice_type", ("voice_cloning", "voice_generation"))
    if kind is None:
        raise data.missing("voice_type")
    name = data.text("voice_id", required=True)
    voice = find_voice(call.media, name)
    if voice is None or voice.kind != kind:
        raise refuse("bad_parameter", f"voice_id {name} not found", inferred=True)
    voice.deleted = True
    return done(voice_id=name, created_time=time.strftime("%Y-%m-%d", time.gmtime(voice.created)))


COUNTERS = (
    MediaEndpoint("POST", "/v1/get_voice", listing, NATIVE, PAGES),
    MediaEndpoint("POST", "/v1/voice_clone", clone, NATIVE, PAGES, CLONE_FIELDS),
    MediaEndpoint("POST", "/v1/voice_design", design, NATIVE, PAGES, DESIGN_FIELDS),
    MediaEndpoint("POST", "/v1/delete_voice", delete, NATIVE, PAGES),
)
