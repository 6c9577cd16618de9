"""GLM: the coding plans and the open platforms of Zhipu (bigmodel.cn) and Z.ai.

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
from cncoding.profile import (
    EFFORT_ORDER,
    AnthropicDialect,
    CheckHook,
    Endpoint,
    ModelCard,
    OpenAIDialect,
    Provider,
    Terms,
    ThinkingSupport,
    Warn,
    Wire,
    nearest_level,
)
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.glm import failures
from cncoding.vendors.glm import media as routes
from cncoding.vendors.glm.files import FILES
from cncoding.vendors.glm.hints import ALSO_CALLED, HINTS, KEY_PAGES
from cncoding.vendors.glm.prices import PRICES

_OPENAPI = Source("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11")
_PAGES = Source("documented", "docs.bigmodel.cn model pages", "2026-10")
_GLM53 = Source("documented", "docs.z.ai/guides/llm/glm-5.3", "2026-09")
_DEVPACK = Source("documented", "docs.z.ai/devpack/latest-model", "2026-09")
_MODELS_DEV = Source("documented", "models.dev, provider zhipuai-coding-plan", "2026-09", "no vendor page seen")
_REPORT = Source("documented", "public field report of the coding plans", "2026-02-22")
_GLM45V = Source("documented", "docs.bigmodel.cn/cn/guide/models/vlm/glm-4.5v", "2026-07")
_PROSE = _OPENAPI.annotate("tools: the schema says no, its prose yes")
_GUESS = _REPORT.annotate("sizes from GLM-4V", "inferred")
_OTHER_WIRE = Source("inferred", "the OpenAI wire: no field table is published for this one", "2026-10")

_TEXT = frozenset({"text"})
_IMAGES = frozenset({"text", "image"})
_EYES = frozenset({"text", "image", "video", "file"})
_JSON = frozenset({"json_object"})
_NONE: frozenset[str] = frozenset()

# Forced thinking of the 5.3 family (docs.z.ai 2026-09). On the plan "disabled" is taken and lowered to low (but see
# `_PLAN_CARDS`); on the open platform it is an error, so it is never sent there.
_FORCED = ThinkingSupport(default=True, can_disable=False, levels=("low", "high", "max"), default_level="max")
_AUTO = ThinkingSupport(default=True, can_disable=True)
_AUTO_EFFORT = ThinkingSupport(
    default=True,
    can_disable=True,
    levels=("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    default_level="max",
)
_ALWAYS = ThinkingSupport(default=True, can_disable=False)


def _card(
    model: str,
    context: int,
    output: int,
    thinking: ThinkingSupport | None,
    reads: frozenset[str] = _TEXT,
    tools: bool = True,
    source: Source = _PAGES,
) -> ModelCard:
    return ModelCard(
        id=model,
        context=context,
        max_output=output,
        input=reads,
        tools=tools,
        max_images=(1 if model.startswith("glm-4v-flash") else 50) if "image" in reads else None,
        thinking=thinking,
        structured=_JSON if reads == _TEXT else _NONE,
        source=source,
    )


def _streaming(
    model: str,
    context: int,
    output: int,
    thinking: ThinkingSupport,
    reads: frozenset[str] = _TEXT,
    source: Source = _PAGES,
) -> ModelCard:
    """Make a card of 4.6, 4.7 and 5.x: tool arguments in one piece unless `tool_stream` asks (docs.bigmodel.cn)."""
    return replace(_card(model, context, output, thinking, reads, source=source), tool_stream=True)


_CARDS = (
    _streaming("glm-5.3", 1_000_000, 131_072, _FORCED),
    _streaming("glm-5.3-flash", 1_000_000, 131_072, _FORCED, _EYES),
    _streaming("glm-5.3-flashx", 1_000_000, 131_072, _FORCED, _EYES),
    _streaming("glm-5.3-highspeed", 1_000_000, 131_072, _FORCED, source=_MODELS_DEV),
    _streaming("glm-5.2", 1_000_000, 131_072, _AUTO_EFFORT),
    _streaming("glm-5.2-highspeed", 1_000_000, 131_072, _AUTO_EFFORT, source=_MODELS_DEV),
    _streaming("glm-5.1", 200_000, 131_072, _AUTO),
    _streaming("glm-5", 204_800, 131_072, _AUTO),
    _streaming("glm-5-turbo", 200_000, 131_072, _AUTO),
    _card(
        "glm-5v-turbo",
        200_000,
        131_072,
        _AUTO,
        _EYES,
        source=_OPENAPI.annotate("tools: the schema says no, its prose yes"),
    ),
    _streaming("glm-4.7", 204_800, 131_072, _AUTO),
    _streaming("glm-4.7-flash", 200_000, 131_072, _AUTO),
    _streaming("glm-4.7-flashx", 200_000, 131_072, _AUTO),
    _streaming("glm-4.6", 204_800, 131_072, _AUTO),
    _card("glm-4.6v", 131_072, 32_768, _AUTO, _EYES, source=_PAGES.annotate("also written glm-4.6V")),
    _card("glm-4.6v-flash", 131_072, 32_768, _AUTO, _EYES, source=_PAGES.annotate("also written glm-4.6V-Flash")),
    _card("glm-4.6v-flashx", 131_072, 32_768, _AUTO, _EYES),
    _card("glm-4.5", 131_072, 98_304, _AUTO),
    _card("glm-4.5-air", 131_072, 98_304, _AUTO),
    _card("glm-4.5-airx", 131_072, 98_304, _AUTO),
    _card("glm-4.5-x", 131_072, 98_304, _AUTO),
    _card("glm-4.5-flash", 131_072, 98_304, _AUTO),
    _card("glm-4.5v", 65_536, 16_384, _AUTO, _EYES, tools=False),
    _card("glm-4.1v-thinking-flash", 65_536, 16_384, _ALWAYS, _IMAGES | {"video"}, tools=False),
    _card("glm-4.1v-thinking-flashx", 65_536, 16_384, _ALWAYS, _IMAGES | {"video"}, tools=False),
    _card(
        "glm-4v-flash",
        8_192,
        1_024,
        None,
        _IMAGES,
        tools=False,
        source=_GUESS,
    ),
    _card("glm-4-flash-250414", 128_000, 16_384, None),
    _card("glm-4-flashx-250414", 128_000, 16_384, None),
)


# With thinking switched off, glm-5.3-flash on the plan reported 0 reasoning tokens and no reasoning (recorded).
_PLAN_CARDS = tuple(
    replace(
        card,
        thinking=replace(_FORCED, can_disable=True),
        source=Source("captured", "agentjido/req_llm, recorded replies of the plan", "2026-09-07"),
    )
    if card.id == "glm-5.3-flash"
    else card
    for card in _CARDS
)


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """GLM switches thinking by an object and takes the effort beside it (OpenAPI 2026-07-11)."""
    support = card.thinking
    if support is None:
        warn("thinking", f"{card.id} does not think; left out")
        return {}
    if thinking.budget is not None:
        warn("thinking_budget", "GLM has no budget; use reasoning_effort")
    off = thinking.enabled is False or (thinking.enabled is None and thinking.effort == "none" and not support.levels)
    if off and not support.can_disable:
        lowest = {"reasoning_effort": support.levels[0]} if support.levels else {}
        warn("thinking", f"{card.id} cannot stop thinking" + ("; it thinks at its lowest effort" if lowest else ""))
        return _effort(thinking, card, warn) or lowest
    if off:
        if thinking.effort not in (None, "none"):
            warn("reasoning_effort", "thinking is off, so it is left out")
        return {"thinking": {"type": "disabled"}}
    body: JsonObject = {} if thinking.enabled is None else {"thinking": {"type": "enabled"}}
    return body | _effort(thinking, card, warn)


def _effort(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    if thinking.effort is None or card.thinking is None:
        return {}
    if card.known and not card.thinking.levels:
        if thinking.effort != "none":
            warn("reasoning_effort", f"{card.id} has no effort levels (GLM-5.2 and newer have); left out")
        return {}
    return {"reasoning_effort": nearest_level(thinking.effort, card.thinking, warn)}


def _media_part(media: Media, url: str) -> JsonObject:
    """GLM takes images as URL or Base64, videos and files by URL (OpenAPI 2026-07-11, section vision)."""
    if media.kind == "file":
        if media.url is None:
            raise ConfigError("file: GLM takes documents by URL only; give url, or send the pages as images")
        return {"type": "file_url", "file_url": {"url": url}}
    if media.kind == "audio":
        raise ConfigError("audio: GLM chat reads no audio; transcribe it first")
    key = f"{media.kind}_url"
    return {"type": key, key: {"url": url}, **media.options}


def _check(request: ChatRequest, card: ModelCard) -> None:
    """Refuse what the vision schema refuses (OpenAPI 2026-07-11): large images, files beside other media."""
    if any(one.kind == "image" and one.size > _LARGEST for one in request.media):
        raise ConfigError("image: GLM takes at most 5 MB each; shrink it or pass a URL of a smaller one")
    if len({one.kind == "file" for one in request.media}) > 1:
        raise ConfigError("file: GLM does not take files and images or videos in one request; send them apart")


_LARGEST = 5 * 1024 * 1024


def _check_open(request: ChatRequest, card: ModelCard) -> None:
    """On the open platform a word that is no level is an error (docs.z.ai glm-5.3 2026-09); the plan maps any word."""
    _check(request, card)
    effort = request.thinking.effort
    if effort is not None and effort not in EFFORT_ORDER and card.known and card.thinking and card.thinking.levels:
        raise ConfigError(f"reasoning_effort={effort!r}: {card.id} takes {', '.join(card.thinking.levels)}")


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Of stop words GLM takes one (prose of the OpenAPI document 2026-07-11; its schema says up to four)."""
    for name in ("stop", "stop_sequences"):
        if len(body.get(name, ())) > 1:
            body[name] = body[name][:1]
            warn("stop", f"GLM takes one stop word; {body[name][0]!r} is sent, the others are left out")
    return body


