"""Media of MiniMax: images, the plan's search, sight and quota. Video and sound stand in files of their own."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.steps import Reply
from cncoding.media.carriage import MIB, Carriage
from cncoding.media.rates import Rate
from cncoding.media.replies import images
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
    SightRoute,
    Submitted,
    check_fields,
    cite,
    name_fields,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, Items, MediaModel, Members, OneOf, Rule, as_ratio, is_pair, pair
from cncoding.media.values import Done, McpServer, MediaRequest, SearchHit, SearchResult
from cncoding.quota import Quota, QuotaWindow
from cncoding.types import JsonObject
from cncoding.vendors.minimax.cloning import CLONE, DESIGN
from cncoding.vendors.minimax.sound import LONG_SPEECH, SPEECH, VOICES
from cncoding.vendors.minimax.video import RATES, VIDEO_V1, VIDEO_V2

_PAGE = Source("documented", "platform.minimax.cn OpenAPI pages", "2026-10")
MM_API_SOURCE = {"MM-API-Source": "Minimax-MCP"}
"""A report of 2026-02 calls it mandatory for the vision endpoint, and the official MCP server sends it with the search
too; the official command line does not. The client's `default_headers` win over it."""


def _base(target: Place) -> str:
    return target.root


# ---------------------------------------------------------------- images

RATIOS = {
    "1:1": (1024, 1024), "16:9": (1280, 720), "4:3": (1152, 864), "3:2": (1248, 832), "2:3": (832, 1248),
    "3:4": (864, 1152), "9:16": (720, 1280), "21:9": (1344, 576),
}  # fmt: skip
_SIDE = Between(512, 2048, whole=True, step=8, noun="a width and a height")
_IMAGE: dict[str, Rule] = {
    "prompt": Chars(1500, 1), "response_format": OneOf("url", "base64"), "n": Between(1, 9, whole=True),
    "seed": Between(-(2**63), 2**63 - 1, whole=True), "prompt_optimizer": Flag(), "aigc_watermark": Flag(),
    "subject_reference": Items(1, 1),
}  # fmt: skip
_STYLE = Members(
    {"style_type": OneOf("漫画", "元气", "中世纪", "水彩"), "style_weight": Between(0, 1, above=True)}, ("style_type",)
)
_PICTURES = PictureForm(("image/jpeg", "image/png"), 10, source=_PAGE.at("image_generation"))
_IMAGE_MODELS = (
    MediaModel(
        "image-01", {**_IMAGE, "aspect_ratio": OneOf(*RATIOS), "width": _SIDE, "height": _SIDE}, ("prompt",),
        _PAGE.at("image_generation"), pictures=_PICTURES,
    ),
    MediaModel(
        "image-01-live",
        {**_IMAGE, "aspect_ratio": OneOf(*(ratio for ratio in RATIOS if ratio != "21:9")), "style": _STYLE},
        ("prompt",), _PAGE.at("image_generation"), pictures=_PICTURES,
    ),
)  # fmt: skip
_IMAGE_NAMES = {"n": "n", "seed": "seed", "watermark": "aigc_watermark"}
_IMAGE_ARGUMENTS = name_fields(
    _IMAGE_NAMES, prompt="prompt", images="subject_reference", size=("aspect_ratio", "width", "height")
)


def _encode_image(asking: Asking) -> Draft:
    request = asking.request
    fields: JsonObject = {"prompt": request.prompt, **vendor_fields(asking, _IMAGE_NAMES)}
    if request.size is not None:
        fields |= _size(asking)
    pictures = [address(media) for media in request.inputs if media.kind == "image"]
    if len(pictures) != len(request.inputs):
        raise ConfigError("inputs: MiniMax makes images from words and an image of a person only")
    if pictures:
        fields["subject_reference"] = [{"type": "character", "image_file": picture} for picture in pictures]
    check_fields(asking, fields, {**_IMAGE_NAMES, "images": "subject_reference"})
    return Draft("/v1/image_generation", {"model": asking.model, **fields})


def _size(asking: Asking) -> JsonObject:
    """Translate `size`, which reports and a gateway use and no page lists, to width and height or an aspect ratio."""
    size = asking.request.size
    assert size is not None
    if not is_pair(size):
        if as_ratio(size) is None:
            raise ConfigError(f"size={size!r}: give 'WIDTHxHEIGHT', (width, height) or one of {', '.join(RATIOS)}")
        return {"aspect_ratio": size}
    width, height = pair(size)
    takes_sides = asking.known is None or asking.known.fields is None or "width" in asking.known.fields
    ratio = next((name for name, sides in RATIOS.items() if sides == (width, height)), None)
    if ratio is not None and not takes_sides:
        return {"aspect_ratio": ratio}
    return {"width": width, "height": height}


