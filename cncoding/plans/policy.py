"""Which plan is asked next: the policy of several plans as one model.

A plan is left for another when it is spent, refuses the key or the client, is overloaded or cannot be reached; never
for a bad request, a blocked content or a context that is too long, which every other plan would meet too, and never
once the first event of a reply has come.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from typing import Any, Literal, TypeAlias

from cncoding.cards import ModelCard
from cncoding.errors import (
    AuthenticationError,
    CncodingError,
    ConfigError,
    EmptyReplyError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
    TransportError,
    TruncatedStreamError,
)
from cncoding.exchange.steps import Now
from cncoding.plans.left import PlanLeft
from cncoding.types import ChatRequest, JsonObject

Order: TypeAlias = Literal["listed", "most_left", "cheapest"]
ORDERS = ("listed", "most_left", "cheapest")

UNKNOWN_RESET = 300.0
"""Seconds after which a spent plan that names no reset is asked again (a choice of ours)."""

_MOVES = (
    QuotaExhaustedError, RateLimitedError, ServerError, AuthenticationError, PermissionDeniedError, TransportError,
    EmptyReplyError, TruncatedStreamError,
)  # fmt: skip


def moves_on(error: CncodingError) -> bool:
    """Tell whether another plan may do better."""
    return isinstance(error, _MOVES) and (error.partial is None or not error.partial.message.parts)


@dataclass(frozen=True, slots=True)
class Plan:
    """One of several plans, as the policy sees it. It holds no key."""

    id: str
    """A digest of address and key, which finds the plan again in another process."""
    provider: str
    endpoint: str
    model: str
    floor: float | None = None
    """The share that is left alone: at or below it the plan is not asked."""

    @property
    def flat(self) -> bool:
        """Whether its calls are paid already: a coding or token plan, not pay as you go."""
        return not self.endpoint.startswith(("api", "beta"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What is remembered of a plan that is used up."""

    until: float
    """Seconds since the epoch."""
    why: str = ""


# ---------------------------------------------------------------- steps


@dataclass(frozen=True, slots=True)
class LoadSpent:
    """Read what is remembered; the driver answers with a mapping from plan id to `Spent`."""


@dataclass(frozen=True, slots=True)
class SaveSpent:
    """Remember a plan as spent, or forget it for None."""

    id: str
    spent: Spent | None


@dataclass(frozen=True, slots=True)
class AskLeft:
    """Ask a plan what is left; the driver answers with a `PlanLeft`."""

    index: int


@dataclass(frozen=True, slots=True)
class Try:
    """Ask a plan; the driver answers with pairs of a plan and its error, None for the one whose reply began."""

    index: int
    spare: int | None = None
    """The plan that is asked too if this one is slow to begin."""


PlanStep: TypeAlias = LoadSpent | SaveSpent | AskLeft | Try | Now
Tried: TypeAlias = tuple[JsonObject, ...]
PlanFlow: TypeAlias = Generator[PlanStep, Any, Tried]


def choose(plans: Sequence[Plan], order: Order, hedge_after: float | None = None) -> PlanFlow:
    """Ask plans in order until the reply of one begins; return what went wrong before.

    Args:
        plans: The plans.
        order: Which is asked first.
        hedge_after: Seconds after which the next plan is asked too; None never does.

    Raises:
        QuotaExhaustedError: All are spent; it names the earliest reset.
        CncodingError: The last error of the last plan, or the first that no other plan would cure.
    """
    now: float = yield Now()
    remembered: Mapping[str, Spent] = yield LoadSpent()
    spent = {
        index: known
        for index, plan in enumerate(plans)
        if (known := remembered.get(plan.id)) is not None and known.until > now
    }
    tried: list[JsonObject] = []
    last: CncodingError | None = None
    order_asked: list[int] = yield from _arrange(plans, order, frozenset(spent))
    done: set[int] = set()
    for place, index in enumerate(order_asked):
        plan = plans[index]
        if index in done:
            continue
        if index in spent:
            tried.append(_tell(plan, "spent", spent[index].why, spent[index].until))
            continue
        if (below := (yield from _heed_floor(index, plan))) is not None:
            last = below
            tried.append(_tell(plan, "floor", str(below), None))
            continue
        rest = [one for one in order_asked[place + 1 :] if one not in {*spent, *done} and plans[one].floor is None]
        spare = rest[0] if rest and hedge_after else None
        outcomes: Sequence[tuple[int, CncodingError | None]] = yield Try(index, spare)
        won = any(error is None for _, error in outcomes)
        for one, error in outcomes:
            done.add(one)
            if error is None:
                if index not in done:
                    tried.append(_tell(plan, "slow", f"no first event after {hedge_after:g} s", None))
                if plans[one].id in remembered:
                    yield SaveSpent(plans[one].id, None)
                return tuple(tried)
            if not won and not moves_on(error):
                error.tried = tuple(tried)
                raise error
            last = error
            until = _until(error, now)
            tried.append(_tell(plans[one], type(error).__name__, str(error)[:300], until))
            if until is not None:
                yield SaveSpent(plans[one].id, Spent(until, str(error)[:300]))
    if last is None:
        last = _all_spent(tried)
    last.tried = tuple(tried)
    raise last


