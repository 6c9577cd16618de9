"""Kimi: Kimi Code (the membership's coding plan) and the Moonshot open platform.

Plan and platform are two products with different ids, keys and thinking switches. Nothing here was tried with a key
by this project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
    Terms,
    ThinkingSupport,
    Warn,
    Wire,
    nearest_level,
)
from cncoding.types import ChatRequest, JsonObject, Media, Thinking, Tool
from cncoding.vendors.kimi import failures
from cncoding.vendors.kimi import media as routes
from cncoding.vendors.kimi.hints import ALSO_CALLED, HINTS, KEY_PAGES, PHRASES
from cncoding.vendors.kimi.prices import PRICES
from cncoding.vendors.kimi.schemas import add_types

_CODE_DOCS = Source("documented", "www.kimi.com/code/docs", "2026-10")
_PLATFORM_DOCS = Source("documented", "platform.kimi.com/docs", "2026-09")
_KOSONG = Source("documented", "MoonshotAI/kosong 0.56.0, the vendor's own client", "2026-09")
_CLIENT = Source("documented", "MoonshotAI/kimi-code 2.1.0, the vendor's own client", "2026-09-23")
_MODELS_DEV = Source("documented", "www.kimi.com/code/docs; models.dev", "2026-09")
_REPORT = Source("documented", "public field report of the coding plans", "2026-02-22")
_GUIDE = Source("documented", "public integration guide of Kimi For Coding", "2026-02-07")
_SECONDARY = Source("inferred", "secondary sources only; no vendor page seen", "2026-11")

_EYES = frozenset({"text", "image", "video"})
_SIGHT = frozenset({"text", "image"})
_SCHEMA = frozenset({"json_object", "json_schema"})
_LEVELS = ("low", "high", "max")

# Sampling is fixed per model; another value is HTTP 400 (platform docs 2026-09; plan seen 2026-07-16: "only 1 is
# allowed for this model"). The models of 2026-02 took temperature=0.0.
_FIXED = frozenset({"temperature", "top_p"})

_SWITCH = ThinkingSupport(default=True, can_disable=True)
_ALWAYS = ThinkingSupport(default=True, can_disable=False)


def _card(model: str, context: int | None, output: int | None, thinking: ThinkingSupport, **more: Any) -> ModelCard:
    told: dict[str, Any] = {"input": _EYES, "tool_images": True, "omits": _FIXED, "source": _MODELS_DEV, **more}
    return ModelCard(id=model, context=context, max_output=output, thinking=thinking, **told)


def _effort_levels(default: str, can_disable: bool = True) -> ThinkingSupport:
    return ThinkingSupport(default=True, can_disable=can_disable, levels=_LEVELS, default_level=default)


_ALIAS = _MODELS_DEV.annotate("alias: K2.7 Code, since 2026-09-11 K2.8")
_TIERS = _MODELS_DEV.annotate("higher tiers only, else 401")

# Structured output on the plan is inferred: only the platform documents it.
_PLAN_CARDS = (
    _card("kimi-for-coding", 1_048_576, 32_768, _effort_levels("max"), source=_ALIAS),
    _card(
        "kimi-for-coding-highspeed",
        262_144,
        32_768,
        _ALWAYS,
        input=_SIGHT,
        source=_MODELS_DEV.annotate("higher tiers only, else 401"),
    ),
    _card("k3", 1_048_576, 131_072, _effort_levels("high"), source=_MODELS_DEV.annotate("256K on the lower tier")),
    _card("k3-256k", 262_144, 131_072, _effort_levels("high"), input=_SIGHT),
    # "kimi" means kimi-for-coding; both are gone from the lists of 2026-09, output and video of k2p5 are inferred.
    _card("kimi", 1_048_576, 32_768, _effort_levels("max"), source=_REPORT),
    _card("k2p5", 262_144, 32_768, _SWITCH, source=_GUIDE),
)

# Ids retired with HTTP 404 are left out. The default output of kimi-k3 is 131,072.
_PLATFORM_CARDS = tuple(
    replace(card, structured=_SCHEMA, source=card.source if card.source is _SECONDARY else _PLATFORM_DOCS)
    for card in (
        _card("kimi-k3", 1_048_576, 1_048_576, _effort_levels("max", False), source=_PLATFORM_DOCS),
        _card("kimi-k3.1-pro", 1_048_576, 1_048_576, _effort_levels("max", False), source=_SECONDARY),
        _card("kimi-k3.1-pro-highspeed", 1_048_576, 1_048_576, _effort_levels("max", False), source=_SECONDARY),
        _card("kimi-k2.7-code", 262_144, None, _ALWAYS, tool_choice=frozenset({"auto", "none"})),
        _card("kimi-k2.7-code-highspeed", 262_144, None, _ALWAYS, tool_choice=frozenset({"auto", "none"})),
        _card("kimi-k2.6", 262_144, 32_768, _SWITCH, tool_choice=frozenset({"auto", "none", "named"})),
    )
)


# ---------------------------------------------------------------- thinking

_WORDS = {"ultra": "max", "minimum": "low", "light": "low"}
"""Words of other tools that the plan documents (code docs 2026-09); it answers HTTP 400 to any it does not know."""


def _is_off(thinking: Thinking) -> bool:
    return thinking.enabled is False or (thinking.enabled is None and thinking.effort == "none")


def _effort(thinking: Thinking, card: ModelCard, warn: Warn) -> str | None:
    if thinking.budget is not None:
        warn("thinking_budget", "Kimi has no budget; use reasoning_effort")
    if thinking.effort is None:
        return None
    support = card.thinking or ThinkingSupport()
    if card.known and not support.levels:
        warn("reasoning_effort", f"{card.id} has no effort levels; left out")
        return None
    return nearest_level(_WORDS.get(thinking.effort, thinking.effort), support, warn)


def _plan_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """Switch, effort and preserved reasoning in one object, as the official client sends it (kimi-code 2.1.0).

    Also K2.6 and K2.7 Code of the platform, without the effort (platform docs 2026-09).
    """
    if _is_off(thinking):
        if card.thinking is None or card.thinking.can_disable:
            return {"thinking": {"type": "disabled"}}
        warn("thinking", f"{card.id} cannot stop thinking; left out")
        return {}
    effort = _effort(thinking, card, warn)
    if thinking.enabled is None and effort is None:
        return {}
    return {"thinking": {"type": "enabled", "keep": "all", **({"effort": effort} if effort else {})}}


def _platform_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """K3 and later take `reasoning_effort` at the top and no `thinking` at all (platform docs 2026-09)."""
    if card.known and not (card.thinking and card.thinking.levels):
        return _plan_thinking(thinking, card, warn)
    if _is_off(thinking) and card.known:
        warn("thinking", f"{card.id} cannot stop thinking; it thinks at its lowest effort")
        return {"reasoning_effort": _LEVELS[0]}
    if _is_off(thinking):
        return {"thinking": {"type": "disabled"}}
    effort = _effort(thinking, card, warn)
    return {"reasoning_effort": effort} if effort else {}


def _carry(plain: JsonObject) -> JsonObject:
    """Move the effort to `output_config`, where the Anthropic wire has it; `keep` is not documented there."""
    thinking = {**plain.pop("thinking", {})}
    effort = thinking.pop("effort", None) or plain.pop("reasoning_effort", None)
    thinking.pop("keep", None)
    body: JsonObject = {"thinking": thinking} if thinking else {}
    return {**body, "output_config": {"effort": effort}} if effort else body


def _plan_messages_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`thinking.type` and `output_config.effort` (kimi-code 2.1.0, code docs 2026-09)."""
    return _carry(_plan_thinking(thinking, card, warn))


