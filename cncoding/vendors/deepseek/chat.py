"""DeepSeek: the open platform, which has no plan.

Nothing here was tried with a key by this project.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, NotFoundError
from cncoding.evidence import Source
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
    thinks,
)
from cncoding.types import ChatRequest, JsonObject, Media, Thinking
from cncoding.vendors.deepseek import account as routes
from cncoding.vendors.deepseek.hints import ALSO_CALLED, HINTS, KEY_PAGES, PHRASES
from cncoding.vendors.deepseek.prices import PRICES

_PRICES = Source("documented", "api-docs.deepseek.com/quick_start/pricing", "2026-11-15")
_CHAT = Source("documented", "api-docs.deepseek.com/api/create-chat-completion", "2026-11")
_THINK = Source("documented", "api-docs.deepseek.com/guides/thinking_mode", "2026-11")
_MESSAGES = Source("documented", "api-docs.deepseek.com/guides/anthropic_api", "2026-09")
_WEB = Source("documented", "api-docs.deepseek.com/guides/web_tools", "2026-11")
_HARNESS = Source("documented", "deepseek-ai/deepseek-harness b150a55", "2026-08-21")
_RETIRED = Source(
    "documented", "third-party probe of 2026-09-13", "2026-09-13", "announced to end 2026-07-24; limits unknown"
)

_EYES = frozenset({"text", "image"})
_THINKS = ThinkingSupport(default=True, can_disable=True, levels=("low", "high", "max"), default_level="high")

# 393,216 is the limit of the chat reference. The V4 flash ids are served by deepseek-flash. Web tools: flash only.


def _card(model: str, source: Source = _PRICES, thinking: ThinkingSupport = _THINKS, **more: Any) -> ModelCard:
    sizes: dict[str, Any] = {} if source is _RETIRED else {"context": 1_000_000, "max_output": 393_216}
    return ModelCard(model, thinking=thinking, source=source, **{"search": "refused", **sizes, **more})


_CARDS = (
    _card("deepseek-flash", input=_EYES, search="works", source=_PRICES.annotate("V4.1-Flash-1017")),
    _card("deepseek-v4-pro", _PRICES.annotate("V4-Pro-0813")),
    _card("deepseek-v4-flash", _PRICES.annotate("served by deepseek-flash"), input=_EYES),
    _card("deepseek-v4-flash-vision-exp", _PRICES.annotate("served by deepseek-flash"), input=_EYES),
    _card("deepseek-chat", _RETIRED, replace(_THINKS, default=False)),
    _card("deepseek-reasoner", _RETIRED, replace(_THINKS, can_disable=False)),
)

_MAPPED = {"minimal": "low", "medium": "high", "xhigh": "high", "ultra": "max"}
"""What the server makes of other words (thinking guide, 2026-09 to 11; before 2026-08 low and medium meant high)."""


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """Switch by object, effort beside it (thinking guide, 2026-09 to 11)."""
    if thinking.budget is not None:
        warn("thinking_budget", "DeepSeek has no budget; use reasoning_effort")
    if card.known and card.thinking is not None and not card.thinking.can_disable and thinking.enabled is False:
        warn("thinking", f"{card.id} cannot stop thinking; left out")
        return {}
    if thinking.enabled is False or (thinking.enabled is None and thinking.effort == "none"):
        if thinking.effort not in (None, "none"):
            # The vendor's client refuses the pair (deepseek-harness 2026-08-21); the server's answer is unknown.
            warn("reasoning_effort", "no effort goes with thinking switched off; left out")
        return {"thinking": {"type": "disabled"}}
    body: JsonObject = {"thinking": {"type": "enabled"}} if thinking.enabled else {}
    return body | ({"reasoning_effort": _effort(thinking.effort, card, warn)} if thinking.effort else {})


def _effort(effort: str, card: ModelCard, warn: Warn) -> str:
    if not card.known or card.thinking is None:
        return effort
    if effort in _MAPPED:
        warn("reasoning_effort", f"DeepSeek takes {effort!r} for {_MAPPED[effort]!r}, which is sent")
        return _MAPPED[effort]
    return nearest_level(effort, card.thinking, warn)


def _messages_thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`thinking.type` and `output_config.effort`; `budget_tokens` is ignored (Anthropic guide, 2026)."""
    body = _thinking(thinking, card, warn)
    effort = body.pop("reasoning_effort", None)
    return {**body, "output_config": {"effort": effort}} if effort else body


def _media_part(media: Media, url: str) -> JsonObject:
    """Images by URL, data URL or uploaded file (vision guide, 2026-09; deepseek-harness)."""
    if media.kind != "image":
        raise ConfigError(f"{media.kind}: DeepSeek chat reads images only; put its text into the message")
    if media.file_id is not None:
        return {"type": "file", "file_id": media.file_id}
    image: JsonObject = {"url": url}
    if media.detail is not None:
        image["detail"] = media.detail
    return {"type": "image_url", "image_url": image}


