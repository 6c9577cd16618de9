"""No cancellation loses a connection, a full set says so, and no connection serves two keys."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest

from cncoding import AsyncClient, Client, Started, TooManyConnectionsError
from cncoding.client import pools
from tests.adversarial.raw import BODY, PIECE, STREAM, head, reply, request_of, serving
from tests.faults.ask import settings


def answer(connection: socket.socket) -> None:
    while (request := request_of(connection)) is not None:
        connection.sendall(reply(STREAM if b'"stream":true' in request else BODY))


class Steps(Coroutine[Any, Any, Any]):
    """A coroutine that has its task cancelled at its await number `at`."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: int) -> None:
        self._coroutine, self._left = coroutine, at
        self.task: asyncio.Task[Any] | None = None

    def send(self, value: Any) -> Any:
        waits_for = self._coroutine.send(value)
        self._left -= 1
        if self._left == 0 and self.task is not None:
            asyncio.get_running_loop().call_soon(self.task.cancel)
        return waits_for

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from self._coroutine.__await__())


async def cancel_at(coroutine: Coroutine[Any, Any, Any], at: int) -> bool:
    """Cancel at an await; tell whether there were that many."""
    steps = Steps(coroutine, at)
    steps.task = asyncio.get_running_loop().create_task(steps)
    try:
        await steps.task
    except asyncio.CancelledError:
        return True
    return False


async def cancel_everywhere(url: str, times: int) -> int:
    client = AsyncClient("deepseek", **settings(url, {}))

    async def chat() -> None:
        await client.chat("hi")

    async def stream() -> None:
        async with client.stream("hi") as events:
            async for _ in events:
                pass

    cancelled, fresh = 0, False
    while cancelled < times:
        for call in (chat, stream):
            at = 1
            while await cancel_at(call(), at):
                at, cancelled = at + 1, cancelled + 1
                if fresh:
                    (await pools.shared().async_()).close()  # so that connecting is cancelled too
        fresh = not fresh
    assert (await client.chat("hi")).text == "hi"
    await asyncio.sleep(0)
    shelf = (await pools.shared().async_()).connections.shelf
    assert shelf.open == shelf.idle == 1
    return cancelled


@pytest.mark.parametrize("times", [300, pytest.param(5000, marks=pytest.mark.full)])
def test_cancelled_at_every_await_no_slot_is_lost(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNCODING_MAX_CONNECTIONS", "20")
    with serving(answer) as server:
        assert asyncio.run(cancel_everywhere(server.url, times)) >= times


def stay(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(head("200 OK") + PIECE)
    connection.recv(1)


def test_a_full_set_of_connections_is_an_error_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNCODING_MAX_CONNECTIONS", "3")
    monkeypatch.setattr(pools, "_shared", pools._Pools())

    async def run(url: str) -> None:
        client = AsyncClient("deepseek", **settings(url, {"timeout": 0.5, "max_retries": 5}))
        streams = [client.stream("hi") for _ in range(3)]
        for one in streams:
            await one.__anext__()
        with pytest.raises(TooManyConnectionsError):
            await client.chat("hi")
        waiting = asyncio.create_task(client.stream("hi").__anext__())
        await asyncio.sleep(0.02)
        await streams[0].aclose()
        assert isinstance(await waiting, Started)

    with serving(stay) as server:
        asyncio.run(run(server.url))
        client = Client("deepseek", **settings(server.url, {"timeout": 0.5, "max_retries": 5}))
        streams = [client.stream("hi") for _ in range(3)]
        for one in streams:
            next(one)
        with pytest.raises(TooManyConnectionsError, match=r"^3 connections .* CNCODING_MAX_CONNECTIONS") as caught:
            client.chat("hi")
        assert caught.value.limit == 3 and not caught.value.sent
        streams[0].close()
        assert isinstance(next(client.stream("hi")), Started)
        for one in streams:
            one.close()


def test_three_hundred_streams_at_once() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("200 OK", "Content-Type: text/event-stream"))
        together.wait(20)
        connection.sendall(STREAM)

    together = threading.Barrier(300)

    async def run(url: str) -> list[str]:
        client = AsyncClient("deepseek", **settings(url, {"timeout": 30}))
        return [one.text for one in await asyncio.gather(*(client.stream("hi").drain() for _ in range(300)))]

    with serving(serve) as server:
        assert asyncio.run(run(server.url)) == ["hi"] * 300


def other(text: bytes) -> bytes:
    return BODY.replace(b'"hi"', b'"%s"' % text)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("same_key", [True, False])
def test_a_surplus_reply_reaches_nobody(together: bool, same_key: bool) -> None:
    def serve(connection: socket.socket) -> None:
        while request_of(connection) is not None:
            if together:
                connection.sendall(reply(BODY) + reply(other(b"of another")))
            else:
                connection.sendall(reply(BODY))
                connection.sendall(reply(other(b"of another")))

    pause = 0.05 if same_key and not together else 0.0  # what is still on its way nobody can see
    second = {"api_key": "sk-very-secret-key" if same_key else "sk-another-secret-key"}

    async def run(url: str) -> list[str]:
        told = settings(url, {})
        clients = [AsyncClient("deepseek", **told), AsyncClient("deepseek", **{**told, **second})]
        first = (await clients[0].chat("hi")).text
        await asyncio.sleep(pause)
        return [first, (await clients[1].chat("hi")).text]

    with serving(serve) as server:
        told = settings(server.url, {})
        assert Client("deepseek", **told).chat("hi").text == "hi"
        time.sleep(pause)
        assert Client("deepseek", **{**told, **second}).chat("hi").text == "hi"
        assert asyncio.run(run(server.url)) == ["hi", "hi"]


def connections_of(call: Callable[[str], Any]) -> int:
    with serving(answer) as server:
        call(server.url)
        return server.connections


def test_a_connection_belongs_to_one_key() -> None:
    def ask(url: str, *keys: str) -> None:
        for key in keys:
            Client("deepseek", **settings(url, {"api_key": key})).chat("hi")

    assert connections_of(lambda url: ask(url, "sk-first-key", "sk-first-key")) == 1
    assert connections_of(lambda url: ask(url, "sk-first-key", "sk-second-key", "sk-first-key")) == 2
