"""The unified gateway ("统一体验端口"): one request form for models of five vendors.

Its model page, section 7, shows request and reply bodies; host, path, key header, streams and error bodies are not
published and follow the OpenAI form here (inferred). Nothing here was tried with a key by this project.
"""

from __future__ import annotations

from typing import Any

from cncoding.errors import BadRequestError, ConfigError, ContentBlockedError, QuotaExhaustedError, RateLimitedError
from cncoding.evidence import Source
from cncoding.exchange.failures import ErrorRule
from cncoding.profile import Endpoint, ModelCard, OpenAIDialect, Provider, ThinkingSupport, Warn, Wire, nearest_level
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.unified import media as routes
from cncoding.vendors.unified.hints import HINTS

_PAGE = Source("documented", "opcdoc.ntzq.tech/model-examples.html section 7", "2026-05", "undated")
_BEHIND = Source("inferred", "the vendors behind the gateway", "2026-05")

_TEXT = frozenset({"text"})
_EYES = frozenset({"text", "image", "video", "file"})
# `response_format` is in no table of the page; json_object is inferred from the vendors behind it.
_JSON = frozenset({"json_object"})
_NONE: frozenset[str] = frozenset()

_QWEN = ThinkingSupport(default=True)
_SWITCH = ThinkingSupport(default=True, budget=False)
_EFFORT = ThinkingSupport(default=True, levels=("high", "max"), budget=False)
_ALWAYS = ThinkingSupport(default=True, can_disable=False, budget=False)


def _card(model: str, thinking: ThinkingSupport | None, **more: Any) -> ModelCard:
    """Make a card; the page states no context lengths."""
    return ModelCard(id=model, thinking=thinking, **{"structured": _JSON, "source": _PAGE, **more})


def _m27(model: str) -> ModelCard:
    """MiniMax M2.7 takes neither `enable_search` nor a temperature above 1.5 (section 7.2)."""
    return _card(model, _ALWAYS, structured=_NONE, search="refused", temperature=(0.0, 1.5))


_CARDS = (
    _card("qwen3.6-flash", _QWEN),
    _card("qwen3.6-plus", _QWEN),
    _card("qwen3-max", _QWEN),
    _card("qwen3-coder-next", _QWEN),
    _card("qwen3-coder-plus", _QWEN),
    _m27("MiniMax-M2.7"),
    _m27("MiniMax-M2.7-highspeed"),
    _card("glm-5.1", _SWITCH),
    _card(
        "glm-5v-turbo", _SWITCH, input=_EYES, structured=_NONE, source=_PAGE.annotate("thinking is not listed for it")
    ),
    _card("kimi-k2.6", _EFFORT, input=_EYES, search="stops_thinking"),
    _card("deepseek-v4-pro", _EFFORT, search="ignored"),
    _card("deepseek-v4-flash", _EFFORT, search="ignored"),
)


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`enable_thinking`, `thinking_budget` for Qwen, `reasoning_effort` for Kimi and DeepSeek (sections 7.1 to 7.5)."""
    support = card.thinking or _SWITCH
    enabled = False if thinking.effort == "none" and thinking.enabled is None else thinking.enabled
    body: JsonObject = {}
    if not support.can_disable:
        if enabled is False:
            warn("thinking", f"{card.id} cannot stop thinking")
    elif enabled is not None:
        body["enable_thinking"] = enabled
    if enabled is False:
        return body
    if thinking.effort is not None:
        if card.known and not support.levels:
            warn("reasoning_effort", f"{card.id} has no effort levels on the unified gateway; left out")
        else:
            body["reasoning_effort"] = nearest_level(thinking.effort, support, warn)
    if thinking.budget is not None:
        if not support.budget:
            warn("thinking_budget", f"{card.id} has no budget on the unified gateway; left out")
        else:
            body["thinking_budget"] = thinking.budget
    return body


_ARRAYS = {"image": "images", "video": "videos", "file": "file_urls", "audio": "voices"}


def _media_part(media: Media, url: str) -> JsonObject:
    """Mark a medium for `_finalize`, which moves it out of the messages."""
    if not url:
        raise ConfigError(f"{media.kind}: the unified gateway takes URLs; file_id={media.file_id!r} has no place there")
    return {"type": _ARRAYS[media.kind], "url": url}


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Move media out of the messages (sections 7.3.2 and 7.4.1)."""
    holders = [message for message in body["messages"] if isinstance(message.get("content"), list)]
    if len(holders) > 1:
        warn("messages", "the unified gateway takes media per request: those of all turns are sent side by side")
    for message in holders:
        _move_media(message, body, warn)
    return body


def _move_media(message: JsonObject, body: JsonObject, warn: Warn) -> None:
    """Turn content parts into text and entries of the arrays (sections 7.3.2 and 7.4.1: URLs, content a string)."""
    parts = message["content"]
    message["content"] = "\n".join(part["text"] for part in parts if part["type"] == "text")
    for part in parts:
        if part["type"] == "text":
            continue
        if part["url"].startswith("data:"):
            warn(part["type"], "the unified gateway documents URLs only; the data URL that is sent may be refused")
        body.setdefault(part["type"], []).append(part["url"])


OPENAI = OpenAIDialect(
    thinking=_thinking,
    max_tokens_field="max_completion_tokens",
    media_part=_media_part,
    search={"enable_search": True},
    omits=frozenset({"strict"}),
    sources={
        **_PAGE.covers("thinking", "max_tokens_field", "media_part", "search"),
        "omits": _PAGE.annotate("not in its tables", "inferred"),
    },
)

# The gateway passes MiniMax's base_resp through (section 7.2).
_CODES_OF = Source("inferred", "MiniMax's own codes, which the gateway passes through", "2026-05")
_CODES = {
    "1002": ErrorRule(RateLimitedError, source=_CODES_OF),
    "1008": ErrorRule(QuotaExhaustedError, "balance", _CODES_OF),
    "1026": ErrorRule(ContentBlockedError, source=_CODES_OF),
    "1027": ErrorRule(ContentBlockedError, source=_CODES_OF),
    "2013": ErrorRule(BadRequestError, source=_CODES_OF),
    "2056": ErrorRule(QuotaExhaustedError, source=_CODES_OF),
}

PROVIDER = Provider(
    id="unified",
    class_name="Unified",
    title="Unified gateway",
    docs="https://opcdoc.ntzq.tech/model-examples.html",
    endpoints=(
        Endpoint(
            name="api",
            host="",
            wires={"openai": Wire("/v1", OPENAI)},
            models=_CARDS,
            default_model="qwen3.6-flash",
            key_env=("UNIFIED_API_KEY",),
            finalize=_finalize,
            sources={"host": _PAGE.annotate("none is published", "inferred"), **_PAGE.covers("key_env", "finalize")},
        ),
    ),
    base_url_env="UNIFIED_BASE_URL",
    error_codes=_CODES,
    hints=HINTS,
    media=routes.ROUTES,
    quota=routes.QUOTA,
)
