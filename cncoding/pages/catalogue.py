"""What is in a library at one moment, as a frozen value: entries for all pages, and finding among them."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from cncoding.errors import ConfigError
from cncoding.pages.layout import (
    WORDLESS,
    drop_page_numbers,
    find_headings,
    find_page_numbers,
    find_shared,
    find_title,
    is_garbled,
)
from cncoding.pages.ranking import Ranked, Vocabulary, WordIndex
from cncoding.pages.values import LOOKS, Document, StoredPage, read_seen
from cncoding.pages.words import cut_question, fold

_COVERED = frozenset({"pdf", "docx", "pptx", "pages"})
"""Kinds of documents that begin with a cover or have headers."""
_LEAST_PAGES = 8
"""Pages of a document of which a question must choose one, so that its name says nothing of the page."""
_LEAST_NAMED = 0.3
"""Weight of the pages of a document that the question does not name, where it names another; the named one has 1.3."""

Where: TypeAlias = Mapping[str, Any] | Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as the index holds it."""

    id: str
    document: str
    kind: str
    number: int
    label: str | None
    text: str
    bare: str
    """The text without running headers; `""` if the text layer is garbage."""
    seen: str | None
    problem: str | None
    wordless: bool
    words: array[int] = field(repr=False)
    indexed: str = field(repr=False, default="")
    """What the words are taken from."""

    @classmethod
    def make(cls, document: Document, page: StoredPage, bare: str, vocabulary: Vocabulary) -> Entry:
        """Make the entry of a page and encode its words."""
        usable = "" if is_garbled(bare) else bare
        # A page that holds nothing but what others hold at its edges is still found by that, for example by its number.
        indexed = usable if usable.strip() or is_garbled(page.text) else page.text
        entry = cls(
            document.id, document.name, document.kind, page.number, page.label, page.text, usable, None,
            page.problem, False, vocabulary.encode_page(usable), indexed,
        )  # fmt: skip
        wordless = entry.looks and len(set(entry.words)) < WORDLESS
        words = entry.words if indexed is usable else vocabulary.encode_page(indexed)
        return replace(entry, wordless=wordless)._with_words(page.seen, document, vocabulary, words)

    def with_seen(self, seen: str, document: Document, vocabulary: Vocabulary) -> Entry:
        """Return the entry with what a model saw on the page."""
        return self._with_words(seen, document, vocabulary, vocabulary.encode_page(self.indexed))

    def _with_words(self, seen: str | None, document: Document, vocabulary: Vocabulary, words: array[int]) -> Entry:
        outline = [one.title for one in document.outline if one.page == self.number]
        titles = "\n".join([*find_headings(self.bare), *outline])
        rest = "\n".join([PurePosixPath(document.name).stem, read_seen(seen)])
        return replace(self, seen=seen, words=words + vocabulary.encode_page(rest, titles))

    @property
    def looks(self) -> bool:
        """Whether the page can be drawn."""
        return self.kind in LOOKS

    @property
    def key(self) -> tuple[str, int]:
        """Name of the document and number of the page."""
        return self.document, self.number


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries may be found; None allows all."""

    allowed: tuple[bool, ...] | None = None

    @classmethod
    def make(
        cls,
        view: Catalogue,
        document: str | Sequence[str] | None = None,
        pages: tuple[int, int] | None = None,
        where: Where | None = None,
    ) -> Filter:
        """Read the filters of a search.

        Raises:
            ConfigError: There is no such document, or the range is none.
        """
        if document is None and pages is None and where is None:
            return cls()
        if pages is not None and not 1 <= pages[0] <= pages[1]:
            raise ConfigError(f"pages={pages!r}: give the first and the last page, from 1")
        names = {one.name for one in view.documents} | {one.id for one in view.documents}
        wanted = {str(document)} if isinstance(document, str | Document) else {str(one) for one in document or ()}
        for name in sorted(wanted - names):
            raise ConfigError(f"document={name!r}: not in the library; there are: {', '.join(sorted(names)[:8])}")
        fitting = {one.id for one in view.documents if _fits(one, wanted, where)}
        first, last = pages or (1, 1 << 60)
        return cls(tuple(one.id in fitting and first <= one.number <= last for one in view.entries))

    def allows(self, place: int) -> bool:
        """Tell whether the entry at a place may be found."""
        return self.allowed is None or self.allowed[place]


def _fits(document: Document, wanted: set[str], where: Where | None) -> bool:
    if wanted and not {document.name, document.id} & wanted:
        return False
    if where is None:
        return True
    given = {**document.metadata, "name": document.name, "kind": document.kind}
    return bool(where(given)) if callable(where) else all(given.get(key) == value for key, value in where.items())


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that was found, and why: `words`, `characters`, `page number`, or a rung of the ladder."""

    entry: Entry
    score: float
    coverage: float
    why: str = "words"


