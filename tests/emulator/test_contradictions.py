"""The client's cards and the emulator's rows are two readings of the same pages: where they differ is listed here.

A difference that is not in the list is a mistake of one of the two readers, or a contradiction between sources that
nobody has written down yet.
"""

from __future__ import annotations

from cncoding.registry import own_providers
from cncoding_emulator.facts import load

ROUNDING = 0.06
"""1,000,000 and 1,048,576 are one figure, "1M", in two spellings; 200K and 204,800 likewise."""
CONTRADICTIONS = {
    "deepseek/deepseek-chat images": "old names are answered by flash, which sees; the page of the names says text",
    "deepseek/deepseek-reasoner images": "the same",
    "deepseek/deepseek-reasoner thinking": "the name of the thinking mode, answered by flash, whose switch works",
    "glm/glm-5.3-flash thinking": "docs.z.ai: forced; agentjido/req_llm 2026-09-07: off on the plan",
    "qwen/glm-5 output": "models.dev: 16,384; Coding Plan FAQ: 32,768",
    "qwen/MiniMax-M2.5 output": "models.dev: 24,576; Coding Plan FAQ: 32,768",
    "unified/qwen3-max thinking": "the gateway's page: enable_thinking in the sample; upstream default: off",
    "unified/qwen3-coder-next thinking": "the same page for a model that cannot think upstream",
    "unified/qwen3-coder-plus thinking": "the same",
    "unified/glm-5v-turbo thinking": "the gateway's page has no switch for it; upstream default: on",
    "wcode/z-ai/glm-4.6 thinking": "the gateway's page names no default; upstream: on",
    "wcode/qwen/qwen3-30b-a3b thinking": "the same",
    "wcode/doubao-seed-code thinking": "the same",
}


def _find_differences() -> set[str]:
    found = set()
    for name, provider in own_providers().items():
        facts = load(name)
        for card in (card for endpoint in provider.endpoints for card in endpoint.models):
            row = facts.find_model(card.id)
            ours, theirs = card.max_input or card.context, row.context
            if ours and theirs and abs(ours - theirs) / theirs > ROUNDING:
                found.add(f"{name}/{card.id} context")
            if card.max_output and row.output and card.max_output != row.output:
                found.add(f"{name}/{card.id} output")
            if ("image" in card.input) != row.sees:
                found.add(f"{name}/{card.id} images")
            thinking = card.thinking
            kind = "never" if thinking is None else "on" if thinking.default else "off"
            if thinking is not None and thinking.default and not thinking.can_disable:
                kind = "always"
            if kind != row.thinks and {kind, row.thinks} != {"never", "off"}:
                found.add(f"{name}/{card.id} thinking")
    return found


def test_the_two_readers_differ_only_where_the_sources_do() -> None:
    assert _find_differences() == set(CONTRADICTIONS)
