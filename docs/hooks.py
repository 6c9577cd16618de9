"""What mkdocs is told: English texts in the Chinese tree say so, Chinese lines are joined without a space."""

from __future__ import annotations

import re
from typing import Any

NOTE = '\n!!! note ""\n    本页目前只有英文版。\n'
_BETWEEN = re.compile(r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff\uff00-\uffef])")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Mend the text of a page of the Chinese tree."""
    if page.file.src_uri.endswith(".zh.md"):
        parts = markdown.split("```")  # what stands at odd places is code
        return "```".join(part if number % 2 else _BETWEEN.sub("", part) for number, part in enumerate(parts))
    if page.file.dest_uri.startswith("zh/"):
        head, line, rest = markdown.partition("\n")
        return head + line + NOTE + "\n" + rest
    return markdown
