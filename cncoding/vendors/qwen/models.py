"""Models of Alibaba Cloud Bailian: the coding plan's, the token plan's and those of pay as you go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cncoding.evidence import Source
from cncoding.profile import ModelCard, ThinkingSupport

SITE = "help.aliyun.com/zh/model-studio/"
TRANSLATION_PAGE = Source("documented", f"{SITE}qwen-mt-api", "2026-09")
FAQ_PAGE = Source("documented", f"{SITE}coding-plan-faq", "2026-10")
PLAN_PAGE = Source("documented", f"{SITE}coding-plan", "2026-05-30")
TOKEN_PAGE = Source("documented", f"{SITE}token-plan", "2026-09")
CHAT_PAGE = Source("documented", f"{SITE}qwen-api-via-openai-chat-completions", "2026-10")
VISION_PAGE = Source("documented", f"{SITE}vision", "2026-10")
MESSAGES_PAGE = Source("documented", f"{SITE}anthropic-api-messages", "2026-11")
_MEASURED = Source("documented", "duolahypercho/codex-router 250", "2026-08-15", "input ceilings measured")
_PROBED = Source("documented", "duolahypercho/codex-router 250", "2026-09-15", "probed")
_RECORDED = Source("captured", "leandromineti/ai-assisted-coding, recorded replies", "2026-09-01")
_MODELS_DEV = Source("documented", "models.dev, provider alibaba-coding-plan", "2026-09", "output; the FAQ says 32,768")

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
_PLAN_EFFORT = replace(_EFFORT, default_budget=32_768)
"""The token plan's own budget of qwen3.8-max, below which no `max_completion_tokens` is taken (openhanako 2402)."""
_OTHERS_EFFORT = ThinkingSupport(levels=("high", "max"))
"""GLM-5.x and DeepSeek V4 on this platform; `low` is not documented there (chat reference 2026-09)."""
_FLASH_EFFORT = ThinkingSupport(levels=("low", "high", "max"))


def _card(
    model: str, context: int | None, output: int | None, thinking: ThinkingSupport | None, **more: Any
) -> ModelCard:
    told: dict[str, Any] = {"source": FAQ_PAGE, **more}
    if model.lower().startswith(("deepseek", "kimi", "minimax")):
        told["omits"] = frozenset({"top_k"})  # "not for deepseek, kimi and MiniMax" (chat reference 2026-09)
    return ModelCard(id=model, context=context, max_output=output, thinking=thinking, **told)


# A report of 2026-02 has six of these, calls qwen3-max a vision model and kimi-k2.5 a text model; the vendor's pages
# say the opposite of both, so an image for qwen3-max is left to the vendor. Tool choice of models by others is inferred
# from their own platforms. Video on the plan's host is not documented.
_EYES_UNSURE = FAQ_PAGE.annotate("a report says vision, the pages text")
_Q37 = _card("qwen3.7-plus", 1_000_000, 65_536, _on(262_144), input=_SIGHT, structured=_SCHEMA)
PLAN = (
    _Q37,
    _card("qwen3.6-plus", 1_000_000, 65_536, _on(81_920), input=_SIGHT),
    _card("qwen3.5-plus", 1_000_000, 65_536, _on(81_920), input=_SIGHT),
    _card(
        "qwen3-max-2026-01-23",
        262_144,
        65_536,
        _off(81_920),
        vision="native",
        source=_EYES_UNSURE,
    ),
    _card("qwen3-coder-next", 262_144, 65_536, None),
    _card("qwen3-coder-plus", 1_000_000, 65_536, None),
    _card("kimi-k2.5", 262_144, 32_768, _off(81_920), input=_SIGHT, tool_choice=_AUTO),
    _card("glm-5", 202_752, 16_384, _on(32_768), tool_choice=_AUTO, source=_MODELS_DEV),
    _card("glm-4.7", 202_752, 32_768, _on(32_768), tool_choice=_AUTO),
    _card("MiniMax-M2.5", 196_608, 24_576, _ALWAYS, tool_choice=_AUTO, source=_MODELS_DEV),
)