_PICTURES = PictureForm(("image/jpeg", "image/png"), 5, source=_OPENAPI)
OPENAI = OpenAIDialect(
    thinking=_thinking,
    think_tags=True,
    # GLM-4.5V frames its answer with them (docs.bigmodel.cn).
    marks=("<|begin_of_box|>", "<|end_of_box|>"),
    tool_choice=frozenset({"auto"}),
    omits=frozenset({"parallel_tool_calls", "seed", "strict"}),
    cache="automatic",
    system_alone=False,  # "may not consist only of system or assistant messages"
    media_part=_media_part,
    pictures=_PICTURES,
    # The engine is required; search_std is the cheapest of the four (OpenAPI 2026-07-11, price list 2026-09).
    search={
        "tools": [
            {
                "type": "web_search",
                "web_search": {"enable": True, "search_engine": "search_std", "search_result": True},
            }
        ]
    },
    finish_reasons={
        "sensitive": "content_filter",
        "network_error": "error",
        "model_context_window_exceeded": "length",
    },
    sources={
        **_OPENAPI.covers(
            "system_alone", "thinking", "tool_choice", "media_part", "pictures", "finish_reasons", "omits"
        ),
        **_GLM45V.covers("marks", "think_tags"),
        "cache": Source("documented", "docs.bigmodel.cn/cn/guide/capabilities/cache", "2026", "implicit"),
        "search": Source(
            "documented", "docs.bigmodel.cn OpenAPI document; open.bigmodel.cn/pricing", "2026-09", "cheapest engine"
        ),
    },
)


