"""Write the tables of the documentation from the code: `python docs/tables.py [--check]`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import fact_tables
import price_tables
from comparison_pages import write_comparisons
from plan_facts import write_plans
from settings_page import write_settings
from trouble_pages import write_troubleshooting
from vendor_pages import write_vendors

from cncoding.hints.hint import Language

ROOT = Path(__file__).resolve().parent.parent


TARGETS: Mapping[str, Mapping[str, Callable[[Language], str]]] = {
    "README": {"providers": fact_tables.providers},
    "docs/api": {"tools": fact_tables.tools},
    "docs/models": {"models": fact_tables.models},
    "docs/contradictions": {"readers": fact_tables.readers},
    "docs/recipes": {"recipes": fact_tables.recipes},
    "docs/cli": {"exit-codes": fact_tables.exit_codes},
    "docs/media": {"prices": price_tables.prices},
    "docs/moving": {"migrations": fact_tables.migrations},
    "docs/plans": {"plans": write_plans},
    "docs/reliability": {"faults": fact_tables.faults},
}


def list_targets() -> Iterator[tuple[str, Language, Mapping[str, Callable[[Language], str]]]]:
    """Return path, language and tables of every page that has some."""
    for name, tables in TARGETS.items():
        yield f"{name}.md", "en", tables
        yield (f"{name}.zh.md" if name.startswith("docs/") else f"{name}.zh-CN.md"), "zh", tables


def main(check: bool) -> int:
    """Write the tables, or only say which are stale."""
    stale = []
    for name, language, tables in list_targets():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        for mark, make in tables.items():
            pattern = re.compile(rf"(<!-- {mark} -->\n).*?\n?(<!-- /{mark} -->)", re.S)
            table = make(language)
            fresh = pattern.sub(lambda found, table=table: found[1] + table + "\n" + found[2], text)  # type: ignore[misc]
            if fresh != text:
                stale.append(name)
            text = fresh
        if not check:
            path.write_text(text, encoding="utf-8")
    pages = {**write_vendors(), **write_settings(), **write_troubleshooting(), **write_comparisons()}
    for name, text in pages.items():
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
