"""Which plan is asked next: the policy of several plans as one model.

A plan is left for another when it is spent, refuses the key or the client, is overloaded or cannot be reached, or when
the user's budget for it is used up; never for a bad request, a blocked content or a context that is too long, which
every other plan would meet too, and never once the first event of a reply has come. A tool loop stays with the vendor
whose reasoning has to go back.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, TypeAlias

from cncoding.errors import (
    AuthenticationError,
    BudgetSpentError,
    CncodingError,
    EmptyReplyError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
    TransportError,
    TruncatedStreamError,
)
from cncoding.exchange.steps import Now
from cncoding.plans.joining import Order
from cncoding.plans.left import PlanLeft
from cncoding.types import ChatRequest, ChatResponse, Event, JsonObject, Message, Reasoning, Started, ToolResult

UNKNOWN_RESET = 300.0
"""Seconds after which a spent plan that names no reset is asked again (a choice of ours)."""

_MOVES = (
    QuotaExhaustedError, RateLimitedError, ServerError, AuthenticationError, PermissionDeniedError, TransportError,
    EmptyReplyError, TruncatedStreamError, BudgetSpentError,
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
class Attempt:
    """One plan and what it is asked."""

    index: int
    request: ChatRequest
    stream: bool
    """Whether the reply is a stream, which has begun with its first event that is no warning."""


@dataclass(frozen=True, slots=True)
class Try:
    """Ask a plan; the driver answers with pairs of an index and its reply or error, up to the first that has begun."""

    first: Attempt
    spare: Attempt | None = None
    """The plan that is asked too if the first is slow to begin."""
    after: float = 0.0
    """Seconds that the first has for it."""


PlanStep: TypeAlias = LoadSpent | SaveSpent | AskLeft | Try | Now
Tried: TypeAlias = tuple[JsonObject, ...]
Outcomes: TypeAlias = Sequence[tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The plan that answers."""

    plan: Plan
    answer: Any
    """The whole reply, or the stream that has begun."""
    tried: Tried
    """What went wrong before."""

    def mark(self, event: Event) -> Event:
        """Let a reply say who answers; a plan that is several itself has said it."""
        if not isinstance(event, Started):
            return event
        return replace(event, provider=event.provider or self.plan.provider, tried=(*self.tried, *event.tried))

    def read(self) -> ChatResponse:
        """Return the whole reply with what went wrong before it."""
        reply: ChatResponse = self.answer
        return replace(reply, tried=(*self.tried, *reply.tried))


# ---------------------------------------------------------------- the policy


def choose(
    plans: Sequence[Plan], attempts: Sequence[Attempt], order: Order, hedge_after: float | None = None
) -> Generator[PlanStep, Any, Chosen]:
    """Ask plans in order until the reply of one begins.

    Args:
        plans: The plans.
        attempts: What each is asked.
        order: Which is asked first.
        hedge_after: Seconds after which the next plan is asked too; None never does.

    Raises:
        QuotaExhaustedError, BudgetSpentError: All are spent; it names the earliest reset.
        CncodingError: The last error of the last plan, or the first that no other plan would cure.
    """
    now: float = yield Now()
    remembered: Mapping[str, Spent] = yield LoadSpent()
    spent = {
        index: known
        for index, plan in enumerate(plans)
        if (known := remembered.get(plan.id)) is not None and known.until > now
    }
    log = _Log(plans)
    queue: list[int] = yield from _arrange(plans, order, spent)
    thinker = find_thinker(attempts[0].request.messages)
    queue.sort(key=lambda index: plans[index].provider != thinker)
    while queue:
        index = queue.pop(0)
        if index in spent:
            log.add(index, "spent", spent[index].why, spent[index].until)
        elif not (yield from _heed_floor(index, plans, log)):
            spare = None if hedge_after is None else _find_spare(queue, plans, spent)
            step = Try(attempts[index], None if spare is None else attempts[spare], hedge_after or 0.0)
            outcomes: Outcomes = yield step
            queue = [one for one in queue if all(one != asked for asked, _ in outcomes)]
            for one, answer in outcomes:
                if not isinstance(answer, CncodingError):
                    if all(index != asked for asked, _ in outcomes):
                        log.add(index, "slow", f"no first event after {hedge_after:g} s")
                    if plans[one].id in remembered:
                        yield SaveSpent(plans[one].id, None)
                    return Chosen(plans[one], answer, tuple(log.tried))
                if not moves_on(answer) and isinstance(outcomes[-1][1], CncodingError):
                    answer.tried = tuple(log.tried)
                    raise answer
                log.add_error(one, answer, until := _until(answer, now))
                if until is not None:
                    yield SaveSpent(plans[one].id, Spent(until, str(answer)[:300]))
    raise log.give_up()


