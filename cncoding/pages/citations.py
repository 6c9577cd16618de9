"""Check citations: read `[n]` and quotes out of an answer, and compare quotes with the text layer. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cncoding.pages.prompts import NOT_FOUND, is_denied
from cncoding.pages.values import Box
from cncoding.pages.words import cut_question, cut_words, fold

_CITED = re.compile(r"[\[【［]\s*(\d{1,4}(?:\s*[,，、;]\s*\d{1,4})*)\s*[\]】］]")
_QUOTED = re.compile(r"^\W*?[\[【［]\s*(\d{1,4})\s*[\]】］]\s*[:：]?\s*(.+?)\s*$", re.M)
_MARKER = re.compile(r"^[ \t>*#]*(?:QUOTES|引文|引用)[ \t*]*[:：][ \t*]*$", re.I | re.M)
_EDGES = " \t\"'“”‘’「」『』《》*`"
_NOISE = re.compile(r"[\W_]+")
_ELISION = re.compile(r"…+|\.{3,}")
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_LEAST_SUPPORT = 0.5
_LONGEST_MARKER = 14


@dataclass(frozen=True, slots=True)
class Citation:
    """A claim of an answer that stands on a page.

    Attributes:
        number: `[n]` in the answer.
        document: File.
        page: Number from 1.
        quote: Words of the page.
        boxes: Where they stand; the whole page where only a look confirmed them; empty for documents without looks.
        checked: `text` if the quote is in the page's text layer, `look` if a model saw it on the page.
    """

    number: int
    document: str
    page: int
    quote: str
    boxes: tuple[Box, ...] = ()
    checked: str = "text"

    @property
    def file(self) -> str:
        """The document, under the name that frameworks use."""
        return self.document

    def to_dict(self) -> dict[str, object]:
        """Return plain data; boxes are lists of left, top, right and bottom as fractions of the page."""
        boxes = [[one.left, one.top, one.right, one.bottom] for one in self.boxes]
        return {
            "number": self.number, "file": self.document, "page": self.page, "quote": self.quote, "boxes": boxes,
            "checked": self.checked,
        }  # fmt: skip

    @property
    def box(self) -> Box | None:
        """The first of the boxes."""
        return self.boxes[0] if self.boxes else None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an answer says of a source: its number, and words that it says stand there; None where it quotes nothing."""

    number: int
    quote: str | None


def split_answer(reply: str) -> tuple[str, dict[int, list[str]]]:
    """Take an answer apart into its text and its quotes by source."""
    marker = _MARKER.search(reply)
    if not marker:
        return reply.strip(), {}
    quotes: dict[int, list[str]] = {}
    for number, words in _QUOTED.findall(reply[marker.end() :]):
        quotes.setdefault(int(number), []).append(words.strip(_EDGES))
    return reply[: marker.start()].strip(), quotes


def read_claims(reply: str) -> tuple[str, list[Claimed]]:
    """Read the text of an answer, and what it cites, in order; a source without a quote brings its sentences."""
    text, quotes = split_answer(reply)
    claims: list[Claimed] = []
    for number in dict.fromkeys(find_numbers(text)):
        given = [quote for quote in quotes.get(number, []) if _NOISE.sub("", quote)]
        claims += [Claimed(number, quote) for quote in given] or [Claimed(number, None)]
    return text, claims


def find_numbers(text: str) -> list[int]:
    """Return the sources that a text cites, in order, in brackets of every width."""
    return [int(one) for found in _CITED.findall(text) for one in re.findall(r"\d+", found)]


def drop_numbers(text: str, dropped: set[int]) -> str:
    """Take citations that do not hold out of a text."""

    def keep(found: re.Match[str]) -> str:
        kept = [one for one in re.findall(r"\d+", found[1]) if int(one) not in dropped]
        return f"[{', '.join(kept)}]" if kept else ""

    return re.sub(r"[ \t]+([。，,.;；])", r"\1", _CITED.sub(keep, text)).strip()


def strip_noise(text: str) -> str:
    """Fold a text and take spaces and punctuation out: what is left must be equal for a quote to hold."""
    return _NOISE.sub("", fold(text))


def holds(quote: str, page: str) -> bool:
    """Tell whether a quote stands on a page, spelling, spaces and punctuation aside; `…` may stand for a gap."""
    text = strip_noise(page)
    at = 0
    pieces = [strip_noise(piece) for piece in _ELISION.split(quote)]
    for piece in filter(None, pieces):
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return any(pieces)


def support_sentences(answer: str, number: int, page: str) -> str | None:
    """Return the line of a page that supports what an answer says with `[number]`, None if none does.

    All numbers of the statement must stand on the page, and half of its words' pairs.
    """
    said = [one for one in _SENTENCE.findall(answer) if number in find_numbers(one)]
    if not said:
        return None
    statement = _CITED.sub("", " ".join(said))
    figures = re.findall(r"\d[\d,]*(?:\.\d+)?", fold(statement))
    plain = fold(page).replace(",", "")
    if any(figure.replace(",", "") not in plain for figure in figures):
        return None
    words = cut_question(statement)
    held = set(cut_words(page))
    if not words or sum(1 for word in words if word in held) < _LEAST_SUPPORT * len(words):
        return None
    wanted = set(words)
    return max(page.splitlines(), key=lambda line: len(wanted & set(cut_words(line))), default="").strip() or None


def list_candidates(quote: str, page: str) -> tuple[str, ...]:
    """Return spellings of a quote to look for on a page: as it stands in the lines of the text layer."""
    wanted = strip_noise(quote)
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    parts = [
        line
        for line in lines
        if (bare := strip_noise(line)) and (bare in wanted or wanted in bare) and len(bare) * 5 >= min(len(wanted), 20)
    ]
    return tuple(dict.fromkeys([quote, *sorted(parts, key=len, reverse=True)]))[:6]


class Visible:
    """Let an answer through as it streams; hold back its quotes, and a denial, after which the search goes on."""

    def __init__(self, after: Visible | None = None) -> None:
        """Begin; `after` is the answer before, from which this one is set apart if any of it was shown."""
        self._held = ""
        self._begun = False
        self._apart: bool = after is not None and (after._begun or after._apart)
        self._over = False

    def show(self, piece: str | None) -> str:
        """Take a piece, return what may be shown; None ends the answer."""
        if self._over:
            return ""
        if piece is None:
            self._over = True
            return "" if is_denied(self._held) and not self._begun else self._let(self._held.rstrip())
        self._held += piece
        if not self._begun and NOT_FOUND.startswith(self._held.strip(_EDGES)[: len(NOT_FOUND)]):
            return ""
        marker = _MARKER.search(self._held)
        if marker:
            self._over = True
            return self._let(self._held[: marker.start()].rstrip())
        # The last line may be the beginning of the marker.
        head, newline, tail = self._held.rpartition("\n")
        if len(tail) <= _LONGEST_MARKER and re.match(r"[ \t>*#]*(?:Q|引|$)", tail, re.I):
            shown, self._held = head, newline + tail
            return self._let(shown)
        shown, self._held = self._held, ""
        return self._let(shown)

    def _let(self, shown: str) -> str:
        apart = "\n\n" if self._apart and not self._begun and shown.strip() else ""
        self._begun = self._begun or bool(shown.strip())
        return apart + shown
