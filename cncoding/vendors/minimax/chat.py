"""MiniMax: plans and open platforms, mainland (minimax.cn) and international (minimax.io).

[oas-cn] are the OpenAPI pages that name `api.minimax.cn`, 2026-08 to 2026-10. Nothing here was tried with a key by
this project.
"""

from __future__ import annotations

import re

from cncoding.cards import PictureForm
from cncoding.errors import (
    ConfigError,
)
from cncoding.evidence import Source
from cncoding.profile import (
    AnthropicDialect,
    Endpoint,
    ModelCard,
    OpenAIDialect,
    Provider,
    ThinkingSupport,
    Warn,
    Wire,
    nearest_level,
)
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.minimax import failures
from cncoding.vendors.minimax import media as routes
from cncoding.vendors.minimax.files import FILES
from cncoding.vendors.minimax.hints import ALSO_CALLED, HINTS, KEY_PAGES
from cncoding.vendors.minimax.prices import PRICES

_OAS = Source("documented", "platform.minimax.cn OpenAPI pages", "2026-10")
_INTL = Source("documented", "platform.minimax.io/docs", "2026-09-29")
_OLD = Source("documented", "platform.minimax.io/docs of 2025-11; terrylica/cc-skills probes", "2026-08")
_PROBE = Source("captured", "terrylica/cc-skills probes", "2026-08")
_CAPTURE = Source("captured", "terrylica/cc-skills, error and reply bodies", "2026-04-28")
_TEST = Source("documented", "public test of M3.1", "2026-10-19")

_EYES = frozenset({"text", "image", "video"})
_NONE: frozenset[str] = frozenset()

# M3 switches thinking and has no effort scale (public report 2026-06: it refuses the field). M3.1 always thinks, as
# deep as its effort says (platform.minimax.io text generation, 2026-09). M2.x always thinks and takes no setting.
_SWITCH = ThinkingSupport(default=True, can_disable=True)
_DEPTH = ThinkingSupport(can_disable=False, levels=("low", "medium", "high", "xhigh", "max"), default_level="max")
_ALWAYS = ThinkingSupport(default=True, can_disable=False)


def _m3(model: str, thinking: ThinkingSupport, structured: frozenset[str], source: Source) -> ModelCard:
    """M3 family: has eyes of its own ([oas-cn])."""
    return ModelCard(
        id=model,
        context=1_000_000,
        max_output=524_288,
        input=_EYES,
        thinking=thinking,
        structured=structured,
        source=source,
    )


def _m2(model: str, max_output: int = 204_800, source: Source = _OAS) -> ModelCard:
    """M2 family: text only; on the OpenAI wire an image is dropped in silence (probe 2026-04-29), hence `vlm`."""
    return ModelCard(
        id=model,
        context=204_800,
        max_output=max_output,
        thinking=_ALWAYS,
        structured=_NONE,
        vision="vlm",
        source=source,
    )


