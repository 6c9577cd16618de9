"""Qwen: the coding plan, the token plan and pay as you go of Alibaba Cloud Bailian (Model Studio).

Sources: seed 001 (2026-02), help.aliyun.com pages of the plans (2026-05 to 2026-10), the chat references of both wires
and the error page (2026-09 to late 2026), and dated public threads. Nothing here was tried with a key by this project.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from cncoding.errors import (
    AuthenticationError,
    ClientRefusedError,
    ConfigError,
    ContentBlockedError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
)
from cncoding.exchange.failures import ErrorRule
from cncoding.exchange.media_types import media_type
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
    thinks,
)
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.qwen import media as routes
from cncoding.vendors.qwen.hints import ALSO_CALLED, HINTS, KEY_PAGES

_TEXT = frozenset({"text"})
_SIGHT = frozenset({"text", "image"})
_EYES = frozenset({"text", "image", "video"})
_JSON = frozenset({"json_object"})
_SCHEMA = frozenset({"json_object", "json_schema"})
_AUTO = frozenset({"auto", "none"})


def _on(budget: int | None) -> ThinkingSupport:
    return ThinkingSupport(default=True, can_disable=True, max_budget=budget)


def _off(budget: int | None) -> ThinkingSupport:
    return ThinkingSupport(default=False, can_disable=True, max_budget=budget)


_ALWAYS = ThinkingSupport(default=True, can_disable=False)
_EFFORT = ThinkingSupport(levels=("low", "medium", "xhigh"), default_level="xhigh", max_budget=262_144)
"""Qwen3.8: max and high mean xhigh, minimal means low, none means off (chat reference 2026-09)."""
_OTHERS_EFFORT = ThinkingSupport(levels=("high", "max"))
"""GLM-5.x and DeepSeek V4 on this platform (chat reference 2026-09)."""


def _card(
    model: str, context: int | None, output: int | None, thinking: ThinkingSupport | None, **more: Any
) -> ModelCard:
    # top_k: "not for deepseek, kimi and MiniMax" (chat reference 2026-09).
    others = model.lower().startswith(("deepseek", "kimi", "minimax"))
    omits = frozenset({"top_k"}) if others else frozenset()
    return ModelCard(id=model, context=context, max_output=output, thinking=thinking, omits=omits, **more)


# Coding plan FAQ, 2026-09/10. Seed 001 (2026-02) has six of these, calls qwen3-max a vision model and kimi-k2.5 a text
# model; the vendor's pages say the opposite of both, so an image for qwen3-max is left to the vendor. Tool choice of
# models by others is inferred from their own platforms. Video on the plan's host is not documented.
_Q37 = _card("qwen3.7-plus", 1_000_000, 65_536, _on(262_144), input=_SIGHT, structured=_SCHEMA)
_PLAN_CARDS = (
    _Q37,
    _card("qwen3.6-plus", 1_000_000, 65_536, _on(81_920), input=_SIGHT),
    _card("qwen3.5-plus", 1_000_000, 65_536, _on(81_920), input=_SIGHT),
    _card("qwen3-max-2026-01-23", 262_144, 65_536, _off(81_920), vision="native", note="seed 001: vision; pages: text"),
    _card("qwen3-coder-next", 262_144, 65_536, None),
    _card("qwen3-coder-plus", 1_000_000, 65_536, None),
    _card("kimi-k2.5", 262_144, 32_768, _off(81_920), input=_SIGHT, tool_choice=_AUTO),
    _card("glm-5", 202_752, 32_768, _on(32_768), tool_choice=_AUTO),
    _card("glm-4.7", 202_752, 32_768, _on(32_768), tool_choice=_AUTO),
    _card("MiniMax-M2.5", 196_608, 32_768, _ALWAYS, tool_choice=_AUTO),
)

# Token plan page, 2026-09; sizes are not on it. The deepseek ids are inferred from "deepseek-v4*".
_Q38 = tuple(
    _card(model, None, None, _EFFORT, input=_EYES, structured=_SCHEMA) for model in ("qwen3.8-max", "qwen3.8-flash")
)
_Q37_MAX = _card(
    "qwen3.7-max", None, None, _on(None), structured=_SCHEMA, vision="native", note="vision not documented"
)
_TOKEN_PLAN_CARDS = (
    *_Q38,
    _Q37_MAX,
    replace(_Q37, input=_EYES),
    _card("qwen3.6-flash", None, None, _on(None), input=_EYES),
    *(_card(model, None, None, _OTHERS_EFFORT, tool_choice=_AUTO) for model in ("glm-5.3", "glm-5.2")),
    *(
        _card(model, None, None, _OTHERS_EFFORT, tool_choice=_AUTO)
        for model in ("deepseek-v4-pro", "deepseek-v4-flash")
    ),
)

# Chat reference, vision and translation pages, 2026-09/10. Stream only: reference 3.3; the open Qwen3 models are so
# only while thinking, which is their default. qwen-mt-plus and -turbo repeat all text so far in every piece.
_API_CARDS = (
    *_Q38,
    _Q37_MAX,
    *(replace(card, input=_EYES) if card.id.startswith("qwen3.") else card for card in _PLAN_CARDS),
    _card("qwen3.7-flash", None, None, _on(None), input=_EYES, structured=_SCHEMA),
    _card("qwen3.6-flash", None, None, _on(None), input=_EYES),
    _card("qwen3.5-flash", None, None, _on(None), input=_EYES),
    _card("qwen3-max", 262_144, 65_536, _off(81_920)),
    _card("qwen3-vl-plus", None, None, _off(None), input=_EYES),
    _card("qwen3-vl-flash", None, None, _off(None), input=_EYES),
    _card("qwen3-235b-a22b", None, None, _on(None), stream_only=True),
    _card("qwen3-32b", None, None, _on(None), stream_only=True),
    _card("qwq-plus", None, None, _ALWAYS, stream_only=True),
    _card("qvq-max", None, None, _ALWAYS, input=_SIGHT, stream_only=True, tools=False),
    *(_card(f"qwen-mt-{size}", None, None, None, tools=False, cumulative=True) for size in ("plus", "turbo")),
    *(_card(f"qwen-mt-{size}", None, None, None, tools=False) for size in ("flash", "lite")),
)


# ---------------------------------------------------------------- thinking


def _plan_of(thinking: Thinking, card: ModelCard, warn: Warn) -> Thinking:
    """Return what of the wishes this model takes: on or off, an effort or a budget, never both (reference 3)."""
    support = card.thinking
    off = thinking.enabled is False or (thinking.enabled is None and thinking.effort == "none")
    if support is None or (off and not support.can_disable):
        if support is not None or not off:
            warn("thinking", f"{card.id} {'always thinks' if support else 'does not think'}; left out")
        return Thinking()
    if off:
        return Thinking(enabled=False)
    effort, budget = thinking.effort, thinking.budget
    if effort is not None and card.known and not support.levels:
        warn("reasoning_effort", f"{card.id} has no effort levels (use thinking_budget); left out")
        effort = None
    if effort is not None and budget is not None:
        warn("thinking_budget", "Qwen takes reasoning_effort or a budget, not both; the effort is sent")
        budget = None
    if budget is not None and support.max_budget is not None and budget > support.max_budget:
        warn("thinking_budget", f"{card.id} thinks at most {support.max_budget} tokens, which is sent")
        budget = support.max_budget  # HTTP 400 above it (plan FAQ 2026-09)
    if effort is not None:
        effort = nearest_level(effort, support, warn)
    on = True if thinking.enabled or (not support.default and (effort or budget)) else None
    return Thinking(on if support.can_disable else None, effort, budget)


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """Three members at the top of the body (chat reference 2026-09)."""
    plan = _plan_of(thinking, card, warn)
    told = {"enable_thinking": plan.enabled, "thinking_budget": plan.budget, "reasoning_effort": plan.effort}
    return {name: value for name, value in told.items() if value is not None}


def _messages_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`thinking{type,budget_tokens}` and `output_config.effort` (Anthropic reference, late 2026)."""
    plan = _plan_of(thinking, card, warn)
    body: JsonObject = {}
    if plan.enabled is not None or plan.budget is not None:
        body["thinking"] = {"type": "disabled" if plan.enabled is False else "enabled"}
        if plan.budget is not None:
            body["thinking"]["budget_tokens"] = plan.budget
    return {**body, "output_config": {"effort": plan.effort}} if plan.effort else body


