"""A stream owns the reply so far, and no failure after its first event loses it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from cncoding import AsyncClient, Client, CncodingError, Fold, RequestTimeoutError, TextDelta
from tests.adversarial.raw import PIECE, STREAM, head, reply, request_of, serving
from tests.faults.ask import STREAMED, always, settings

HEAD = head("200 OK", "Content-Type: text/event-stream")
OVERLOADED = b'data: {"error":{"message":"overloaded","type":"server_error","code":"500"}}\n\n'
FAILURES = {
    "cut": b"",
    "an error": OVERLOADED,
    "a bad byte": b"data: \xff\n\n",
    "no JSON": b"data: {\n\n",
    "another shape": b'data: {"choices":[{"delta":[1]}]}\n\n',
    "broken off": b'data: {"choices":[{"delta":{},"finish_reason":"network_error"}]}\n\n',
}


def test_a_stream_knows_the_reply_so_far() -> None:
    with serving(always(reply(STREAM))) as server:
        with Client("deepseek", **settings(server.url, {})).stream("hi") as events:
            assert events.so_far.text == ""
            seen = next(event for event in events if isinstance(event, TextDelta))
            assert events.so_far.text == seen.text == "hi" and events.so_far.finish is None
            assert iter(events) is events
            list(events)
            assert (events.so_far.text, events.so_far.finish) == ("hi", "stop")

        async def run() -> None:
            async with AsyncClient("deepseek", **settings(server.url, {})).stream("hi") as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        assert events.so_far.text == "hi" and events.so_far.finish is None
                assert events.so_far.finish == "stop"

        asyncio.run(run())


@pytest.mark.parametrize("ask", STREAMED)
def test_each_event_is_folded_once(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[Any] = []
    add = Fold.add
    monkeypatch.setattr(Fold, "add", lambda self, event: (added.append(event), add(self, event)))
    with serving(always(reply(STREAM))) as server:
        assert ask(server.url).text == "hi"
    assert len(added) == len({id(event) for event in added}) > 2


@pytest.mark.parametrize("ask", STREAMED)
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("apart", [False, True], ids=["one read", "two reads"])
def test_every_failure_carries_the_reply_so_far(ask: Callable[..., Any], failure: str, apart: bool) -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(HEAD + PIECE + (b"" if apart else FAILURES[failure]))
        if apart:
            time.sleep(0.02)
            connection.sendall(FAILURES[failure])

    with serving(serve) as server, pytest.raises(CncodingError) as caught:
        ask(server.url, "glm")
    assert caught.value.partial is not None and caught.value.partial.text == "hi"


@pytest.mark.parametrize("ask", STREAMED)
def test_silence_carries_the_reply_so_far(ask: Callable[..., Any]) -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(HEAD + PIECE)
        connection.recv(1)

    with serving(serve) as server, pytest.raises(RequestTimeoutError) as caught:
        ask(server.url, timeout=0.2)
    assert caught.value.partial is not None and caught.value.partial.text == "hi"


def test_an_error_before_the_first_event_has_no_partial() -> None:
    with serving(reply(b"{}", "400 Bad Request")) as server, pytest.raises(CncodingError) as caught:
        Client("deepseek", **settings(server.url, {})).stream("hi").drain()
    assert caught.value.partial is None
