"""What a medium will cost, and how much a kit may spend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any, Literal, Protocol, TypeAlias, get_args

from cncoding.budget import check_budget
from cncoding.errors import ConfigError
from cncoding.media.prices import Estimate, Price
from cncoding.media.values import MediaRequest

Span: TypeAlias = Literal["kit", "thread", "day"]
_LIMITS, _SPANS = ("calls", "amount"), get_args(Span)


def estimate(request: MediaRequest, model: str, endpoint: str, prices: Iterable[Price]) -> Estimate:
    """Return what a request will cost by the vendor's list; unknown where no published price was read.

    Settings that a request leaves out are the vendor's usual ones; of several prices that may hold the highest counts.
    """
    voice = request.kind == "voice"
    known = [price for price in prices if price.covers(model, endpoint) and (price.unit == "voice") == voice]
    if not known:
        return Estimate(None, why=f"no published price of {model} was read")
    asked = _list_settings(request)
    fitting = [price for price in known if _holds(price, asked)]
    if not fitting:
        told = ", ".join(f"{name}={value}" for name, value in asked.items())
        return Estimate(None, why=f"no published price of {model} is for {told}")
    return max((_reckon(price, request, asked) for price in fitting), key=_height)


def _height(one: Estimate) -> float:
    """Put what is not known above everything that is."""
    return float("inf") if one.amount is None else one.amount


def _list_settings(request: MediaRequest) -> dict[str, Any]:
    ours = {name: getattr(request, name) for name in ("resolution", "duration", "n", "size")}
    given = {**ours, **request.options, **request.extra}
    parameters = given.get("parameters")
    found = {**given, **(parameters if isinstance(parameters, Mapping) else {})}
    return {name: value for name, value in found.items() if value is not None}


def _holds(price: Price, asked: Mapping[str, Any]) -> bool:
    """Tell whether nothing that is asked for, or usual, speaks against a price."""
    told = {**price.usual, **asked}
    return all(str(told.get(name, value)).lower() == str(value).lower() for name, value in price.when.items())


def _reckon(price: Price, request: MediaRequest, asked: Mapping[str, Any]) -> Estimate:
    units = _count_units(price, request, {**price.usual, **asked})
    pictures = sum(media.kind == "image" for media in request.inputs)
    if units is None:
        return Estimate(None, why=f"how many units ({price.unit}) it takes is not known", source=price.source)
    paid = 0 if price.free_pictures is None else max(0, pictures - price.free_pictures)
    amount = price.amount * units / price.per + price.picture * paid
    of = f"{price.per} {price.unit}s" if price.per != 1 else price.unit
    why = f"{units:g} {price.unit}(s) at {price.amount:g} {price.currency} for each {of} ({price.source})"
    return Estimate(amount, price.currency, why, price.source)


def _count_units(price: Price, request: MediaRequest, told: Mapping[str, Any]) -> float | None:
    if price.unit == "character":
        return float(len(request.prompt) + (len(_HAN.findall(request.prompt)) if price.counts_han_twice else 0))
    films = any(media.kind == "video" for media in request.inputs)
    if films and price.film_seconds is None:
        return None
    times = _read_number(told.get("n", 1))
    if price.unit != "second":
        return times
    seconds = _read_number(told.get("duration"))
    if seconds is None or times is None:
        return None
    return (seconds + ((price.film_seconds or 0.0) if films else 0.0)) * times


def _read_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


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
        check_budget({one.name: getattr(self, one.name) for one in fields(self)}, _LIMITS, _SPANS)


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
        check_budget(given, _LIMITS, _SPANS)
        return Budget(**given)
    raise ConfigError(f"budget={given!r}: give a number of calls, or {{'calls': 5, 'amount': 10, 'per': 'day'}}")


class Spending(Protocol):
    """What counts on a journal: an order, or the settings of a kit."""

    @property
    def budget(self) -> Budget | None:
        """How much may be spent."""

    @property
    def reuse(self) -> bool:
        """Whether what was made before is good enough."""


def check_journal(order: Spending, *, journal: bool) -> None:
    """Refuse a budget that nothing counts, and the reuse of what nobody wrote down.

    Raises:
        ConfigError: There is no journal.
    """
    if order.budget is not None and not journal:
        raise ConfigError("budget: needs a journal to count in; leave journal= as it is")
    if order.reuse and not journal:
        raise ConfigError("reuse: needs a journal that says what was made before; leave journal= as it is")


def means_yes(answer: Any) -> bool:
    """Tell whether a person who was asked agreed: True, a word for yes, or an object that says `approved`.

    Front ends for agents answer one question with a list of one, some of them as `{"decisions": [...]}`.
    """
    if isinstance(answer, Mapping) and answer.keys() == {"decisions"}:
        answer = answer["decisions"]
    if isinstance(answer, list):
        answer = answer[0] if len(answer) == 1 else None
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
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given < inf:
        raise ConfigError(
            f"{name}={given!r}: give an amount from 0, in the currency of the price; whatever costs more, or has no "
            "known price, is asked"
        )
    return float(given)
