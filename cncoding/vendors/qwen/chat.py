"""Qwen: the coding plan, the token plan and pay as you go of Alibaba Cloud Bailian (Model Studio).

Nothing here was tried with a key by this project.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cncoding.cards import PictureForm
from cncoding.errors import (
    ConfigError,
)
from cncoding.evidence import Source
from cncoding.exchange.media_types import media_type
from cncoding.profile import (
    AnthropicDialect,
    Endpoint,
    ModelCard,
    OpenAIDialect,
    Provider,
    Terms,
    Warn,
    Wire,
    nearest_level,
    share_for_thinking,
    thinks,
)
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.qwen import failures, models
from cncoding.vendors.qwen import media as routes
from cncoding.vendors.qwen.files import FILES, RESOLVE
from cncoding.vendors.qwen.hints import ALSO_CALLED, HINTS, KEY_PAGES, PHRASES
from cncoding.vendors.qwen.prices import PRICES

_AUTO = frozenset({"auto", "none"})

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
    """Translation models take one user message (qwen-mt page 2026)."""
    if not any(name == "translation_options" for name, _ in card.requires):
        return
    if len(request.messages) != 1 or request.messages[0].role != "user":
        raise ConfigError(f"messages: {card.id} takes exactly one user message; say the rest in translation_options")


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Say that JSON mode may do nothing while thinking (reference 2026-09), and keep the budget below the output."""
    if body.get("response_format") == {"type": "json_object"} and thinks(request.thinking, card) and card.known:
        warn("response_format", f"it may have no effect while {card.id} thinks; set thinking=False")
    limit = request.extra.get("max_completion_tokens")
    budget = body.get("thinking_budget") or (card.thinking and card.thinking.default_budget)
    if isinstance(limit, int) and budget and budget >= limit > 1 and thinks(request.thinking, card):
        # HTTP 400 otherwise (openhanako 2402, OpenMinis 35).
        lower = share_for_thinking(limit)
        warn("thinking_budget", f"max_completion_tokens={limit} must be greater, so {lower} is sent")
        body["thinking_budget"] = lower
        body.pop("reasoning_effort", None)
    return body


def _finalize_plan(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """The plans promise no search inside chat (plan page 2026-05); what becomes of the switch there is unknown."""
    if request.search:
        warn("search", "the plans document no search inside chat, so it may do nothing; use the web_search tool")
    return _finalize(body, request, card, warn)


_PICTURES = PictureForm(
    ("image/jpeg", "image/png", "image/bmp", "image/tiff", "image/webp", "image/heic"), source=models.VISION_PAGE
)
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
    reserved_names=frozenset({"search"}),
    prefix="partial",
    prefix_thinking=False,
    cache="messages",
    rare=frozenset({"top_k", "presence_penalty", "logprobs", "top_logprobs"}),
    link_headers={"oss": RESOLVE},
    pictures=_PICTURES,
    sources={
        "pictures": models.VISION_PAGE,
        **models.CHAT_PAGE.covers(
            "rare",
            "reserved_names",
            "prefix",
            "prefix_thinking",
            "thinking",
            "media_part",
            "json_word",
            "search",
            "omits",
            "link_headers",
        ),
        "snapshots": Source("documented", "QwenLM/qwen-code 3896", "2026-05", "seen on the coding plan"),
        "tool_choice": models.CHAT_PAGE,
        "cache": Source(
            "documented", f"{models.SITE}context-cache", "2026-09", "marks on content parts; those on tools are ignored"
        ),
        "thinking_tool_choice": Source("documented", "eino 994; oh-my-pi 886; agentscope 1608", "2026-08"),
    },
)