_STRUCTURED = _OAS.annotate("structured output: probes of 2026-07/08")
_PREVIEW = _INTL.annotate("plan only; structured output untried, so not offered")
# The models page is said to have retired M2.5 and M2.7 on 2026-11-18; plans answer those ids with M3.1-Flash since
# 2026-10-19 (third party). They keep their cards; vision="native" is there for those who know better.
_CARDS = (
    # The probes of 2026-07/08 saw json_object and json_schema work on M3 "without hard guarantee", ignored on M2.7.
    _m3(
        "MiniMax-M3",
        _SWITCH,
        frozenset({"json_object", "json_schema"}),
        _OAS.annotate("structured output: probes of 2026-07/08"),
    ),
    _m3("MiniMax-M3.1-Flash-Preview", _DEPTH, _NONE, _PREVIEW),
    _m3("MiniMax-M3.1-Flash", _DEPTH, _NONE, Source("inferred", "the preview and gateways", "2026-10-18")),
    _m2("MiniMax-M2.7"),
    _m2("MiniMax-M2.7-highspeed"),
    _m2("MiniMax-M2.5"),
    _m2("MiniMax-M2.5-highspeed"),
    _m2("MiniMax-M2.1"),
    _m2("MiniMax-M2.1-highspeed"),
    _m2("MiniMax-M2", 131_072, _OAS.annotate("the models page says 128k of output, the API page 204,800")),
)


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`thinking.type` is adaptive or disabled; M3.1 takes `reasoning_effort` instead and refuses "disabled".

    [oas-cn] for M3 and M2.x; for M3.1 a public test of 2026-10-19 (HTTP 400, 2013 "requires adaptive thinking").
    """
    support = card.thinking or _SWITCH
    off = thinking.enabled is False or (thinking.effort == "none" and thinking.enabled is None)
    if thinking.budget is not None:
        warn("thinking_budget", "MiniMax has no budget; left out")
    if off and not support.can_disable:
        lowest = {"reasoning_effort": support.levels[0]} if support.levels else {}
        warn("thinking", f"{card.id} cannot stop thinking" + ("; it thinks at its lowest effort" if lowest else ""))
        return lowest
    body: JsonObject = {}
    if support.can_disable and (off or thinking.enabled or thinking.effort):
        body["thinking"] = {"type": "disabled" if off else "adaptive"}
    return body if off else body | _effort(thinking.effort, card, warn)


def _effort(effort: str | None, card: ModelCard, warn: Warn) -> JsonObject:
    if effort is None:
        return {}
    if card.thinking is None or (card.known and not card.thinking.levels):
        warn("reasoning_effort", f"{card.id} has no effort levels (MiniMax-M3.1-Flash has); left out")
        return {}
    return {"reasoning_effort": nearest_level(effort, card.thinking, warn)}


def _check(request: ChatRequest, card: ModelCard) -> None:
    """Refuse what [oas-cn] puts out of range. Older pages allow temperature 0 to 1 only; 0 failed on old models."""
    if request.temperature is not None and not 0 <= request.temperature <= 2:
        raise ConfigError(f"temperature={request.temperature}: MiniMax takes 0 to 2")
    for one in request.media:
        if one.size > _LARGEST.get(one.kind, one.size):
            raise ConfigError(f"{one.kind}: more than MiniMax takes inline (images 10 MB, videos 50 MB); pass a URL")


_LARGEST = {"image": 10 * 1024 * 1024, "video": 50 * 1024 * 1024}


def _media_part(media: Media, url: str) -> JsonObject:
    """Image and video parts with their options inside ([oas-cn]); an uploaded file is named `mm_file://`."""
    if media.kind not in ("image", "video"):
        raise ConfigError(f"{media.kind}: MiniMax chat reads images and videos only; transcribe or render it first")
    if media.file_id is not None:
        url = f"mm_file://{media.file_id.removeprefix('mm_file://')}"
    inner: JsonObject = {"url": url.replace("data:video/quicktime;", "data:video/mov;", 1), **media.options}
    if media.detail not in (None, "auto"):  # its own words are low, default and high
        inner["detail"] = media.detail
    key = f"{media.kind}_url"
    return {"type": key, key: inner}


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Say what MiniMax ignores (docs 2025-11, probe 2026-07/08)."""
    if request.extra.get("n") not in (None, 1):
        warn("n", "MiniMax gives one choice whatever it says")
    for name in ("presence_penalty", "frequency_penalty", "logit_bias"):
        if request.extra.get(name) is not None:
            warn(name, "MiniMax ignores it")
    return body


_PICTURES = PictureForm(("image/jpeg", "image/png", "image/gif", "image/webp"), 10, source=_OAS)
OPENAI = OpenAIDialect(
    thinking=_thinking,
    # The whole turn goes back: reasoning_details, else reasoning_content ([oas-cn] lists both). That reasoning which
    # came as <think> may go back as reasoning_content, too, is inferred.
    echo_details="reasoning_details",
    think_tags=True,
    # M3 with reasoning_split was seen to end its reasoning with the literal tag, split over two pieces.
    reasoning_marks=("\n</think>", "</think>"),
    snapshots=True,
    max_tokens_field="max_completion_tokens",
    # Not in the schema of [oas-cn]: the older native page has none and auto; M2.7 ignored the others (probe).
    tool_choice=frozenset({"auto", "none"}),
    # Stop words are ignored (docs 2025-11, probe 2026-07/08); the others are not in the schema.
    omits=frozenset({"parallel_tool_calls", "seed", "stop", "strict"}),
    # Asks for reasoning beside the content.
    members={"reasoning_split": True},
    media_part=_media_part,
    pictures=_PICTURES,
    sources={
        **_OAS.covers("thinking", "max_tokens_field", "members", "echo_details", "media_part", "pictures"),
        "think_tags": _CAPTURE.annotate("without reasoning_split; M3 mirrors them (vellum PR, 2026-06)"),
        "snapshots": _OAS.annotate("samples of the page are cumulative, captures are not"),
        "reasoning_marks": Source("captured", "public recordings of M3", "2026-09"),
        "omits": _OLD,
        "tool_choice": _PROBE.annotate("the older native page has none and auto; M2.7 ignored the others"),
    },
)


