"""Video (v1 Hailuo, v2 H3) of MiniMax. Source as in `minimax.py`."""

from __future__ import annotations

import re
from dataclasses import replace

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.steps import Reply
from cncoding.media.carriage import MIB, Carriage
from cncoding.media.job_ids import quote_id
from cncoding.media.rates import Rate
from cncoding.media.replies import dig, first_text, status, task_id
from cncoding.media.routes import (
    Asking,
    Draft,
    FileReady,
    MediaRoute,
    Place,
    Submitted,
    check_fields,
    name_fields,
    role,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, Free, Items, MediaModel, OneOf, Rule, refuse
from cncoding.media.values import Done, MediaJob, MediaRequest, MediaStatus
from cncoding.types import JsonObject, Media
from cncoding.vendors.minimax.files import FILMS
from cncoding.vendors.minimax.job_list import LIST

_PAGE = Source("documented", "platform.minimax.cn OpenAPI pages", "2026-10")
RATES = Source(
    "documented", "platform.minimaxi.com/docs/guides/rate-limits", "2026-07-31",
    "of accounts that paid: image 10, T2A 20, Hailuo 20 requests a minute; abroad T2A has 60",
)  # fmt: skip


def _base(target: Place) -> str:
    return target.root


def _read_task(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    task = task_id(body)
    if task is None:
        raise ProtocolError("the reply names no task", payload=str(body))
    return Submitted(task)


# ---------------------------------------------------------------- video v1 (Hailuo)

_V1: dict[str, Rule] = {
    "prompt": Chars(2000), "prompt_optimizer": Flag(), "fast_pretreatment": Flag(), "aigc_watermark": Flag(),
    "callback_url": Free(),
}  # fmt: skip
_FRAME: dict[str, Rule] = {"first_frame_image": Items(1, 1, single=True)}
_HAILUO: dict[str, Rule] = {**_V1, **_FRAME, "duration": OneOf(6, 10)}
_V1_PAGE = _PAGE.at("video_generation")
_V1_PICTURES = PictureForm(
    ("image/jpeg", "image/png", "image/webp"), 20, sides=(301, 100_000), ratio=(0.4, 2.5), source=_V1_PAGE
)
_V1_MODELS = (
    MediaModel(
        "MiniMax-Hailuo-2.3", {**_HAILUO, "resolution": OneOf("768P", "1080P")}, source=_V1_PAGE, pictures=_V1_PICTURES
    ),
    MediaModel(
        "MiniMax-Hailuo-2.3-Fast",
        {**_HAILUO, "resolution": OneOf("768P", "1080P")},
        ("first_frame_image",),
        _V1_PAGE,
        pictures=_V1_PICTURES,
    ),
    MediaModel(
        "MiniMax-Hailuo-02",
        {**_HAILUO, "resolution": OneOf("512P", "768P", "1080P"), "last_frame_image": Items(1, 1, single=True)},
        source=_V1_PAGE,
        pictures=_V1_PICTURES,
    ),
    MediaModel("S2V-01", {**_V1, "subject_reference": Items(1, 1)}, ("subject_reference",), _V1_PAGE),
    *(
        MediaModel(name, source=_V1_PAGE.at("parameters not read"))
        for name in ("T2V-01", "T2V-01-Director", "I2V-01", "I2V-01-Director", "I2V-01-live")
    ),
)
_VIDEO_NAMES = {"duration": "duration", "resolution": "resolution", "watermark": "aigc_watermark", "seed": "seed"}


def _encode_v1(asking: Asking) -> Draft:
    """First image: first frame, second: last frame, as a gateway has it; of S2V-01 the image is the subject."""
    request = asking.request
    fields: JsonObject = {
        **({"prompt": request.prompt} if request.prompt else {}),
        **vendor_fields(asking, _VIDEO_NAMES),
    }
    if request.size is not None:
        raise ConfigError("size: MiniMax's videos take resolution=, for example '768P'")
    if any(media.kind != "image" for media in request.inputs):
        raise ConfigError("videos, audio: MiniMax's v1 videos start from words and images only")
    if asking.model.lower().startswith("s2v"):
        if request.inputs:
            fields["subject_reference"] = [{"type": "character", "image": [address(one)]} for one in request.inputs]
    else:
        if len(request.inputs) > 2:
            raise ConfigError("images: at most two, the first and the last frame")
        for place, media in enumerate(request.inputs):
            last = role(media) == "last_frame" or (role(media) is None and place == 1)
            fields["last_frame_image" if last else "first_frame_image"] = address(media)
    check_fields(asking, fields, {**_VIDEO_NAMES, "references": "subject_reference"})
    if asking.known is not None:
        _check_v1(asking.model, fields)
    return Draft("/v1/video_generation", {"model": asking.model, **fields})


def _check_v1(model: str, fields: JsonObject) -> None:
    resolution, duration = fields.get("resolution"), fields.get("duration")
    if resolution == "1080P" and duration == 10:
        raise ConfigError(f"duration=10: {model} makes 1080P of 6 s only ({_V1_PAGE})")
    if resolution == "512P" and ("last_frame_image" in fields or "first_frame_image" not in fields):
        raise ConfigError(f"resolution='512P': {model} makes it from a first frame alone ({_V1_PAGE})")


def _query_v1(job: MediaJob) -> Draft:
    return Draft("/v1/query/video_generation", method="GET", query={"task_id": job.id})


def _read_v1(body: JsonObject, job: MediaJob) -> MediaStatus | FileReady:
    """`status` is Preparing, Queueing, Processing, Success or Fail; a success names a file, not a link."""
    return ask_for_file(status(body, "video"), body, {})


def ask_for_file(found: MediaStatus, body: JsonObject, metadata: JsonObject) -> MediaStatus | FileReady:
    """Return the question for the file of a job that is done and names one, else the status."""
    if not isinstance(found, Done) or found.assets[0].url is not None or found.assets[0].file_id is None:
        return found
    asset = found.assets[0]
    draft = Draft("/v1/files/retrieve", method="GET", query={"file_id": str(asset.file_id)})

    def read(file: JsonObject) -> Done:
        url = first_text(file, "file.download_url")
        if url is None:
            raise ProtocolError("the file has no download_url", payload=str(file))
        ready = replace(asset, url=url, metadata={**(dig(file, "file") or {}), **metadata})
        return Done((ready,), found.native, found.usage, {**body, "file": file.get("file")})

    return FileReady(draft, read)


VIDEO_V1 = MediaRoute(
    "minimax-video-v1", "video", _V1_MODELS, _base, _encode_v1, _read_task, _query_v1, _read_v1,
    catches=lambda model: not re.match(r"minimax-h\d", model, re.I),
    interval=2.0, longest_interval=20.0, deadline=1200.0, rate=Rate(20, 60.0, RATES),
    expiry=3600.0,  # 1 h by the video page; others say 9 h
    names=name_fields(
        _VIDEO_NAMES, prompt="prompt", images=("first_frame_image", "last_frame_image"), references="subject_reference"
    ),
    carriage=Carriage({"image": 20 * MIB - 1}, _V1_PAGE),
)  # fmt: skip


# ---------------------------------------------------------------- video v2 (H3)

_V2: dict[str, Rule] = {
    "prompt": Chars(7000, 1), "aigc_watermark": Flag(), "callback_url": Free(),
    "ratio": OneOf("adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
}  # fmt: skip
_V2_PAGE = _PAGE.at("v2/video_generation")
_V2_PICTURES = PictureForm((), 30, sides=(256, 5760), ratio=(0.4, 2.5), source=_V2_PAGE)
_V2_MODELS = (
    MediaModel(
        "MiniMax-H3", {**_V2, "resolution": OneOf("768P", "2K"), "duration": Between(4, 15, whole=True)},
        ("prompt", "resolution", "duration"), _V2_PAGE, pictures=_V2_PICTURES,
    ),
    MediaModel(
        "MiniMax-H3-Max",
        {**_V2, "resolution": OneOf("480P", "768P"), "duration": Between(5, 15, whole=True), "extra": Free()},
        ("prompt", "resolution", "duration"), _V2_PAGE, pictures=_V2_PICTURES,
    ),
)  # fmt: skip
_FRAMES = ("first_frame", "last_frame")
_MOST = {"image": 9, "video": 3, "audio": 3}


def _encode_v2(asking: Asking) -> Draft:
    """Resolution and duration are required there: 768P and 5 s unless told otherwise."""
    request = asking.request
    fields: JsonObject = {
        "prompt": request.prompt,
        "resolution": "768P",
        "duration": 5,
        **vendor_fields(asking, _VIDEO_NAMES),
    }
    if isinstance(request.size, str):
        fields["ratio"] = request.size
    elif request.size is not None:
        raise ConfigError("size: MiniMax-H3 takes resolution='768P' and an aspect ratio as size, for example '16:9'")
    content: list[JsonObject] = [{"type": "text", "text": request.prompt}]
    roles: list[str] = []
    for media in request.inputs:
        said = role(media) or _next_frame(media, roles)
        said = f"reference_{media.kind}" if said == "reference" else said
        roles.append(said)
        content.append({"type": f"{media.kind}_url", f"{media.kind}_url": {"url": address(media)}, "role": said})
    if asking.known is not None:
        _check_v2(asking, roles)
    if "ratio" not in fields:
        # Words alone need a concrete ratio; from a frame it is always that of the frame.
        fields["ratio"] = "adaptive" if roles else "16:9"
    check_fields(asking, fields, {**_VIDEO_NAMES, "size": "ratio"})
    if asking.known is not None and fields["ratio"] == "adaptive" and not roles:
        text = f"{asking.model} needs a ratio such as '16:9' where there are words alone ({_V2_PAGE})"
        raise refuse(f"size='adaptive': {text}", "ratio", "adaptive", text)
    del fields["prompt"]
    return Draft("/v2/video_generation", {"model": asking.model, "content": content, **fields})


def _next_frame(media: Media, before: list[str]) -> str:
    """Return the role of a medium that has none: pictures are the first and the last frame."""
    free = [frame for frame in _FRAMES if frame not in before]
    return free[0] if media.kind == "image" and free else f"reference_{media.kind}"


def _check_v2(asking: Asking, roles: list[str]) -> None:
    if any(one in _FRAMES for one in roles) and not all(one in _FRAMES for one in roles):
        raise ConfigError(
            f"images: {asking.model} takes frames, a first and a last one, or references, not both; references= and "
            f"videos= are references ({_V2_PAGE})"
        )
    for kind, most in _MOST.items():
        if sum(media.kind == kind for media in asking.request.inputs) > most:
            name = {"image": "references", "video": "videos"}.get(kind, kind)
            raise ConfigError(f"{name}: {asking.model} takes at most {most} {kind} references ({_V2_PAGE})")


def _query_v2(job: MediaJob) -> Draft:
    return Draft(f"/v2/query/video_generation/{quote_id(job.id)}", method="GET")


def _read_v2(body: JsonObject, job: MediaJob) -> MediaStatus:
    return status(body, "video")


def _cancel_v2(job: MediaJob) -> Draft:
    """A queued task is cancelled, a finished one would be deleted: the flow asks first how it stands."""
    return Draft(f"/v2/video_generation/{quote_id(job.id)}", method="DELETE")


VIDEO_V2 = MediaRoute(
    "minimax-video-v2", "video", _V2_MODELS, _base, _encode_v2, _read_task, _query_v2, _read_v2, _cancel_v2,
    catches=lambda model: re.match(r"minimax-h\d", model, re.I) is not None,
    interval=2.0, longest_interval=20.0, deadline=1800.0, expiry=3600.0,
    names=name_fields(_VIDEO_NAMES, prompt="prompt", size="ratio"), lists=LIST,
    rules={
        "images": Items(2), "references": Items(_MOST["image"]), "videos": Items(_MOST["video"]),
        "audio": Items(_MOST["audio"]),
    },
    carriage=FILMS,
)  # fmt: skip
