"""How often a request is sent again, and when.

A flow is a generator that yields steps and is sent their outcome. It decides everything and does nothing; the
drivers of `client/` perform the steps.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from cncoding.errors import (
    ApiError,
    CncodingError,
    ConnectFailedError,
    ConnectionLostError,
    DeadlineExceededError,
    TooManyConnectionsError,
    TransportError,
)
from cncoding.exchange.failures import FailureRules, read_failure
from cncoding.exchange.steps import Reply, Request, Send, Sleep, Step

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

    def delay(self, error: CncodingError, request: Request, attempt: int) -> float:
        """Return how long to wait after try number `attempt` (from 0); raise `error` if it is not tried again."""
        if attempt >= self.times or not error.retryable or not self._repeatable(error, request):
            raise error
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is not None:
            if asked > self.longest:
                raise error
            return asked
        return min(self.first * float(2**attempt), self.cap)

    @staticmethod
    def _repeatable(error: CncodingError, request: Request) -> bool:
        if isinstance(error, ConnectFailedError):
            return not isinstance(error, TooManyConnectionsError)  # it has waited for one already
        if isinstance(error, TransportError):
            lost = isinstance(error, ConnectionLostError) and (request.method == "GET" or not error.begun)
            return not error.sent or (request.repeatable and lost)
        return request.repeatable


def send(request: Request, provider: FailureRules, retry: Retry) -> Flow[Reply]:
    """Send a request until it succeeds or should not be tried again.

    Raises:
        ApiError: The vendor refused or failed.
        TransportError: The network failed.
    """
    attempt = 0
    while True:
        try:
            reply: Reply = yield Send(request)
        except TransportError as error:
            failure: CncodingError = error
        else:
            refusal = read_failure(reply, provider)
            if refusal is None:
                return reply
            refusal.url = request.url.partition("?")[0]
            failure = refusal
        delay = retry.delay(failure, request, attempt)
        asked = isinstance(failure, ApiError) and failure.retry_after is not None
        try:
            yield Sleep(delay, jitter=not asked)
        except DeadlineExceededError as over:
            raise over from failure
        attempt += 1
