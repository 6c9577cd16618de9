"""Media of GLM: images, video, speech, transcripts, web search and the plan's quota.

All of it lives on the general base of the same host and is paid from the balance, not from a coding plan.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.steps import Reply
from cncoding.media.job_ids import quote_id
from cncoding.media.replies import images, status, task_id, usage
from cncoding.media.routes import (
    AnyRoute,
    Asking,
    Draft,
    McpRoute,
    MediaRoute,
    Place,
    QuotaAsk,
    QuotaRoute,
    SearchRoute,
    SpeechRoute,
    Submitted,
    VoiceRoute,
    check_fields,
    cite,
    name_fields,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, Free, Items, MediaModel, OneOf, Rule, Sizes, check, size_text
from cncoding.media.spelling import spell_fields
from cncoding.media.values import Done, McpServer, MediaJob, MediaRequest, MediaStatus, SearchHit, SearchResult
from cncoding.quota import Quota, QuotaWindow
from cncoding.types import JsonObject
from cncoding.vendors.glm.cloning import CLONE, delete_voice
from cncoding.vendors.glm.sound import (
    RECORDING,
    SPEECH_NAMES,
    TTS,
    VOICES,
    encode_recording,
    encode_speech,
    read_piece,
    read_speech,
    read_transcript,
    read_voices,
)

_PAGE = Source("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11")
_DAY = 86400.0


def _base(target: Place) -> str:
    """Return the general base, on whatever host the client talks to."""
    return f"{target.root}/api/paas/v4"


def _monitor(target: Place) -> str:
    return target.root


# ---------------------------------------------------------------- images

_IMAGE: dict[str, Rule] = {
    "prompt": Free(), "watermark_enabled": Flag(), "user_id": Chars(128, 6), "request_id": Chars(64, 6),
}  # fmt: skip
_GLM_IMAGE_SIZES = Sizes(
    "x",
    ("1280x1280", "1568x1056", "1056x1568", "1472x1088", "1088x1472", "1728x960", "960x1728"),
    side=(512, 2048),  # one reading says 1024 to 2048; the wider one, the vendor judges
    multiple=32,
    area=(1, 1 << 22),
)
_COGVIEW_SIZES = Sizes(
    "x",
    ("1024x1024", "768x1344", "864x1152", "1344x768", "1152x864", "1440x720", "720x1440"),
    side=(512, 2048),
    multiple=16,
    area=(1, 1 << 21),
)
_COGVIEW: dict[str, Rule] = {**_IMAGE, "quality": OneOf("hd", "standard"), "size": _COGVIEW_SIZES}
_GLM_IMAGE = MediaModel(
    "glm-image", {**_IMAGE, "quality": OneOf("hd"), "size": _GLM_IMAGE_SIZES}, ("prompt",), _PAGE.at("10.1")
)
_COGVIEWS = tuple(
    MediaModel(name, _COGVIEW, ("prompt",), _PAGE.at("10.1"))
    for name in ("cogview-4-250304", "cogview-4", "cogview-3-flash")
)
_IMAGE_NAMES = {"watermark": "watermark_enabled", "n": "n", "seed": "seed", "negative_prompt": "negative_prompt"}
"""Only `watermark_enabled` is the vendor's; the others reach models that nobody knows."""
_IMAGE_ARGUMENTS = name_fields(_IMAGE_NAMES, prompt="prompt", size="size")


def _encode_image(asking: Asking) -> Draft:
    request = asking.request
    if request.inputs:
        raise ConfigError(f"inputs: {asking.model} makes images from words only ({_PAGE})")
    fields = {"prompt": request.prompt, **vendor_fields(asking, _IMAGE_NAMES)}
    if request.size is not None:
        rule = asking.known.fields.get("size") if asking.known and asking.known.fields else None
        fields["size"] = size_text(request.size, "x", rule)
    return Draft("/images/generations", {"model": asking.model, **check_fields(asking, fields, _IMAGE_NAMES)})


def _encode_image_task(asking: Asking) -> Draft:
    draft = _encode_image(asking)
    return Draft("/async/images/generations", draft.body)


