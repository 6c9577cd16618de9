"""Count calls against budgets: before they leave, and again when it is known what they used."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from cncoding.budget import NamedBudget
from cncoding.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    BudgetSpentError,
    CncodingError,
    ConfigError,
    ConnectFailedError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
    TransportError,
)
from cncoding.exchange.steps import CloseCall, OpenCall

Y = TypeVar("Y")
T = TypeVar("T")


def count_call(
    flow: Generator[Y, Any, T],
    budgets: tuple[NamedBudget, ...],
    read_tokens: Callable[[T], int | None] | None = None,
    *,
    cost: tuple[float | None, str | None] | None = None,
) -> Generator[Y | OpenCall | CloseCall, Any, T]:
    """Run a flow that sends one call, and count it; one that the vendor refused is taken back.

    Args:
        flow: What sends the call.
        budgets: What it is counted against; without any, nothing is.
        read_tokens: Returns what the call used, None where nobody tells; without it tokens are not counted.
        cost: Estimated price and currency of a medium.

    Raises:
        BudgetSpentError: One of the budgets is used up; nothing was sent.
    """
    if not budgets:
        return (yield from flow)
    number: int = yield from _open_call(budgets, cost)
    try:
        outcome = yield from flow
    except CncodingError as error:
        if is_free(error, purchase=cost is not None):
            yield CloseCall(number)
        elif read_tokens is not None and error.partial is not None:
            usage = error.partial.usage
            yield CloseCall(number, usage.total if usage else None, counts=True)
        raise
    if read_tokens is not None:
        yield CloseCall(number, read_tokens(outcome), counts=True)
    return outcome


def _open_call(
    budgets: tuple[NamedBudget, ...], cost: tuple[float | None, str | None] | None
) -> Generator[OpenCall | CloseCall, Any, int]:
    """Count a call; one whose task was cancelled while it was counted is taken back, because nothing was sent."""
    try:
        number: int = yield OpenCall(budgets, cost)
    except GeneratorExit:
        raise
    except BaseException as error:
        if isinstance(opened := getattr(error, "outcome", None), int):
            yield CloseCall(opened)
            error.unsent = True  # type: ignore[attr-defined]  # a cancellation says so to `is_free`
        raise
    return number


def is_free(error: BaseException, *, purchase: bool) -> bool:
    """Tell whether a call that failed with this error certainly ran nothing that is charged.

    Args:
        error: What it failed with.
        purchase: Whether it buys a medium, which a vendor that fails may have begun.
    """
    if getattr(error, "unsent", False):
        return True
    if isinstance(error, CncodingError) and error.partial is not None and error.partial.message.parts:
        return False
    if isinstance(error, TransportError):
        return isinstance(error, ConnectFailedError) or not error.sent
    if isinstance(error, ApiError):
        # MiniMax says everything with HTTP 200; what its moderation blocked there may have been made first.
        refused = isinstance(error, _REFUSALS) or (not isinstance(error, ServerError) and error.status != 200)
        return not purchase or refused
    return isinstance(error, (ConfigError, BudgetSpentError))


_REFUSALS = (
    AuthenticationError, PermissionDeniedError, NotFoundError, BadRequestError, QuotaExhaustedError, RateLimitedError,
)  # fmt: skip
"""Answers that mean that nothing was made, whatever the HTTP status."""
