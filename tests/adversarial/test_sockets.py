"""Both clients against servers that break off, lie about lengths, redirect, flood and stall."""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cncoding import (
    ApiError,
    AsyncClient,
    Client,
    ConfigError,
    ConnectFailedError,
    ConnectionLostError,
    ProtocolError,
    ServerError,
    TransportError,
    TruncatedStreamError,
    fold,
)
from cncoding.client import pools
from tests.adversarial.raw import BODY, PIECE, STREAM, head, reply, request_of, reset, serving

Ask = Callable[..., str]


def _told(url: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"api_key": "a-secret", "base_url": url, "max_retries": 0, "timeout": 5, **more}


def chat(url: str, **more: Any) -> str:
    return Client("deepseek", **_told(url, more)).chat("hi").text


def stream(url: str, **more: Any) -> str:
    return fold(Client("deepseek", **_told(url, more)).stream("hi")).text


def achat(url: str, **more: Any) -> str:
    async def run() -> str:
        return (await AsyncClient("deepseek", **_told(url, more)).chat("hi")).text

    return asyncio.run(run())


def astream(url: str, **more: Any) -> str:
    async def run() -> str:
        return fold([event async for event in AsyncClient("deepseek", **_told(url, more)).stream("hi")]).text

    return asyncio.run(run())


EVERY = pytest.mark.parametrize("ask", [chat, stream, achat, astream])
WHOLE = pytest.mark.parametrize("ask", [chat, achat])
STREAMED = pytest.mark.parametrize("ask", [stream, astream])


@EVERY
@pytest.mark.parametrize("body", [b"", b"<html>Moved</html>", b"{}"])
def test_a_redirect_of_the_vendor_is_not_followed(ask: Ask, body: bytes) -> None:
    with serving(reply(body, "301 Moved", "Location: https://elsewhere.example/v2?key=x")) as server:
        with pytest.raises(ApiError, match=r"redirected to https://elsewhere.example/v2, .*base_url") as caught:
            ask(server.url)
        assert caught.value.status == 301 and not caught.value.retryable


@EVERY
def test_an_endless_error_page_is_read_in_part(ask: Ask) -> None:
    sent = []

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("502 Bad Gateway"))
        for _ in range(1000):
            connection.sendall(b"x" * 100_000)
            sent.append(1)

    with serving(serve) as server:
        with pytest.raises(ServerError) as caught:
            ask(server.url)
        assert len(caught.value.body) <= 2 * 1024 * 1024
        assert len(sent) < 500


@EVERY
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x16\x03\x01 no HTTP\r\n\r\n",
        head("101 Switching Protocols"),
        head("200 OK", "Content-Length: 900") + BODY[:20],
        head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\nabc",
        head("200 OK", "Content-Encoding: gzip") + b"no gzip",
        head("200 OK", "Content-Encoding: gzip") + gzip.compress(b"cut off", mtime=0)[:12],
        head("204 No Content"),
        head("200 OK", "X: " + "a" * 300_000) + BODY,
    ],
    ids=["nothing", "tls", "101", "short", "chunks", "gzip", "half gzip", "204", "long head"],
)
def test_what_is_no_answer_is_an_error_of_ours(ask: Ask, answer: bytes) -> None:
    with serving(answer) as server, pytest.raises((TransportError, ProtocolError)):
        ask(server.url)


@pytest.mark.parametrize("ask", [stream, astream])
def test_a_reset_anywhere(ask: Ask) -> None:
    whole = head("200 OK", "Content-Type: text/event-stream") + PIECE * 2

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(whole[: next(places)])
        time.sleep(0.002)
        reset(connection)

    places = iter(range(0, len(whole), 9))
    with serving(serve) as server:
        for _ in range(0, len(whole), 9):
            with pytest.raises((ConnectionLostError, TruncatedStreamError)):
                ask(server.url)


@WHOLE
def test_old_and_plain_answers(ask: Ask) -> None:
    for answer in (
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        reply(gzip.compress(BODY), "200 OK", "Content-Encoding: gzip"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(BODY),
        reply(BODY, "200 OK", "Content-Type: text/plain; charset=nonsense", "X-Request-Id: caf\xe9"),
    ):
        with serving(answer) as server:
            assert ask(server.url) == "hi"


@pytest.mark.parametrize("wait", [0.0, 0.05])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_kept_connection_that_died_is_replaced(asynchronous: bool, wait: float) -> None:
    def serve(connection: socket.socket) -> None:
        if request_of(connection) is not None:
            connection.sendall(reply(BODY))
            time.sleep(wait)

    async def ask(client: AsyncClient) -> None:
        for _ in range(3):
            assert (await client.chat("hi")).text == "hi"
            await asyncio.sleep(0.03)

    with serving(serve) as server:
        told = _told(server.url, {"max_retries": 2})
        if asynchronous:
            return asyncio.run(ask(AsyncClient("deepseek", **told)))
        for _ in range(3):
            assert Client("deepseek", **told).chat("hi").text == "hi"
            time.sleep(0.03)


@WHOLE
@pytest.mark.parametrize("value", ["客户端", "a\r\nb: c", 1, "secret-value\n"])
def test_headers_that_cannot_be_sent(ask: Ask, value: Any) -> None:
    with pytest.raises(ConfigError, match="X-Own") as caught:
        ask("http://127.0.0.1:9/v1", default_headers={"X-Own": value})
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", "5"),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("timeout", (5,)),
        ("max_retries", "2"),
        ("max_retries", 1.5),
        ("api_key", 5),
        ("model", 5),
        ("base_url", 5),
        ("base_url", "http://[::1"),
        ("base_url", "http://host:99999/v1"),
        ("base_url", "http://host:port/v1"),
        ("base_url", "http://a..b/v1"),
        ("base_url", f"http://{'a' * 70}.example/v1"),
        ("base_url", "http://two words/v1"),
        ("base_url", "https://host/v1?key=a-secret"),
        ("base_url", "https://host/v1#part"),
    ],
)
def test_settings_of_the_wrong_kind(name: str, value: Any) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(ConfigError, match=f"^{name}") as caught:
            kind("deepseek", **_told("http://127.0.0.1:9/v1", {name: value}))
        assert "a-secret" not in str(caught.value)


