"""What a user allows a model to spend, counted over all processes: calls, tokens, money of media.

A budget is the user's own; what the vendor allows is its quota. `exchange/counting.py` counts, `client/ledger.py` keeps
the counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from math import inf
from typing import Any, Literal, TypeAlias

from cncoding.errors import BudgetSpentError, ConfigError
from cncoding.names import did_you_mean

Span: TypeAlias = Literal["hour", "day", "week", "month"]
SECONDS: Mapping[str, float] = {"hour": 3600.0, "day": 86_400.0, "week": 604_800.0, "month": 2_592_000.0}
"""Length of each span: it rolls, so that a day is the last 24 hours; a month is 30 days."""
LIMITS = ("calls", "tokens", "amount")


@dataclass(frozen=True, slots=True)
class NamedBudget:
    """How much may be spent under a name, which is the same in every process."""

    name: str
    """Whose counts these are, such as the file and the model in it."""
    calls: int | None = None
    """Chats, completions, questions about images, and media that are bought."""
    tokens: int | None = None
    """Of chat, in and out as the vendor tells them; the call that reaches the limit is the last one."""
    amount: float | None = None
    """Estimated price of media, in `currency`; one whose price is unknown is refused."""
    currency: str = "CNY"
    per: Span = "day"
    """The last hour, 24 hours, 7 days or 30 days."""

    def __post_init__(self) -> None:
        """Refuse nonsense.

        Raises:
            ConfigError: Nothing is limited, or by no sensible number.
        """
        if not isinstance(self.name, str) or not self.name:
            raise ConfigError("budget: name: give a text; counts are kept under it")
        check_budget({one.name: getattr(self, one.name) for one in fields(self) if one.name != "name"})

    @property
    def seconds(self) -> float:
        """How far back it counts."""
        return SECONDS[self.per]

    def refuse(self, unit: str, used: float, limit: float, opens_at: float | None) -> BudgetSpentError:
        """Return the error of a call that is not made.

        Args:
            unit: calls, tokens or a currency.
            used: So much was spent in the span.
            limit: So much may be.
            opens_at: When enough of it has passed, in seconds since the epoch; None for never.
        """
        moment = None if opens_at is None else datetime.fromtimestamp(opens_at, timezone.utc)
        span = "an hour" if self.per == "hour" else f"a {self.per}"
        spent = f"{_write(used)} of {_write(limit)} {unit} in {span}"
        when = f"; it opens again at {moment.astimezone():%Y-%m-%d %H:%M:%S %Z}".rstrip() if moment else ""
        return BudgetSpentError(
            f"budget of {self.name}: {spent} are used{when}. Nothing was sent",
            budget=self.name,
            used=used,
            limit=limit,
            unit=unit,
            resets_at=moment,
        )


def _write(number: float) -> str:
    return f"{number:,.2f}" if isinstance(number, float) else f"{number:,}"


class BudgetMistake(ConfigError):
    """A budget is written wrong; `field` says where."""

    field: str = ""


def check_budget(given: Mapping[str, Any], limits: Sequence[str] = LIMITS, spans: Iterable[str] = SECONDS) -> None:
    """Check the fields of a budget.

    Args:
        given: By name.
        limits: What it can limit.
        spans: What it can be counted over.

    Raises:
        BudgetMistake: One is wrong, or nothing is limited.
    """
    known = [*limits, "currency", "per"]
    for name in given:
        if name not in known:
            raise _name_mistake(name, f"is no field of a budget{did_you_mean(name, known)}; it has {', '.join(known)}")
    for name in limits:
        value = given.get(name)
        kinds = (int, float) if name == "amount" else (int,)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < inf):
            raise _name_mistake(name, f"is {value!r}; give a {'' if name == 'amount' else 'whole '}number from 0")
    several = tuple(spans)
    if given.get("per", several[0]) not in several:
        raise _name_mistake("per", f"is {given['per']!r}; choose one of {', '.join(several)}")
    currency = given.get("currency", "CNY")
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise _name_mistake("currency", f"is {currency!r}; give a code such as CNY")
    if all(given.get(name) is None for name in limits):
        raise _name_mistake("", f"limits nothing; give one of {', '.join(limits)}")


def _name_mistake(name: str, text: str) -> BudgetMistake:
    mistake = BudgetMistake(f"budget{'.' * bool(name)}{name}: {text}")
    mistake.field = name
    return mistake


def read_budgets(given: Iterable[NamedBudget | Mapping[str, Any]] | NamedBudget | None) -> tuple[NamedBudget, ...]:
    """Return budgets of what users write: one, several, or their fields with a name.

    Raises:
        ConfigError: One is none.
    """
    if given is None:
        return ()
    several = [given] if isinstance(given, (NamedBudget, Mapping)) else given
    if isinstance(several, str) or not isinstance(several, Iterable):
        raise ConfigError(f"budgets: is {type(given).__name__}; give NamedBudget('name', calls=100, per='day')")
    return tuple(_read_one(one) for one in several)


def _read_one(given: Any) -> NamedBudget:
    if isinstance(given, NamedBudget):
        return given
    if not isinstance(given, Mapping) or "name" not in given:
        raise ConfigError(f"budgets: {type(given).__name__}: give NamedBudget('name', calls=100, per='day')")
    check_budget({name: value for name, value in given.items() if name != "name"})
    return NamedBudget(**given)
