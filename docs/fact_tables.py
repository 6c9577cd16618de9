"""The tables inside the pages, each in English and Chinese; `tables.py` writes them."""

from __future__ import annotations

import ast
import contextlib
import re
import runpy
from collections.abc import Callable
from functools import cache
from pathlib import Path

from vendor_pages import describe_thinking, speak_in

from cncoding.errors import CncodingError
from cncoding.hints.find import meaning
from cncoding.hints.hint import Language
from cncoding.profile import ModelCard, Provider
from cncoding.registry import own_providers

ROOT = Path(__file__).resolve().parent.parent


def providers(language: Language) -> str:
    """Write the table of providers."""
    head = {
        "en": "| id | LangChain | LlamaIndex | key from the environment | default model | endpoints | wires |",
        "zh": "| 厂商 ID | LangChain | LlamaIndex | API Key 环境变量 | 默认模型 | 接入点 | 协议 |",
    }
    lines = [head[language], "|---|---|---|---|---|---|---|"]
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


def models(language: Language) -> str:
    """Write a table of models per provider and group of endpoints."""
    say = speak_in(language)
    parts: list[str] = []
    for provider in own_providers().values():
        parts.append(f"\n## {provider.title}\n")
        shown: dict[tuple[ModelCard, ...], list[str]] = {}
        for endpoint in provider.endpoints:
            shown.setdefault(endpoint.models, []).append(f"`{endpoint.name}`")
        for cards, names in shown.items():
            parts.append(say("at", names=", ".join(names)) + "\n")
            parts.append(say("card_head"))
            parts.append("|---|---|---|---|---|---|---|")
            parts.extend(_model(card, say) for card in cards)
            parts.append("")
    return "\n".join(parts)


def _model(card: ModelCard, say: Callable[..., str]) -> str:
    numbers = [f"{number:,}" if number else "?" for number in (card.context or card.max_input, card.max_output)]
    forms = ", ".join(sorted(card.structured)) or say("none")
    cells = (f"`{card.id}`", *numbers, ", ".join(sorted(card.input)), describe_thinking(card, say), forms)
    return f"| {' | '.join(cells)} | {_known_from(card, say)} |"


@cache
def readers(language: Language) -> str:
    """Write where client and emulator, two independent readers of the vendors' pages, differ."""
    compare = runpy.run_path(str(ROOT / "docs" / "readers.py"))["compare"]
    head = {
        "en": "| vendor | fact | the client reads | from | the emulator reads | from |",
        "zh": "| 厂商 | 事实 | 客户端的读法 | 依据 | 模拟服务的读法 | 依据 |",
    }
    lines = [head[language], "|---|---|---|---|---|---|"]
    lines += [
        f"| {one.provider} | {one.subject} | {one.ours} | {one.our_source} | {one.theirs} | {one.their_source} |"
        for one in compare()
    ]
    return "\n".join(lines)


def _known_from(card: ModelCard, say: Callable[..., str]) -> str:
    source = card.source
    assert source is not None, card.id
    return f"{source.where}, {source.date} ({say(source.kind)})" + (f": {source.note}" if source.note else "")


def recipes(language: Language) -> str:
    """Write the tables of recipes, read from the decorators of the tests without importing a framework."""
    parts: list[str] = []
    for name, folder in (("LangChain, LangGraph, Deep Agents", "langchain"), ("LlamaIndex", "llamaindex")):
        found = [one for path in sorted((ROOT / "tests/recipes" / folder).glob("*.py")) for one in _recipes(path)]
        title = {"en": f"{name}: {len(found)} recipes", "zh": f"{name}：{len(found)} 个示例"}[language]
        head = {"en": "| recipe | its line | ours, on two vendors |", "zh": "| 示例 | 原写法 | 改为（两家厂商） |"}[
            language
        ]
        parts += [f"\n## {title} {{#{folder}}}\n", head, "|---|---|---|"]
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


_OURS = {"CncodingError": "其他错误", "NotSavedError": "已生成并付费，但未能保存；可用 `cncoding job download` 取回"}


@cache
def exit_codes(language: Language) -> str:
    """Write the exit codes of the command line."""
    from cncoding_cli.failures import EXIT_CODES, INTERRUPTED, TERMINATED

    def explain(kind: type[CncodingError], text: str) -> str:
        if language == "en":
            return text
        return _OURS.get(kind.__name__) or meaning(kind).say(language)

    rows = [(0, "", {"en": "all went well", "zh": "成功"}[language])]
    rows += [(code, f"`{kind.__name__}`", explain(kind, text)) for kind, code, text in EXIT_CODES]
    rows += [(INTERRUPTED, "", "Ctrl-C"), (TERMINATED, "", "SIGTERM")]
    lines = [f"| {code} | {kind} | {meaning} |" for code, kind, meaning in sorted(rows)]
    head = {"en": "| exit code | class | meaning |", "zh": "| 退出码 | 错误类型 | 含义 |"}[language]
    return "\n".join([head, "|---|---|---|", *lines])


_FAULTS = {
    "connect": "建立连接",
    "headers": "响应头",
    "first event": "首个事件",
    "reasoning": "思考内容",
    "arguments": "工具参数",
    "before finish": "结束之前",
    "after finish": "结束之后",
    "reset": "连接重置",
    "close": "连接关闭",
    "silence": "无数据",
    "heartbeats": "只有心跳",
    "error": "错误事件",
    "bad byte": "损坏的字节",
    "bad JSON": "损坏的 JSON",
    "the whole reply": "完整的回复",
}
"""Moments, faults and outcomes of `tests/faults/promises.py` in Chinese."""


def faults(language: Language) -> str:
    """Write what is promised for every fault at every moment."""
    table = runpy.run_path(str(ROOT / "tests/faults/promises.py"))
    promises, columns = table["PROMISES"], table["FAULTS"]

    def say(word: str) -> str:
        if word.endswith("Error"):
            return f"`{word}`"
        return _FAULTS[word] if language == "zh" and word else word

    lines = [f"| | {' | '.join(map(say, columns))} |", "|---" * (len(columns) + 1) + "|"]
    for moment in table["MOMENTS"]:
        lines.append(f"| **{say(moment)}** | {' | '.join(say(promises.get((moment, one), '')) for one in columns)} |")
    return "\n".join(lines)


def tools(_: Language) -> str:
    """Write the entries of the reference for LangChain's tools, as mkdocstrings reads them."""
    tree = ast.parse((ROOT / "langchain_cncoding" / "__init__.py").read_text(encoding="utf-8"))
    names = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = sorted({name for name in names if re.fullmatch(r"[A-Z]\w+Tool", name)})
    return "".join(
        f"\n::: langchain_cncoding.{name}\n    options: {{members: [], heading_level: 4}}\n" for name in found
    )


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
def migrations(language: Language) -> str:
    """Write what `cncoding migrate` makes of the constructors of other packages."""
    from cncoding_cli.migrate import migrate

    head = {"en": "| package | before | after | now from |", "zh": "| 原来的包 | 修改前 | 修改后 | 新的包 |"}[language]
    lines = [head, "|---|---|---|---|"]
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
