"""Calls in an event loop that are cancelled in every way there is: what was bought is cancelled or kept, never lost."""

from __future__ import annotations

import asyncio
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from cncoding import (
    AsyncClient,
    CallIdentity,
    Client,
    CncodingWarning,
    Made,
    MediaOrder,
    MediaRequest,
    Patience,
    UnconfirmedPurchaseError,
)
from cncoding.media.journal import Purchase
from cncoding.media.orders import Place
from cncoding_emulator import Emulator
from cncoding_emulator.media.tasks import media_state
from langchain_cncoding import GenerateImageTool, GenerateVideoTool
from llamaindex_cncoding import CNCodingToolSpec

FOX = MediaRequest("video", "a fox")
Work = Callable[[], Awaitable[Any]]
Reached = Callable[[], bool]


async def wait_until(reached: Reached) -> None:
    while not reached():
        await asyncio.sleep(0.01)


async def cancel_task(work: Work, reached: Reached) -> None:
    task = asyncio.ensure_future(work())
    await wait_until(reached)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def time_out(work: Work, reached: Reached) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit:  # type: ignore[attr-defined, unused-ignore]  # Python 3.11 has it
            asyncio.ensure_future(wait_until(reached)).add_done_callback(
                lambda _: limit.reschedule(asyncio.get_running_loop().time())
            )
            await work()


async def fail_beside(work: Work, reached: Reached) -> None:
    async def fail() -> None:
        await wait_until(reached)
        raise ZeroDivisionError

    with pytest.raises(BaseException) as caught:
        async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined, unused-ignore]  # Python 3.11 has it
            group.create_task(work())
            group.create_task(fail())
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)  # type: ignore[attr-defined]  # of a group, which 3.10 has not


async def cancel_scope(work: Work, reached: Reached) -> None:
    """anyio cancels every await of a scope anew, until it is left."""

    async def watch(scope: anyio.CancelScope) -> None:
        await wait_until(reached)
        scope.cancel()

    with anyio.CancelScope() as scope:
        watching = asyncio.ensure_future(watch(scope))
        await work()
    await watching
    assert scope.cancelled_caught


async def fail_beside_in_anyio(work: Work, reached: Reached) -> None:
    async def fail() -> None:
        await wait_until(reached)
        raise ZeroDivisionError

    with pytest.raises(BaseException, match=r"ZeroDivisionError|unhandled errors"):
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            group.start_soon(fail)


