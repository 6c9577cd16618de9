"""Write the tables of the documentation from the code: `python docs/tables.py [--check]`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cncoding.profile import ModelCard, Provider
from cncoding.registry import own_providers

ROOT = Path(__file__).resolve().parent.parent
CLASSES = {
    "glm": ("ChatGLM", "GLM"),
    "kimi": ("ChatKimi", "Kimi"),
    "minimax": ("ChatMiniMax", "MiniMax"),
    "qwen": ("ChatQwen", "Qwen"),
    "deepseek": ("ChatDeepSeek", "DeepSeek"),
    "wcode": ("ChatWCode", "WCode"),
    "unified": ("ChatUnified", "Unified"),
}


def providers() -> str:
    """Write the table of providers."""
    lines = [
        "| id | LangChain | LlamaIndex | key from the environment | default model | endpoints | wires |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (chat, llm) in CLASSES.items():
        provider = own_providers()[name]
        default = provider.endpoints[0]
        wires = dict.fromkeys(wire for endpoint in provider.endpoints for wire in endpoint.wires)
        lines.append(
            f"| `{name}` | `{chat}` | `{llm}` | {_keys(provider)} | `{default.default_model}` | "
            f"{', '.join(f'`{one.name}`' for one in provider.endpoints)} | {', '.join(wires)} |"
        )
    return "\n".join(lines)


def _keys(provider: Provider) -> str:
    names = dict.fromkeys(re.split("[:!]", entry)[0] for endpoint in provider.endpoints for entry in endpoint.key_env)
    return ", ".join(f"`{name}`" for name in names)


def models() -> str:
    """Write a table of models per provider and group of endpoints."""
    parts: list[str] = []
    for name in CLASSES:
        provider = own_providers()[name]
        parts.append(f"\n## {provider.title}\n")
        shown: dict[tuple[ModelCard, ...], list[str]] = {}
        for endpoint in provider.endpoints:
            shown.setdefault(endpoint.models, []).append(endpoint.name)
        for cards, names in shown.items():
            parts.append(f"Endpoints {', '.join(f'`{one}`' for one in names)}:\n")
            parts.append("| model | context | output | reads | thinking | `response_format` | known from |")
            parts.append("|---|---|---|---|---|---|---|")
            parts.extend(_model(card) for card in cards)
            parts.append("")
    return "\n".join(parts)


def _model(card: ModelCard) -> str:
    thinking = "no"
    if card.thinking is not None:
        thinking = ("on" if card.thinking.default else "off") + (
            ", can stop" if card.thinking.can_disable else ", always"
        )
        if card.thinking.levels:
            thinking += f"; {'/'.join(card.thinking.levels)}"
    numbers = [f"{number:,}" if number else "?" for number in (card.context, card.max_output)]
    forms = ", ".join(sorted(card.structured)) or "none"
    reads = ", ".join(sorted(card.input))
    return f"| `{card.id}` | {numbers[0]} | {numbers[1]} | {reads} | {thinking} | {forms} | {card.note} |"


TARGETS = {
    "README.md": {"providers": providers},
    "README.zh-CN.md": {"providers": providers},
    "docs/models.md": {"models": models},
}


def main(check: bool) -> int:
    """Write the tables, or only say which are stale."""
    stale = []
    for name, tables in TARGETS.items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        for mark, make in tables.items():
            pattern = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)", re.S)
            fresh = pattern.sub(lambda found, make=make: found[1] + make() + found[2], text)  # type: ignore[misc]
            if fresh != text:
                stale.append(name)
            text = fresh
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"stale tables in {', '.join(stale)}: run python docs/tables.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
