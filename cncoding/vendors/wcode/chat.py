"""wcode.net: a gateway to models of many vendors.

No page shows a stream, a tool call or an error body: those follow from the site's word that the OpenAI SDK works
(inferred). Nothing here was tried with a key by this project.
"""

from __future__ import annotations

import re

from cncoding.errors import AuthenticationError, BadRequestError, QuotaExhaustedError, RateLimitedError
from cncoding.evidence import Source
from cncoding.exchange.failures import ErrorRule
from cncoding.profile import Endpoint, ModelCard, OpenAIDialect, Provider, ThinkingSupport, Warn, Wire
from cncoding.types import ChatRequest, JsonObject, Thinking
from cncoding.vendors.wcode import account as routes
from cncoding.vendors.wcode.hints import HINTS, KEY_PAGES

_PAGE = Source("documented", "wcode.net/model/minimax/minimax-m2.1", "2025-12-23", "undated; date of its sample reply")
_PAGES = Source("documented", "wcode.net model pages", "2026", "undated; switches: the vendor's pages")
_V31 = Source("documented", "wcode.net/model/deepseek/deepseek-chat-v3.1", "2025-08-24")
_LISTED = Source("inferred", "wcode.net lists the name only", "2025-12-23", "id or context from the vendor")
_SDK = Source("inferred", "wcode.net says that the OpenAI SDK works", "2025-12-23")

_TEXT = frozenset({"text"})
_EYES = frozenset({"text", "image"})
# `response_format` is documented with json_object, and with json_schema beside `structured_outputs`.
_JSON = frozenset({"json_object", "json_schema"})

_THINKS = ThinkingSupport(default=True, can_disable=False)
_HYBRID = ThinkingSupport(default=False)
_SWITCHED = ThinkingSupport(default=True)


def _card(
    model: str,
    context: int | None,
    thinking: ThinkingSupport | None = None,
    eyes: bool = False,
    source: Source = _PAGES,
) -> ModelCard:
    return ModelCard(
        id=model,
        context=context,
        input=_EYES if eyes else _TEXT,
        thinking=thinking,
        structured=_JSON,
        source=source,
    )


_CARDS = (
    _card("minimax/minimax-m2", 192_000, _THINKS, source=_LISTED),
    _card("minimax/minimax-m2.1", 192_000, _THINKS, source=_PAGE),
    _card("minimax/minimax-m2.5", 200_000, _THINKS),
    _card("z-ai/glm-4.6", None, _SWITCHED, source=_LISTED),
    _card("z-ai/glm-4.6v", 128_000, _SWITCHED, eyes=True),
    _card("z-ai/glm-4.7", None, _SWITCHED),
    _card("z-ai/glm-4.7-flash", 195_000, _SWITCHED),
    _card("deepseek/deepseek-chat-v3.1", 128_000, _HYBRID, source=_V31),
    _card("deepseek/deepseek-r1-0528", 160_000, _THINKS),
    _card("deepseek/deepseek-r1-0528-qwen3-8b", None, _THINKS),
    _card("moonshotai/kimi-k2-thinking", None, _THINKS, source=_LISTED),
    _card("qwen/qwen3-vl-8b-instruct", 256_000, eyes=True),
    _card("qwen/qwen3-vl-30b-a3b-instruct", 256_000, eyes=True),
    _card("qwen/qwen3-vl-30b-a3b-thinking", 256_000, _THINKS, eyes=True),
    _card("qwen/qwen3-vl-32b-instruct", 256_000, eyes=True),
    _card("qwen/qwen3-vl-235b-a22b-instruct", 128_000, eyes=True),
    _card("qwen/qwen3-vl-235b-a22b-thinking", 128_000, _THINKS, eyes=True),
    _card("qwen/qwen3-30b-a3b", 128_000, _SWITCHED),
    _card("doubao-seed-code", 256_000, _SWITCHED),
    _card("qwen3.6-plus", 1_024_000, _SWITCHED, eyes=True),
    _card("qwen2.5-vl-32b-instruct", None, eyes=True, source=_PAGES.annotate("images used by public code", "inferred")),
)


def _thinking(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """`reasoning.enabled`, shown on the page of deepseek-chat-v3.1 only; for other models it is inferred."""
    if thinking.budget is not None:
        warn("thinking_budget", "wcode documents no budget; left out")
    if thinking.effort not in (None, "none"):
        warn("reasoning_effort", "wcode documents no effort, only thinking on or off; left out")
    enabled = thinking.enabled
    if enabled is None and (thinking.effort or thinking.budget):
        enabled = thinking.effort != "none"
    if enabled is None:
        return {}
    support = card.thinking
    if support is None:
        warn("thinking", f"{card.id} does not think; left out")
        return {}
    if not enabled and not support.can_disable:
        warn("thinking", f"{card.id} cannot stop thinking")
        return {}
    return {"reasoning": {"enabled": enabled}}


def _finalize(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """State `structured_outputs` with a schema: the page says that it allows json_schema (its reading is ours)."""
    if body.get("response_format", {}).get("type") == "json_schema":
        body["structured_outputs"] = True
    return body


# `stream` and `stream_options` are on no page either.
OPENAI = OpenAIDialect(
    thinking=_thinking,
    reasoning_fields=("reasoning", "reasoning_content"),
    echo_field="reasoning",
    omits=frozenset({"strict"}),
    rare=frozenset({"top_k", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs"}),
    sources={
        "thinking": _V31.annotate("for other models it is inferred"),
        **_PAGE.covers("reasoning_fields", "rare", "omits"),
        "echo_field": Source("inferred", "the field that the reasoning came in", "2025-12-23"),
    },
)

# The page gives these texts, and neither HTTP status nor body. The account routes wrap theirs as {"status",
# "error_message", "error_code"} (balance page); that chat does so too is inferred.
_ERRORS = Source("documented", "wcode.net/api-error-reference", "2026", "undated")
_SPENT = ErrorRule(QuotaExhaustedError, "balance", _ERRORS)
_TEXTS = (
    (
        re.compile(r"exceeded the current quota|quota exceeded", re.I),
        ErrorRule(QuotaExhaustedError, "balance", _ERRORS),
    ),
    (re.compile(r"incorrect api_?key|no api_?key provided", re.I), ErrorRule(AuthenticationError, source=_ERRORS)),
    (re.compile(r"rate limit exceeded", re.I), ErrorRule(RateLimitedError, source=_ERRORS)),
    (re.compile(r"request body( \(or file\))?( is)? too large", re.I), ErrorRule(BadRequestError, source=_ERRORS)),
)

PROVIDER = Provider(
    id="wcode",
    class_name="WCode",
    title="wcode.net",
    docs="https://wcode.net",
    endpoints=(
        Endpoint(
            name="api",
            host="https://wcode.net",
            wires={"openai": Wire("/api/gpt/v1", OPENAI)},
            models=_CARDS,
            default_model="minimax/minimax-m2.1",
            key_env=("WCODE_API_KEY",),
            finalize=_finalize,
            sources={**_PAGE.covers("host", "key_env", "finalize")},
        ),
    ),
    base_url_env="WCODE_BASE_URL",
    error_texts=_TEXTS,
    hints=HINTS,
    key_pages=KEY_PAGES,
    quota=routes.QUOTA,
)
