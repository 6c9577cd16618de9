"""Policy without I/O: which steps a flow takes, and what it makes of their outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding.errors import (
    ApiError,
    CncodingError,
    ConnectFailedError,
    ConnectionLostError,
    QuotaExhaustedError,
    RateLimitedError,
    RequestTimeoutError,
    ServerError,
)
from cncoding.exchange import retry as retrying
from cncoding.exchange.retry import Flow, Retry
from cncoding.exchange.steps import Reply, Request, Send, Sleep
from tests.targets import target

PROVIDER = target("glm").provider
OK = Reply(200, {}, b"{}")


def refusal(status: int, code: str = "", message: str = "no", **headers: str) -> Reply:
    return Reply(status, headers, json.dumps({"error": {"code": code, "message": message}}).encode())


BUSY = refusal(429, "1302", "too many requests")
SPENT = refusal(429, "1308", "limit reached, resets at 2026-11-20 18:30:00")


def drive(flow: Flow[Any], outcomes: list[Reply | CncodingError]) -> tuple[list[Any], Any]:
    """Feed the outcomes of `Send` steps to a flow; return its steps and what it returned or raised."""
    steps: list[Any] = []
    waiting = iter(outcomes)
    try:
        step = next(flow)
        while True:
            steps.append(type(step) if isinstance(step, Send) else step)
            if isinstance(step, Sleep):
                step = flow.send(None)
                continue
            outcome = next(waiting)
            step = flow.throw(outcome) if isinstance(outcome, CncodingError) else flow.send(outcome)
    except StopIteration as stop:
        return steps, stop.value
    except CncodingError as error:
        return steps, error


def send(*outcomes: Reply | CncodingError, times: int = 2, repeatable: bool = True) -> tuple[list[Any], Any]:
    request = Request("POST", "https://vendor.example/x", repeatable=repeatable)
    return drive(retrying.send(request, PROVIDER, Retry(times=times)), list(outcomes))


def test_success_takes_one_step() -> None:
    assert send(OK) == ([Send], OK)


def test_a_busy_server_is_asked_again_with_growing_pauses() -> None:
    assert send(BUSY, BUSY, OK) == ([Send, Sleep(0.5, True), Send, Sleep(1.0, True), Send], OK)


def test_patience_ends() -> None:
    steps, error = send(BUSY, BUSY, BUSY)
    assert steps == [Send, Sleep(0.5, True), Send, Sleep(1.0, True), Send]
    assert isinstance(error, RateLimitedError)


def test_a_spent_plan_is_not_asked_again() -> None:
    steps, error = send(SPENT, OK)
    assert steps == [Send]
    assert isinstance(error, QuotaExhaustedError)
    assert (error.window, error.resets_at and error.resets_at.isoformat()) == ("5h", "2026-11-20T18:30:00+08:00")


def test_retry_after_is_obeyed_and_a_little_more() -> None:
    assert send(refusal(429, "1302", **{"retry-after": "7"}), OK)[0] == [Send, Sleep(7.0 / 0.75, True), Send]


def test_too_long_a_retry_after_is_told_at_once() -> None:
    steps, error = send(refusal(429, "1302", **{"retry-after": "3600"}), OK)
    assert steps == [Send]
    assert isinstance(error, RateLimitedError) and error.retry_after == 3600


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_failing_server_is_asked_again(status: int) -> None:
    assert send(refusal(status), OK)[1] == OK


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refusal_is_final(status: int) -> None:
    steps, error = send(refusal(status), OK)
    assert steps == [Send]
    assert isinstance(error, ApiError) and not error.retryable


def test_no_retries_when_told() -> None:
    assert send(BUSY, OK, times=0)[0] == [Send]


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_failed_connection_is_tried_again(repeatable: bool) -> None:
    assert send(ConnectFailedError("no", sent=False), OK, repeatable=repeatable)[1] == OK


def test_a_lost_connection_is_tried_again_only_if_nothing_can_be_charged_twice() -> None:
    assert send(ConnectionLostError("no", sent=True), OK)[1] == OK
    steps, error = send(ConnectionLostError("no", sent=True, begun=True), OK)
    assert steps == [Send] and isinstance(error, ConnectionLostError), "the reply had begun: it was run and charged"
    steps, error = send(ConnectionLostError("no", sent=True), OK, repeatable=False)
    assert steps == [Send] and isinstance(error, ConnectionLostError) and error.sent
    steps, error = send(refusal(500), OK, repeatable=False)
    assert steps == [Send] and isinstance(error, ServerError)


def test_a_timeout_is_not_repeated_because_the_vendor_may_still_be_working() -> None:
    steps, error = send(RequestTimeoutError("no", sent=True), OK)
    assert steps == [Send] and isinstance(error, RequestTimeoutError)
