"""A busy vendor is not stormed: one budget of tries and one pace for all callers of a key."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cncoding import AsyncClient, Client, CncodingError, RateLimitedError, ServerError
from cncoding.client import http
from cncoding.client.traffic import find_traffic
from cncoding.errors import ConnectionLostError
from cncoding.exchange.retry import Retry, send
from cncoding.exchange.steps import Now, Reply, Request, Send, Sleep
from cncoding.exchange.traffic import CAPACITY, LONGEST_GATE, RETRY_COST, Traffic
from tests.adversarial.raw import BODY, reply, request_of, serving
from tests.faults.ask import EVERY, always, settings
from tests.targets import target

PROVIDER = target("glm").provider
REQUEST = Request("POST", "https://vendor.example/x")
OK = Reply(200, {}, b"{}")


def busy(**headers: str) -> Reply:
    return Reply(429, headers, b'{"error":{"code":"1302","message":"too many requests"}}')


FAILING = Reply(503, {}, b"{}")


class Simulated:
    """Callers of one key against a vendor, on a clock that jumps to the next thing that happens."""

    def __init__(self, vendor: Callable[[float], Reply], retry: Retry) -> None:
        self.vendor, self.retry = vendor, retry
        self.sent: list[float] = []
        self.order: list[int] = []
        self.failures: list[CncodingError] = []

    def run(self, callers: int, starts: Callable[[int], float] = lambda number: 0.0) -> None:
        flows = [send(REQUEST, PROVIDER, self.retry) for _ in range(callers)]
        queue = [(starts(number), number, None) for number in range(callers)]
        outcomes: dict[int, Any] = {}
        while queue:
            queue.sort(key=lambda one: one[:2])
            now, number, _ = queue.pop(0)
            try:
                step = flows[number].send(outcomes.pop(number, None))
                while isinstance(step, Now):
                    step = flows[number].send(now)
            except StopIteration:
                self.order.append(number)
                continue
            except CncodingError as error:
                self.failures.append(error)
                continue
            if isinstance(step, Sleep):
                queue.append((now + http.pause(step), number, None))
                continue
            assert isinstance(step, Send)
            self.sent.append(now)
            outcomes[number] = self.vendor(now)
            queue.append((now + 0.01, number, None))


@pytest.mark.parametrize("answer", [FAILING, busy()], ids=["503", "429"])
def test_a_storm_of_failures_costs_no_three_requests_a_call(answer: Reply) -> None:
    storm = Simulated(lambda now: answer, Retry(traffic=Traffic()))
    storm.run(200)
    assert len(storm.failures) == 200
    assert len(storm.sent) <= 1.2 * 200
    spent = len(storm.sent)
    storm.run(200, lambda number: 500.0)
    assert len(storm.sent) - spent <= 1.2 * 200


def test_without_a_storm_every_caller_has_its_tries() -> None:
    answers = itertools.cycle([FAILING, FAILING, OK])
    fair = Simulated(lambda now: next(answers), Retry(traffic=Traffic()))
    fair.run(100, lambda number: number * 10.0)
    assert not fair.failures and len(fair.sent) == 300


def test_one_429_holds_up_every_caller_until_it_has_passed() -> None:
    calls = itertools.count()
    held = Simulated(lambda now: busy(**{"retry-after": "3"}) if next(calls) == 0 else OK, Retry(traffic=Traffic()))
    held.run(20, lambda number: 0.0 if number == 0 else 0.1 + number * 0.001)
    assert not held.failures and len(held.sent) == 21
    first, *others = held.sent
    assert first == 0.0 and min(others) >= 3.0
    assert max(others) - min(others) > 0.2, "they do not come back together"
    assert [number for number in held.order if number] == list(range(1, 20)), "whoever asked first goes first"


def test_a_long_429_does_not_hold_up_the_others_for_ever() -> None:
    traffic = Traffic()
    traffic.note_busy(0.0, 3600)
    assert traffic.wait(0.0) == LONGEST_GATE
    for _ in range(20):
        traffic.note_success(0)
    assert traffic.wait(LONGEST_GATE + 60) == 0


@pytest.mark.parametrize("value", ["0", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_retry_after_of_nothing_means_our_own_pause(value: str) -> None:
    flow = send(REQUEST, PROVIDER, Retry())
    assert isinstance(next(flow), Send)
    step = flow.send(busy(**{"retry-after": value, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    assert step == Sleep(0.5, jitter=True)


def test_every_pause_is_jittered_and_none_is_shorter_than_asked() -> None:
    flow = send(REQUEST, PROVIDER, Retry())
    next(flow)
    step = flow.send(busy(**{"retry-after": "7"}))
    assert isinstance(step, Sleep)
    pauses = [http.pause(step) for _ in range(200)]
    assert min(pauses) >= 7 - 1e-9 and max(pauses) > 7.5 and len(set(pauses)) > 150


def test_a_success_gives_tries_back() -> None:
    traffic = Traffic()
    while traffic.take_try(0.0):
        pass
    assert not traffic.take_try(0.0)
    traffic.note_success(1)
    assert traffic.take_try(0.0) and not traffic.take_try(0.0)
    assert traffic.take_try(RETRY_COST) and CAPACITY / RETRY_COST < 36


@pytest.mark.parametrize("ask", EVERY)
def test_the_error_says_what_was_tried(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "pause", lambda step: 0.0)
    with serving(always(reply(b"{}", "503 Busy"))) as server:
        with pytest.raises(ServerError, match=r"tried 3 times") as caught:
            ask(server.url, max_retries=2)
        assert caught.value.tries == 3
        with pytest.raises(ServerError) as caught:
            ask(server.url)
        assert caught.value.tries == 1 and "tried" not in str(caught.value)


def test_what_is_lost_before_it_began_is_tried_again_once_more() -> None:
    flow = send(REQUEST, PROVIDER, Retry(times=1))
    next(flow)
    assert isinstance(flow.throw(ConnectionLostError("no", sent=True)), Sleep)
    next(flow)
    with pytest.raises(ConnectionLostError, match="tried 2 times"):
        flow.throw(ConnectionLostError("no", sent=True))


def test_clients_of_one_key_share_its_traffic() -> None:
    told = settings("http://127.0.0.1:9", {})
    one, other = Client("deepseek", **told), AsyncClient("deepseek", **told)
    assert one._setup.retry.traffic is other._setup.retry.traffic is not None
    stranger = Client("deepseek", **{**told, "api_key": "sk-of-another"})
    assert stranger._setup.retry.traffic is not one._setup.retry.traffic
    assert find_traffic("a", "k") is find_traffic("a", "k") is not find_traffic("a", "l")


def test_real_callers_in_a_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "pause", lambda step: 0.01)
    seen: list[int] = []

    def serve(connection: socket.socket) -> None:
        while request_of(connection) is not None:
            seen.append(1)
            connection.sendall(reply(b"{}", "503 Busy"))

    async def run(url: str) -> list[Any]:
        client = AsyncClient("deepseek", **settings(url, {"max_retries": 2, "timeout": 30}))
        return await asyncio.gather(*(client.chat("hi") for _ in range(200)), return_exceptions=True)

    with serving(serve) as server:
        assert all(isinstance(one, ServerError) for one in asyncio.run(run(server.url)))
    assert len(seen) <= 1.2 * 200


def test_threads_wait_for_a_429_of_their_key() -> None:
    times: list[float] = []
    calls = itertools.count()

    def serve(connection: socket.socket) -> None:
        while request_of(connection) is not None:
            times.append(time.monotonic())
            first = next(calls) == 0
            connection.sendall(reply(b"{}", "429 Slow down", "Retry-After: 1") if first else reply(BODY))

    def ask(url: str) -> None:
        Client("deepseek", **settings(url, {})).chat("hi")

    with serving(serve) as server:
        with pytest.raises(RateLimitedError):
            ask(server.url)
        threads = [threading.Thread(target=ask, args=(server.url,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(times) == 5 and min(times[1:]) - times[0] >= 0.9


def test_the_middleware_of_langchain_does_not_multiply_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain.agents import create_agent
    from langchain.agents.middleware import ModelRetryMiddleware

    from langchain_cncoding import ChatCNCoding, CNCodingServerError

    monkeypatch.setattr(http, "pause", lambda step: 0.0)
    with serving(always(reply(b"{}", "503 Busy"))) as server:
        retry = ModelRetryMiddleware(max_retries=3, initial_delay=0, jitter=False, on_failure="error")
        model = ChatCNCoding(provider="deepseek", **settings(server.url, {"max_retries": 2}))
        with pytest.raises(CNCodingServerError) as caught:
            create_agent(model, [], middleware=[retry]).invoke({"messages": [("user", "hi")]})
    assert caught.value.tries == 3 and not caught.value.is_retryable and caught.value.retryable
