"""What models are asked, and how their answers are read. Models write freely: the readers take every form seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from cncoding.pages.catalogue import Entry
from cncoding.pages.values import Sheet
from cncoding.types import Media, Message, Text, system, user

NOT_FOUND = "NOT IN THESE DOCUMENTS"
QUOTES = "QUOTES:"
_DENIED = re.compile(
    r"\bnot in these documents\b|不在这些(?:文件|文档|资料)|"
    r"(?:文件|文档|资料|页面)(?:中|里)(?:均|都|并)?(?:没有|未)(?:提及|包含|找到)",
    re.I,
)
_LISTED = re.compile(r"(?:KEYWORDS|关键词|關鍵詞)\s*[:：]\s*(.+)", re.I)
_PAGES = re.compile(r"(?:PAGES|页码|頁碼|页面)\s*[:：]\s*(.+)", re.I)
_PAIR = re.compile(r"[Dd]\s*(\d+)\s*[:：.]\s*(\d+)(?:\s*[-–—~至到]\s*(\d+))?|(\d+)(?:\s*[-–—~至到]\s*(\d+))?")
_LINE = re.compile(
    r"^\W*(?:(?:page|p\.|第|页|頁)\s*)?(\d+)\s*(?:[页頁])?\s*[\])）*\x22'”]*\s*[:：.、|)\-–—]+\s*(.+?)\s*$", re.I | re.M
)


def ask_for_keywords(question: str, sample: str, languages: str) -> tuple[Message, ...]:
    """Ask for the words that a page with the answer would hold."""
    return (
        system(
            "You find pages in documents by their words. Write the words and short phrases that a page with the answer "
            f"would contain, in the language of the documents ({languages}), synonyms, technical terms and headings "
            "included. Answer with one line: KEYWORDS: word, word, word (at most 12)."
        ),
        user(
            f"The documents begin like this:\n{sample}\n\nThe question:\n----------\n{question}\n----------\nKEYWORDS:"
        ),
    )


def read_keywords(answer: str) -> tuple[str, ...]:
    """Read search words out of an answer, in order, each once."""
    found = _LISTED.findall(answer) or answer.strip().splitlines()[-1:]
    words = [word.strip(" \"'“”‘’`*.。") for line in found for word in re.split(r"[,，、;；|\n]", line)]
    return tuple(dict.fromkeys(word for word in words if 0 < len(word) <= 40))[:12]


def ask_for_pages(question: str, contents: str, purpose: str) -> tuple[Message, ...]:
    """Ask which pages hold the answer, given tables of contents."""
    return (
        system(
            "You choose the pages of documents that most likely hold the answer to a question. Each line gives a "
            "document (D1, D2 ...), a page number and what stands there. Answer with one line: "
            "PAGES: D1: 12, D1: 40-42, D2: 3 (at most 8 pages, best first), or PAGES: none."
        ),
        user(f"{purpose}\n----------\n{contents}\n----------\nQuestion: {question}\nPAGES:"),
    )


def read_pages(answer: str) -> tuple[tuple[int, int], ...]:
    """Read (document, page) pairs out of an answer, documents from 1; ranges give their first five pages."""
    text = unicodedata.normalize("NFKC", answer)
    found = _PAGES.findall(text)
    pairs: list[tuple[int, int]] = []
    document = 1
    for named, first, last, bare, until in _PAIR.findall(found[-1] if found else text):
        document = int(named) if named else document
        begin = int(first or bare)
        end = min(int(last or until or begin), begin + 4)
        pairs += [(document, number) for number in range(begin, end + 1)]
    return tuple(dict.fromkeys(pairs))[:16]


def ask_for_contents(sheets: Sequence[Sheet], source: str) -> tuple[Message, ...]:
    """Ask what stands on the pages of contact sheets."""
    parts: list[Text | Media] = []
    for place, sheet in enumerate(sheets, start=1):
        numbers = ", ".join(map(str, sheet.labels))
        parts.append(
            Text(
                f"Contact sheet {place}: {sheet.columns} columns, {sheet.rows} rows, pages in reading order: {numbers}"
            )
        )
        parts.append(sheet.picture.to_media())
    task = (
        f"These contact sheets show pages of {source}, each under its number. For every page write "
        "one line `number: what stands on it`: its heading, what its charts, tables and pictures show, names and "
        "figures that can be read; in the language of the page. Write `number: blank` for an empty page."
    )
    return (system("You make a table of contents of pages that hold no text."), Message("user", (*parts, Text(task))))


def read_contents(answer: str, pages: Iterable[int]) -> dict[int, str]:
    """Read a line for each page out of an answer; other numbers are ignored."""
    wanted = set(pages)
    found: dict[int, str] = {}
    for number, text in _LINE.findall(unicodedata.normalize("NFKC", answer)):
        if int(number) in wanted:
            found[int(number)] = f"{found[int(number)]}; {text}" if int(number) in found else text
    return found


def ask_for_description(document: str, number: int, picture: Media) -> tuple[Message, ...]:
    """Ask for everything that stands on one page."""
    task = (
        f"This is page {number} of “{document}”. Write down all of its text, its tables row by row, and what its "
        "charts and pictures show with their figures, in the language of the page. Add nothing."
    )
    return (Message("user", (picture, Text(task))),)


def ask_to_confirm(document: str, number: int, quote: str, picture: Media) -> tuple[Message, ...]:
    """Ask whether a quote stands on a page, and where."""
    task = (
        f"This is page {number} of “{document}”. Does it say or show the following?\n<quote>{quote}</quote>\n"
        "Answer YES or NO. After YES give the place as four numbers in thousandths of the page: left top right bottom."
    )
    return (Message("user", (picture, Text(task))),)


ANSWER_TASK = (
    "Answer the question from the numbered pages and from nothing else, in the language of the question. Put the "
    "number of the page after each statement, like [1] or [2][3]. If the pages do not hold the answer, reply with "
    f"exactly: {NOT_FOUND}. After the answer write a line {QUOTES} and then, for each number that you used, one line "
    '[1] "words copied exactly from that page".'
)


def write_source(number: int, entry: Entry, text: str) -> str:
    """Write the head and text of a numbered page."""
    label = f" (printed {entry.label})" if entry.label and entry.label != str(entry.number) else ""
    return f"[{number}] {entry.document}, page {entry.number}{label}\n{text}".rstrip() + "\n"


def is_denied(answer: str) -> bool:
    """Tell whether an answer says that the documents do not hold it."""
    head = answer.partition(QUOTES)[0].strip()
    return not head or bool(_DENIED.search(head) and not re.search(r"\[\d", head))
