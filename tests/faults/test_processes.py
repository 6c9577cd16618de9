"""Sixty-four threads, several event loops, forks, process pools, the end of the interpreter, a loop that runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from cncoding import AsyncClient, Client, ConfigError
from tests.adversarial.raw import PIECE, head, reply, request_of, serving
from tests.faults.ask import settings


def echo(connection: socket.socket) -> None:
    """Answer with the question, whole or streamed: a reply that went astray would show."""
    while (request := request_of(connection)) is not None:
        asked = json.loads(request[request.index(b"{") :])
        said = asked["messages"][-1]["content"]
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
        if asked.get("stream"):
            first = {"id": "x", "choices": [{"index": 0, "delta": {"content": said}}]}
            last = {"id": "x", "choices": [{**choice, "delta": {}}]}
            connection.sendall(reply(b"data: %s\n\ndata: %s\n\ndata: [DONE]\n\n" % (dump(first), dump(last))))
        else:
            connection.sendall(reply(dump({"id": "x", "choices": [{**choice, "message": {"content": said}}]})))


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture
def url() -> Iterator[str]:
    with serving(echo) as server:
        yield server.url


def ask_in_turn(client: Client, name: str, times: int) -> list[str]:
    said = []
    for number in range(times):
        question = f"{name}-{number}"
        told = client.chat(question).text if number % 2 else client.stream(question).drain().text
        said.append("right" if told == question else told)
    return said


def test_sixty_four_threads_with_one_client_and_with_their_own(url: str) -> None:
    shared = Client("deepseek", **settings(url, {"timeout": 30}))

    def work(number: int) -> list[str]:
        client = shared if number % 2 else Client("deepseek", **settings(url, {"timeout": 30}))
        return ask_in_turn(client, f"thread-{number}", 6)

    with ThreadPoolExecutor(64) as pool:
        assert all(said == ["right"] * 6 for said in pool.map(work, range(64)))


def test_one_client_in_several_event_loops_at_once(url: str) -> None:
    client = AsyncClient("deepseek", **settings(url, {"timeout": 30}))

    async def ask(question: str) -> bool:
        return (await client.chat(question)).text == question

    async def run(number: int) -> bool:
        return all(await asyncio.gather(*(ask(f"loop-{number}-{turn}") for turn in range(10))))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda number: asyncio.run(run(number)), range(16)))


def ask_once(url: str, name: str) -> str:
    return Client("deepseek", **settings(url, {})).chat(name).text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings(
    "ignore:.*fork.*:DeprecationWarning"
)  # threads of the test server are running: that is meant
def test_a_fork_in_the_middle_of_a_stream(url: str) -> None:
    client = Client("deepseek", **settings(url, {}))
    stream = client.stream("parent")
    next(stream)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.write(writer, client.chat("child").text.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b"child"
    os.waitpid(child, 0)
    assert stream.drain().text == "parent"
    assert client.chat("again").text == "again"


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.full)])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_pool_of_processes(url: str, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    assert ask_once(url, "first") == "first"
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(ask_once, [url] * 4, "abcd")) == list("abcd")


def run_script(script: str, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, *options, "-c", script, url], capture_output=True, text=True, timeout=60, env=clean
    )


OPEN_AT_EXIT = """
import asyncio, sys, threading
from cncoding import AsyncClient, Client
told = dict(api_key="k-of-a-test", base_url=sys.argv[1], timeout=5)
kept = [Client("deepseek", **told).stream("hi")]
next(kept[0])
async def main():
    kept.append(AsyncClient("deepseek", **told).stream("hi")); await kept[1].__anext__()
asyncio.run(main())
threading.Thread(target=lambda: Client("deepseek", **told).stream("hi").drain(), daemon=True).start()
print("end")
"""


def test_the_interpreter_ends_with_open_streams() -> None:
    def stay(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("200 OK") + PIECE)
        connection.recv(1)

    with serving(stay) as server:
        done = run_script(OPEN_AT_EXIT, server.url, "-X", "dev", "-W", "error")
    assert (done.stdout, done.returncode) == ("end\n", 0)
    assert "Exception" not in done.stderr and "Warning" not in done.stderr, done.stderr


def test_inside_a_loop_that_runs_already(url: str) -> None:
    """Jupyter's cells run inside a loop: the synchronous client works there, and streams may be left open."""

    async def cell() -> str:
        first = Client("deepseek", **settings(url, {})).chat("cell").text
        left = AsyncClient("deepseek", **settings(url, {})).stream("left")
        await left.__anext__()
        return first + (await AsyncClient("deepseek", **settings(url, {})).chat("awaited")).text

    assert asyncio.run(cell()) == "cellawaited"


def refuses(call: Callable[[], Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        call()
    return str(caught.value)


def test_trio_is_refused_in_plain_words(url: str) -> None:
    trio = pytest.importorskip("trio", reason="trio is not installed")
    client = AsyncClient("deepseek", **settings(url, {}))

    async def chat() -> None:
        await client.chat("hi")

    async def stream() -> None:
        await client.stream("hi").__anext__()

    async def thread() -> str:
        return str(await trio.to_thread.run_sync(ask_once, url, "threaded"))

    for call in (chat, stream):
        assert "asyncio" in refuses(lambda call=call: trio.run(call))  # type: ignore[misc]
    assert trio.run(thread) == "threaded"


def test_without_any_loop_the_refusal_is_the_same(url: str) -> None:
    coroutine = AsyncClient("deepseek", **settings(url, {})).chat("hi")
    assert "asyncio" in refuses(lambda: coroutine.send(None))


def test_threads_that_stop_in_the_middle_leave_nothing_locked(url: str) -> None:
    client = Client("deepseek", **settings(url, {}))

    def abandon() -> None:
        next(client.stream("left"))

    threads = [threading.Thread(target=abandon) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert client.chat("after").text == "after"
