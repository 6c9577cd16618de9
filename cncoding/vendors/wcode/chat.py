"""wcode.net: a gateway to models of many vendors.

Sources: seed 003 (page of minimax/minimax-m2.1 with a sample reply of 2025-12-23) and other pages of the site, undated.
No page shows a stream, a tool call or an error body: those follow from the site's word that the OpenAI SDK works
(inferred). Nothing here was tried with a key by this project.
"""

from __future__ import annotations

import re

from cncoding.errors import AuthenticationError, BadRequestError, QuotaExhaustedError, RateLimitedError
from cncoding.exchange.failures import ErrorRule
from cncoding.profile import Endpoint, ModelCard, OpenAIDialect, Provider, ThinkingSupport, Warn, Wire
from cncoding.types import ChatRequest, JsonObject, Thinking
from cncoding.vendors.wcode import account as routes
from cncoding.vendors.wcode.hints import HINTS, KEY_PAGES

_TEXT = frozenset({"text"})
_EYES = frozenset({"text", "image"})
# Seed 003: `response_format` is documented with json_object, and with json_schema beside `structured_outputs`.
_JSON = frozenset({"json_object", "json_schema"})

_THINKS = ThinkingSupport(default=True, can_disable=False)
_HYBRID = ThinkingSupport(default=False)
_SWITCHED = ThinkingSupport(default=True)


def _card(
    model: str, context: int | None, thinking: ThinkingSupport | None = None, eyes: bool = False, note: str = ""
) -> ModelCard:
    return ModelCard(
        id=model,
        context=context,
        input=_EYES if eyes else _TEXT,
        thinking=thinking,
        structured=_JSON,
        note=note or "wcode.net model page, undated; what cannot be switched off is inferred from the vendor",
    )


_LIST = "seed 003 lists the name only; id or context inferred"

_CARDS = (
    _card("minimax/minimax-m2", 192_000, _THINKS, note=_LIST),
    _card("minimax/minimax-m2.1", 192_000, _THINKS, note="seed 003"),
    _card("minimax/minimax-m2.5", 200_000, _THINKS),
    _card("z-ai/glm-4.6", None, _SWITCHED, note=_LIST),
    _card("z-ai/glm-4.6v", 128_000, _SWITCHED, eyes=True),
    _card("z-ai/glm-4.7", None, _SWITCHED),
    _card("z-ai/glm-4.7-flash", 195_000, _SWITCHED),
    _card("deepseek/deepseek-chat-v3.1", 128_000, _HYBRID, note="the page with reasoning.enabled, 2025-08-24"),
    _card("deepseek/deepseek-r1-0528", 160_000, _THINKS),
    _card("deepseek/deepseek-r1-0528-qwen3-8b", None, _THINKS),
    _card("moonshotai/kimi-k2-thinking", None, _THINKS, note=_LIST),
    _card("qwen/qwen3-vl-8b-instruct", 256_000, eyes=True),
    _card("qwen/qwen3-vl-30b-a3b-instruct", 256_000, eyes=True),
    _card("qwen/qwen3-vl-30b-a3b-thinking", 256_000, _THINKS, eyes=True),
    _card("qwen/qwen3-vl-32b-instruct", 256_000, eyes=True),
    _card("qwen/qwen3-vl-235b-a22b-instruct", 128_000, eyes=True),
    _card("qwen/qwen3-vl-235b-a22b-thinking", 128_000, _THINKS, eyes=True),
    _card("qwen/qwen3-30b-a3b", 128_000, _SWITCHED),
    _card("doubao-seed-code", 256_000, _SWITCHED),
    _card("qwen3.6-plus", 1_024_000, _SWITCHED, eyes=True),
    _card("qwen2.5-vl-32b-instruct", None, eyes=True, note="images used by public code"),
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
    """State `structured_outputs` with a schema: seed 003 says that it allows json_schema (its reading is ours)."""
    if body.get("response_format", {}).get("type") == "json_schema":
        body["structured_outputs"] = True
    return body


# `stream` and `stream_options` are on no page either.
OPENAI = OpenAIDialect(
    thinking=_thinking,
    reasoning_fields=("reasoning", "reasoning_content"),
    echo_field="reasoning",  # inferred: the field that it came in
    omits=frozenset({"strict"}),
    rare=frozenset({"top_k", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs"}),  # the page's list
)

PROVIDER = Provider(
    id="wcode",
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
        ),
    ),
    base_url_env="WCODE_BASE_URL",
    # https://wcode.net/api-error-reference gives these texts, and neither HTTP status nor body. The account routes wrap
    # theirs as {"status", "error_message", "error_code"} (balance page); that chat does so too is inferred.
    error_texts=(
        (re.compile(r"exceeded the current quota|quota exceeded", re.I), ErrorRule(QuotaExhaustedError, "balance")),
        (re.compile(r"incorrect api_?key|no api_?key provided", re.I), ErrorRule(AuthenticationError)),
        (re.compile(r"rate limit exceeded", re.I), ErrorRule(RateLimitedError)),
        (re.compile(r"request body( \(or file\))?( is)? too large", re.I), ErrorRule(BadRequestError)),
    ),
    hints=HINTS,
    key_pages=KEY_PAGES,
    quota=routes.QUOTA,
)
