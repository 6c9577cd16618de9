"""Predict what an answer costs, from the sizes of what would be sent. Tokens are estimated, prices are the caller's."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003134f]")
TOKENS_OF_PICTURE = 1600
"""Of a page at 120 dpi; between 1000 and 2000 at the vendors that document it (inferred mean, 2026-11)."""
_ANSWER = 400
MOST_PICTURES = 16
"""Pages without words that are shown when documents are read whole."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What tokens cost, in any unit, per million; the default is the ratio usual at the vendors, in input tokens."""

    input: float = 1_000_000.0
    cached: float = 100_000.0
    output: float = 4_000_000.0

    def charge(self, input: float, cached: float, output: float) -> float:
        """Return the price of a call; `input` includes `cached`."""
        return ((input - cached) * self.input + cached * self.cached + output * self.output) / 1_000_000


@dataclass(frozen=True, slots=True)
class Prediction:
    """The predicted cost of the two ways to answer, and which is taken, and why."""

    whole: float | None
    """None: the documents do not fit the model's window."""
    search: float
    chosen: str
    why: str

    def to_dict(self) -> dict[str, object]:
        """Return plain data."""
        return {"whole": self.whole, "search": self.search, "chosen": self.chosen, "why": self.why}


def count_tokens(text: str) -> int:
    """Estimate the tokens of a text: 0.7 for a Chinese character, 0.28 for another (inferred from four tokenizers)."""
    wide = len(_WIDE.findall(text))
    return int(wide * 0.7 + (len(text) - wide) * 0.28) + 1


def predict(
    tokens: int,
    pages: int,
    k: int,
    *,
    window: int | None,
    pictures: bool,
    wordless: int,
    prices: Prices,
    cached: bool,
    questions: int,
) -> Prediction:
    """Compare reading documents whole with searching them, for so many questions.

    Args:
        tokens: Of all text.
        pages: How many there are.
        k: Pages that a search would send.
        window: Tokens that the model takes; None if unknown.
        pictures: Whether the pages found are sent as pictures, too.
        wordless: Pages without words: read whole, they are shown as pictures, or invisible to a model without eyes.
        prices: Of tokens.
        cached: Whether the documents were sent whole lately.
        questions: How many questions will be asked about the same documents.
    """
    page = tokens / max(1, pages) + (TOKENS_OF_PICTURE if pictures else 0)
    search = prices.charge(min(k, pages) * page, 0, _ANSWER) * questions
    if window is None or tokens > 0.8 * window or not tokens:
        why = "the model's window is unknown" if window is None else "the documents do not fit the model's window"
        return Prediction(None, search, "search", why)
    tokens += wordless * TOKENS_OF_PICTURE if pictures else 0
    first = prices.charge(tokens, tokens if cached else 0, _ANSWER)
    whole = first + (questions - 1) * prices.charge(tokens, tokens, _ANSWER)
    if wordless > (MOST_PICTURES if pictures else 0):
        return Prediction(whole, search, "search", f"{wordless} pages have no words and would be missed")
    if whole <= search:
        return Prediction(whole, search, "whole", "cheaper than searching")
    return Prediction(whole, search, "search", "cheaper than reading everything")
