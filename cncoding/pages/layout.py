"""See what the lines of a page are: headings, running headers, garbage, references to pages in a question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cncoding.pages.words import fold, read_number

WORDLESS = 12
"""A page with fewer different search words cannot be found by words; a scan or a chart has that few."""

_NUMBERED = re.compile(
    r"^\s*(?:#{1,6}\s|第[一二三四五六七八九十百\d]+[章节编部分篇]|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|"
    r"\d{1,2}[、.．]\s?(?!\d)|\d{1,2}(?:\.\d{1,2}){1,3}\s+(?=[^\d\s(（\-])|(?:chapter|section|part|appendix|附录|附件)\b)",
    re.I,
)
_ENDS = re.compile(r"[。；;，,:：]\s*$")
_EDGE = 3
_PAGE = re.compile(
    r"第\s*([\d零〇一二两三四五六七八九十百千]+)\s*[页頁]|(?:\bpages?|\bp\.?|页码|頁碼|[页頁])\s*(?:no\.?|number|第)?\s*(\d+)\b|\b(\d+)\s*[页頁]",
    re.I,
)
_PHRASE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{3,40}|[^\W_\u4e00-\u9fff]{3,40}")
_MOST_TITLE_PAGES = 400
_COUNT = re.compile(r"(?:前|共|约|每|几|多少|[首后])\s*$")


def find_headings(text: str, most: int = 12) -> tuple[str, ...]:
    """Return the lines of a page that look like headings: short, numbered, not the end of a sentence."""
    found = []
    for line in text.splitlines():
        bare = line.strip()
        if 1 < len(bare) <= 48 and _NUMBERED.match(bare) and not _ENDS.search(bare):
            found.append(bare.lstrip("# "))
        if len(found) == most:
            break
    return tuple(found)


def drop_running_lines(texts: Sequence[str]) -> list[str]:
    """Take the headers and footers that many pages share out of their texts; numbers in them do not matter."""
    edges: Counter[str] = Counter()
    for text in texts:
        lines = text.splitlines()
        edges.update({_shape(line) for line in [*lines[:_EDGE], *lines[-_EDGE:]]})
    least = max(3, 0.4 * len(texts))
    running = {shape for shape, count in edges.items() if count >= least and shape}
    return [_without(text, running) for text in texts] if running else list(texts)


def _shape(line: str) -> str:
    return re.sub(r"[\d\s]+", "0", line.strip())


def _without(text: str, running: set[str]) -> str:
    lines = text.splitlines()
    last = len(lines) - _EDGE
    kept = [
        line for place, line in enumerate(lines) if not ((place < _EDGE or place >= last) and _shape(line) in running)
    ]
    return "\n".join(kept)


def is_garbled(text: str) -> bool:
    """Tell whether a text layer is made of private or replaced characters, as fonts without a map give."""
    bare = re.sub(r"\s", "", text)
    odd = sum(1 for one in bare if "\ue000" <= one <= "\uf8ff" or one in "\ufffd\u25a1" or one < " ")
    return bool(bare) and odd / len(bare) > 0.3


def find_page_numbers(question: str) -> tuple[int, ...]:
    """Return the pages that a question names: 第40页, 第四十页, page 40, p. 40."""
    text = fold(question)
    numbers = []
    for found in _PAGE.finditer(text):
        if found[3] and _COUNT.search(text[: found.start()]):
            continue
        said = read_number(found[1] or found[2] or found[3])
        if said and said.isdigit():
            numbers.append(int(said))
    return tuple(dict.fromkeys(numbers))


def drop_page_numbers(question: str) -> str:
    """Take the page numbers that a question names out of it."""
    return _PAGE.sub(" ", fold(question)) if find_page_numbers(question) else question


def find_title(name: str, texts: Sequence[str]) -> str:
    """Return what names a document: its file name, and the phrases of its cover and headers that many pages repeat."""
    headers = [line for text in texts[1:4] for line in text.splitlines()[:2]]
    head = fold("\n".join([*(text[:400] for text in texts[:1]), *headers]))
    folded = [fold(text) for text in texts[:_MOST_TITLE_PAGES]]
    least = max(3, 0.02 * len(folded))
    phrases = [one for one in dict.fromkeys(_PHRASE.findall(head)) if not one.isdigit() or len(one) in (4, 6)]
    return "\n".join([fold(name), *(one for one in phrases if sum(one in text for text in folded) >= least)])


def find_shared(question: str, title: str) -> tuple[str, ...]:
    """Return the phrases of a title that a question repeats, the longest first; both are folded."""
    found: list[str] = []
    for line in title.splitlines():
        for phrase in _PHRASE.findall(line):
            shared = _find_longest(question, phrase)
            if shared and not any(shared in one for one in found):
                found.append(shared)
    return tuple(found)


def _find_longest(question: str, phrase: str) -> str | None:
    """Return the longest part of a phrase, at least four characters or all of it, that stands in a question."""
    least = min(len(phrase), 4)
    for length in range(len(phrase), least - 1, -1):
        for start in range(len(phrase) - length + 1):
            if phrase[start : start + length] in question:
                return phrase[start : start + length]
    return None
