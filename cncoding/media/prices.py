"""What a vendor publishes of the cost of its media, as data, and what a request will cost by it.

Values only; `money.py` reckons with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cncoding.evidence import Source

Unit: TypeAlias = Literal["image", "video", "second", "character", "call", "voice"]
"""A `second` is one of film, of a transcript one of sound; a `call` is one request, for example a search."""


@dataclass(frozen=True, slots=True)
class Price:
    """A published price of some models, before any discount; what a plan covers is not known here."""

    models: tuple[str, ...]
    amount: float
    """Of `per` units, in `currency`."""
    currency: str
    unit: Unit
    source: Source
    endpoints: frozenset[str] | None = None
    """Endpoints that bill it; None for all."""
    per: int = 1
    when: Mapping[str, str | int] = field(default_factory=dict)
    """Settings for which it holds, for example `{"resolution": "1080P"}`."""
    usual: Mapping[str, str | int] = field(default_factory=dict)
    """What the vendor takes for settings that a request leaves out."""
    counts_han_twice: bool = False
    """Whether a Chinese character is two characters on the bill."""
    film_seconds: float | None = 0.0
    """Seconds that a film among the inputs adds at most; None where its length is billed, which nobody knows here."""
    free_pictures: int | None = None
    """How many pictures among the inputs are free; None for all."""
    picture: float = 0.0
    """Amount for each picture beyond those."""

    def covers(self, model: str, endpoint: str) -> bool:
        """Tell whether it is a price of a model (also of one with a date behind its name) at an endpoint."""
        if self.endpoints is not None and endpoint not in self.endpoints:
            return False
        wanted = model.lower()
        return any(wanted == one.lower() or _is_dated(wanted, one.lower()) for one in self.models)


def _is_dated(name: str, base: str) -> bool:
    rest = name.removeprefix(f"{base}-")
    return rest != name and rest.replace("-", "").isdigit()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request will cost, before it is sent: the list price at most, without discounts and free quotas."""

    amount: float | None
    """None where it is not known."""
    currency: str | None = None
    why: str = ""
    """How it was reckoned, or why it is not known."""
    source: Source | None = None

    def __str__(self) -> str:
        """Return the price in words."""
        if self.amount is None:
            return "price unknown"
        return f"about {self.amount:.4g} {self.currency}"
