"""Answer LlamaIndex's prompts that number their sources and show images among them: choose documents, cite sources.

The prompts are `CHAT_CONTENT_CHOICE_SELECT_PROMPT` and the citation templates of llama-index-core 0.14 (read 2026-11).
What an image says, that is its mark, counts as text of the source that it stands in: an image that was lost or broken
on the way is neither chosen nor cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .framework_forms import words
from .request import ChatRequest, Message
from .vision import Seen
from .wires import Json

DOCUMENT = re.compile(r"Document (\d+):\s")
SOURCE = re.compile(r"Source (\d+):\s")
NO_DOCUMENT = "None of the documents is relevant."
NOTHING = "None of the sources is helpful."


def answer(chat: ChatRequest, seen: list[Seen]) -> str | None:
    """Return the answer to such a prompt, or None when this is none or has no images."""
    message = next((m for m in reversed(chat.messages) if m.role == "user"), None)
    if message is None or not message.pictures:
        return None
    shown = seen[len(seen) - len(message.pictures) :]
    if "Doc: 9, Relevance: 7" in message.text:
        text = "".join(_read_parts(message, shown)).rpartition("Let's try this now:")[2]
        return _choose(text.rpartition("Question:")[0], text.rpartition("Question:")[2].partition("Answer:")[0])
    if "cite the appropriate source(s)" in message.text:
        text = "".join(_read_parts(message, shown)).rpartition("Below are several numbered sources")[2]
        marks = {one.mark for one in shown if one.mark}
        return _cite(text.rpartition("Query:")[0], text.rpartition("Query:")[2].partition("Answer:")[0], marks)
    return None


def _read_parts(message: Message, shown: list[Seen]) -> Iterator[str]:
    """Yield the parts of a message in order, an image as the mark that it bears."""
    pictures = iter(shown)
    content = (message.raw or {}).get("content")
    for part in content if isinstance(content, list) else ():
        if _is_text(part):
            yield f"{part.get('text', '')}\n"
        elif "image" in str(part.get("type")):
            found = next(pictures, None)
            yield f"\n{found.mark}\n" if found and found.mark else "\n"


def _is_text(part: Json) -> bool:
    return part.get("type") == "text"


def _split_numbered(text: str, label: re.Pattern[str]) -> list[tuple[int, str]]:
    """Cut a text at its labels."""
    pieces = label.split(text)[1:]
    return [(int(number), body) for number, body in zip(pieces[::2], pieces[1::2], strict=True)]


def _choose(text: str, question: str) -> str:
    asked = words(question)
    scores = [(len(asked & words(body)), number) for number, body in _split_numbered(text, DOCUMENT)]
    hits = sorted(((score, number) for score, number in scores if score), key=lambda hit: (-hit[0], hit[1]))
    return "\n".join(f"Doc: {number}, Relevance: {min(10, 4 + score)}" for score, number in hits) or NO_DOCUMENT


def _cite(text: str, query: str, marks: set[str]) -> str:
    """Say the line of a source that shares most words with the query, what an image says first, and cite it."""
    asked = words(query)
    lines = [
        (line.strip() in marks, len(asked & words(line)), -number, line.strip())
        for number, body in _split_numbered(text, SOURCE)
        for line in body.splitlines()
        if asked & words(line)
    ]
    if not lines:
        return NOTHING
    _, _, number, line = max(lines)
    return f"{line} [{-number}]"
