"""Every page of the documentation says the same in English and in Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
ENGLISH_ONLY = {"api.md"}
"""Made from docstrings."""
PAIRS = [
    (path, path.with_suffix(".zh.md"))
    for path in sorted(DOCS.rglob("*.md"))
    if not path.name.endswith(".zh.md") and path.name not in ENGLISH_ONLY
]
_FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.S | re.M)
_CHINESE = re.compile("[\u4e00-\u9fff]")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def strip_code(text: str) -> str:
    return _FENCE.sub("", text)


def normalize(language: str, code: str) -> str:
    """Return code without what a translation may change: comments and texts."""
    if language != "python":
        return re.sub(r'"[^"]*"|[^\x00-\x7f]| *#.*', "", code) if language == "sh" else language
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = "text"
    return ast.dump(tree)


def list_headings(text: str) -> list[tuple[int, str]]:
    """Return level and anchor of each heading, as the site makes them."""
    found = []
    for marks, title, anchor in re.findall(r"^(#+) (.*?)(?: \{#([\w-]+)\})?$", strip_code(text), re.M):
        slug = re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower())
        found.append((len(marks), anchor or slug))
    return found


def test_there_are_no_others() -> None:
    assert len(PAIRS) > 25
    assert {chinese for _, chinese in PAIRS} | {DOCS / "api.zh.md"} == set(DOCS.rglob("*.zh.md"))


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: path.name)
def test_both_show_the_same_code(english: Path, chinese: Path) -> None:
    if english.name == "architecture.md":
        return  # its one block is a drawing, which the Chinese page points to
    ours, theirs = ([normalize(*found) for found in _FENCE.findall(read(path))] for path in (english, chinese))
    assert ours == theirs


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: path.name)
def test_both_have_the_same_headings_and_anchors(english: Path, chinese: Path) -> None:
    ours, theirs = list_headings(read(english)), list_headings(read(chinese))
    assert ours[1:] == theirs[1:] and ours[0][0] == theirs[0][0] == 1


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: path.name)
def test_both_have_the_same_tables(english: Path, chinese: Path) -> None:
    if english.name == "architecture.md":
        return
    ours, theirs = (re.findall(r"^\|(?:-+\|)+$|^\|", strip_code(read(path)), re.M) for path in (english, chinese))
    assert ours == theirs


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: path.name)
def test_the_words_of_a_chinese_page_are_chinese(english: Path, chinese: Path) -> None:
    text = strip_code(read(chinese))
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if not part.startswith(("|", "<!--", "#", "-"))]
    prose = [part for part in paragraphs if len(part) > 60]
    assert all(_CHINESE.search(part) for part in prose)
    for head in re.findall(r"^(\|.*)\n\|-", text, re.M):
        cells = [cell for cell in head.strip("|").split("|") if cell.strip()]
        assert any(_CHINESE.search(cell) for cell in cells) or all(
            re.search(r"`|\d\.\d|^.{,15}$", cell) for cell in cells
        )


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_anchors_of_links_exist(path: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#\s]*)#([\w-]+)\)", strip_code(read(path))):
        page = path.parent / target if target else path
        translated = page.with_suffix(".zh.md")
        if path.name.endswith(".zh.md") and not page.name.endswith(".zh.md") and translated.exists():
            page = translated
        assert anchor in {found for _, found in list_headings(read(page))}, f"{path.name}: {target}#{anchor}"


def test_every_setting_is_explained_in_chinese() -> None:
    rows = re.findall(r"^\| `.*\| ([^|]+) \|$", read(DOCS / "settings.zh.md"), re.M)
    assert len(rows) > 30 and all(_CHINESE.search(text) for text in rows)


@pytest.mark.parametrize("name", ["langchain-comparison", "llamaindex-comparison"])
def test_every_row_of_a_comparison_is_in_chinese(name: str) -> None:
    rows = re.findall(r"^\| ([^|]+) \|", read(DOCS / f"{name}.zh.md"), re.M)
    assert len(rows) > 25 and all(_CHINESE.search(row) for row in rows)