def test_blanks_around_an_address_are_not_part_of_it() -> None:
    assert Client("deepseek", api_key="k", base_url=" http://[::1]:8080/v1/ \n").base_url == "http://[::1]:8080/v1"


def test_a_client_of_the_wrong_kind() -> None:
    with httpx.Client() as sync, pytest.raises(ConfigError, match="http_client"):
        AsyncClient("deepseek", api_key="k", http_client=sync)
    with pytest.raises(ConfigError, match="http_client"):
        Client("deepseek", api_key="k", http_client=httpx.AsyncClient())
    with pytest.raises(ConfigError, match=r"http_client.*closed"):
        Client("deepseek", api_key="k", base_url="http://127.0.0.1:9", http_client=sync).chat("hi")


@pytest.mark.parametrize("proxy", ["socks://127.0.0.1:1", "socks4://127.0.0.1:1", "gopher://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(pools, "_shared", pools._Pools())
    for ask in (chat, achat):
        with pytest.raises(ConfigError, match="ALL_PROXY"):
            ask("http://127.0.0.1:9/v1")


def test_a_path_that_no_system_has(tmp_path: Any) -> None:
    from cncoding import Media, user
    from cncoding.types import ChatRequest

    client = Client("kimi", api_key="sk-kimi-test", base_url="http://127.0.0.1:9/coding/v1")
    with pytest.raises(ConfigError, match="path="):
        client.chat(ChatRequest((user(Media("image", path=f"{tmp_path}/a\0b.png")),)))


def test_a_host_that_no_resolver_takes() -> None:
    from cncoding import Media, user
    from cncoding.types import ChatRequest

    client = Client("kimi", api_key="sk-kimi-test", base_url="http://127.0.0.1:9/coding/v1")
    for url in (f"http://{'a' * 70}.example/x.png", "http://a..b/x.png"):
        with pytest.raises(ConnectFailedError):
            client.chat(ChatRequest((user(Media("image", url=url)),)))


# ---------------------------------------------------------------- lifetimes


def endless(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(head("200 OK", "Transfer-Encoding: chunked"))
    for _ in range(500):
        connection.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        time.sleep(0.01)


def test_cancelled_and_forgotten_streams_leave_no_connection() -> None:
    async def run(url: str) -> None:
        client = AsyncClient("deepseek", **_told(url, {}))

        async def read() -> None:
            async for _ in client.stream("hi"):
                pass

        chance = random.Random(1)
        for _ in range(6):
            tasks = [asyncio.create_task(read()) for _ in range(50)]
            for task in tasks:
                await asyncio.sleep(chance.random() * 0.001)
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(20):
            events = client.stream("hi")
            await events.__anext__()
            del events
        gc.collect()
        await asyncio.sleep(0.2)
        shelf = (await pools.shared().async_()).connections.shelf
        assert (shelf.open, shelf.idle) == (0, 0)

    with serving(endless) as server:
        asyncio.run(run(server.url))


def test_loops_that_were_closed_by_hand_are_forgotten() -> None:
    with serving(reply(BODY, "200 OK", "Connection: close")) as server:
        for _ in range(4):
            loop = asyncio.new_event_loop()
            answer = loop.run_until_complete(AsyncClient("deepseek", **_told(server.url, {})).chat("hi"))
            assert answer.text == "hi"
            loop.close()
        assert sum(one.is_closed() for one in pools.shared()._async) <= 1


_SCRIPT = """
import asyncio, gc, sys
from cncoding import AsyncClient, Client
url = sys.argv[1]
told = dict(api_key="k", base_url=url, timeout=5)
print(Client("deepseek", **told).chat("hi").text)
events = Client("deepseek", **told).stream("hi"); next(events); del events
async def main():
    client = AsyncClient("deepseek", **told)
    print((await client.chat("hi")).text)
    events = client.stream("hi"); await events.__anext__()
    kept.append(client.stream("hi")); await kept[-1].__anext__()
kept = []
for _ in range(3):
    asyncio.run(main())
gc.collect()
"""


def test_no_warning_of_the_interpreter() -> None:
    def serve(connection: socket.socket) -> None:
        while (request := request_of(connection)) is not None:
            streams = b'"stream":true' in request
            connection.sendall(reply(STREAM if streams else BODY))

    with serving(serve) as server:
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "always", "-c", _SCRIPT, server.url],
            capture_output=True,
            text=True,
            timeout=60,
            env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        )
    assert done.stdout.split() == ["hi"] * 4
    loud = [line for line in done.stderr.splitlines() if "Warning" in line or "Error" in line or "never" in line]
    assert loud == [], done.stderr