_NEWER = [pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has none"), pytest.mark.full]
WAYS = [
    pytest.param(cancel_task, id="cancel"),
    pytest.param(time_out, id="timeout", marks=_NEWER),
    pytest.param(fail_beside, id="task group", marks=_NEWER),
    pytest.param(cancel_scope, id="anyio scope"),
    pytest.param(fail_beside_in_anyio, id="anyio group", marks=pytest.mark.full),
]


def make_by_client(provider: str, folder: Path) -> Work:
    order = MediaOrder(FOX, CallIdentity("t", "1"))

    async def work() -> Any:
        async with AsyncClient(provider, journal=folder) as client:
            return await client.make(order, Place(str(folder), patience=Patience(20)))

    return work


def make_by_langchain(provider: str, folder: Path) -> Work:
    tool = GenerateVideoTool(provider=provider, output_dir=folder, poll_interval=20)
    call: Any = {"type": "tool_call", "id": "1", "name": "generate_video", "args": {"prompt": "a fox"}}
    return lambda: tool.ainvoke(call, {"configurable": {"thread_id": "t"}})


def make_by_llamaindex(provider: str, folder: Path) -> Work:
    spec = CNCodingToolSpec(provider, output_dir=folder, poll_interval=20, show_progress=False)
    (tool,) = spec.to_tool_list(["generate_video"])
    return lambda: tool.acall(prompt="a fox")


MAKERS = [
    pytest.param(make_by_client, id="client"),
    pytest.param(make_by_langchain, id="langchain"),
    pytest.param(make_by_llamaindex, id="llamaindex"),
]


def is_watched(emulator: Emulator) -> bool:
    """Tell whether the client knows the job: it has asked for it."""
    return any(one.method == "GET" for one in emulator.requests)


def read_purchase(provider: str, folder: Path) -> Purchase:
    (kept,) = Client(provider, journal=folder).purchases()
    assert kept.owner is None
    return kept


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_job_that_can_be_cancelled_is(emulator: Emulator, tmp_path: Path, way: Any, make: Any) -> None:
    emulator.slow_tasks(1000)
    await way(make("qwen", tmp_path), lambda: is_watched(emulator))
    assert read_purchase("qwen", tmp_path).state == "cancelled"
    assert sum(one.path.endswith("/cancel") for one in emulator.requests) == 1


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("way", WAYS)
async def test_any_other_is_kept_named_and_gone_on_with(
    emulator: Emulator, tmp_path: Path, way: Any, make: Any
) -> None:
    emulator.slow_tasks(1000)
    with pytest.warns(CncodingWarning, match="job: video-.* goes on at the vendor") as warned:
        await way(make("glm", tmp_path), lambda: is_watched(emulator))
    kept = read_purchase("glm", tmp_path)
    assert kept.state == "submitted" and any(kept.handle in str(one.message) for one in warned)
    emulator.advance(2000)
    await make("glm", tmp_path)()
    assert read_purchase("glm", tmp_path).state == "done" and len(emulator.submissions) == 1


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_request_without_an_answer_is_named(emulator: Emulator, tmp_path: Path, way: Any, make: Any) -> None:
    emulator.hostile("no-answer", "glm", on="any")
    with pytest.warns(CncodingWarning, match="job: video-.* may have been bought"):
        await way(make("glm", tmp_path), lambda: bool(emulator.requests))
    assert read_purchase("glm", tmp_path).state == "unconfirmed"


@pytest.mark.parametrize("provider", ["qwen", "glm"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_download_that_is_cut_leaves_no_part(
    emulator: Emulator, tmp_path: Path, way: Any, provider: str
) -> None:
    emulator.link_fault("slow", seconds=30)
    faults = media_state(emulator.state).link_faults
    with pytest.warns(CncodingWarning, match="job: video-"):
        await way(make_by_client(provider, tmp_path), lambda: not faults)
    assert read_purchase(provider, tmp_path).state == "submitted"
    assert [one.name for one in tmp_path.iterdir() if not one.name.startswith(".cncoding-journal")] == []
    made = await make_by_client(provider, tmp_path)()
    assert made.done[0].size and len(emulator.submissions) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "moment", [pytest.param(one, marks=() if one in (2, 6) else pytest.mark.full) for one in range(0, 12, 2)]
)
async def test_a_cancellation_at_any_moment_leaves_nobody_waiting(
    emulator: Emulator, tmp_path: Path, way: Any, moment: int
) -> None:
    """Also while the journal is written in a thread: what was not sent is not bought, and the next call may go on."""
    emulator.slow_tasks(1000)
    turns = 0

    def reached() -> bool:
        nonlocal turns
        turns += 1
        return turns > moment

    work = make_by_client("glm", tmp_path)
    try:
        await way(work, reached)
    finally:
        await asyncio.sleep(0.3)
    kept = Client("glm", journal=tmp_path).purchases()
    assert all(one.owner is None for one in kept), kept
    assert [one.state for one in kept] in ([], ["refused"], ["unconfirmed"], ["submitted"])
    assert (kept[0].state in ("unconfirmed", "submitted") if kept else False) or not emulator.submissions


async def test_what_came_at_once_and_is_not_saved_is_said_to_be_made(emulator: Emulator, tmp_path: Path) -> None:
    emulator.link_fault("slow", seconds=30)
    faults = media_state(emulator.state).link_faults
    tool = GenerateImageTool(provider="glm", output_dir=tmp_path)
    call: Any = {"type": "tool_call", "id": "1", "name": "generate_image", "args": {"prompt": "a fox"}}
    with pytest.warns(CncodingWarning, match="job: image-.* is made and paid for, and not saved"):
        await cancel_task(lambda: tool.ainvoke(call), lambda: not faults)
    kept = read_purchase("glm", tmp_path)
    saved = await AsyncClient("glm", journal=tmp_path).check(kept.handle, str(tmp_path))
    assert isinstance(saved, Made) and saved.done[0].size and len(emulator.submissions) == 1


@pytest.mark.parametrize("way", WAYS)
async def test_a_dead_vendor_does_not_hold_a_cancellation(emulator: Emulator, tmp_path: Path, way: Any) -> None:
    emulator.slow_tasks(1000)
    work = make_by_client("qwen", tmp_path)

    def reached() -> bool:
        if is_watched(emulator):
            emulator.hostile("no-answer", "qwen", on="any", times=None)
        return is_watched(emulator)

    began = 0.0

    def reach() -> bool:
        nonlocal began
        began = time.monotonic()
        return reached()

    with pytest.warns(CncodingWarning, match="job: video-"):
        await way(work, reach)
    assert time.monotonic() - began < 20, "a question and a cancellation, each a moment"
    assert read_purchase("qwen", tmp_path).state == "submitted"


@pytest.mark.parametrize("way", WAYS)
async def test_a_streamed_speech(emulator: Emulator, tmp_path: Path, way: Any) -> None:
    emulator.hostile("stall-mid", "glm", on="/audio/speech")
    heard = 0

    async def work() -> None:
        nonlocal heard
        async with AsyncClient("glm", journal=tmp_path) as client:
            async for piece in client.stream_speech("hello over there " * 30):
                heard += len(piece)

    await way(work, lambda: heard > 0)
    assert read_purchase("glm", tmp_path).state == "done", "its sound came, and is paid"


@pytest.mark.parametrize("way", WAYS)
async def test_waiting_for_a_job_without_a_journal(emulator: Emulator, way: Any) -> None:
    emulator.slow_tasks(1000)
    client = AsyncClient("qwen")
    job = await client.submit(FOX)
    asked = len(emulator.requests)
    await way(lambda: client.wait(job, poll_interval=20), lambda: len(emulator.requests) > asked)
    assert sum(one.path.endswith("/cancel") for one in emulator.requests) == 1


ORDERS = [
    pytest.param(MediaRequest("image", "a fox", n=3), id="pictures"),
    pytest.param(MediaRequest("speech", "The fox runs over the hill and home. " * 60), id="long speech"),
]


@pytest.mark.parametrize("request_", ORDERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", [1, *(pytest.param(one, marks=pytest.mark.full) for one in (2, 3, 4, 5))])
async def test_an_order_of_several_calls_goes_on(
    emulator: Emulator, tmp_path: Path, way: Any, request_: MediaRequest, moment: int
) -> None:
    """What had no answer is asked for by name and allowed again; nothing else is bought a second time."""
    order = MediaOrder(request_, CallIdentity("t", "1"))
    client = AsyncClient("glm", journal=tmp_path)

    async def work() -> Any:
        return await client.make(order, Place(str(tmp_path), patience=Patience(0.05)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CncodingWarning)
        await way(work, lambda: len(emulator.requests) >= moment)
    kept = await client.purchases()
    assert kept and all(one.owner is None for one in kept), kept
    lost = [one for one in kept if one.state == "unconfirmed"]
    if lost:
        try:  # pictures that were made are given, and the note says what is missing
            told = str((await work()).done.note)
        except UnconfirmedPurchaseError as error:
            told = str(error)
        assert lost[0].handle in told
        await client.release_purchase(lost[0].handle)
    made = await work()
    assert made.done.assets and all(Path(asset.path).stat().st_size for asset in made.done.assets)
    whole = 3 if request_.kind == "image" else len([one for one in await client.purchases() if one.part_of]) - len(lost)
    posts = len([one for one in emulator.requests if one.method == "POST"])
    assert posts == whole + len(lost)
