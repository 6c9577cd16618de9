"""What mkdocs is told: English texts in the Chinese tree say so, Chinese lines are joined, errors are found first."""

from __future__ import annotations

import re
from typing import Any

NOTE = '\n!!! note ""\n    本页目前只有英文版。\n'
_BETWEEN = re.compile(r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff\uff00-\uffef])")
_WEIGHTS = {"troubleshooting": 8, "how-to": 2, "clients": 0.2, "contradictions": 0.5, "api": 0.5, "models": 0.5}
"""How much a hit on a page counts in the search: tables of names mention every word."""


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Mend the text of a page of the Chinese tree, and weigh it for the search."""
    name = page.file.src_uri.removesuffix(".md").removesuffix(".zh")
    if name in _WEIGHTS:
        page.meta.setdefault("search", {})["boost"] = _WEIGHTS[name]
    if page.file.src_uri.endswith(".zh.md"):
        parts = markdown.split("```")  # what stands at odd places is code
        return "```".join(part if number % 2 else _BETWEEN.sub("", part) for number, part in enumerate(parts))
    if page.file.dest_uri.startswith("zh/"):
        page.meta.setdefault("search", {})["exclude"] = True  # the English page is found already
        head, line, rest = markdown.partition("\n")
        return head + line + NOTE + "\n" + rest
    return markdown
