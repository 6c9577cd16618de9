"""Rank pages by their words: BM25 (bm25s) over what `words` cuts, and how much of the question a page covers."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cncoding.pages.extras import require
from cncoding.pages.words import cut_characters, cut_characters_of_question, cut_question, cut_words, is_pair

_K1, _B = 1.2, 0.75
_LEAST_CHARACTERS = 0.6
_TITLE_WEIGHT = 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """A page's place in the index, its score, and the share of the question's weight that it holds (0 to 1)."""

    place: int
    score: float
    coverage: float


@dataclass(slots=True)
class Vocabulary:
    """Numbers for words, so that a page's words need four bytes each; it only grows."""

    numbers: dict[str, int] = field(default_factory=lambda: {"": 0})

    def encode(self, words: Iterable[str]) -> array[int]:
        """Return the numbers of words, new ones for new words; a page without words has the empty one."""
        numbers = self.numbers
        return array("I", [numbers.setdefault(word, len(numbers)) for word in words] or [0])

    def encode_page(self, text: str, title: str = "") -> array[int]:
        """Return the search words of a page; those of its headings count more."""
        return self.encode(cut_words(text) + _TITLE_WEIGHT * cut_words(title))


class _Table:
    """One BM25 table over encoded words."""

    def __init__(self, encoded: Sequence[array[int]], vocabulary: Vocabulary) -> None:
        bm25s = require("bm25s", "bm25s")
        self._numpy = require("numpy", "numpy")
        self._table = bm25s.BM25(k1=_K1, b=_B)
        tokenized = require("bm25s.tokenization", "bm25s").Tokenized(encoded, dict(vocabulary.numbers))
        self._table.index(tokenized, show_progress=False)
        self._numbers: dict[str, int] = self._table.vocab_dict
        self._size = len(encoded)

    def rank(self, words: Sequence[str], k: int, allowed: Sequence[bool] | None) -> list[Ranked]:
        """Return the best pages with any of the words."""
        numpy = self._numpy
        known = [self._numbers[word] for word in words if word in self._numbers]
        if not known:
            return []
        scores = self._table.get_scores_from_ids(known)
        if allowed is not None:
            scores = numpy.where(numpy.asarray(allowed, dtype=bool), scores, 0)
        covered = self._cover(known, [word for word in words if word not in self._numbers])
        best = numpy.argsort(-scores, kind="stable")[:k]
        return [Ranked(int(at), float(scores[at]), float(covered[at])) for at in best if scores[at] > 0]

    def _cover(self, known: Sequence[int], unknown: Sequence[str]) -> Any:
        """Weigh each word by its rarity; a word that stands nowhere weighs as much as the rarest.

        A Chinese pair that stands nowhere weighs half of that: it is often the seam between two words.
        """
        numpy = self._numpy
        matrix = self._table.scores
        covered = numpy.zeros(self._size, dtype="float32")
        total = sum(0.5 if is_pair(word) else 1.0 for word in unknown) * float(numpy.log(self._size + 1.0))
        for number in known:
            holders = matrix["indices"][matrix["indptr"][number] : matrix["indptr"][number + 1]]
            weight = float(numpy.log(1.0 + (self._size - len(holders) + 0.5) / (len(holders) + 0.5)))
            covered[holders] += weight
            total += weight
        return covered / total if total else covered


class WordIndex:
    """An index over the texts of pages; made once, then only read, by any number of threads."""

    def __init__(
        self,
        encoded: Sequence[array[int]],
        vocabulary: Vocabulary,
        texts: Callable[[], Iterable[str]],
    ) -> None:
        """Make the table of pairs and words.

        Args:
            encoded: The words of each page.
            vocabulary: What encoded them.
            texts: Gives the texts again, for the fall-back table of single characters, which is seldom needed.
        """
        self._pairs = _Table(encoded, vocabulary)
        self._texts = texts
        self._cut: Callable[[str], list[str]] = cut_question
        self._characters: _Table | None = None
        self._lock = threading.Lock()

    @classmethod
    def of_texts(cls, texts: Sequence[str], cut: Callable[[str], list[str]] | None = None) -> WordIndex:
        """Index texts without a library; `cut` cuts texts and questions into words in another way than ours."""
        vocabulary = Vocabulary()
        index = cls([vocabulary.encode((cut or cut_words)(text)) for text in texts], vocabulary, lambda: texts)
        index._cut = cut or cut_question
        return index

    def rank(self, question: str, k: int, allowed: Sequence[bool] | None = None) -> list[Ranked]:
        """Return the best pages, best first; pairs of characters first, single ones where those find nothing.

        Args:
            question: In any language and spelling.
            k: Most pages.
            allowed: For each page, whether it may be found.
        """
        found = self._pairs.rank(self._cut(question), k, allowed)
        return found or self._rank_by_characters(question, k, allowed)

    def _rank_by_characters(self, question: str, k: int, allowed: Sequence[bool] | None) -> list[Ranked]:
        words = cut_characters_of_question(question)
        if not words:
            return []
        with self._lock:
            if self._characters is None:
                vocabulary = Vocabulary()
                encoded = [vocabulary.encode(cut_characters(text)) for text in self._texts()]
                self._characters = _Table(encoded, vocabulary)
        # Single characters stand nearly everywhere: a page must hold most of them, and counts for half.
        found = self._characters.rank(words, k, allowed)
        return [
            Ranked(one.place, one.score / 2, one.coverage / 2) for one in found if one.coverage >= _LEAST_CHARACTERS
        ]
