"""Long texts in pieces that a model speaks at once: cut between paragraphs and sentences, never inside a character.

The pieces behind one another are the text, but for the white space where it was cut.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

from cncoding.errors import ConfigError

_CLOSERS = "\"')\\]}”’」』）】》〉］｝"
_PARAGRAPH = re.compile(r"\n[ \t\r\f\v\u3000]*\n\s*")
_SENTENCE = re.compile(
    rf"[。！？!?…｡]+[{_CLOSERS}]*\s*"  # a Chinese mark, or one that no word goes on after
    rf"|[.;；][{_CLOSERS}]*(?=\s)\s*"  # else only before white space: 3.14, example.com
    r"|[；]|\n\s*"
)
_ENDED = re.compile(rf"[。！？!?…｡.;；][{_CLOSERS}]*$")
_CLAUSE = re.compile(rf"[，、：,:—–][{_CLOSERS}]*\s*")
_SPACE = re.compile(r"\s+")
_LEVELS = (_PARAGRAPH, _SENTENCE, _CLAUSE, _SPACE)
_SHORT = re.compile(
    r"(?:^|\s)(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|cf|Inc|Ltd|Co|Fig|Vol|approx)\.\s*$", re.IGNORECASE
)
"""Ends with a full stop that ends no sentence."""
_TAG = re.compile(r"<[^<>\n]{1,40}>|\([^()\n]{1,60}\)|（[^（）\n]{1,60}）|\[[^\[\]\n]{1,60}\]")
"""What is one thing to whoever speaks: `<#0.5#>`, `(laughs)`, `(chu3)`, and a short remark in brackets."""


def split_text(text: str, most: int) -> tuple[str, ...]:
    """Split a text into pieces of at most `most` characters.

    Each piece is as long as it may be: it ends with a paragraph if that leaves it half full, else with a sentence, else
    with a clause, else between words; a text that has none of these is cut between characters as people see them.

    Args:
        text: Any text; two halves of a character outside of the first plane are put together.
        most: Characters that the model takes.

    Returns:
        The pieces without white space around them, none for a text of white space.

    Raises:
        ConfigError: It holds half a character, which nothing can send.
    """
    text = mend_text(text).strip()
    if len(text) <= most:
        return (text,) if text else ()
    ends = tuple(_list_ends(text, level) for level in _LEVELS)
    pieces = _cut(text, most, ends)
    if len(pieces[-1]) < most // 4:
        # A few words alone at the end would sound like it: the same number of pieces, but more alike.
        alike = _cut(text, min(most, len(text) // len(pieces) + most // 8), ends)
        whole = all(_ENDED.search(one) for one in alike[:-1])
        pieces = alike if whole and len(alike) == len(pieces) else pieces
    return pieces


def _cut(text: str, most: int, ends: tuple[list[int], ...]) -> tuple[str, ...]:
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = _find_end(text, at, most, ends)
        if piece := text[at:end].strip():
            pieces.append(piece)
        at = end
    return _join_marks(pieces, most)


def mend_text(text: str) -> str:
    """Put halves of characters together, as JSON of other languages has them.

    Raises:
        ConfigError: One half is alone.
    """
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise ConfigError("text: holds half a character (a lone surrogate); decode it anew, or leave it out") from error


def _list_ends(text: str, level: re.Pattern[str]) -> list[int]:
    """Return the places behind the marks of a level at which the text may be cut."""
    tags = [found.span() for found in _TAG.finditer(text)]
    starts = [start for start, _ in tags]
    ends: list[int] = []
    for mark in level.finditer(text):
        end = mark.end()
        place = bisect_right(starts, end - 1) - 1
        inside = place >= 0 and tags[place][0] < end < tags[place][1]
        if not inside and not (mark[0][0] == "." and _SHORT.search(text, max(0, mark.start() - 12), end)):
            ends.append(end)
    return ends


def _find_end(text: str, at: int, most: int, ends: tuple[list[int], ...]) -> int:
    """Return where the piece that begins at a place ends."""
    limit = at + most
    if len(text) <= limit:
        return len(text)
    paragraphs, *others = ends
    # White space behind a mark is not spoken and may stand beyond the limit.
    reach = limit + len(_SPACE.match(text, limit)[0]) if _SPACE.match(text, limit) else limit  # type: ignore[index]
    if (end := _last(paragraphs, at + most // 2, reach)) is not None:
        return end
    for places in others:
        if (end := _last(places, at, reach)) is not None:
            return end
    return _find_break(text, at, limit)


def _last(places: list[int], above: int, most: int) -> int | None:
    index = bisect_right(places, most) - 1
    return places[index] if index >= 0 and places[index] > above else None


def _find_break(text: str, at: int, limit: int) -> int:
    """Return the last place up to a limit between two characters as people see them, and outside of a tag."""
    for tag in _TAG.finditer(text, max(at, limit - 64), limit + 64):
        if at < tag.start() < limit < tag.end():
            return tag.start()
    end = limit
    while end > at + 1 and _holds_together(text, at, end) and limit - end < 64:
        end -= 1
    return end if end > at + 1 and limit - end < 64 else limit


def _holds_together(text: str, at: int, end: int) -> bool:
    """Tell whether the code points around a place belong to one character: marks, joined emojis, flags."""
    before, after = text[end - 1], text[end]
    if _is_flag(before) and _is_flag(after):
        start = end
        while start > at and _is_flag(text[start - 1]):
            start -= 1
        return (end - start) % 2 == 1
    return (
        unicodedata.category(after) in ("Mn", "Me", "Mc")
        or after in "\u200d\ufe0e\ufe0f"
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U000e0020" <= after <= "\U000e007f"
    )


def _is_flag(character: str) -> bool:
    """Tell whether a code point is half a flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _join_marks(pieces: list[str], most: int) -> tuple[str, ...]:
    """Put a piece without a letter or a digit behind the one before it, where there is room: nobody speaks a mark."""
    joined: list[str] = []
    for piece in pieces:
        if joined and not _is_spoken(piece) and len(joined[-1]) + len(piece) <= most:
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)


def _is_spoken(piece: str) -> bool:
    return any(character.isalnum() for character in piece)