# That thinking of qwen3.8 can be off is recorded (HTTP 200 without reasoning), although models.dev 3952587b denies it.
# `logprobs` are honoured by -max and silently ignored by -flash (recorded).
_NO_LOGPROBS = frozenset({"logprobs", "top_logprobs"})
_Q38 = (
    _card("qwen3.8-max", None, None, _EFFORT, input=_EYES, structured=_SCHEMA, source=_RECORDED),
    _card("qwen3.8-flash", None, None, _EFFORT, input=_EYES, structured=_SCHEMA, omits=_NO_LOGPROBS, source=_RECORDED),
)
_Q37_MAX = _card(
    "qwen3.7-max", None, None, _on(None), structured=_SCHEMA, vision="native",
    source=CHAT_PAGE.annotate("vision not documented"),
)  # fmt: skip
_CEILING = 983_616


def _others(model: str, ceiling: int | None, source: Source, thinking: ThinkingSupport = _OTHERS_EFFORT) -> ModelCard:
    return _card(model, None, None, thinking, tool_choice=_AUTO, max_input=ceiling, source=source)


TOKEN_PLAN = (
    replace(_Q38[0], max_input=_CEILING, thinking=_PLAN_EFFORT, source=_MEASURED),
    replace(_Q38[1], source=TOKEN_PAGE),
    replace(_Q37_MAX, max_input=_CEILING, source=_MEASURED),
    replace(_Q37, input=_EYES, max_input=_CEILING, source=_MEASURED),
    _card("qwen3.6-flash", None, None, _on(None), input=_EYES, max_input=_CEILING, source=_MEASURED),
    _others("glm-5.3", None, TOKEN_PAGE),
    _others("glm-5.2", 1_048_576, _MEASURED),
    _others("deepseek-v4-pro", 1_000_000, _MEASURED),
    _others("deepseek-v4-pro-0813", 1_000_000, _MEASURED),
    _others("deepseek-v4-flash", None, TOKEN_PAGE.annotate("the page says deepseek-v4*", "inferred")),
    _others("deepseek-v4-flash-0731", 1_000_000, _MEASURED),
    _others("deepseek-v4.1-flash", None, _PROBED, _FLASH_EFFORT),
)

# Chat reference, vision and translation pages, 2026-09/10. Stream only: reference 3.3; the open Qwen3 models are so
# only while thinking, which is their default. qwen-mt-plus and -turbo repeat all text so far in every piece.
_MT: dict[str, Any] = {
    "tools": False,
    "requires": (("translation_options", "{'source_lang': 'auto', 'target_lang': 'English'}"),),
    "source": TRANSLATION_PAGE,
}
API = (
    *_Q38,
    _Q37_MAX,
    *(replace(card, input=_EYES) if card.id.startswith("qwen3.") else card for card in PLAN),
    _card("qwen3.7-flash", None, None, _on(None), input=_EYES, structured=_SCHEMA, source=CHAT_PAGE),
    _card("qwen3.6-flash", None, None, _on(None), input=_EYES, source=CHAT_PAGE),
    _card("qwen3.5-flash", None, None, _on(None), input=_EYES, source=CHAT_PAGE),
    _card("qwen3-max", 262_144, 65_536, _off(81_920)),
    _card("qwen3-vl-plus", None, None, _off(None), input=_EYES, source=CHAT_PAGE),
    _card("qwen3-vl-flash", None, None, _off(None), input=_EYES, source=CHAT_PAGE),
    _card("qwen3-235b-a22b", None, None, _on(None), stream_only=True, source=CHAT_PAGE),
    _card("qwen3-32b", None, None, _on(None), stream_only=True, source=CHAT_PAGE),
    _card("qwq-plus", None, None, _ALWAYS, stream_only=True, source=CHAT_PAGE),
    _card("qvq-max", None, None, _ALWAYS, input=_SIGHT, stream_only=True, tools=False, source=CHAT_PAGE),
    *(_card(f"qwen-mt-{size}", None, None, None, cumulative=True, **_MT) for size in ("plus", "turbo")),
    *(_card(f"qwen-mt-{size}", None, None, None, **_MT) for size in ("flash", "lite")),
)
