"""Write the tables of the documentation from the code: `python docs/tables.py [--check]`."""

from __future__ import annotations

import ast
import contextlib
import re
import runpy
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from settings_page import write_settings
from trouble_pages import write_troubleshooting
from vendor_pages import write_vendors

from cncoding.profile import ModelCard, Provider
from cncoding.registry import own_providers

ROOT = Path(__file__).resolve().parent.parent


def providers() -> str:
    """Write the table of providers."""
    lines = [
        "| id | LangChain | LlamaIndex | key from the environment | default model | endpoints | wires |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, provider in own_providers().items():
        default = provider.endpoints[0]
        wires = dict.fromkeys(wire for endpoint in provider.endpoints for wire in endpoint.wires)
        lines.append(
            f"| `{name}` | `Chat{provider.stem}` | `{provider.stem}` | {_keys(provider)} | `{default.default_model}` | "
            f"{', '.join(f'`{one.name}`' for one in provider.endpoints)} | {', '.join(wires)} |"
        )
    return "\n".join(lines)


def _keys(provider: Provider) -> str:
    names = dict.fromkeys(re.split("[:!]", entry)[0] for endpoint in provider.endpoints for entry in endpoint.key_env)
    return ", ".join(f"`{name}`" for name in names)


def models() -> str:
    """Write a table of models per provider and group of endpoints."""
    parts: list[str] = []
    for provider in own_providers().values():
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
    numbers = [f"{number:,}" if number else "?" for number in (card.context or card.max_input, card.max_output)]
    forms = ", ".join(sorted(card.structured)) or "none"
    reads = ", ".join(sorted(card.input))
    return f"| `{card.id}` | {numbers[0]} | {numbers[1]} | {reads} | {thinking} | {forms} | {_known_from(card)} |"


@cache
def readers() -> str:
    """Write where client and emulator, two independent readers of the vendors' pages, differ."""
    compare = runpy.run_path(str(ROOT / "docs" / "readers.py"))["compare"]
    lines = ["| vendor | fact | the client reads | from | the emulator reads | from |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {one.provider} | {one.subject} | {one.ours} | {one.our_source} | {one.theirs} | {one.their_source} |"
        for one in compare()
    ]
    return "\n".join(lines)


def _known_from(card: ModelCard) -> str:
    source = card.source
    assert source is not None, card.id
    return f"{source.where}, {source.date} ({source.kind})" + (f": {source.note}" if source.note else "")


def recipes() -> str:
    """Write the tables of recipes, read from the decorators of the tests without importing a framework."""
    parts: list[str] = []
    for name, folder in (("LangChain, LangGraph, Deep Agents", "langchain"), ("LlamaIndex", "llamaindex")):
        found = [one for path in sorted((ROOT / "tests/recipes" / folder).glob("*.py")) for one in _recipes(path)]
        parts += [
            f"\n## {name}: {len(found)} recipes\n",
            "| recipe | its line | ours, on two vendors |",
            "|---|---|---|",
        ]
        for title, page, theirs, vendors in found:
            ours = " / ".join(_our_line(theirs, vendor, folder) for vendor in vendors)
            parts.append(f"| [{title}]({page}) | `{theirs}` | {ours} |")
    return "\n".join([*parts, ""])


def _recipes(path: Path) -> list[tuple[str, str, str, tuple[str, str]]]:
    """Return title, page, line and vendors of each recipe of a file."""
    names: dict[str, str] = {}
    found = []
    for file in (path.parent / "__init__.py", path):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                with contextlib.suppress(ValueError):
                    names[node.targets[0].id] = _constant(node.value, names)
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "recipe":
                    title, page, theirs = (_constant(one, names) for one in mark.args)
                    needs = "".join(_constant(one.value, names) for one in mark.keywords)
                    found.append((title, page, theirs, _choose_vendors()(title, needs)))
    return found


@cache
def exit_codes() -> str:
    """Write the exit codes of the command line."""
    from cncoding_cli.failures import EXIT_CODES, INTERRUPTED

    rows = [(0, "", "all went well"), *((code, f"`{kind.__name__}`", meaning) for kind, code, meaning in EXIT_CODES)]
    rows.append((INTERRUPTED, "", "Ctrl-C"))
    lines = [f"| {code} | {kind} | {meaning} |" for code, kind, meaning in sorted(rows)]
    return "\n".join(["| exit code | class | meaning |", "|---|---|---|", *lines])


def faults() -> str:
    """Write what is promised for every fault at every moment."""
    table = runpy.run_path(str(ROOT / "tests/faults/promises.py"))
    lines = [f"| | {' | '.join(table['FAULTS'])} |", "|---" * (len(table["FAULTS"]) + 1) + "|"]
    for moment in table["MOMENTS"]:
        cells = (table["PROMISES"].get((moment, fault), "") for fault in table["FAULTS"])
        lines.append(f"| **{moment}** | {' | '.join(f'`{one}`' if one.endswith('Error') else one for one in cells)} |")
    return "\n".join(lines)


_MIGRATIONS = (
    ("langchain_openai", 'ChatOpenAI(model="kimi-k3", base_url="https://api.moonshot.cn/v1")'),
    ("langchain_deepseek", 'ChatDeepSeek(model="deepseek-flash", temperature=0)'),
    ("langchain_community.chat_models", 'ChatTongyi(model="qwen3.7-plus", dashscope_api_key=key)'),
    ("langchain_community.chat_models", 'ChatZhipuAI(model="glm-4.7", zhipuai_api_key=key)'),
    ("langchain_community.chat_models", 'MoonshotChat(model="kimi-k3", moonshot_api_key=key)'),
    (
        "llama_index.llms.openai_like",
        'OpenAILike(model="glm-4.7", api_base="https://open.bigmodel.cn/api/coding/paas/v4", is_chat_model=True)',
    ),
    ("llama_index.llms.dashscope", 'DashScope(model_name="qwen3.7-plus", api_key=key)'),
    ("llama_index.llms.zhipuai", 'ZhipuAI(model="glm-4.7", api_key=key)'),
    ("llama_index.llms.deepseek", 'DeepSeek(model="deepseek-flash", api_key=key)'),
)


@cache
def migrations() -> str:
    """Write what `cncoding migrate` makes of the constructors of other packages."""
    from cncoding_cli.migrate import migrate

    lines = ["| package | before | after | now from |", "|---|---|---|---|"]
    for module, call in _MIGRATIONS:
        changed = migrate(f"from {module} import {call.partition('(')[0]}\n\nmodel = {call}\n")
        ours, after = changed.split(" ")[1], changed.split("model = ")[1].strip()
        lines.append(f"| {module} | `{call}` | `{after}` | `{ours}` |")
    return "\n".join(lines)


def _choose_vendors() -> Callable[[str, str], tuple[str, str]]:
    choose: Callable[[str, str], tuple[str, str]] = runpy.run_path(str(ROOT / "tests/recipes/kit.py"))["choose_vendors"]
    return choose


def _constant(node: ast.expr, names: dict[str, str]) -> str:
    """Read a text, a name of one, or an f-string of both."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.FormattedValue):
        return _constant(node.value, names)
    if isinstance(node, ast.JoinedStr):
        return "".join(_constant(part, names) for part in node.values)
    raise ValueError(ast.unparse(node))


def _our_line(theirs: str, vendor: str, folder: str) -> str:
    """Return the line of a recipe with our class in it."""
    stem = own_providers()[vendor].stem
    ours = f"{stem if folder == 'llamaindex' else f'Chat{stem}'}()"
    return f"`{re.sub(_THEIRS, ours, theirs, count=1)}`"


_THEIRS = re.compile(r"init_chat_model\([^)]*\)|OpenAI\([^)]*\)|(?<=model=)\"[^\"]*\"|(?<=create_agent\()\"[^\"]*\"")
"""Where a line of a documentation names the model."""


TARGETS = {
    "README.md": {"providers": providers},
    "README.zh-CN.md": {"providers": providers},
    "docs/models.md": {"models": models},
    "docs/contradictions.md": {"readers": readers},
    "docs/recipes.md": {"recipes": recipes},
    "docs/cli.md": {"exit-codes": exit_codes},
    "docs/moving.md": {"migrations": migrations},
    "docs/moving.zh.md": {"migrations": migrations},
    "docs/reliability.md": {"faults": faults},
}


def main(check: bool) -> int:
    """Write the tables, or only say which are stale."""
    stale = []
    for name, tables in TARGETS.items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        for mark, make in tables.items():
            pattern = re.compile(rf"(<!-- {mark} -->\n).*?(\n?<!-- /{mark} -->)", re.S)
            fresh = pattern.sub(lambda found, make=make: found[1] + make() + found[2], text)  # type: ignore[misc]
            if fresh != text:
                stale.append(name)
            text = fresh
        if not check:
            path.write_text(text, encoding="utf-8")
    for name, text in {**write_vendors(), **write_settings(), **write_troubleshooting()}.items():
        path = ROOT / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{name}")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"stale tables in {', '.join(stale)}: run python docs/tables.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