# ---------------------------------------------------------------- the rest of a request

_LARGEST = {"image": 20 * 1024 * 1024, "video": 10 * 1024 * 1024}
"""Bytes of a data URL (vision page 2026-09/10). An older error text names 10 MB for images too."""


def _media_part(media: Media, url: str) -> JsonObject:
    """Images and videos with their limits (`min_pixels`, `fps`, ...) beside the URL, sound as data URL."""
    if media.kind == "file" or not url:
        raise ConfigError(f"{media.kind}: Qwen chat takes url, data or path of images, videos and audio only")
    if media.data is not None and len(url) > _LARGEST.get(media.kind, len(url)):
        limit = _LARGEST[media.kind] // (1024 * 1024)
        raise ConfigError(f"{media.kind}: Qwen takes at most {limit} MB as Base64; make it smaller or pass a URL")
    if media.kind == "audio":
        sound: JsonObject = {"data": url}
        if media.data is not None:
            subtype = media_type(media).partition("/")[2]
            sound["format"] = {"mpeg": "mp3", "x-wav": "wav"}.get(subtype, subtype)
        return {"type": "input_audio", "input_audio": sound, **media.options}
    key = f"{media.kind}_url"
    return {"type": key, key: {"url": url}, **media.options}


def _check(request: ChatRequest, card: ModelCard) -> None:
    """Translation models take one user message and must be told the languages (qwen-mt page 2026)."""
    if not card.id.startswith("qwen-mt-"):
        return
    if len(request.messages) != 1 or request.messages[0].role != "user":
        raise ConfigError(f"messages: {card.id} takes exactly one user message; say the rest in translation_options")
    if "translation_options" not in request.extra:
        raise ConfigError(
            f"extra_body: {card.id} needs translation_options, as {{'source_lang': 'auto', 'target_lang': 'English'}}"
        )


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """The reference of 2026-09 says that JSON mode may do nothing while thinking; older ones call it an error."""
    if body.get("response_format") == {"type": "json_object"} and thinks(request.thinking, card) and card.known:
        warn("response_format", f"it may have no effect while {card.id} thinks; set thinking=False")
    return body


