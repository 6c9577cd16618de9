"""Answer prompts that search documents page by page: search words, page choices, contact sheets, cited answers.

No vendor has a form for these; what is recognised here are the marks that such prompts need anyway: `KEYWORDS:`,
`PAGES:`, a grid of numbered thumbnails, numbered pages with `QUOTES:`. What a picture says is what its marks say: a
page whose picture was lost or broken on the way is neither described nor cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .framework_forms import words
from .request import ChatRequest, Message
from .vision import Seen

SHEET = re.compile(r"Contact sheet \d+: (\d+) columns, (\d+) rows, pages in reading order: ([\d, ]+)")
SOURCE = re.compile(r"^\[(\d+)\] (.+?), page (\d+)\b.*$", re.M)
PAGE_ASKED = re.compile(r"\bpage (\d+)\b|第\s*(\d+)\s*页", re.I)
LEAST_SHARED = 0.25
"""Part of the question's words that a line of text must share to be an answer; what a picture says needs one."""
GLOSSARY = (
    ("收入", "revenue"), ("员工", "employee"), ("利润", "profit"), ("研发", "research"), ("成本", "cost"),
    ("图", "chart"), ("现金", "cash"), ("股东", "shareholder"), ("资产", "asset"), ("风险", "risk"),
    ("地址", "address"), ("增长", "growth"),
    ("猫", "cat"), ("狗", "dog"), ("鲸", "whale"), ("火箭", "rocket"),
)  # fmt: skip


def answer(chat: ChatRequest, seen: Sequence[Seen]) -> str | None:
    """Return the answer to such a prompt, or None when this is none."""
    message = next((m for m in reversed(chat.messages) if m.role == "user"), None)
    if message is None:
        return None
    shown = list(seen[len(seen) - len(message.pictures) :]) if message.pictures else []
    if shown and SHEET.search(message.text):
        return _read_sheets(message.text, shown)
    everything = f"{chat.system}\n{message.text}"
    if "KEYWORDS: word, word" in everything:
        asked = re.split(r"-{10,}", message.text)
        return "KEYWORDS: " + ", ".join(sorted(_understand(asked[-2] if len(asked) > 2 else message.text)))
    if "PAGES: D1: 12" in everything:
        return _choose_pages(message.text)
    if shown and "<quote>" in message.text and "YES or NO" in message.text:
        quote = message.text.partition("<quote>")[2].partition("</quote>")[0]
        return "YES 100 100 900 900" if any(_fits(mark, quote) for one in shown for mark, _, _ in one.marks) else "NO"
    if shown and "Write down all of its text" in message.text:
        return "\n".join(mark for one in shown for mark, _, _ in one.marks) or "(nothing can be read)"
    if "QUOTES:" in everything and "numbered pages" in everything:
        texts = [part for m in chat.messages if m.role == "user" for part in _read_parts(m, _shown(chat, m, seen))]
        return _cite("".join(texts), {mark for one in seen for mark, _, _ in one.marks})
    return None


def _shown(chat: ChatRequest, message: Message, seen: Sequence[Seen]) -> list[Seen]:
    """Return what was seen in the pictures of one message."""
    before = sum(len(m.pictures) for m in chat.messages[: chat.messages.index(message)])
    return list(seen[before : before + len(message.pictures)])


def _understand(text: str) -> set[str]:
    """Return the content words of a text, in both languages where the glossary has them."""
    lower = text.lower()
    found = words(text)
    for chinese, english in GLOSSARY:
        if chinese in lower or english in lower:
            found |= {chinese, english}
    return found


def _fits(mark: str, quote: str) -> bool:
    bare = [re.sub(r"\W", "", text).lower() for text in (mark, quote)]
    return bool(bare[0]) and (bare[0] in bare[1] or bare[1] in bare[0])


def _read_sheets(text: str, shown: Sequence[Seen]) -> str:
    lines = []
    for found, sheet in zip(SHEET.finditer(text), shown, strict=False):
        columns, rows = int(found[1]), int(found[2])
        pages = [int(number) for number in found[3].replace(" ", "").strip(",").split(",")]
        told: dict[int, list[str]] = {}
        for mark, x, y in sheet.marks:
            place = min(int(y * rows), rows - 1) * columns + min(int(x * columns), columns - 1)
            if place < len(pages):
                told.setdefault(pages[place], []).append(mark)
        lines += [f"{page}: {', '.join(told[page])}" for page in pages if page in told]
    return "\n".join(lines)


def _choose_pages(text: str) -> str:
    contents, _, question = text.rpartition("Question:")
    asked = _understand(question.partition("PAGES:")[0])
    scored: list[tuple[int, int, str]] = []
    document = 1
    for line in contents.splitlines():
        named = re.match(r"D(\d+)\b", line)
        document = int(named[1]) if named else document
        pages = re.findall(r"(?:p\. |: |\s|\.)(\d{1,4})(?=:|\s*$)", line)
        score = len(asked & _understand(line))
        if score and pages and "=" not in line:
            scored.append((-score, len(scored), f"D{document}: {pages[0]}"))
    return "PAGES: " + (", ".join(page for _, _, page in sorted(scored)[:4]) or "none")


def _read_parts(message: Message, shown: Sequence[Seen]) -> Iterator[str]:
    """Yield the parts of a message in order, an image as the marks that it bears."""
    content = (message.raw or {}).get("content")
    if not isinstance(content, list):
        yield f"{message.text}\n"
        return
    pictures = iter(shown)
    for part in content:
        if part.get("type") == "text":
            yield f"{part.get('text', '')}\n"
        elif "image" in str(part.get("type")):
            found = next(pictures, None)
            yield "".join(f"\n{mark}" for mark, _, _ in found.marks) + "\n" if found else "\n"


def _cite(text: str, marks: set[str]) -> str:
    """Say the line of a page that shares most words with the question, what a picture says first; quote and cite it."""
    body, _, question = text.rpartition("Question:")
    asked, named = _understand(question), {int(a or b) for a, b in PAGE_ASKED.findall(question)}
    heads = list(SOURCE.finditer(body))
    best: tuple[bool, int, int, int, str] = (False, 0, 0, 0, "")
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        lines = body[head.end() : after.start() if after else len(body)].splitlines()
        for line in filter(None, (one.strip() for one in lines)):
            shared = len(asked & _understand(line)) + (1 + len(asked) if int(head[3]) in named else 0)
            score = (line in marks, shared, sum(map(str.isalpha, line)) if named else 0)
            enough = shared >= 1 if line in marks else shared >= max(1, LEAST_SHARED * len(asked))
            if score > best[:3] and enough:
                best = (*score, int(head[1]), line)
    *_, number, line = best
    return f'{line} [{number}]\nQUOTES:\n[{number}] "{line}"' if number else "NOT IN THESE DOCUMENTS"
