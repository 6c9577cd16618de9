"""A call ends: by its deadline, by silence of content, and by nothing that merely arrives."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cncoding import Client, ConfigError, DeadlineExceededError, RequestTimeoutError, StalledError
from cncoding.client.limits import STALL_AFTER, Watch
from tests.adversarial.raw import PIECE, head, reply, request_of, serving
from tests.faults.ask import EVERY, STREAMED, achat, astream, settings, stream

Ask = Callable[..., Any]
PAIR = (stream, achat)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_deadline_holds_whatever_is_said() -> None:
    clock = Clock()
    watch = Watch(10, None, clock)
    for _ in range(9):
        clock.now += 1
        watch.note_content()
        watch.check()
    assert watch.fit(0.5) == 0.5
    with pytest.raises(DeadlineExceededError, match="deadline=10"):
        watch.fit(1.5)
    clock.now += 1
    with pytest.raises(DeadlineExceededError, match="deadline=10") as caught:
        watch.check()
    assert not caught.value.retryable


def test_silence_is_counted_from_the_last_content() -> None:
    clock = Clock()
    watch = Watch(None, 3, clock)
    for _ in range(10):
        clock.now += 2
        watch.check()
        watch.note_content()
    clock.now += 3
    with pytest.raises(StalledError, match="stall_after=3") as caught:
        watch.check()
    assert caught.value.retryable and STALL_AFTER == 900


def test_the_nearer_limit_is_the_one_that_sockets_keep() -> None:
    clock = Clock()
    assert Watch(10, 3, clock).limit() == 103 and Watch(2, 3, clock).limit() == 102
    assert Watch(10, 3, clock).fit_timeout(300) == 3


@pytest.mark.parametrize("name", ["deadline", "stall_after", "max_reply_bytes"])
@pytest.mark.parametrize("value", ["5", 0, -1, float("nan")])
def test_wrong_limits_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{name}="):
        Client("deepseek", **settings("http://127.0.0.1:9", {name: value}))


def dripping(first: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(first)
        while True:
            time.sleep(0.02)
            connection.sendall(piece)

    return serve


DRIPS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"),
    "information": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "heartbeats": (head("200 OK") + PIECE, b": ping\n\n"),
    "empty deltas": (head("200 OK") + PIECE, b'data: {"choices":[{"index":0,"delta":{"content":""}}]}\n\n'),
    "blank lines": (head("200 OK"), b"\n"),
}


@pytest.mark.parametrize("ask", PAIR)
@pytest.mark.parametrize("drip", DRIPS)
def test_what_drips_for_ever_is_a_stall(ask: Ask, drip: str) -> None:
    if drip in ("heartbeats", "empty deltas") and ask is achat:
        ask = astream
    with serving(dripping(*DRIPS[drip])) as server, pytest.raises(StalledError) as caught:
        ask(server.url, stall_after=0.3)
    if drip in ("heartbeats", "empty deltas"):
        assert caught.value.partial is not None and caught.value.partial.text == "hi"


@pytest.mark.parametrize("ask", PAIR)
@pytest.mark.parametrize("drip", DRIPS)
def test_nothing_outlasts_the_deadline(ask: Ask, drip: str) -> None:
    with serving(dripping(*DRIPS[drip])) as server, pytest.raises(DeadlineExceededError):
        ask(server.url, deadline=0.3)


@pytest.mark.parametrize("ask", STREAMED)
def test_content_does_not_stop_the_deadline(ask: Ask) -> None:
    with serving(dripping(head("200 OK"), PIECE)) as server, pytest.raises(DeadlineExceededError) as caught:
        ask(server.url, deadline=0.4)
    assert caught.value.partial is not None and caught.value.partial.text.startswith("hihi")


@pytest.mark.parametrize("ask", EVERY)
def test_there_is_no_time_to_try_again_in(ask: Ask) -> None:
    with serving(reply(b"{}", "503 Busy", "Retry-After: 30")) as server:
        with pytest.raises(DeadlineExceededError, match="no time to try again") as caught:
            ask(server.url, deadline=5, max_retries=2)
        assert "503" in str(caught.value.__cause__)
        assert server.connections == 1


@pytest.mark.parametrize("ask", STREAMED)
@pytest.mark.parametrize("limit", [{"deadline": 0.3}, {"stall_after": 0.3}, {"timeout": 0.3}])
def test_silence_ends(ask: Ask, limit: dict[str, float]) -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("200 OK") + PIECE)
        connection.recv(1)

    with serving(serve) as server, pytest.raises(RequestTimeoutError) as caught:
        ask(server.url, **limit)
    assert caught.value.partial is not None and caught.value.partial.text == "hi"


def test_a_client_of_the_users_own_keeps_to_the_limits() -> None:
    with serving(dripping(*DRIPS["heartbeats"])) as server, httpx.Client() as own:
        with pytest.raises(StalledError):
            Client("deepseek", **settings(server.url, {"stall_after": 0.3, "http_client": own})).stream("hi").drain()
        with pytest.raises(DeadlineExceededError):
            Client("deepseek", **settings(server.url, {"deadline": 0.3, "http_client": own})).stream("hi").drain()