def _platform_messages_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`output_config.effort` is documented for K3 (platform docs 2026-09); `thinking.type` of K2.x is inferred."""
    return _carry(_platform_thinking(thinking, card, warn))


def _tool(tool: Tool, wired: JsonObject) -> JsonObject:
    """Repair the schema, as the official clients do (kosong 0.56.0, kimi-code 2.1.0)."""
    parameters = add_types({"type": "object", **tool.parameters})
    return {**wired, "function": {**wired["function"], "parameters": parameters}}


# ---------------------------------------------------------------- the rest of a request


def _media_part(media: Media, url: str) -> JsonObject:
    """Images and videos come as data URL or uploaded `ms://` id; http(s) is refused (platform docs 2026-09)."""
    if media.kind not in ("image", "video"):
        raise ConfigError(f"{media.kind}: Kimi chat reads none; put its text into the message")
    url = url or f"ms://{(media.file_id or '').removeprefix('ms://')}"
    if not url.startswith(("data:", "ms://")):
        raise ConfigError(f"{media.kind}: Kimi fetches no URL; give data, path or the ms:// id of an uploaded file")
    key = f"{media.kind}_url"
    return {"type": key, key: {"url": url}}


def _check(request: ChatRequest, card: ModelCard) -> None:
    """At most five stop words of 32 bytes (platform docs 2026-09; inferred for the plan)."""
    if len(request.stop) > 5 or any(len(word.encode()) > 32 for word in request.stop):
        raise ConfigError("stop: Kimi takes at most 5 strings of at most 32 bytes")


_PICTURES = PictureForm(
    ("image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/heic", "image/heif"),
    source=_PLATFORM_DOCS,
)
_PLAN = OpenAIDialect(
    thinking=_plan_thinking,
    # HTTP 400 "thinking is enabled but reasoning_content is missing in assistant tool call message at index N";
    # "" is taken and means "reasoned, empty" (kosong 0.56.0).
    backfill="",
    max_tokens_field="max_completion_tokens",
    thinking_tool_choice=frozenset({"auto", "none"}),
    omits=frozenset({"parallel_tool_calls", "seed", "strict"}),
    tool=_tool,
    # The plan answers "text content is empty" to an empty text part beside calls (kosong 0.56.0).
    empty_content="omit",
    image_urls=False,
    pictures=_PICTURES,
    # "partial" on the last assistant message, not with json_object (platform docs 2026-09); on the plan inferred.
    prefix="partial",
    prefix_json=False,
    media_part=_media_part,
    # `$web_search` was to end on 2026-10-20 (platform docs 2026-09), so search=True names the web_search tool.
    search=None,
    sources={
        "thinking": _CLIENT,
        "backfill": _KOSONG,
        "empty_content": _KOSONG,
        "tool": _KOSONG.annotate("kimi-code 2.1.0 does the same"),
        **_PLATFORM_DOCS.covers(
            "max_tokens_field", "thinking_tool_choice", "omits", "image_urls", "media_part", "pictures"
        ),
        **_PLATFORM_DOCS.annotate("not with json_object; that the plan takes it is inferred").covers(
            "prefix", "prefix_json"
        ),
    },
)
_PLATFORM = replace(
    _PLAN,
    thinking=_platform_thinking,
    omits=_PLAN.omits - {"strict"},
    rare=frozenset({"logprobs", "top_logprobs"}),  # of the plan nothing is said
    sources={**_PLAN.sources, **_PLATFORM_DOCS.covers("thinking", "rare")},
)

# 32,768 because thinking counts and the docs advise 16,000 or more. Choices auto, any, none are documented for the
# platform; the limit while thinking and the empty thinking block for foreign turns are inferred from the OpenAI wire
# (the /coding base refused tool turns without one, hermes-agent#14018 2026-04; relaxed by 2026-06, ibid. #49143).
_PLAN_MESSAGES = AnthropicDialect(
    thinking=_plan_messages_thinking,
    max_tokens=32_768,
    tool_choice=frozenset({"auto", "none", "required"}),
    thinking_tool_choice=frozenset({"auto", "none"}),
    image_urls=False,
    pictures=_PICTURES,
    backfill="",
    cache="top",
    sources={
        "pictures": Source("inferred", "the OpenAI wire", "2026-09"),
        "thinking": _CLIENT,
        "max_tokens": _PLATFORM_DOCS.annotate("thinking counts; 16,000 or more is advised"),
        "tool_choice": _PLATFORM_DOCS,
        "cache": _PLATFORM_DOCS.annotate("top-level cache_control only; that the plan takes it is inferred"),
        "image_urls": Source("inferred", "the OpenAI wire", "2026-09"),
        "thinking_tool_choice": Source("inferred", "the OpenAI wire", "2026-09"),
        "backfill": Source("inferred", "the OpenAI wire; hermes-agent 14018 and 49143", "2026-06"),
    },
)
_PLATFORM_MESSAGES = replace(
    _PLAN_MESSAGES,
    thinking=_platform_messages_thinking,
    sources={**_PLAN_MESSAGES.sources, "thinking": _PLATFORM_DOCS},
)


# ---------------------------------------------------------------- endpoints


def _plan(name: str, host: str, allowed: str) -> Endpoint:
    terms = Terms(
        "personal, interactive use; batch scripts and other unattended use are out of scope and belong to the platform",
        interactive_only=True,
        allowed=allowed,
        source=Source("documented", "Kimi Code Community Guidelines (help centre)", "2026-06"),
    )
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire("/coding/v1", _PLAN), "anthropic": Wire("/coding", _PLAN_MESSAGES)},
        models=_PLAN_CARDS,
        default_model="kimi-for-coding",
        key_env=("KIMI_API_KEY",),
        check=_check,
        terms=terms,
        sources={**_CODE_DOCS.covers("host", "key_env"), "check": Source("inferred", "the platform's docs", "2026-09")},
        key_prefixes=("sk-kimi-",),
        foreign_keys=re.compile(r"sk-(?!kimi-)[A-Za-z0-9]{20,}\Z"),
        foreign_hint="a platform key works at endpoint='api' (China) or 'api-global'; keys of the plan begin sk-kimi-",
    )


def _platform(name: str, host: str) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire("/v1", _PLATFORM), "anthropic": Wire("/anthropic", _PLATFORM_MESSAGES)},
        models=_PLATFORM_CARDS,
        default_model="kimi-k3",
        key_env=("MOONSHOT_API_KEY",),
        check=_check,
        sources=_PLATFORM_DOCS.covers("host", "key_env", "check"),
        foreign_keys=re.compile(r"sk-kimi-"),
        foreign_hint="a key that begins sk-kimi- belongs to the plan: use endpoint='coding' or 'coding-global'",
    )


def _identity(environ: Mapping[str, str]) -> str | None:
    """`KIMI_USER_AGENT_VERSION=1.6` asks for `KimiCLI/1.6`. Without it we say who we are."""
    version = environ.get("KIMI_USER_AGENT_VERSION", "").strip()
    return f"KimiCLI/{version}" if version else None


PROVIDER = Provider(
    id="kimi",
    class_name="Kimi",
    title="Kimi",
    docs="https://www.kimi.com/code/docs",
    endpoints=(
        _plan("coding", "https://api.kimi.com", "api"),
        _plan("coding-global", "https://api.kimi.ai", "api-global"),
        _platform("api", "https://api.moonshot.cn"),
        _platform("api-global", "https://api.moonshot.ai"),
    ),
    base_url_env="KIMI_BASE_URL",
    identity=_identity,
    sources={"identity": _GUIDE},
    error_codes=failures.CODES,
    error_texts=failures.TEXTS,
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    phrases=PHRASES,
    media=routes.ROUTES,
    quota=routes.QUOTA,
    prices=PRICES,
)
