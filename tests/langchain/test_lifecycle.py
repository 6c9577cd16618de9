"""Connections: many loops, many threads, streams left early. The evidence is the server's."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

import pytest

from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM, CNCodingTruncatedStreamError

LONG = "\n".join(["say " + "word " * 20, *["stall 0.05s", "say more"] * 80])
"""A reply that would take four seconds."""


def quick(**settings: Any) -> ChatGLM:
    return ChatGLM(max_retries=0, **settings)


def hung_up_within(emulator: Emulator, left_at: float) -> float:
    record = emulator.wait_for(lambda request: request.disconnected)
    assert record is not None and record.disconnected_at is not None, "the server saw no disconnect"
    return record.disconnected_at - left_at


def test_asyncio_run_three_times_on_one_model() -> None:
    model = quick()

    async def talk() -> str:
        pieces = [chunk.text async for chunk in model.astream("hello")]
        return (await model.ainvoke("hello")).text + "".join(pieces)

    assert all(asyncio.run(talk()) for _ in range(3))


def test_threads_times_loops() -> None:
    model = quick()

    async def talk(number: int) -> str:
        replies = await asyncio.gather(*(model.ainvoke(f'Say "{number}-{turn}"') for turn in range(3)))
        return " ".join(reply.text for reply in replies)

    with ThreadPoolExecutor(6) as pool:
        async_texts = list(pool.map(lambda number: asyncio.run(talk(number)), range(6)))
        sync_texts = list(pool.map(lambda number: model.invoke(f'Say "s{number}"').text, range(12)))
    assert all(f"{number}-{turn}" in async_texts[number] for number in range(6) for turn in range(3))
    assert all(f"s{number}" in sync_texts[number] for number in range(12))


def test_break_closes_the_connection(emulator: Emulator) -> None:
    emulator.script(LONG)
    for _ in quick().stream("hello"):
        break
    assert hung_up_within(emulator, time.monotonic()) < 0.1


def test_close_of_a_held_iterator_closes_the_connection(emulator: Emulator) -> None:
    emulator.script(LONG)
    stream = quick().stream("hello")
    next(stream)
    left = time.monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert hung_up_within(emulator, left) < 0.1


def test_v3_stream_left_early_closes_the_connection(emulator: Emulator) -> None:
    emulator.script(LONG)
    stream = quick().stream_events("hello", version="v3")
    assert next(iter(stream.text))
    del stream
    gc.collect()  # LangChain's stream refers to itself; it has no close() for synchronous callers
    left = time.monotonic()
    assert hung_up_within(emulator, left) < 0.1


async def test_async_break_closes_the_connection(emulator: Emulator) -> None:
    emulator.script(LONG)
    async with aclosing(quick().astream("hello")) as stream:  # type: ignore[type-var]
        async for _ in stream:
            break
    left = time.monotonic()
    assert await asyncio.to_thread(hung_up_within, emulator, left) < 0.1


async def test_cancelled_task_closes_the_connection(emulator: Emulator) -> None:
    emulator.script(LONG)
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in quick().astream("hello"):
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    left = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(hung_up_within, emulator, left) < 0.1


async def test_cancelled_ainvoke_closes_the_connection(emulator: Emulator) -> None:
    emulator.script("delay 3s\nsay late")
    task = asyncio.create_task(quick().ainvoke("hello"))
    await asyncio.to_thread(emulator.wait_for, lambda request: True)
    left = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(hung_up_within, emulator, left) < 0.1


async def test_async_v3_stream_closed_early_closes_the_connection(emulator: Emulator) -> None:
    emulator.script(LONG)
    stream = await quick().astream_events("hello", version="v3")
    async for _ in stream.text:
        break
    left = time.monotonic()
    await stream.aclose()
    assert await asyncio.to_thread(hung_up_within, emulator, left) < 0.1


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_a_thousand_instances_open_no_more_files() -> None:
    quick().invoke("hello")
    before = open_files()
    models = [quick(temperature=number / 1000) for number in range(1000)]
    for model in models[::50]:
        model.invoke("hello")
    assert open_files() <= before + 2


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_a_thousand_aborted_streams_leak_no_files(emulator: Emulator) -> None:
    model = quick()
    next(model.stream("hello"))
    gc.collect()
    before = open_files()
    for _ in range(1000):
        stream = model.stream("hello")
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    settle(lambda: open_files() <= before + 4)


def settle(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 3
    while not wanted() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert wanted()


def test_streams_of_many_threads_do_not_mix(emulator: Emulator) -> None:
    model, texts = quick(), {}

    def read(number: int) -> None:
        texts[number] = "".join(chunk.text for chunk in model.stream(f'Say "t{number}"'))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(f"t{number}" in text for number, text in texts.items()) and len(texts) == 16


def test_first_chunk_does_not_wait_for_the_rest(emulator: Emulator) -> None:
    emulator.script("say early\nstall 20s\nsay late")
    start = time.monotonic()
    stream = quick().stream("hello")
    first = next(stream)
    assert first.text and time.monotonic() - start < 15
    stream.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_cut_stream_is_a_typed_error_with_the_partial_reply(emulator: Emulator, wire: str) -> None:
    emulator.script("think hm\nsay one two three four five\ncut after-event 4")
    pieces = []
    with pytest.raises(CNCodingTruncatedStreamError) as caught:
        for chunk in quick(wire=wire).stream("hello"):
            pieces.append(chunk)
    assert caught.value.is_retryable
    assert caught.value.partial is not None
    assert caught.value.partial.text == "".join(piece.text for piece in pieces)
