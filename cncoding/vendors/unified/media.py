"""Media of the unified gateway: one body with `messages` for every model, native shapes in the replies.

The gateway's page names models, fields, result shapes and the two query paths. It names no host, no header and no
submit path: everything is sent to `/chat/completions`, the one path that its page suggests (inferred);
`MediaRequest.submit_path` and `query_path` say otherwise. Fields are checked by the gateway's page, not by the native
ones, which differ.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.steps import Reply
from cncoding.media.job_ids import quote_id
from cncoding.media.replies import results, status, task_id, usage
from cncoding.media.routes import (
    AnyRoute,
    Asking,
    Draft,
    MediaRoute,
    Place,
    QuotaRoute,
    Submitted,
    check_fields,
    cite,
    name_fields,
    role,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, Free, Items, MediaModel, Named, OneOf, Rule, Sizes, size_text
from cncoding.media.values import Done, MediaJob, MediaRequest, MediaStatus
from cncoding.types import JsonObject

_PAGE = Source("documented", "opcdoc.ntzq.tech/model-examples.html section 7", "2026-05", "undated")
SUBMIT = "/chat/completions"
QUERY = {"image": "/images/generations/{id}", "video": "/videos/generations/{id}"}
_ARRAYS = {"image": "images", "video": "videos", "audio": "voices"}


def _base(target: Place) -> str:
    """Return the base URL as given: no version is guessed."""
    return target.base_url


def _body(asking: Asking, fields: JsonObject) -> JsonObject:
    """Make the one body: `messages`, top-level arrays of media, and the fields of the model."""
    request = asking.request
    body: JsonObject = {"model": asking.model, "messages": [{"role": "user", "content": request.prompt}]}
    arrays: dict[str, list[str]] = {}
    roles: dict[str, list[str]] = {}
    for media in request.inputs:
        name = _ARRAYS.get(media.kind)
        if name is None:
            raise ConfigError(f"inputs: the gateway takes images, videos and voices for media, not a {media.kind}")
        arrays.setdefault(name, []).append(address(media))
        if (said := role(media)) is not None and said != "reference":
            roles.setdefault(name, []).append(said)
    fields = {**arrays, **({"media_roles": roles} if roles else {}), **fields}
    _check_roles(fields)
    if fields.pop("as_task", False):
        fields["async"] = True  # hazard 15: a keyword of Python
    check_fields(asking, {"prompt": request.prompt, **fields}, _SPOKEN_NAMES if request.kind == "speech" else _NAMES)
    return {**body, **fields}


def _check_roles(fields: JsonObject) -> None:
    """Refuse more roles than media: the lists are parallel (section 7.1.3)."""
    for name, listed in (fields.get("media_roles") or {}).items():
        if len(listed) > len(fields.get(name) or []):
            raise ConfigError(f"media_roles: {len(listed)} roles for {len(fields.get(name) or [])} {name} ({_PAGE})")


_NAMES = {
    "n": "n", "watermark": "watermark", "duration": "duration", "resolution": "resolution", "seed": "seed",
    "negative_prompt": "negative_prompt", "format": "response_format", "speed": "speed",
}  # fmt: skip
_SPOKEN_NAMES = {"text": "prompt", "speed": "speed", "format": "audio_setting", "voice": "voice_id"}
"""How a refusal of speech calls the fields; `voice` of Qwen's models is called so already."""
_ARGUMENTS = name_fields(_NAMES, prompt="prompt", images="images", size=("size", "aspect_ratio"))
_VIDEO_ARGUMENTS = {**_ARGUMENTS, **name_fields({}, references="references", videos="videos", audio="voices")}
"""`references` are the pictures of a model for which the page says so; they go by the name `images`."""
_SPOKEN = name_fields({}, text="prompt", voice=("voice", "voice_id"))


def _encode_image(asking: Asking) -> Draft:
    request = asking.request
    fields = vendor_fields(asking, _NAMES)
    if request.size is not None:
        fields |= _size(asking)
    if request.as_task:
        fields["as_task"] = True
    return Draft(request.submit_path or SUBMIT, _body(asking, fields))


def _size(asking: Asking) -> JsonObject:
    """Write the size with the separator of the model's family: `*` for Qwen and Wan, `x` for the others."""
    size = asking.request.size
    assert size is not None
    takes = asking.known.fields or {} if asking.known else {}
    if isinstance(size, str) and ":" in size and "aspect_ratio" in takes:
        return {"aspect_ratio": size}
    sep = "*" if asking.model.lower().startswith(("qwen", "wan")) else "x"
    if asking.known is None and isinstance(size, str):
        return {"size": size}
    return {"size": size_text(size, sep, takes.get("size"))}


def _encode_video(asking: Asking) -> Draft:
    request = asking.request
    fields = vendor_fields(asking, _NAMES)
    if request.size is not None:
        fields |= _size(asking)
    return Draft(request.submit_path or SUBMIT, _body(asking, fields))


def _encode_speech(asking: Asking) -> Draft:
    """`voice` of Qwen is `voice_id` of MiniMax; `voice_setting` wins over it there."""
    named = "voice_id" if asking.model.lower().startswith("speech") else "voice"
    fields = (
        vendor_fields(asking, {"voice": named, "speed": "speed"})
        if asking.request.format is None
        else _spoken(asking, named)
    )
    if asking.request.inputs:
        raise ConfigError(f"inputs: {asking.model} takes a text and nothing else ({_PAGE}, 7.7)")
    return Draft(asking.request.submit_path or SUBMIT, _body(asking, fields))


