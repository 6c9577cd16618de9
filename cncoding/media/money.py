"""What a medium will cost, and how much a kit may spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from cncoding.errors import ConfigError
from cncoding.media.rules import MediaModel, Price
from cncoding.media.values import MediaRequest

Span: TypeAlias = Literal["kit", "thread", "day"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request will cost, before it is sent."""

    amount: float | None
    """None where the vendor publishes no price that was read."""
    currency: str | None = None
    why: str = ""

    def __str__(self) -> str:
        """Return the price in words."""
        if self.amount is None:
            return "price unknown"
        return f"about {self.amount:g} {self.currency}"


def estimate(request: MediaRequest, model: MediaModel | None) -> Estimate:
    """Return what a request will cost, unknown where no published price was read."""
    price = model.price if model is not None else None
    if price is None:
        return Estimate(None, why="the vendor publishes no price that was read")
    return Estimate(price.amount * _count_units(price, request), price.currency, str(price.source))


def _count_units(price: Price, request: MediaRequest) -> float:
    if price.unit == "second":
        return float(request.duration or price.usual)
    if price.unit == "character":
        return float(len(request.prompt))
    return float(request.n or 1)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be spent. Purchases are counted in the journal, whoever made them."""

    calls: int | None = None
    """Purchases."""
    amount: float | None = None
    """In `currency`. A request whose price is unknown is refused then."""
    currency: str = "CNY"
    per: Span = "kit"
    """`kit`: since the kit was made; `thread`: in one conversation; `day`: in the last 24 hours."""

    def __post_init__(self) -> None:
        """Refuse nonsense.

        Raises:
            ConfigError: Nothing is limited, or by no sensible number.
        """
        if self.calls is None and self.amount is None:
            raise ConfigError("budget: says neither calls nor amount; give budget={'calls': 5} or {'amount': 10}")
        for name, value, kinds in (("calls", self.calls, int), ("amount", self.amount, (int, float))):
            if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not value >= 0):
                raise ConfigError(f"budget: {name}={value!r}; give a number from 0")
        if self.per not in ("kit", "thread", "day"):
            raise ConfigError(f"budget: per={self.per!r}; choose 'kit', 'thread' or 'day'")
        if not isinstance(self.currency, str) or not self.currency:
            raise ConfigError(f"budget: currency={self.currency!r}; give a code such as 'CNY'")


def as_budget(given: Budget | Mapping[str, Any] | int | None) -> Budget | None:
    """Return a budget for what users write: one, its fields, or a number of calls.

    Raises:
        ConfigError: It is nonsense.
    """
    if given is None or isinstance(given, Budget):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return Budget(calls=given)
    if isinstance(given, Mapping):
        try:
            return Budget(**given)
        except TypeError as error:
            names = "calls, amount, currency, per"
            raise ConfigError(f"budget: {sorted(given)}; its fields are {names}") from error
    raise ConfigError(f"budget={given!r}: give a number of calls, or {{'calls': 5, 'amount': 10, 'per': 'day'}}")


def means_yes(answer: Any) -> bool:
    """Tell whether a person who was asked agreed: True, a word for yes, or an object that says `approved`."""
    if isinstance(answer, Mapping):
        answer = answer.get("approved", answer.get("type") in ("accept", "approve"))
    return answer is True or (isinstance(answer, str) and answer.strip().lower() in _YES)


_YES = frozenset({"yes", "y", "ok", "true", "approve", "是", "好", "同意"})


def as_limit(given: float | None, name: str = "confirm_above") -> float | None:
    """Return a limit in money, None for none.

    Raises:
        ConfigError: It is no number from 0.
    """
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given >= 0:
        raise ConfigError(
            f"{name}={given!r}: give an amount from 0; whatever costs more, or has no known price, is asked"
        )
    return float(given)