def _anthropic_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """The plan carries effort as `output_config.effort` (docs.z.ai devpack/latest-model 2026-09)."""
    plain = _thinking(thinking, card, warn)
    if effort := plain.pop("reasoning_effort", None):
        plain["output_config"] = {"effort": effort}
    return plain


ANTHROPIC = AnthropicDialect(
    thinking=_anthropic_thinking,
    max_tokens=65_536,
    tool_choice=frozenset({"auto"}),
    cache="automatic",
    omits=frozenset({"parallel_tool_calls"}),
    pictures=_PICTURES,
    sources={
        "thinking": _DEVPACK,
        "max_tokens": _OTHER_WIRE.annotate("the default of glm-5.3 there"),
        **_OTHER_WIRE.covers("tool_choice", "omits", "cache", "pictures"),
    },
)

_KEYS = ("ZAI_API_KEY", "ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY")


def _endpoint(name: str, host: str, path: str, check: CheckHook, cards: tuple[ModelCard, ...]) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire(path, OPENAI), "anthropic": Wire("/api/anthropic", ANTHROPIC)},
        models=cards,
        default_model="glm-5.3",
        key_env=_KEYS,
        check=check,
        finalize=_finalize,
        sources={
            "host": Source("documented", "docs.z.ai/devpack/tool/others; docs.bigmodel.cn", "2026-10"),
            "key_env": Source("documented", "zai-sdk 0.2.3, zhipuai 2.1.5 and models.dev", "2026-09"),
            "check": _OPENAPI if check is _check else _GLM53,
            "finalize": _OPENAPI.annotate("its prose says one stop word, its schema up to four"),
        },
    )


def _plan(name: str, host: str) -> Endpoint:
    terms = Terms(
        "only inside the coding tools that the vendor lists; applications of one's own belong to the standard API",
        interactive_only=False,
        allowed=name.replace("coding", "api"),
        source=Source("documented", "docs.z.ai devpack faq, overview and usage policy", "2026-10"),
    )
    return replace(_endpoint(name, host, "/api/coding/paas/v4", _check, _PLAN_CARDS), terms=terms)


PROVIDER = Provider(
    id="glm",
    class_name="GLM",
    title="GLM",
    docs="https://docs.bigmodel.cn",
    endpoints=(
        _plan("coding", "https://open.bigmodel.cn"),
        _plan("coding-global", "https://api.z.ai"),
        _endpoint("api", "https://open.bigmodel.cn", "/api/paas/v4", _check_open, _CARDS),
        _endpoint("api-global", "https://api.z.ai", "/api/paas/v4", _check_open, _CARDS),
    ),
    base_url_env="GLM_BASE_URL",
    error_codes=failures.CODES,
    # The Anthropic base writes the code into the text: "[1308][...]" (observed 2026-09).
    code_patterns=(re.compile(r"^\[(\d{4})\]"),),
    sources={"code_patterns": Source("documented", "public observation of the Anthropic base", "2026-09")},
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    media=routes.ROUTES,
    quota=routes.QUOTA,
    files=FILES,
    prices=PRICES,
)
