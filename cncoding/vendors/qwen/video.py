"""Video of Wan on DashScope. Source: help.aliyun.com, video-synthesis (2026-05 to 2026-10)."""

from __future__ import annotations

import re

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError
from cncoding.evidence import Source
from cncoding.exchange.media_types import address
from cncoding.media.routes import Asking, Draft, check_fields, name_fields, role, vendor_fields
from cncoding.media.rules import Between, Chars, Flag, Items, MediaModel, OneOf, Rule, size_text
from cncoding.types import JsonObject, Media
from cncoding.vendors.qwen.tasks import ASYNC

_PAGE = Source("documented", "help.aliyun.com/zh/model-studio API pages", "2026-10")
_SEED = Between(0, 2**31 - 1, whole=True)
_VIDEO: dict[str, Rule] = {
    "prompt": Chars(5000), "prompt_extend": Flag(), "watermark": Flag(), "seed": _SEED, "negative_prompt": Chars(500),
}  # fmt: skip
_RESOLUTION = OneOf("720P", "1080P")
_RATIO = OneOf("16:9", "9:16", "1:1", "4:3", "3:4")
_LENGTH = Between(2, 15, whole=True)
_ONE = Items(1, 1)
_SOURCE = _PAGE.at("video-synthesis")
_T2V = MediaModel(
    "wan2.7-t2v",
    {
        **_VIDEO,
        "audio_url": Items(1, 1, single=True),
        "resolution": _RESOLUTION,
        "ratio": _RATIO,
        "duration": _LENGTH,
    },
    ("prompt",),
    _SOURCE,
)
_EDIT = MediaModel(
    "wan2.7-videoedit",
    {
        **_VIDEO, "video": _ONE, "reference_image": Items(4), "resolution": _RESOLUTION, "ratio": _RATIO,
        "duration": Between(2, 10, whole=True), "audio_setting": OneOf("auto", "origin"),
    },
    ("prompt", "video"),
    Source(
        "documented", "help.aliyun.com/en/model-studio/wan-video-editing-api-reference", "2026-10-22",
        "the first part of the page; figures by the documents of novita.ai and evolink.ai, which agree",
    ),
)  # fmt: skip
_PICTURES = PictureForm(
    ("image/jpeg", "image/png", "image/bmp", "image/webp"), 20, sides=(240, 8000), ratio=(1 / 8, 8), source=_SOURCE
)
_I2V = MediaModel(
    "wan2.7-i2v",
    {
        **_VIDEO, "first_frame": _ONE, "last_frame": _ONE, "driving_audio": _ONE, "first_clip": _ONE,
        "resolution": _RESOLUTION, "duration": _LENGTH,
    },
    (),
    _SOURCE,
    pictures=_PICTURES,
)  # fmt: skip
_R2V = MediaModel(
    "wan2.7-r2v",
    {
        **_VIDEO, "reference_image": Items(5), "reference_video": Items(5), "first_frame": _ONE,
        "reference_voice": Items(5), "resolution": _RESOLUTION, "ratio": _RATIO, "duration": _LENGTH,
    },
    ("prompt",),
    _SOURCE,
    pictures=_PICTURES,
)  # fmt: skip
MODELS = (_T2V, _EDIT, _I2V, _R2V)
"""A film alone is edited; to go on from it, its role is `first_clip`."""
_I2V_ROLES = (
    {"first_frame"}, {"first_frame", "driving_audio"}, {"first_frame", "last_frame"},
    {"first_frame", "last_frame", "driving_audio"}, {"first_clip"}, {"first_clip", "last_frame"},
)  # fmt: skip
_VIDEO_NAMES = {
    "duration": "duration", "resolution": "resolution", "negative_prompt": "negative_prompt", "seed": "seed",
    "watermark": "watermark", "n": "n",
}  # fmt: skip
VIDEO_ARGUMENTS = name_fields(
    _VIDEO_NAMES,
    prompt="prompt",
    images=("first_frame", "last_frame"),
    references="reference_image",
    videos=("first_clip", "reference_video", "video"),
    audio=("driving_audio", "audio_url", "reference_voice"),
    size="ratio",
)
_IN_INPUT = ("prompt", "negative_prompt", "audio_url", "media", "img_url", "reference_urls", "template")
_OLD = re.compile(r"wan(x|2\.[0-6])", re.I)
"""Wan 2.6 and older take `img_url`; 2.7 wants `input.media`, although one public client still sends `img_url`."""


