"""How often a request is sent again, and when.

A flow is a generator that yields steps and is sent their outcome. It decides everything and does nothing; the
drivers of `client/` perform the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from cncoding.errors import (
    ApiError,
    CncodingError,
    ConnectFailedError,
    ConnectionLostError,
    DeadlineExceededError,
    RateLimitedError,
    TooManyConnectionsError,
    TransportError,
)
from cncoding.exchange.failures import FailureRules, read_failure
from cncoding.exchange.steps import JITTER, Now, Reply, Request, Send, Sleep, Step
from cncoding.exchange.traffic import Traffic

T = TypeVar("T")


Flow: TypeAlias = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a request is sent again.

    Only before the first byte of an answer: on a failed or lost connection, HTTP 429 that means "busy" and HTTP 5xx.
    A timeout is not repeated, because the vendor may still be working, and charging, for the first try.
    """

    times: int = 2
    first: float = 0.5
    cap: float = 8.0
    longest: float = 60.0
    """A vendor that asks for more patience than this, in seconds, gets none: the caller is told at once."""

    traffic: Traffic | None = field(default=None, compare=False)
    """What the callers of the same key share; None shares nothing."""

    def delay(self, error: CncodingError, attempt: int) -> float | None:
        """Return how long to wait after try number `attempt` (from 0), None if there was enough patience."""
        if attempt >= self.times:
            return None
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is not None:
            return asked if asked <= self.longest else None
        return min(self.first * float(2**attempt), self.cap)


def is_repeatable(error: CncodingError, request: Request) -> bool:
    """Tell whether a request may be sent again after an error, without the risk of paying twice."""
    if not error.retryable or isinstance(error, TooManyConnectionsError):
        return False  # it has waited for a connection already
    if isinstance(error, ConnectFailedError):
        return True
    if isinstance(error, TransportError):
        lost = isinstance(error, ConnectionLostError) and (request.method == "GET" or not error.begun)
        return not error.sent or (request.repeatable and lost)
    return request.repeatable


def send(
    request: Request, provider: FailureRules, retry: Retry, *, again: Callable[[CncodingError], bool] | None = None
) -> Flow[Reply]:
    """Send a request until it succeeds or should not be tried again.

    Args:
        request: What to send.
        provider: Whose failures are read.
        retry: How often and how patiently.
        again: Tells after which errors the request may be sent again, instead of `is_repeatable`.

    Raises:
        ApiError: The vendor refused or failed.
        TransportError: The network failed.
    """
    attempt = 0
    while True:
        yield from _take_turn(retry)
        try:
            reply: Reply = yield Send(request)
        except TransportError as error:
            failure: CncodingError = error
        else:
            refusal = read_failure(reply, provider)
            if refusal is None:
                if retry.traffic is not None:
                    retry.traffic.note_success(attempt)
                return reply
            refusal.url = request.url.partition("?")[0]
            failure = refusal
        may_repeat = is_repeatable(failure, request) if again is None else again(failure)
        delay = retry.delay(failure, attempt) if may_repeat else None
        if not (yield from _may_go_on(failure, delay, retry)) or delay is None:
            raise _count_tries(failure, attempt + 1)
        yield from _pause(failure, delay)
        attempt += 1


def _take_turn(retry: Retry) -> Flow[None]:
    """Wait while the vendor wants this key to be quiet."""
    if retry.traffic is not None and retry.traffic.gap:
        wait = retry.traffic.wait((yield Now()))
        if wait > 0:
            yield Sleep(wait)


def _may_go_on(failure: CncodingError, delay: float | None, retry: Retry) -> Flow[bool]:
    """Tell the other callers of the key, and whether there is a try left for this one."""
    if retry.traffic is None:
        return delay is not None
    now: float = yield Now()
    if isinstance(failure, RateLimitedError):
        retry.traffic.note_busy(now, failure.retry_after or delay or retry.first)
    return delay is not None and retry.traffic.take_try(now)


def _pause(failure: CncodingError, delay: float) -> Flow[None]:
    """Wait before the next try: never shorter than the vendor asked, and never as long as everybody else."""
    asked = isinstance(failure, ApiError) and failure.retry_after is not None
    try:
        yield Sleep(delay / (1 - JITTER) if asked else delay, jitter=True)
    except DeadlineExceededError as over:
        raise over from failure


def _count_tries(failure: CncodingError, tries: int) -> CncodingError:
    """Say what was tried already, so that nobody above multiplies it."""
    failure.tries = tries
    if tries > 1 and failure.args:
        failure.args = (f"{failure.args[0]} (tried {tries} times)", *failure.args[1:])
    return failure