def find_thinker(messages: Sequence[Message]) -> str | None:
    """Return whose reasoning has to go back: of the turn whose tool calls the last messages answer."""
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if message.role == "assistant":
            thoughts = [part for part in message.parts if isinstance(part, Reasoning)]
            return thoughts[-1].provider if thoughts and place < len(messages) - 1 else None
        if not all(isinstance(part, ToolResult) for part in message.parts):
            return None
    return None


def _find_spare(queue: Sequence[int], plans: Sequence[Plan], spent: Mapping[int, Spent]) -> int | None:
    return next((one for one in queue if one not in spent and plans[one].floor is None), None)


def _heed_floor(index: int, plans: Sequence[Plan], log: _Log) -> Generator[PlanStep, Any, bool]:
    """Tell whether a plan is at its floor, and write it down."""
    floor = plans[index].floor
    if floor is None:
        return False
    left: PlanLeft = yield AskLeft(index)
    if left.share is None or left.share > floor:
        return False
    error = left.refuse(floor)
    log.add_error(index, error, error.resets_at.timestamp() if error.resets_at else None, "floor")
    return True


def _arrange(plans: Sequence[Plan], order: Order, spent: Mapping[int, Spent]) -> Generator[PlanStep, Any, list[int]]:
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
    """Return when a plan that is used up may be asked again; a budget is remembered where it is counted."""
    if not isinstance(error, QuotaExhaustedError):
        return None
    return error.resets_at.timestamp() if error.resets_at is not None else now + UNKNOWN_RESET


class _Log:
    """Which plans did not answer, and why."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._plans = plans
        self._errors: list[CncodingError] = []
        self._spent: list[JsonObject] = []
        self.tried: list[JsonObject] = []

    def add(self, index: int, error: str, text: str, until: float | None = None) -> None:
        plan = self._plans[index]
        told: JsonObject = {"provider": plan.provider, "endpoint": plan.endpoint, "model": plan.model, "error": error}
        if text:
            told["text"] = text
        if until is not None:
            told["until"] = datetime.fromtimestamp(until, timezone.utc).isoformat()
        if error == "spent":
            self._spent.append(told)
        self.tried.append(told)

    def add_error(self, index: int, error: CncodingError, until: float | None, word: str | None = None) -> None:
        self._errors.append(error)
        if error.tried:  # several plans themselves: what happened there is told instead
            self.tried += error.tried
        else:
            if isinstance(error, BudgetSpentError) and error.resets_at is not None:
                until = error.resets_at.timestamp()
            self.add(index, word or type(error).__name__, str(error)[:300], until)

    def give_up(self) -> CncodingError:
        """Return the error of a call that no plan answers: where all are spent, of the one that is back first."""
        spent = [error for error in self._errors if isinstance(error, (QuotaExhaustedError, BudgetSpentError))]
        if len(spent) < len(self._errors):
            found = self._errors[-1]
        elif self._spent:
            found = _build_spent(self.tried)
        else:
            found = min(spent, key=lambda error: error.resets_at or _NEVER)
        found.tried = tuple(self.tried)
        return found


_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def _build_spent(tried: Sequence[JsonObject]) -> QuotaExhaustedError:
    first = min(tried, key=lambda one: str(one.get("until", "never")))
    names = ", ".join(f"{one['provider']} until {one.get('until', 'further notice')}" for one in tried)
    text = "all plans are spent" if len(tried) > 1 else "the plan is spent"
    return QuotaExhaustedError(
        f"{text}: {names}",
        provider=str(first["provider"]),
        status=429,
        window=None,
        resets_at=datetime.fromisoformat(str(first["until"])),
    )