def _finalize_plan(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """The plans promise no search inside chat (plan page 2026-05); what becomes of the switch there is unknown."""
    if request.search:
        warn("search", "the plans document no search inside chat, so it may do nothing; use the web_search tool")
    return _finalize(body, request, card, warn)


OPENAI = OpenAIDialect(
    thinking=_thinking,
    # On the coding plan `delta.content` was seen to hold all text so far (qwen-code PR 3896, 2026-05).
    snapshots=True,
    # `required` is documented as unsupported; a forced choice while thinking is HTTP 400 "The tool_choice parameter
    # does not support being set to required or object in thinking mode" (eino 994, oh-my-pi 886, agentscope 1608).
    tool_choice=frozenset({"auto", "none", "named"}),
    thinking_tool_choice=_AUTO,
    media_part=_media_part,
    # HTTP 400 otherwise (chat reference 2026-09).
    json_word=True,
    search={"enable_search": True},
    omits=frozenset({"strict"}),
    cache="messages",  # explicit cache: marks on content parts, those on tools are ignored (cache guide 2026-09)
    rare=frozenset({"top_k", "presence_penalty", "logprobs", "top_logprobs"}),  # chat reference 2026-09
)

# Choices any and tool are documented; that the limit while thinking holds here too is inferred.
ANTHROPIC = AnthropicDialect(
    thinking=_messages_thinking,
    max_tokens=32_768,
    thinking_tool_choice=_AUTO,
    video=True,
    structured=frozenset({"json_schema"}),
    cache="marks",  # documented for system; for messages and tools inferred from the wire
    rare=frozenset({"top_k"}),  # page on the Anthropic-compatible API, 2026-09
)


# ---------------------------------------------------------------- endpoints

_DASHSCOPE = "DASHSCOPE_API_KEY"
_PLAN_KEYS = ("ALIBABA_CODING_PLAN_API_KEY", f"{_DASHSCOPE}:sk-sp-")


def _plan(name: str, host: str, path: str, cards: tuple[ModelCard, ...]) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire(path, OPENAI), "anthropic": Wire("/apps/anthropic", ANTHROPIC)},
        models=cards,
        default_model="qwen3.7-plus",
        key_env=_PLAN_KEYS,
        check=_check,
        finalize=_finalize_plan,
        key_prefixes=("sk-sp-",),
        foreign_keys=re.compile(r"sk-(?!sp-)[A-Za-z0-9]{20,}\Z"),
        foreign_hint="a general key works at endpoint='api' or 'api-global' and pays by use; plan keys begin sk-sp-",
    )