def _read_images(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    found = images(body)
    if not found:
        if (task := task_id(body)) is not None:
            return Submitted(task)
        raise ProtocolError("the reply holds no image", payload=str(body))
    return Submitted(done=Done(found, usage=usage(body), raw=body))


def _read_task(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    task = body.get("id") or body.get("task_id")
    if not task:
        raise ProtocolError("the reply names no task", payload=str(body))
    return Submitted(str(task))


def _query(job: MediaJob) -> Draft:
    return Draft(f"/async-result/{quote_id(job.id)}", method="GET")


def _read_query(body: JsonObject, job: MediaJob) -> MediaStatus:
    return status(body, job.kind)


# ---------------------------------------------------------------- video

_VIDEO: dict[str, Rule] = {"prompt": Chars(512), "request_id": Chars(64, 6), "user_id": Chars(128, 6)}
_COG: dict[str, Rule] = {
    **_VIDEO, "image_url": Items(2, 1, single=True), "quality": OneOf("speed", "quality"), "with_audio": Flag(),
    "watermark_enabled": Flag(), "fps": OneOf(30, 60),
}  # fmt: skip
_BIG = ("1024x1024", "1920x1080", "1080x1920", "2048x1080", "3840x2160")
_MOVES = OneOf("auto", "small", "medium", "large")


_FRAMES = PictureForm(("image/jpeg", "image/png"), 5, source=_PAGE.at("10.3"))


def _video(model: str, *required: str, **fields: Rule) -> MediaModel:
    return MediaModel(model, fields, required, _PAGE.at("10.3"), pictures=_FRAMES)


_COG_OLD = {**_COG, "size": Sizes("x", ("720x480", "1024x1024", "1280x960", "960x1280", *_BIG[1:]))}
_VIDU_1 = Sizes("x", ("1920x1080",))
_VIDU_2 = Sizes("x", ("1280x720",))
_RATIOS = OneOf("16:9", "9:16", "1:1")
_VIDEO_MODELS = (
    _video("cogvideox-3", **_COG, size=Sizes("x", ("1280x720", "720x1280", *_BIG)), duration=OneOf(5, 10)),
    _video("cogvideox-2", **_COG_OLD),
    _video("cogvideox-flash", **_COG_OLD),
    _video("viduq1-text", "prompt", **_VIDEO, style=OneOf("general", "anime"), duration=OneOf(5), size=_VIDU_1,
           aspect_ratio=_RATIOS, movement_amplitude=_MOVES),
    _video("viduq1-image", "image_url", **_VIDEO, image_url=Items(1, 1, single=True), duration=OneOf(5),
           size=_VIDU_1, movement_amplitude=_MOVES, with_audio=Flag()),
    _video("vidu2-image", "image_url", **_VIDEO, image_url=Items(1, 1, single=True), duration=OneOf(4), size=_VIDU_2,
           movement_amplitude=_MOVES, with_audio=Flag()),
    _video("viduq1-start-end", "image_url", **_VIDEO, image_url=Items(2, 2), duration=OneOf(5), size=_VIDU_1,
           movement_amplitude=_MOVES, with_audio=Flag()),
    _video("vidu2-start-end", "image_url", **_VIDEO, image_url=Items(2, 2), duration=OneOf(4),
           size=Sizes("x", ("1280x720", "480x360")), movement_amplitude=_MOVES, with_audio=Flag()),
    _video("vidu2-reference", "prompt", "references", **_VIDEO, references=Items(3, 1, single=True), duration=OneOf(4),
           size=_VIDU_2, aspect_ratio=_RATIOS, movement_amplitude=_MOVES, with_audio=Flag()),
)  # fmt: skip
_VIDEO_NAMES = {
    "watermark": "watermark_enabled", "duration": "duration", "seed": "seed", "n": "n", "resolution": "resolution",
    "negative_prompt": "negative_prompt",
}  # fmt: skip


def _encode_video(asking: Asking) -> Draft:
    request = asking.request
    fields: JsonObject = {
        **({"prompt": request.prompt} if request.prompt else {}),
        **vendor_fields(asking, _VIDEO_NAMES),
    }
    pictures = [address(media) for media in request.inputs if media.kind == "image"]
    if len(pictures) != len(request.inputs):
        raise ConfigError("inputs: GLM makes videos from words and images only")
    takes = asking.known.fields or {} if asking.known else {}
    if pictures:
        # One string, or the first and the last frame as an array; references go by the same name.
        name = "references" if "references" in takes else "image_url"
        fields[name] = pictures[0] if len(pictures) == 1 else pictures
    if not request.prompt and not pictures:
        raise ConfigError("prompt: give a prompt, an image, or both")
    if request.size is not None:
        if isinstance(request.size, str) and ":" in request.size and "aspect_ratio" in takes:
            fields["aspect_ratio"] = request.size
        else:
            fields["size"] = size_text(request.size, "x", takes.get("size"))
    check_fields(asking, fields, {**_VIDEO_NAMES, "images": "image_url"})
    if "references" in fields:
        fields["image_url"] = fields.pop("references")
    return Draft("/videos/generations", {"model": asking.model, **fields})


# ---------------------------------------------------------------- search

_SEARCH_RULES: dict[str, Rule] = {"query": Chars(70, 1), "count": Between(1, 50, whole=True)}
_SEARCH = MediaModel(
    "web_search",
    {
        "search_query": _SEARCH_RULES["query"], "count": _SEARCH_RULES["count"], "search_intent": Flag(),
        "search_engine": OneOf("search_std", "search_pro", "search_pro_sogou", "search_pro_quark"),
        "search_domain_filter": Free(), "content_size": OneOf("medium", "high"), "request_id": Chars(64, 6),
        "search_recency_filter": OneOf("oneDay", "oneWeek", "oneMonth", "oneYear", "noLimit"), "user_id": Chars(128, 6),
    },
    source=_PAGE.at("10.6"),
)  # fmt: skip


def _encode_search(query: str, count: int | None, options: JsonObject) -> Draft:
    fields: JsonObject = {"search_query": query, "search_engine": "search_std", "search_intent": False}
    if count is not None:
        fields["count"] = count
    fields |= spell_fields(options, _SEARCH)
    check(fields, _SEARCH, {"search_query": "query"})
    return Draft("/web_search", fields)


def _read_search(body: JsonObject, query: str) -> SearchResult:
    rows = body.get("search_result")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no search result", payload=str(body))
    hits = tuple(
        SearchHit(
            title=str(row.get("title") or ""),
            url=str(row.get("link") or ""),
            snippet=str(row.get("content") or ""),
            site=row.get("media") or None,
            date=row.get("publish_date") or None,
            raw=row,
        )
        for row in rows
        if isinstance(row, dict)
    )
    return SearchResult(query, hits, raw=body)


# ---------------------------------------------------------------- quota

_UNITS = {1: "day", 3: "h", 5: "month", 6: "week"}


def _read_quota(body: JsonObject, quota: Quota) -> Quota:
    """Read the undocumented monitor endpoint (official usage plugin; CodexBar 2026-08-21).

    `usage` is the limit, `percentage` the part used, `nextResetTime` milliseconds.
    """
    data = body.get("data")
    if not isinstance(data, dict):
        raise ProtocolError("the reply holds no quota", payload=str(body))
    plan = next(
        (str(data[name]) for name in ("level", "planName", "plan", "plan_type", "packageName") if data.get(name)), None
    )
    windows = tuple(_window(row) for row in data.get("limits") or [] if isinstance(row, dict))
    return Quota(quota.provider, quota.endpoint, plan, windows, raw=body)


def _window(row: JsonObject) -> QuotaWindow:
    unit, number = _UNITS.get(row.get("unit") or 0), row.get("number")
    name = f"{number}h" if unit == "h" else unit or f"{row.get('unit')}x{number}"
    if row.get("type") == "TIME_LIMIT":
        name = f"{name} (MCP calls)"
    used = row.get("percentage")
    reset = row.get("nextResetTime")
    return QuotaWindow(
        name=name,
        used=row.get("currentValue"),
        limit=row.get("usage"),
        remaining=row.get("remaining"),
        remaining_ratio=1 - used / 100 if isinstance(used, (int, float)) else None,
        resets_at=datetime.fromtimestamp(reset / 1000, timezone.utc) if isinstance(reset, (int, float)) else None,
        covers_chat=row.get("type") != "TIME_LIMIT",
        unit={"TOKENS_LIMIT": "tokens", "CREDIT_LIMIT": "credits", "TIME_LIMIT": "calls"}.get(str(row.get("type"))),
    )


_MONITOR = QuotaAsk(
    _monitor,
    Draft("/api/monitor/usage/quota/limit", method="GET", headers={"Accept-Language": "en-US,en"}),
    _read_quota,
)
QUOTA = QuotaRoute(
    {"coding": (_MONITOR,), "coding-global": (_MONITOR,)},
    "GLM tells the quota of coding plans only; the balance is shown in the console",
    Source("documented", "the vendor's glm-plan-usage plugin; CodexBar", "2026-08-21"),
)


# ---------------------------------------------------------------- MCP (docs.z.ai devpack/mcp; @z_ai/mcp-server 0.1.5)


def _remote(name: str) -> McpRoute:
    def make(target: Place) -> McpServer:
        headers = {"Authorization": f"Bearer {target.api_key}"}
        note = "uses the plan's monthly pool of MCP calls"
        return McpServer(f"glm-{name}", url=f"{target.root}/api/mcp/{name}/mcp", headers=headers, note=note)

    return McpRoute(f"glm-{name}", make, source=_MCP)


def _vision(target: Place) -> McpServer:
    """Return how to start it.

    A mode that it knows replaces the address, so that the key would go to the vendor's host. For an address of one's
    own a mode is named that it does not know, which leaves the address alone and goes before an inherited `Z_AI_MODE`;
    the version is the one in which that was read and seen (`core/environment.js`).
    """
    program, env = "@z_ai/mcp-server", {"Z_AI_API_KEY": target.api_key}
    if target.root == target.endpoint.host:
        env["Z_AI_MODE"] = "ZAI" if target.endpoint.name.endswith("global") else "ZHIPU"
    else:
        program, env = f"{program}@0.1.5", {**env, "PLATFORM_MODE": "CUSTOM", "Z_AI_BASE_URL": f"{_base(target)}/"}
    return McpServer("glm-vision", "npx", ("-y", program), env, note="needs Node 18; uses the 5-hour window")


_POLL: dict[str, Any] = {"base": _base, "query": _query, "read_query": _read_query}
_MCP = Source("documented", "docs.z.ai/devpack/mcp; @z_ai/mcp-server 0.1.5", "2026-10")
ROUTES: tuple[AnyRoute, ...] = cite(
    _PAGE,
    MediaRoute(
        "glm-image", "image",
        (_GLM_IMAGE, *_COGVIEWS),
        encode=_encode_image, read_submit=_read_images, task=False, expiry=30 * _DAY, names=_IMAGE_ARGUMENTS, **_POLL,
    ),
    MediaRoute(
        "glm-image-task", "image", (_GLM_IMAGE,), encode=_encode_image_task, read_submit=_read_task, task=True,
        interval=1.0, longest_interval=10.0, deadline=300.0, expiry=30 * _DAY, names=_IMAGE_ARGUMENTS, **_POLL,
    ),
    MediaRoute(
        "glm-video", "video", _VIDEO_MODELS, encode=_encode_video, read_submit=_read_task,
        names=name_fields(
            _VIDEO_NAMES, prompt="prompt", images="image_url", references="references", size=("size", "aspect_ratio")
        ),
        **_POLL,
    ),
    MediaRoute(
        "glm-speech", "speech", (TTS,), base=_base, encode=encode_speech, read_submit=read_speech,
        names=name_fields(SPEECH_NAMES, text="input"), voices=VOICES,
        piece=read_piece, streaming={"stream": True, "encode_format": "base64", "response_format": "pcm"},
    ),
    VoiceRoute(
        "glm-voices", _base, Draft("/voice/list", method="GET"), read_voices, delete_voice, source=_PAGE.at("10.4")
    ),
    CLONE,
    SpeechRoute(
        "glm-asr", ("glm-asr-2512", "glm-asr"), _base, encode_recording, read_transcript, urls=False, limit=RECORDING,
        context="prompt", languages=False,
    ),
    SearchRoute("glm-search", _base, _encode_search, _read_search, rules=_SEARCH_RULES),
    _remote("web_search_prime"),
    _remote("web_reader"),
    _remote("zread"),
    McpRoute("glm-vision", _vision, source=_MCP),
)  # fmt: skip