class Catalogue:
    """The pages of a library at one moment. Safe to search from any number of threads; the index is made once."""

    def __init__(self, documents: tuple[Document, ...], entries: tuple[Entry, ...], vocabulary: Vocabulary) -> None:
        """Take the pages; the index is made when it is first needed."""
        self.documents = documents
        self.entries = entries
        self._vocabulary = vocabulary
        self._lock = threading.Lock()
        self._index: WordIndex | None = None
        self._titles: dict[str, str] | None = None
        self._places = {(one.id, one.number): place for place, one in enumerate(entries)}

    @property
    def index(self) -> WordIndex:
        """The index over all entries."""
        with self._lock:
            if self._index is None:
                texts = lambda: [f"{one.bare}\n{one.seen or ''}" for one in self.entries]  # noqa: E731  # kept unmade
                self._index = WordIndex([one.words for one in self.entries], self._vocabulary, texts)
            return self._index

    def warm_up(self) -> None:
        """Make the index now, so that no later search waits for it."""
        if self.entries:
            _ = self.index, self.titles

    def find_entry(self, document: str, number: int) -> Entry | None:
        """Return the entry of a page, by the name or id of its document."""
        for one in self.documents:
            if document in (one.name, one.id):
                place = self._places.get((one.id, number))
                return None if place is None else self.entries[place]
        return None

    def search(self, question: str, k: int, chosen: Filter) -> tuple[list[Match], str | None]:
        """Return matches, best first, and a reason if there are none."""
        named = self.find_named(question, chosen)[:k]
        ranked = self.rank(question, k + len(named), chosen) if self.entries else []
        top = (ranked[0].score if ranked else 0.0) + 1.0
        found = [Match(entry, top + len(named) - place, 1.0, "page number") for place, entry in enumerate(named)]
        keys = {entry.key for entry in named}
        found += [
            Match(self.entries[one.place], one.score, one.coverage)
            for one in ranked
            if self.entries[one.place].key not in keys
        ]
        return found[:k], None if found else self.explain_nothing(chosen)

    def rank(self, question: str, k: int, chosen: Filter) -> list[Ranked]:
        """Rank the entries by words alone.

        What names a document, its company or its year chooses the document: it does not count for its pages.
        """
        asked = drop_page_numbers(question)
        left = fold(asked)
        named = {document: find_shared(left, title) for document, title in self.titles.items()}
        for phrase in sorted({phrase for phrases in named.values() for phrase in phrases}, key=len, reverse=True):
            left = left.replace(phrase, " ")
        if not cut_question(left) or left == fold(asked):
            return self.index.rank(asked, k, chosen.allowed)
        lengths = {document: sum(map(len, phrases)) for document, phrases in named.items()}
        best = max(lengths.values())
        if len(set(lengths.values())) == 1 and len(lengths) == len(self.documents):
            return self.index.rank(left, k, chosen.allowed) or self.index.rank(asked, k, chosen.allowed)
        found = self.index.rank(left, max(100, 4 * k), chosen.allowed) or self.index.rank(asked, k, chosen.allowed)
        weights = {document: _LEAST_NAMED + length / best for document, length in lengths.items()}
        weighed = [replace(one, score=one.score * weights.get(self.entries[one.place].id, 1.0)) for one in found]
        return sorted(weighed, key=lambda one: -one.score)[:k]

    @property
    def titles(self) -> dict[str, str]:
        """What names each longer document: its file name, and words of its cover and headers that many pages repeat."""
        with self._lock:
            if self._titles is None:
                self._titles = {}
                first = 0
                for document in self.documents:
                    if document.pages >= _LEAST_PAGES:
                        own = self.entries[first : first + document.pages]
                        texts = [one.text for one in own] if document.kind in _COVERED else []
                        self._titles[document.id] = find_title(PurePosixPath(document.name).stem, texts)
                    first += document.pages
            return self._titles

    def find_named(self, question: str, chosen: Filter) -> list[Entry]:
        """Return the pages that a question names by number or printed label, in documents that it names, if it does."""
        numbers = find_page_numbers(question)
        if not numbers:
            return []
        asked = fold(question)
        named = {one.id for one in self.documents if fold(PurePosixPath(one.name).stem) in asked}
        found: list[Entry] = []
        for place, entry in enumerate(self.entries):
            if (named and entry.id not in named) or not chosen.allows(place):
                continue
            if entry.number in numbers or (entry.label and entry.label.isdigit() and int(entry.label) in numbers):
                found.append(entry)
        return sorted(found, key=lambda entry: entry.label not in {str(number) for number in numbers})

    def explain_nothing(self, chosen: Filter) -> str:
        """Say why no page was found."""
        if not self.entries:
            return "the library is empty: add a document"
        left = [one for place, one in enumerate(self.entries) if chosen.allows(place)]
        if not left:
            return "the filter leaves no page"
        blind = sum(1 for one in left if one.wordless and not one.seen)
        said = f"no word of the question stands on any of {len(left)} pages"
        return said + (f"; {blind} of them have no words: a model that sees pictures can look at them" if blind else "")