# Choices any and tool are documented; that the limit while thinking holds here too is inferred.
ANTHROPIC = AnthropicDialect(
    thinking=_messages_thinking,
    max_tokens=32_768,
    thinking_tool_choice=_AUTO,
    video=True,
    structured=frozenset({"json_schema"}),
    reserved_names=frozenset({"search"}),
    cache="marks",
    rare=frozenset({"top_k"}),
    pictures=_PICTURES,
    sources={
        "pictures": models.VISION_PAGE,
        **models.MESSAGES_PAGE.covers("rare", "thinking", "video", "structured"),
        "reserved_names": Source("inferred", "the OpenAI wire", "2026-10"),
        "cache": models.MESSAGES_PAGE.annotate("documented for system; for messages and tools inferred from the wire"),
        "max_tokens": Source("inferred", "the smallest output of the models here", "2026-10"),
        "thinking_tool_choice": Source("inferred", "the OpenAI wire", "2026-10"),
    },
)


# ---------------------------------------------------------------- endpoints

_DASHSCOPE = "DASHSCOPE_API_KEY"
_PLAN_KEYS = ("ALIBABA_CODING_PLAN_API_KEY", f"{_DASHSCOPE}:sk-sp-")


def _plan(
    name: str, host: str, path: str, cards: tuple[ModelCard, ...], page: Source, also: tuple[str, ...] = ()
) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire(path, OPENAI), "anthropic": Wire("/apps/anthropic", ANTHROPIC)},
        models=cards,
        default_model="qwen3.7-plus",
        key_env=_PLAN_KEYS,
        check=_check,
        finalize=_finalize_plan,
        also=also,
        error_codes=failures.PLAN_CODES,
        error_texts=failures.PLAN_TEXTS,
        sources={**page.covers("host", "key_env"), "check": models.TRANSLATION_PAGE, "finalize": models.CHAT_PAGE},
        key_prefixes=("sk-sp-",),
        foreign_keys=re.compile(r"sk-(?!sp-)[A-Za-z0-9]{20,}\Z"),
        foreign_hint="a general key works at endpoint='api' or 'api-global' and pays by use; plan keys begin sk-sp-",
    )


def _api(name: str, host: str) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire("/compatible-mode/v1", OPENAI), "anthropic": Wire("/apps/anthropic", ANTHROPIC)},
        models=models.API,
        default_model="qwen3.7-plus",
        key_env=(_DASHSCOPE,),
        check=_check,
        finalize=_finalize,
        error_codes=failures.API_CODES,
        error_texts=failures.API_TEXTS,
        sources={**models.CHAT_PAGE.covers("host", "key_env", "finalize"), "check": models.TRANSLATION_PAGE},
        foreign_keys=re.compile(r"sk-sp-"),
        foreign_hint="a key that begins sk-sp- belongs to a plan: use endpoint='coding' or 'token-plan' (or -global)",
    )


def _token_plan(name: str, region: str, *also: str) -> Endpoint:
    host = f"https://token-plan.{region}.maas.aliyuncs.com"
    return _plan(name, host, "/compatible-mode/v1", models.TOKEN_PLAN, models.TOKEN_PAGE, also)


def _coding(name: str, host: str, allowed: str) -> Endpoint:
    terms = Terms(
        "interactive coding tools only; no scripts, no application back ends, no batch",
        interactive_only=True,
        allowed=allowed,
        source=models.PLAN_PAGE,
    )
    return replace(_plan(name, host, "/v1", models.PLAN, models.PLAN_PAGE), terms=terms)


PROVIDER = Provider(
    id="qwen",
    class_name="Qwen",
    title="Qwen",
    docs="https://help.aliyun.com/zh/model-studio/coding-plan",
    endpoints=(
        _coding("coding", "https://coding.dashscope.aliyuncs.com", "api"),
        _coding("coding-global", "https://coding-intl.dashscope.aliyuncs.com", "api-global"),
        _api("api", "https://dashscope.aliyuncs.com"),
        _api("api-global", "https://dashscope-intl.aliyuncs.com"),
        _token_plan("token-plan", "cn-beijing"),
        # The second host was seen in 2026-08; that it is the international one is inferred.
        _token_plan("token-plan-global", "ap-southeast-1", "https://token-plan.maas.qwencloudapi.com"),
    ),
    base_url_env="QWEN_BASE_URL",
    error_codes=failures.CODES,
    error_texts=failures.TEXTS,
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    phrases=PHRASES,
    media=routes.ROUTES,
    quota=routes.QUOTA,
    files=FILES,
    prices=PRICES,
)
