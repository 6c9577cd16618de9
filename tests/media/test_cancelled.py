"""Agents that are cancelled while a video is made: the job is cancelled, or named; nothing hangs, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from llama_index.core.agent.workflow import FunctionAgent
from workflows.errors import WorkflowCancelledByUser, WorkflowTimeoutError

from cncoding import Client, CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatQwen, GenerateVideoTool
from llamaindex_cncoding import CNCodingToolSpec, MediaProgressEvent, Qwen

FILM = 'call generate_video {"prompt": "a fox"}\n---\nsay done'
ASK: Any = {"messages": [("user", "film a fox")]}
Run = Callable[[str, Path, str], Awaitable[None]]


def graph(provider: str, folder: Path) -> Any:
    return create_agent(ChatQwen(), [GenerateVideoTool(provider=provider, output_dir=folder, poll_interval=0.1)])


def workflow(provider: str, folder: Path, **settings: Any) -> Any:
    spec = CNCodingToolSpec(provider, output_dir=folder, poll_interval=0.1)
    return FunctionAgent(llm=Qwen(), tools=spec.to_tool_list(["generate_video"]), **settings)


async def cancel_a_task(provider: str, folder: Path, word: str) -> None:
    heard = asyncio.Event()

    async def consume() -> None:
        async for event in graph(provider, folder).astream(ASK, stream_mode="custom"):
            if event["status"] == word:
                heard.set()

    task = asyncio.create_task(consume())
    await asyncio.wait_for(heard.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def close_a_stream(provider: str, folder: Path, word: str) -> None:
    stream = graph(provider, folder).astream(ASK, stream_mode="custom")
    async for event in stream:
        if event["status"] == word:
            break
    await stream.aclose()


async def close_events(provider: str, folder: Path, word: str) -> None:
    stream = graph(provider, folder).astream_events(ASK, version="v2")
    async for event in stream:
        if event["event"] == "on_custom_event" and event["data"]["status"] == word:
            break
    await stream.aclose()


async def cancel_a_workflow(provider: str, folder: Path, word: str) -> None:
    handler = workflow(provider, folder).run("film a fox")
    async for event in handler.stream_events():
        if isinstance(event, MediaProgressEvent) and event.status == word:
            await handler.cancel_run()
    with pytest.raises(WorkflowCancelledByUser):
        await handler


async def time_a_workflow_out(provider: str, folder: Path, word: str) -> None:
    with pytest.raises(WorkflowTimeoutError):
        await workflow(provider, folder, timeout=1.5).run("film a fox")


RUNS = [cancel_a_task, close_a_stream, close_events, cancel_a_workflow, time_a_workflow_out]


def count_cancelled(emulator: Emulator) -> int:
    return sum(one.path.endswith("/cancel") for one in emulator.requests)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("word", ["submitted", "queued"])
@pytest.mark.parametrize("run", RUNS)
async def test_the_job_is_cancelled(emulator: Emulator, tmp_path: Path, run: Run, word: str) -> None:
    emulator.slow_tasks(1000)
    emulator.script(FILM, "qwen")
    await run("qwen", tmp_path, word)
    while not count_cancelled(emulator):
        await asyncio.sleep(0.05)
    assert count_cancelled(emulator) == len(emulator.submissions) == 1
    (kept,) = Client("qwen", journal=tmp_path).purchases()
    assert (kept.state, kept.owner) == ("cancelled", None)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("run", RUNS)
async def test_a_job_that_cannot_be_cancelled_is_named(emulator: Emulator, tmp_path: Path, run: Run) -> None:
    emulator.slow_tasks(1000)
    emulator.script(FILM, "qwen")
    with pytest.warns(CncodingWarning, match="job: video-.* goes on at the vendor.*check_media_job") as warned:
        await run("glm", tmp_path, "submitted")
        await asyncio.sleep(0.2)
    (kept,) = Client("glm", journal=tmp_path).purchases()
    assert (kept.state, kept.owner) == ("submitted", None) and any(kept.handle in str(one.message) for one in warned)