def _anthropic_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """As on the other wire, with the effort in `output_config` (public test 2026-10-19).

    Where nothing is said M3 does not think on this wire, although it does on the other ([oas-cn anthropic]). We send
    nothing either: None means "not sent", and users of the official SDK expect the vendor's default.
    """
    body = _thinking(thinking, card, warn)
    if effort := body.pop("reasoning_effort", None):
        body["output_config"] = {"effort": effort}
    return body


def _read(reply: JsonObject) -> JsonObject:
    """Read `content: null` of a reply that was cut by its limit before it said anything as no content."""
    cut = reply.get("content", ()) is None and reply.get("stop_reason")
    return {**reply, "content": []} if cut else reply


ANTHROPIC = AnthropicDialect(
    read=_read,
    thinking=_anthropic_thinking,
    max_tokens=65_536,
    tool_choice=frozenset({"auto", "none"}),
    video=True,
    pictures=_PICTURES,
    cache="marks",
    omits=frozenset({"stop", "parallel_tool_calls"}),
    sources={
        "thinking": _TEST,
        "max_tokens": _OAS.annotate("recommended for M2.x; it includes the thinking"),
        **_OAS.covers("tool_choice", "video", "pictures"),
        "read": Source("captured", "public recordings of the Anthropic wire, HTTP 200 with max_tokens", "2026-09"),
        "cache": _OAS.annotate("on system, tools and messages, at most four; cache guide 2025-11"),
        "omits": _OLD,
    },
)


def _endpoint(name: str, host: str, prefix: str, foreign: str, hint: str) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire("/v1", OPENAI), "anthropic": Wire("/anthropic", ANTHROPIC)},
        models=_CARDS,
        default_model="MiniMax-M3",
        key_env=("MINIMAX_API_KEY",),
        check=_check,
        finalize=_finalize,
        key_prefixes=(prefix,),
        foreign_keys=re.compile(re.escape(foreign)),
        foreign_hint=hint,
        sources={**_OAS.covers("host", "check"), "key_env": _INTL, "finalize": _OLD},
    )


_PLAN_HINT = "pass endpoint='api' (or 'api-global'), or a plan key that begins with sk-cp-"
_API_HINT = "pass endpoint='coding' (or 'coding-global'), or a pay-as-you-go key that begins with sk-api-"

PROVIDER = Provider(
    id="minimax",
    class_name="MiniMax",
    title="MiniMax",
    docs="https://platform.minimax.io/docs",
    # The former mainland host, api.minimaxi.com, still answered in 2026-09: base_url or MINIMAX_API_HOST name it.
    endpoints=(
        _endpoint("coding", "https://api.minimax.cn", "sk-cp-", "sk-api-", _PLAN_HINT),
        _endpoint("coding-global", "https://api.minimax.io", "sk-cp-", "sk-api-", _PLAN_HINT),
        _endpoint("api", "https://api.minimax.cn", "sk-api-", "sk-cp-", _API_HINT),
        _endpoint("api-global", "https://api.minimax.io", "sk-api-", "sk-cp-", _API_HINT),
    ),
    base_url_env="MINIMAX_BASE_URL",
    host_env="MINIMAX_API_HOST",
    error_codes=failures.CODES,
    error_texts=failures.TEXTS,
    code_patterns=(re.compile(r"\((\d{4,5})\)\s*$"),),  # "... (2013)"
    sources={"code_patterns": _CAPTURE},
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    media=routes.ROUTES,
    quota=routes.QUOTA,
    files=FILES,
    prices=PRICES,
)
