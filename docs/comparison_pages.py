"""The pages that compare with other programs, in Chinese: made from the English ones, which programs write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from comparison_words import FAULTS, HEADS, ROWS

DOCS = Path(__file__).resolve().parent

_INTROS: Mapping[str, str] = MappingProxyType(
    {
        "langchain-comparison": """# 其他 LangChain 包如何处理会思考的模型

由 `python -m benchmarks.compare_langchain`（`make compare`）生成：
每一行是 `benchmarks/langchain_probe.py` 中的一个测试，通过网络访问本项目的
[模拟服务](emulator.md)，模型会思考。模拟服务要求传回多轮工具调用中的思考内容，拒绝思考时强制调用工具，
并按厂商文档返回错误。`langchain-qwq`
访问模拟的 Qwen，`langchain-openrouter` 访问 wcode 网关（OpenRouter 的格式），其余访问模拟的 DeepSeek。
短横表示测试没有通过；这里没有测试各包对其他厂商的表现，
厂商的实际行为也可能比文档宽松。
""",
        "llamaindex-comparison": """# 常用的 LlamaIndex 类如何处理这些厂商

由 `python -m tests.llamaindex.compare --write`（`make compare`）生成：
每一行是 `tests/llamaindex/suite` 一致性测试中的一种行为，通过网络访问本项目对所有厂商的
[模拟服务](emulator.md)，覆盖它的所有方式：同步与异步，流式与非流式。单元格表示在多少家厂商上所有方式都成立，
只计适用的厂商（会思考、支持视觉、能调用工具）。
`OpenAILike` 按使用者通常的做法手动配置，使用双方都支持的 OpenAI 协议。模拟服务遵循厂商文档；
厂商的实际行为可能更宽松。
""",
        "clients": """# 第三方程序访问模拟服务

由 `make clients` 生成。其他人的程序各自在独立的环境中访问[模拟服务](emulator.md)：它们了解厂商，但与本项目无关。
真实厂商也会返回的失败，会注明是谁的问题。
*工具*指会思考的模型调用工具并根据结果回答；编程智能体则读取文件。instructor 返回的是对象：它的*工具*是强制调用。
编程智能体做任何事都使用流式输出。
""",
    }
)


def write_comparisons() -> dict[str, str]:
    """Return the Chinese pages by their path under `docs/`."""
    return {f"{name}.zh.md": _translate(name, intro) for name, intro in _INTROS.items()}


def _translate(name: str, intro: str) -> str:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    body = text[text.index("\n|") + 1 :]
    return intro + "\n" + "\n".join(_line(line) for line in body.splitlines()) + "\n"


def _line(line: str) -> str:
    if set(line) <= set("|-"):
        return line
    if line.startswith("|"):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        cells = [HEADS.get(cell, "否" + cell[2:] if re.fullmatch(r"no( \[\d+\])?", cell) else cell) for cell in cells]
        return f"| {' | '.join([ROWS.get(cells[0], cells[0]), *cells[1:]])} |"
    if line.startswith("## ") and (title := line[3:]) in HEADS:
        return f"## {HEADS[title]} {{#{title.lower().replace(' ', '-')}}}"
    for english, chinese in FAULTS.items():
        line = line.replace(english, chinese)
    return line.replace("Versions: ", "版本：")