def _api(name: str, host: str) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire("/compatible-mode/v1", OPENAI), "anthropic": Wire("/apps/anthropic", ANTHROPIC)},
        models=_API_CARDS,
        default_model="qwen3.7-plus",
        key_env=(_DASHSCOPE,),
        check=_check,
        finalize=_finalize,
        foreign_keys=re.compile(r"sk-sp-"),
        foreign_hint="a key that begins sk-sp- belongs to a plan: use endpoint='coding' or 'token-plan' (or -global)",
    )


# ---------------------------------------------------------------- errors

_AUTH = ErrorRule(AuthenticationError)
_BUSY = ErrorRule(RateLimitedError)
_BROKEN = ErrorRule(ServerError)
_BALANCE = ErrorRule(QuotaExhaustedError, "balance")
_SPENT = ErrorRule(QuotaExhaustedError)
_GONE = ErrorRule(NotFoundError)

# Error page, 2026; the OpenAI and the native spelling of each. A text about the window goes before a code of _SPENT.
_CODES = {
    "invalid_api_key": _AUTH, "InvalidApiKey": _AUTH,
    "model_not_found": _GONE, "ModelNotFound": _GONE, "model_not_supported": _GONE,
    "data_inspection_failed": ErrorRule(ContentBlockedError), "DataInspectionFailed": ErrorRule(ContentBlockedError),
    "Arrearage": _BALANCE, "PrepaidBillOverdue": _BALANCE, "PostpaidBillOverdue": _BALANCE,
    "CommodityNotPurchased": ErrorRule(PermissionDeniedError),
    "insufficient_quota": _SPENT, "Throttling.AllocationQuota": _SPENT, "AllocationQuota.FreeTierOnly": _SPENT,
    "Throttling": _BUSY, "Throttling.RateQuota": _BUSY, "Throttling.BurstRate": _BUSY,
    "limit_requests": _BUSY, "limit_burst_rate": _BUSY,
    "internal_error": _BROKEN, "InternalError": _BROKEN, "InternalError.Timeout": _BROKEN, "SystemError": _BROKEN,
    "ModelServiceFailed": _BROKEN, "RequestTimeOut": _BROKEN, "ResponseTimeout": _BROKEN,
    "ModelServingError": _BROKEN, "ModelUnavailable": _BROKEN,
}  # fmt: skip


def _text(pattern: str, rule: ErrorRule) -> tuple[re.Pattern[str], ErrorRule]:
    return re.compile(pattern, re.I), rule


# Plan FAQ, 2026-09. "usage" is a burst of a minute to an hour, the others wait for their window,
# of which week and month are read off the text by the core.
_TEXTS = (
    _text(r"only available for coding agents", ErrorRule(ClientRefusedError)),
    _text(r"(usage|concurrency) allocated quota exceeded", _BUSY),
    _text(r"hour allocated quota exceeded", ErrorRule(QuotaExhaustedError, "5h")),
    _text(r"allocated quota exceeded|exceeded your current quota", _SPENT),
    _text(r"invalid access token|incorrect api.?key|(invalid|no) api-key", _AUTH),
    _text(r"model '[^']*' (is )?not (supported|found)", _GONE),
)

PROVIDER = Provider(
    id="qwen",
    title="Qwen",
    docs="https://help.aliyun.com/zh/model-studio/coding-plan",
    endpoints=(
        _plan("coding", "https://coding.dashscope.aliyuncs.com", "/v1", _PLAN_CARDS),
        _plan("coding-global", "https://coding-intl.dashscope.aliyuncs.com", "/v1", _PLAN_CARDS),
        _api("api", "https://dashscope.aliyuncs.com"),
        _api("api-global", "https://dashscope-intl.aliyuncs.com"),
        *(
            _plan(name, f"https://token-plan.{region}.maas.aliyuncs.com", "/compatible-mode/v1", _TOKEN_PLAN_CARDS)
            for name, region in (("token-plan", "cn-beijing"), ("token-plan-global", "ap-southeast-1"))
        ),
    ),
    base_url_env="QWEN_BASE_URL",
    error_codes=_CODES,
    error_texts=_TEXTS,
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    media=routes.ROUTES,
    quota=routes.QUOTA,
)
