"""Ceilings that vendors told in errors, kept for the process: what a page does not say, or says wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cncoding.cards import ModelCard


@dataclass(frozen=True, slots=True)
class Limits:
    """What is learned of one model at one endpoint, in tokens. None is nothing."""

    context: int | None = None
    max_input: int | None = None
    max_output: int | None = None

    def apply(self, card: ModelCard) -> ModelCard:
        """Return the card with the learned ceilings in place of its own."""
        told = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        return replace(card, **told) if told else card


NOTHING = Limits()
_LEARNED: dict[tuple[str, str, str], Limits] = {}
_LEAST, _MOST = 256, 100_000_000
"""A ceiling outside of these is a number that means something else."""

_PATTERNS = (
    # Alibaba: "Range of input length should be [1, 983616]", "Range of max_tokens should be [1, 65536]"
    ("max_input", re.compile(r"range of input length should be \[\d+, ?(\d+)\]", re.I)),
    ("max_output", re.compile(r"range of max_(?:completion_)?tokens should be \[\d+, ?(\d+)\]", re.I)),
    # DeepSeek and many others: "maximum context length is 1048565 tokens"
    ("context", re.compile(r"maximum context length (?:is|of) (\d[\d,]*)", re.I)),
    # Kimi: "exceeded model token limit: 262144 (requested: 300000)"
    ("context", re.compile(r"model token limit: ?(\d[\d,]*)", re.I)),
    # "max_tokens: 600000 > 524288", "prompt is too long: 530000 tokens > 524288 maximum"
    ("max_output", re.compile(r"max_(?:completion_)?tokens\D{0,20}\d[\d,]* ?> ?(\d[\d,]*)", re.I)),
    ("max_input", re.compile(r"\d[\d,]*(?: tokens)? > (\d[\d,]*)(?! ?output)", re.I)),
)


_OTHER_UNITS = re.compile(r"byte|pixel|\bMB\b|image|video|second", re.I)
"""Of these a comparison may speak as well; then it says nothing of tokens."""


def read_limits(text: str) -> Limits:
    """Return the ceilings that an error names."""
    if _OTHER_UNITS.search(text):
        return NOTHING
    found: dict[str, int] = {}
    for name, pattern in _PATTERNS:
        if match := pattern.search(text):
            number = int(match.group(1).replace(",", ""))
            if _LEAST <= number <= _MOST and number not in found.values():
                found.setdefault(name, number)
    return Limits(**found)


def learn_limits(provider: str, endpoint: str, model: str, told: Limits) -> None:
    """Remember ceilings for every client of the process; a later one replaces an earlier one."""
    if told == NOTHING:
        return
    key = (provider, endpoint, model.lower())
    known = _LEARNED.get(key, NOTHING)
    _LEARNED[key] = Limits(
        told.context or known.context, told.max_input or known.max_input, told.max_output or known.max_output
    )


def recall_limits(provider: str, endpoint: str, model: str) -> Limits:
    """Return what was learned of a model."""
    return _LEARNED.get((provider, endpoint, model.lower()), NOTHING)


def forget_limits() -> None:
    """Forget all that was learned."""
    _LEARNED.clear()