def _spoken(asking: Asking, voice: str) -> JsonObject:
    fields = vendor_fields(asking, {"voice": voice, "speed": "speed", "format": "audio_setting"})
    if isinstance(fields.get("audio_setting"), str):
        fields["audio_setting"] = {"format": fields["audio_setting"]}
    return fields


def _read(reply: Reply, request: MediaRequest) -> Submitted:
    """Accept a finished result or a task id from any model (hazards 3 and 4)."""
    body = read_json(reply)
    found = results(body, request.kind)
    if found:
        return Submitted(
            done=Done(found, usage=usage(body), raw={**body, "data": None} if request.kind == "speech" else body)
        )
    task = task_id(body)
    if task is None:
        raise ProtocolError("the reply holds neither a result nor a task id", payload=str(body))
    return Submitted(task, extra={"query_path": request.query_path} if request.query_path else {})


def _query(job: MediaJob) -> Draft:
    """The path depends on the kind, which the id does not tell: the job remembers it (hazard 2)."""
    path = job.extra.get("query_path") or QUERY.get(job.kind, QUERY["video"])
    return Draft(str(path).replace("{id}", quote_id(job.id)), method="GET")


def _read_query(body: JsonObject, job: MediaJob) -> MediaStatus:
    return status(body, job.kind)


def _model(name: str, **fields: Rule) -> MediaModel:
    return MediaModel(name, {"prompt": Chars(100_000, 1), **fields}, ("prompt",), _PAGE)


_STAR, _X = Sizes("*", area=(1, 1 << 26), usual=2048 * 2048), Sizes("x", area=(1, 1 << 26), usual=1024 * 1024)
_COUNT = Between(1, inf, whole=True)
_SECONDS = Between(1, inf, whole=True)
"""The page says no most; that of the maker of a model is the gateway's to say."""
_HAILUO: dict[str, Rule] = {"images": Items(2), "duration": OneOf(5, 6), "resolution": OneOf("720P", "768P", "1080P")}
"""The page says 5 or 6 s and 720P; the native page says 6 or 10 s and 768P. Both words of the resolution pass."""
_WAN: dict[str, Rule] = {
    "voices": Items(9), "media_roles": Free(), "duration": _SECONDS, "resolution": OneOf("720P", "1080P"),
    "negative_prompt": Free(),
}  # fmt: skip
_FILMS: dict[str, Rule] = {"videos": Items(9), "images": Items(9)}
_QWEN_IMAGE: dict[str, Rule] = {"images": Items(9), "size": _STAR, "n": _COUNT, "watermark": Flag()}
_IMAGE_MODELS = (
    _model("qwen-image-2.0", **_QWEN_IMAGE),
    _model("qwen-image-2.0-pro", **_QWEN_IMAGE),
    _model("wan2.7-image-pro", **_QWEN_IMAGE),
    _model("image-01", images=Items(9), n=_COUNT, size=_X, aspect_ratio=Free(), response_format=OneOf("base64", "url")),
    _model("glm-image", size=_X, style=Free(), **{"async": Flag()}),
)
_VIDEO_MODELS = (
    _model("wan2.7-t2v", **_WAN),
    _model("wan2.7-i2v", **_WAN, **_FILMS),
    _model("wan2.7-r2v", **_WAN, **_FILMS, references=Items(9)),
    _model("MiniMax-Hailuo-2.3", **_HAILUO),
    _model("MiniMax-Hailuo-2.3-Fast", **_HAILUO),
    _model("cogvideox-3", images=Items(4), fps=Between(1, 120, whole=True), duration=_SECONDS),
)
_SPOKEN_AT_ONCE = _PAGE.annotate("how long a text may be is said by the makers' own pages only", "inferred")
_SPEECH_MODELS = tuple(
    replace(one, source=_SPOKEN_AT_ONCE)
    for one in (
        _model(
            "qwen3-tts-flash", prompt=Chars(600, 1), voice=Named("Cherry", most=100),
            language_type=OneOf("Chinese", "English", "Auto"), stream=Flag(),
        ),
        _model(
            "speech-2.8-hd", prompt=Chars(9999, 1), voice_id=Named("male-qn-qingse", most=200), voice_setting=Free(),
            audio_setting=Free(), stream=Flag(),
        ),
    )
)  # fmt: skip
QUOTA = QuotaRoute({}, "the gateway's page names no way to ask for what is left", _PAGE)
ROUTES: tuple[AnyRoute, ...] = cite(
    _PAGE,
    MediaRoute(
        "unified-image", "image", _IMAGE_MODELS, _base, _encode_image, _read, _query, _read_query,
        interval=1.0, longest_interval=15.0, deadline=600.0, names=_ARGUMENTS,
    ),
    MediaRoute(
        "unified-video", "video", _VIDEO_MODELS, _base, _encode_video, _read, _query, _read_query,
        interval=1.0, longest_interval=15.0, deadline=1800.0, names=_VIDEO_ARGUMENTS,
    ),
    MediaRoute("unified-speech", "speech", _SPEECH_MODELS, _base, _encode_speech, _read, names=_SPOKEN),
)  # fmt: skip