def encode_video(asking: Asking) -> Draft:
    """Make the request for a video job: media with their roles in `input`, the rest in `parameters`."""
    request = asking.request
    fields: JsonObject = {
        **({"prompt": request.prompt} if request.prompt else {}),
        **vendor_fields(asking, _VIDEO_NAMES),
    }
    if request.size is not None:
        takes = asking.known.fields or {} if asking.known else {}
        if isinstance(request.size, str) and ":" in request.size and (asking.known is None or "ratio" in takes):
            fields["ratio"] = request.size
        elif asking.known is not None:
            form = "size as a ratio" if "ratio" in takes else "no size"
            raise ConfigError(f"size={request.size!r}: {asking.model} takes resolution='720P' or '1080P', and {form}")
        else:
            fields["size"] = size_text(request.size, "*")
    media, listed = _old_media(request.inputs) if _OLD.match(asking.model) else _media(asking)
    names = {**_VIDEO_NAMES, "references": "reference_image", "videos": "reference_video"}
    check_fields(asking, {**fields, **media, **_group(listed)}, names)
    if asking.known is not None:
        _check_media(asking, listed, fields)
    fields |= {**media, **({"media": listed} if listed else {})}
    given = {name: fields.pop(name) for name in _IN_INPUT if name in fields}
    path = "/services/aigc/video-generation/video-synthesis"
    return Draft(path, {"model": asking.model, "input": given, "parameters": fields}, headers=ASYNC)


def _media(asking: Asking) -> tuple[JsonObject, list[JsonObject]]:
    """Return `media` with a role for each input; words-to-video takes one sound as `audio_url`."""
    model, inputs = asking.model.lower(), asking.request.inputs
    if "t2v" in model and inputs and all(media.kind == "audio" for media in inputs):
        sounds = [address(media) for media in inputs]
        return {"audio_url": sounds[0] if len(sounds) == 1 else sounds}, []
    listed: list[JsonObject] = []
    voices: list[str] = []
    for media in inputs:
        said = role(media)
        if "r2v" in model and media.kind == "audio" and said in (None, "reference", "reference_voice"):
            voices.append(address(media))
            continue
        if said in (None, "reference"):
            said = _role(media, listed, model, reference=said is not None)
        listed.append({"type": said, "url": address(media)})
    if len(voices) > len(listed):
        raise ConfigError(
            f"audio: every voice of {asking.model} belongs to a reference; there are more voices ({_SOURCE})"
        )
    for item, voice in zip(listed, voices, strict=False):
        item["reference_voice"] = voice
    return {}, listed


def _role(media: Media, before: list[JsonObject], model: str, *, reference: bool) -> str:
    if "videoedit" in model:
        return "reference_image" if media.kind == "image" else media.kind
    if "r2v" in model or reference:
        return f"reference_{media.kind}"
    if media.kind == "audio":
        return "driving_audio"
    if media.kind == "video":
        return "first_clip"
    begun = any(item["type"] in ("first_frame", "first_clip") for item in before)
    return "last_frame" if begun else "first_frame"


def _group(listed: list[JsonObject]) -> JsonObject:
    """Return the media by their role, as the rules of a model name them."""
    found: JsonObject = {}
    for item in listed:
        found.setdefault(str(item["type"]), []).append(item["url"])
        if "reference_voice" in item:
            found.setdefault("reference_voice", []).append(item["reference_voice"])
    return found


def _old_media(inputs: tuple[Media, ...]) -> tuple[JsonObject, list[JsonObject]]:
    fields: JsonObject = {}
    pictures = [address(media) for media in inputs if media.kind == "image"]
    if len(pictures) == 1:
        fields["img_url"] = pictures[0]
    elif pictures:
        fields["reference_urls"] = pictures
    for media in inputs:
        if media.kind == "audio":
            fields["audio_url"] = address(media)
    return fields, []


def _check_media(asking: Asking, listed: list[JsonObject], fields: JsonObject) -> None:
    model = asking.model
    roles = [str(item["type"]) for item in listed]
    if "i2v" in model and set(roles) not in _I2V_ROLES:
        raise ConfigError(
            f"images: {model} takes a first frame (with a last frame, a driving audio or both), or a first clip (with "
            f"a last frame), not {', '.join(roles) or 'words alone'} ({_SOURCE})"
        )
    if "r2v" in model:
        if not 1 <= sum(one.startswith("reference") for one in roles) <= 5:
            raise ConfigError(f"references: {model} takes 1 to 5 pictures and films together ({_SOURCE})")
        if "reference_video" in roles and fields.get("duration", 0) > 10:
            raise ConfigError(f"duration={fields['duration']}: {model} makes 2 to 10 s from a video ({_SOURCE})")
