"""Kimi: Kimi Code (the membership's coding plan) and the Moonshot open platform.

Sources: seeds 000 and 002 (2026-02), www.kimi.com/code/docs (2026-06 to 2026-10), platform.kimi.com docs (2026-09),
the official clients kosong 0.56.0 and kimi-code 2.1.0 (2026-09), and dated public observations. Plan and platform are
two products with different ids, keys and thinking switches. Nothing here was tried with a key by this project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from cncoding.types import ChatRequest, JsonObject, Media, Thinking, Tool
from cncoding.vendors.kimi import media as routes
from cncoding.vendors.kimi.hints import ALSO_CALLED, HINTS, KEY_PAGES

_EYES = frozenset({"text", "image", "video"})
_SIGHT = frozenset({"text", "image"})
_SCHEMA = frozenset({"json_object", "json_schema"})
_LEVELS = ("low", "high", "max")

# Sampling is fixed per model; another value is HTTP 400 (platform docs 2026-09; plan seen 2026-07-16: "only 1 is
# allowed for this model"). Seed 002 sends temperature=0.0, which the models of 2026-02 took.
_FIXED = frozenset({"temperature", "top_p"})

_SWITCH = ThinkingSupport(default=True, can_disable=True)
_ALWAYS = ThinkingSupport(default=True, can_disable=False)


def _card(model: str, context: int | None, output: int | None, thinking: ThinkingSupport, **more: Any) -> ModelCard:
    told: dict[str, Any] = {"input": _EYES, "tool_images": True, "omits": _FIXED, **more}
    return ModelCard(id=model, context=context, max_output=output, thinking=thinking, **told)


def _effort_levels(default: str, can_disable: bool = True) -> ThinkingSupport:
    return ThinkingSupport(default=True, can_disable=can_disable, levels=_LEVELS, default_level=default)


# code docs and models.dev, 2026-09. Structured output on the plan is inferred: only the platform documents it.
_PLAN_CARDS = (
    _card("kimi-for-coding", 1_048_576, 32_768, _effort_levels("max"), note="alias: K2.7 Code, since 2026-09-11 K2.8"),
    _card("kimi-for-coding-highspeed", 262_144, 32_768, _ALWAYS, input=_SIGHT, note="higher tiers only, else 401"),
    _card("k3", 1_048_576, 131_072, _effort_levels("high"), note="256K on the lower tier"),
    _card("k3-256k", 262_144, 131_072, _effort_levels("high"), input=_SIGHT),
    _card("kimi", 1_048_576, 32_768, _effort_levels("max"), note="seed 000: means kimi-for-coding; not in docs"),
    _card("k2p5", 262_144, 32_768, _SWITCH, note="seed 002; gone from lists of 2026-09; output and video inferred"),
)

# platform.kimi.com 2026-09; the K3.1 rows from secondary sources of 2026-10/11. Omitted: ids retired with HTTP 404.
_PLATFORM_CARDS = tuple(
    replace(card, structured=_SCHEMA)
    for card in (
        _card("kimi-k3", 1_048_576, 1_048_576, _effort_levels("max", False), note="output default 131,072"),
        _card("kimi-k3.1-pro", 1_048_576, 1_048_576, _effort_levels("max", False), note="secondary sources"),
        _card("kimi-k3.1-pro-highspeed", 1_048_576, 1_048_576, _effort_levels("max", False), note="secondary sources"),
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


# ---------------------------------------------------------------- schemas

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def _guess(schema: JsonObject) -> str:
    """Name the type of a schema that names none; "string" without any sign (inferred)."""
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = schema.get("enum") or [schema.get("const", schema.get("default", ""))]
    kinds = {_JSON_TYPES.get(type(value), "string") for value in values} - {"null"}
    return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else "string"


def _add_type(schema: JsonObject) -> JsonObject:
    """Say the type of every subschema, never beside `$ref` or `anyOf`: Kimi answers HTTP 400 otherwise.

    Seen: "At path 'properties.X': type is not defined" (platform docs 2026-09); "when using anyOf, type should be
    defined in anyOf items instead of the parent schema" (pi-subagents#126, 2026-04-30); the same of `$ref`, where
    only description and title may stand beside it (MoonshotAI/walle, docs/walle.md).
    """
    if "$ref" in schema:
        return {key: _subschemas(key, schema[key]) for key in schema if key in _BESIDE_REF}
    node = {key: _subschemas(key, value) for key, value in schema.items()}
    if "anyOf" in node:
        node.pop("type", None)
    elif "type" not in node and not node.keys() & {"oneOf", "allOf"}:
        node["type"] = _guess(node)
    return node


_BESIDE_REF = ("$ref", "description", "title", "$defs", "$id")


def _subschemas(key: str, value: Any) -> Any:
    if key in ("properties", "$defs", "definitions") and isinstance(value, dict):
        return {name: _add_type(one) if isinstance(one, dict) else one for name, one in value.items()}
    if key in ("anyOf", "oneOf", "allOf") and isinstance(value, list):
        return [_add_type(one) if isinstance(one, dict) else one for one in value]
    if key in ("items", "additionalProperties") and isinstance(value, dict) and value:
        return _add_type(value)
    return value


def _tool(tool: Tool, wired: JsonObject) -> JsonObject:
    """Repair the schema, as the official clients do (kosong 0.56.0, kimi-code 2.1.0)."""
    parameters = _add_type({"type": "object", **tool.parameters})
    return {**wired, "function": {**wired["function"], "parameters": parameters}}


# ---------------------------------------------------------------- the rest of a request


def _media_part(media: Media, url: str) -> JsonObject:
    """Images and videos come as data URL or uploaded `ms://` id; http(s) is refused (seed 000, platform docs)."""
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
    media_part=_media_part,
    # `$web_search` was to end on 2026-10-20 (platform docs 2026-09), so search=True names the web_search tool.
    search=None,
)
_PLATFORM = replace(
    _PLAN,
    thinking=_platform_thinking,
    omits=_PLAN.omits - {"strict"},
    rare=frozenset({"logprobs", "top_logprobs"}),  # platform docs 2026-09; of the plan nothing is said
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
    backfill="",
    cache="top",
)
# "Top-level cache_control only" (platform docs 2026-09); that the plan takes it too is inferred.
_PLATFORM_MESSAGES = replace(_PLAN_MESSAGES, thinking=_platform_messages_thinking)


# ---------------------------------------------------------------- endpoints


def _plan(name: str, host: str) -> Endpoint:
    return Endpoint(
        name=name,
        host=host,
        wires={"openai": Wire("/coding/v1", _PLAN), "anthropic": Wire("/coding", _PLAN_MESSAGES)},
        models=_PLAN_CARDS,
        default_model="kimi-for-coding",
        key_env=("KIMI_API_KEY",),
        check=_check,
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
        foreign_keys=re.compile(r"sk-kimi-"),
        foreign_hint="a key that begins sk-kimi- belongs to the plan: use endpoint='coding' or 'coding-global'",
    )


def _identity(environ: Mapping[str, str]) -> str | None:
    """Seed 002: `KIMI_USER_AGENT_VERSION=1.6` asks for `KimiCLI/1.6`. Without it we say who we are."""
    version = environ.get("KIMI_USER_AGENT_VERSION", "").strip()
    return f"KimiCLI/{version}" if version else None


# ---------------------------------------------------------------- errors

_AUTH = ErrorRule(AuthenticationError)
_BUSY = ErrorRule(RateLimitedError)
_REFUSED = ErrorRule(ClientRefusedError)

# Types of the plan (seed 002, code docs) and of the platform (platform docs 2026-09).
_CODES = {
    "access_terminated_error": _REFUSED,
    "auth_error": _AUTH,
    "invalid_authentication_error": _AUTH,
    "incorrect_api_key_error": _AUTH,
    "permission_denied_error": ErrorRule(PermissionDeniedError),
    "resource_not_found_error": ErrorRule(NotFoundError),
    "content_filter": ErrorRule(ContentBlockedError),
    "engine_overloaded_error": _BUSY,
    "exceeded_current_quota_error": ErrorRule(QuotaExhaustedError, "balance"),
    "server_error": ErrorRule(ServerError),
}


def _text(pattern: str, rule: ErrorRule) -> tuple[re.Pattern[str], ErrorRule]:
    return re.compile(pattern, re.I), rule


# The plan answers 403 (in another docs version 429) to spent windows and too many calls at once, so the text decides
# (code docs error reference 2026-09). `rate_limit_reached_error` has no row above for the same reason.
_TEXTS = (
    _text(r"concurren(t|cy)", _BUSY),
    _text(r"5.?hours? usage limit", ErrorRule(QuotaExhaustedError, "5h")),
    _text(r"week(ly)? usage limit|usage limit for (this|the) week|weekly", ErrorRule(QuotaExhaustedError, "week")),
    _text(r"billing cycle|monthly|usage limit for (this|the) month", ErrorRule(QuotaExhaustedError, "month")),
    _text(r"reached your usage limit", ErrorRule(QuotaExhaustedError)),
    _text(
        r"exceeded (your )?current (token )?quota|account balance|recharge|in arrears",
        ErrorRule(QuotaExhaustedError, "balance"),
    ),
    _text(r"only available for coding agents|access (has been |was |is )?terminated", _REFUSED),
    _text(r"rate limit|too many requests", _BUSY),
    _text(r"verify (your )?membership", ErrorRule(PermissionDeniedError)),
)

PROVIDER = Provider(
    id="kimi",
    title="Kimi",
    docs="https://www.kimi.com/code/docs",
    endpoints=(
        _plan("coding", "https://api.kimi.com"),
        _plan("coding-global", "https://api.kimi.ai"),
        _platform("api", "https://api.moonshot.cn"),
        _platform("api-global", "https://api.moonshot.ai"),
    ),
    base_url_env="KIMI_BASE_URL",
    identity=_identity,
    error_codes=_CODES,
    error_texts=_TEXTS,
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    media=routes.ROUTES,
    quota=routes.QUOTA,
)
