"""What mkdocs is told on the way: pages that have no Chinese text yet say so in the Chinese tree."""

from __future__ import annotations

from typing import Any

NOTE = '!!! note ""\n    本页目前只有英文版。\n\n'


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Put the note above an English text that stands in for a Chinese one."""
    file = page.file
    chinese_tree = file.dest_uri.startswith("zh/")
    return NOTE + markdown if chinese_tree and not file.src_uri.endswith(".zh.md") else markdown