def _heed_floor(index: int, plan: Plan) -> Generator[PlanStep, Any, CncodingError | None]:
    if plan.floor is None:
        return None
    left: PlanLeft = yield AskLeft(index)
    return left.refuse(plan.floor) if left.share is not None and left.share <= plan.floor else None


def _arrange(plans: Sequence[Plan], order: Order, spent: frozenset[int]) -> Generator[PlanStep, Any, list[int]]:
    listed = list(range(len(plans)))
    if order == "cheapest":
        return sorted(listed, key=lambda index: not plans[index].flat)
    if order == "most_left":
        left: dict[int, float] = {}
        for index in listed:
            if index in spent:
                left[index] = 0.0
                continue
            answer: PlanLeft = yield AskLeft(index)
            left[index] = 0.5 if answer.share is None else answer.share
        return sorted(listed, key=lambda index: -left[index])
    return listed


def _until(error: CncodingError, now: float) -> float | None:
    if not isinstance(error, QuotaExhaustedError):
        return None
    return error.resets_at.timestamp() if error.resets_at is not None else now + UNKNOWN_RESET


def _tell(plan: Plan, error: str, text: str, until: float | None) -> JsonObject:
    told: JsonObject = {"provider": plan.provider, "endpoint": plan.endpoint, "model": plan.model, "error": error}
    if text:
        told["text"] = text
    if until is not None:
        told["until"] = datetime.fromtimestamp(until, timezone.utc).isoformat()
    return told


def _all_spent(tried: Sequence[JsonObject]) -> QuotaExhaustedError:
    first = min(tried, key=lambda one: str(one.get("until")))
    names = ", ".join(f"{one['provider']} until {one['until']}" for one in tried)
    return QuotaExhaustedError(
        f"all plans are spent: {names}",
        provider=str(first["provider"]),
        status=429,
        window=None,
        resets_at=datetime.fromisoformat(str(first["until"])),
    )


# ---------------------------------------------------------------- several as one


def check_members(count: int, order: str, hedge_after: float | None = None) -> None:
    """Refuse what cannot be one model.

    Raises:
        ConfigError: There is no member, the order is unknown, or the time is no time.
    """
    if count == 0:
        raise ConfigError("over: the list is empty; give at least one model")
    if order not in ORDERS:
        raise ConfigError(f"order={order!r}: choose one of {', '.join(ORDERS)}")
    if hedge_after is not None and not (isinstance(hedge_after, int | float) and 0 < hedge_after < 1e9):
        raise ConfigError(f"hedge_after={hedge_after!r}: give seconds above 0, or None for never")


def weakest(cards: Sequence[ModelCard]) -> ModelCard:
    """Return what every one of several models can do."""
    first = cards[0]
    limits = [card.input_limit for card in cards]
    return replace(
        first,
        context=None if None in limits else min(limit for limit in limits if limit is not None),
        max_output=_least([card.max_output for card in cards]),
        input=frozenset.intersection(*(card.input for card in cards)),
        tools=all(card.tools for card in cards),
        structured=frozenset.intersection(*(card.structured for card in cards)),
        tool_images=all(card.tool_images for card in cards),
        known=all(card.known for card in cards),
    )


def _least(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def overlay(request: ChatRequest, own: ChatRequest, model: str | None) -> ChatRequest:
    """Return a request with what a member says of itself where the request says nothing, for a model."""
    blank = _BLANK
    changes: dict[str, Any] = {
        one.name: getattr(own, one.name)
        for one in fields(ChatRequest)
        if one.name not in _ALWAYS and getattr(request, one.name) == getattr(blank, one.name)
    }
    return replace(
        request,
        **changes,
        model=model,
        extra={**own.extra, **request.extra},
        headers={**own.headers, **request.headers},
    )


_BLANK = ChatRequest(())
_ALWAYS = frozenset({"messages", "model", "extra", "headers", "stream"})