def _read_images(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    found = images(body)
    if not found:
        raise ProtocolError("the reply holds no image", payload=str(body))
    metadata = body.get("metadata")
    return Submitted(done=Done(found, usage=metadata if isinstance(metadata, dict) else {}, raw=body))


# ---------------------------------------------------------------- search


def _encode_search(query: str, count: int | None, options: JsonObject) -> Draft:
    if options:
        raise ConfigError(f"options: MiniMax's search takes a query and nothing else, not {', '.join(options)}")
    return Draft("/v1/coding_plan/search", {"q": query}, headers=MM_API_SOURCE)


def _read_search(body: JsonObject, query: str) -> SearchResult:
    rows = body.get("organic")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no search result", payload=str(body))
    hits = tuple(
        SearchHit(
            title=str(row.get("title") or ""),
            url=str(row.get("link") or ""),
            snippet=str(row.get("snippet") or ""),
            date=row.get("date") or None,
            raw=row,
        )
        for row in rows
        if isinstance(row, dict)
    )
    related = body.get("related_searches") or []
    return SearchResult(query, hits, tuple(str(one["query"]) for one in related if one.get("query")), body)


# ---------------------------------------------------------------- quota


def _read_quota(body: JsonObject, quota: Quota) -> Quota:
    """Read the rows of a plan. Since 2026-06 counts may be 0 and only the percentages count.

    Before, `usage_count` held what was left (MiniMax-M2 issue 99, 2026-03), so counts are used only where they agree
    with the percentage or none is given.
    """
    windows: list[QuotaWindow] = []
    for row in body.get("model_remains") or []:
        if isinstance(row, dict):
            windows += [
                _window(row, "5h", "current_interval", "end_time"),
                _window(row, "week", "current_weekly", "weekly_end_time"),
            ]
    found = tuple(
        window for window in windows if window.limit or window.remaining_ratio is not None or window.unlimited
    )
    return Quota(quota.provider, quota.endpoint, windows=found, raw=body)


def _window(row: JsonObject, name: str, prefix: str, end: str) -> QuotaWindow:
    percent = row.get(f"{prefix}_remaining_percent")
    total, counted = row.get(f"{prefix}_total_count"), row.get(f"{prefix}_usage_count")
    ends = row.get(end)
    numbers = isinstance(total, (int, float)) and isinstance(counted, (int, float)) and total > 0
    return QuotaWindow(
        name=f"{name} {row['model_name']}" if row.get("model_name") else name,
        limit=total if numbers else None,
        remaining=counted if numbers and percent is None else None,
        used=total - counted if numbers and percent is None and total is not None and counted is not None else None,
        remaining_ratio=percent / 100
        if isinstance(percent, (int, float))
        else (counted / total if numbers and total else None),
        resets_at=datetime.fromtimestamp(ends / 1000, timezone.utc)
        if isinstance(ends, (int, float)) and ends
        else None,
        unlimited=row.get(f"{prefix}_status") == 3,
    )


_ASKS = (
    QuotaAsk(_base, Draft("/v1/token_plan/remains", method="GET"), _read_quota),
    QuotaAsk(_base, Draft("/v1/api/openplatform/coding_plan/remains", method="GET"), _read_quota),
)
QUOTA = QuotaRoute(
    {"coding": _ASKS, "coding-global": _ASKS},
    "MiniMax tells the quota of plans only; the balance is shown in the console",
    Source("documented", "MiniMax-AI/cli and openusage 536", "2026-06"),
)


def _mcp(target: Place) -> McpServer:
    """Start the plan's own server: web_search and understand_image (its source, version 0.0.5).

    It prints a greeting to the stream of the protocol. Unbuffered it comes first, where clients skip it; else it comes
    when the server ends, where the client of `mcp` 1 breaks over it (observed with 0.0.4, 2026-11-20).
    """
    env = {"MINIMAX_API_KEY": target.api_key, "MINIMAX_API_HOST": target.root, "PYTHONUNBUFFERED": "1"}
    return McpServer("minimax-coding-plan", "uvx", ("minimax-coding-plan-mcp", "-y"), env, note="needs uv")


_DAY = 86400.0
_IMAGES: dict[str, Any] = {"encode": _encode_image, "read_submit": _read_images}
_PLAN_SERVER = Source("documented", "minimax-coding-plan-mcp 0.0.5, the vendor's own server", "2025-11-20")


_SEEN = PictureForm(("image/jpeg", "image/png", "image/webp"), source=_PLAN_SERVER)
"""What the vendor's own server sends there; no page tells a limit."""


def _describe(prompt: str, data_url: str) -> Draft:
    """Ask the plan's vision model about an image (source of the official MCP server; tried by others in 2026-02)."""
    return Draft("/v1/coding_plan/vlm", {"prompt": prompt, "image_url": data_url}, headers=MM_API_SOURCE)


def _read_description(body: JsonObject) -> str:
    return str(body.get("content") or "")


ROUTES: tuple[AnyRoute, ...] = cite(
    _PAGE,
    MediaRoute(
        "minimax-image",
        "image",
        _IMAGE_MODELS,
        _base,
        expiry=_DAY,
        names=_IMAGE_ARGUMENTS,
        rate=Rate(10, 60.0, RATES),
        carriage=Carriage({"image": 10 * MIB}, _PAGE.at("image_generation")),
        **_IMAGES,
    ),
    VIDEO_V1,
    VIDEO_V2,
    SPEECH,
    LONG_SPEECH,
    CLONE,
    DESIGN,
    VOICES,
    SearchRoute("minimax-search", _base, _encode_search, _read_search, counts=False, source=_PLAN_SERVER),
    SightRoute("minimax-sight", _base, _describe, _read_description, source=_PLAN_SERVER, pictures=_SEEN),
    McpRoute("minimax-coding-plan", _mcp, source=_PLAN_SERVER),
)
