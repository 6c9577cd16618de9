"""The unified gateway ("统一体验端口"): one request form for models of five vendors.

Source: seed 004, section 7 of its model page, undated, of May 2026 or later. The page shows request and reply bodies;
host, path, key header, streams and error bodies are not published and follow the OpenAI form here (inferred). Nothing
here was tried with a key by this project.
"""

from __future__ import annotations

from cncoding.errors import BadRequestError, ConfigError, ContentBlockedError, QuotaExhaustedError, RateLimitedError
from cncoding.exchange.failures import ErrorRule
from cncoding.profile import Endpoint, ModelCard, OpenAIDialect, Provider, ThinkingSupport, Warn, Wire, nearest_level
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.unified import media as routes
from cncoding.vendors.unified.hints import HINTS

_TEXT = frozenset({"text"})
_EYES = frozenset({"text", "image", "video", "file"})
# `response_format` is in no table of the page; json_object is inferred from the vendors behind it.
_JSON = frozenset({"json_object"})
_NONE: frozenset[str] = frozenset()

_SWITCH = ThinkingSupport(default=True)
_EFFORT = ThinkingSupport(default=True, levels=("high", "max"))
_ALWAYS = ThinkingSupport(default=True, can_disable=False)


def _card(
    model: str, thinking: ThinkingSupport | None, eyes: bool = False, structured: frozenset[str] = _JSON, note: str = ""
) -> ModelCard:
    """Make a card; the page states no context lengths."""
    return ModelCard(
        id=model,
        input=_EYES if eyes else _TEXT,
        thinking=thinking,
        structured=structured,
        note=note or "seed 004, 7.1 to 7.5",
    )


_CARDS = (
    _card("qwen3.6-flash", _SWITCH),
    _card("qwen3.6-plus", _SWITCH),
    _card("qwen3-max", _SWITCH),
    _card("qwen3-coder-next", _SWITCH),
    _card("qwen3-coder-plus", _SWITCH),
    _card("MiniMax-M2.7", _ALWAYS, structured=_NONE),
    _card("MiniMax-M2.7-highspeed", _ALWAYS, structured=_NONE),
    _card("glm-5.1", _SWITCH),
    _card("glm-5v-turbo", _SWITCH, eyes=True, structured=_NONE, note="thinking is not listed for it; passed on"),
    _card("kimi-k2.6", _EFFORT, eyes=True),
    _card("deepseek-v4-pro", _EFFORT),
    _card("deepseek-v4-flash", _EFFORT),
)


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`enable_thinking`, `thinking_budget` for Qwen, `reasoning_effort` for Kimi and DeepSeek (seed 004, 7.1-7.5)."""
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
        if card.known and not card.id.startswith("qwen"):
            warn("thinking_budget", f"{card.id} has no budget on the unified gateway; left out")
        else:
            body["thinking_budget"] = thinking.budget
    return body


def _check(request: ChatRequest, card: ModelCard) -> None:
    """Refuse what the page calls unsupported. Media that a model does not read are refused by its card."""
    if not (card.known and card.id.startswith("MiniMax-M2.7")):
        return
    if request.search:
        raise ConfigError(
            f"search=True: {card.id} does not support enable_search on the unified gateway; search elsewhere"
        )
    if request.temperature is not None and not 0 <= request.temperature <= 1.5:
        raise ConfigError(f"temperature={request.temperature}: {card.id} on the unified gateway takes 0 to 1.5")


_ARRAYS = {"image": "images", "video": "videos", "file": "file_urls", "audio": "voices"}


def _media_part(media: Media, url: str) -> JsonObject:
    """Mark a medium for `_finalize`, which moves it out of the messages."""
    if not url:
        raise ConfigError(f"{media.kind}: the unified gateway takes URLs; file_id={media.file_id!r} has no place there")
    return {"type": _ARRAYS[media.kind], "url": url}


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Move media out of the messages, and tell what search does (seed 004, 7.4.1 and 7.5.1)."""
    holders = [message for message in body["messages"] if isinstance(message.get("content"), list)]
    if len(holders) > 1:
        warn("messages", "the unified gateway takes media per request: those of all turns are sent side by side")
    for message in holders:
        _move_media(message, body, warn)
    if request.search and card.known and card.id.startswith("deepseek-v4"):
        warn("search", f"enable_search has no effect on {card.id}; left out")
        body.pop("enable_search", None)
    thinking = body.get("enable_thinking") or body.get("reasoning_effort")
    if request.search and thinking and card.id == "kimi-k2.6":
        warn("thinking", "enable_search turns the thinking of kimi-k2.6 off")
    return body


def _move_media(message: JsonObject, body: JsonObject, warn: Warn) -> None:
    """Turn content parts into text and entries of the arrays (seed 004, 7.3.2 and 7.4.1: URLs, content a string)."""
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
    max_tokens_field="max_completion_tokens",  # the one field of all models, "recommended" for Qwen
    media_part=_media_part,
    search={"enable_search": True},
    omits=frozenset({"strict"}),
)

# The gateway passes MiniMax's base_resp through (seed 004, 7.2); that its codes keep their meaning is inferred.
_CODES = {
    "1002": ErrorRule(RateLimitedError),
    "1008": ErrorRule(QuotaExhaustedError, "balance"),
    "1026": ErrorRule(ContentBlockedError),
    "1027": ErrorRule(ContentBlockedError),
    "2013": ErrorRule(BadRequestError),
    "2056": ErrorRule(QuotaExhaustedError),
}

PROVIDER = Provider(
    id="unified",
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
            check=_check,
            finalize=_finalize,
        ),
    ),
    base_url_env="UNIFIED_BASE_URL",
    error_codes=_CODES,
    hints=HINTS,
    media=routes.ROUTES,
    quota=routes.QUOTA,
)