def _check(request: ChatRequest, card: ModelCard) -> None:
    """At most 16 stop strings (chat reference, 2026)."""
    if len(request.stop) > 16:
        raise ConfigError("stop: DeepSeek takes at most 16 strings")


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Thinking models take `temperature` and do nothing with it (thinking guide, 2026-09 to 11)."""
    if "temperature" in body and card.known and thinks(request.thinking, card):
        warn("temperature", f"it has no effect while {card.id} thinks; set thinking=False to use it")
    return body


_VISION = Source("documented", "api-docs.deepseek.com/guides/vision", "2026-09")
_PICTURES = PictureForm(("image/jpeg", "image/png", "image/gif", "image/webp"), source=_VISION)
OPENAI = OpenAIDialect(
    thinking=_thinking,
    # HTTP 400 "The `reasoning_content` in the thinking mode must be passed back to the API." on a tool turn without it,
    # in all later requests. The vendor's client replays every turn; "" for turns of other models was seen to do.
    backfill="",
    # Rejected with HTTP 400 in thinking mode (third-party test of 2026-07-26).
    thinking_tool_choice=frozenset({"auto", "none"}),
    # Neither is in the chat reference.
    omits=frozenset({"parallel_tool_calls", "seed", "strict"}),
    cache="automatic",
    # On the beta base only.
    prefix="prefix",
    prefix_endpoint="beta",
    # The two penalties are deprecated and without effect.
    rare=frozenset({"logprobs", "top_logprobs"}),
    media_part=_media_part,
    pictures=_PICTURES,
    # JSON guide, 2026: the word must occur in the prompt.
    json_word=True,
    finish_reasons={"insufficient_system_resource": "error"},
    sources={
        **_THINK.covers("thinking"),
        "backfill": _HARNESS.annotate("HTTP 400 without it on a tool turn; third parties state an empty one"),
        "thinking_tool_choice": Source("documented", "third-party test of 2026-07-26", "2026-07-26"),
        "pictures": _VISION,
        **_CHAT.covers("omits", "rare", "media_part", "finish_reasons"),
        "cache": Source("documented", "api-docs.deepseek.com/guides/kv_cache", "2026-11", "on disk, no request field"),
        "json_word": Source("documented", "api-docs.deepseek.com/guides/json_mode", "2026-11"),
        **Source("documented", "api-docs.deepseek.com/guides/chat_prefix_completion", "2026-11").covers(
            "prefix", "prefix_endpoint"
        ),
    },
)
_BETA = replace(OPENAI, omits=OPENAI.omits - {"strict"}, prefix_endpoint=None)

# The reasoning rule holds here too ("content[].thinking ... must be passed back"); the empty block for foreign turns
# and the tool choice limit are inferred from the other wire.
ANTHROPIC = AnthropicDialect(
    thinking=_messages_thinking,
    max_tokens=32_768,
    thinking_tool_choice=frozenset({"auto", "none"}),
    backfill="",
    cache="automatic",
    # `disable_parallel_tool_use` is (Anthropic guide, 2026).
    omits=frozenset({"parallel_tool_calls"}),
    # Run by the server; what it finds comes in blocks that go back unchanged.
    search={
        "tools": [
            {"type": "deepseek_web_search", "name": "deepseek_web_search"},
        ]
    },
    pictures=_PICTURES,
    sources={
        "pictures": _VISION,
        **_MESSAGES.covers("thinking", "omits", "cache"),
        "max_tokens": Source("inferred", "room for thinking and an answer; the wire wants a number", "2026-11"),
        **Source("inferred", "the OpenAI wire", "2026-11").covers("thinking_tool_choice", "backfill"),
        "search": _WEB.annotate("the Chat Completions form is not published in full"),
    },
)


def _endpoint(name: str, wires: dict[str, Wire]) -> Endpoint:
    return Endpoint(
        name=name,
        host="https://api.deepseek.com",
        wires=wires,
        models=_CARDS,
        default_model="deepseek-flash",
        key_env=("DEEPSEEK_API_KEY",),
        check=_check,
        finalize=_finalize,
        sources={**_PRICES.covers("host", "key_env"), "check": _CHAT, "finalize": _THINK},
    )


PROVIDER = Provider(
    id="deepseek",
    class_name="DeepSeek",
    title="DeepSeek",
    docs="https://api-docs.deepseek.com",
    endpoints=(
        _endpoint("api", {"openai": Wire("", OPENAI, also=("/v1",)), "anthropic": Wire("/anthropic", ANTHROPIC)}),
        # Strict tools, prefix completion and FIM need this base (chat reference, 2026).
        _endpoint("beta", {"openai": Wire("/beta", _BETA)}),
    ),
    base_url_env="DEEPSEEK_BASE_URL",
    error_texts=(
        (
            re.compile(r"model not exist|supported api model names are", re.I),
            ErrorRule(NotFoundError, source=Source("captured", "0xPlaygrounds/rig, recorded replies", "2026-08")),
        ),
    ),
    completions="/beta/completions",
    sources={"completions": Source("documented", "api-docs.deepseek.com/guides/fim_completion", "2026-11")},
    hints=HINTS,
    key_pages=KEY_PAGES,
    also_called=ALSO_CALLED,
    phrases=PHRASES,
    media=routes.ROUTES,
    quota=routes.QUOTA,
    prices=PRICES,
)
