"""LangGraph agents that run media tools: which call is which, what is heard of progress, what the model reads."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from cncoding import CallIdentity, MediaOrder, MediaRequest
from cncoding_emulator import Emulator
from langchain_cncoding import ChatKimi, ChatQwen, GenerateImageTool, GenerateVideoTool
from tests.media.conftest import Do

FILM = 'call generate_video {"prompt": "a fox"}\n---\nsay done'
DRAW = 'think so\ncall generate_image #functions.generate_image:0 {"prompt": "a fox"}\n---\nthink so\nsay done'
"""Kimi counts its calls: the first of each conversation has the same id."""
ASK: Any = {"messages": [("user", "go on")]}


@pytest.mark.timeout(60)
def test_a_finished_call_may_ask_any_number_of_times(emulator: Emulator, tmp_path: Path, do: Do) -> None:
    order = MediaOrder(MediaRequest("image", "a fox"), CallIdentity("thread", "call"))
    paths = {do("glm", "make", order, str(tmp_path), client={"journal": tmp_path}).done[0].path for _ in range(4)}
    assert len(paths) == 1 and len(emulator.submissions) == 1


class Twice(AgentMiddleware):
    """Asks each tool twice, as a retry does."""

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        handler(request)
        return handler(request)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("threads", [(None, None), ("a", "b")])
def test_a_repeated_call_is_one_and_a_new_conversation_another(
    emulator: Emulator, tmp_path: Path, threads: tuple[str | None, ...]
) -> None:
    tool = GenerateImageTool(provider="glm", output_dir=tmp_path)
    saver = InMemorySaver() if threads[0] else None
    agent = create_agent(ChatKimi(), [tool], middleware=[Twice()], checkpointer=saver)
    for count, thread in enumerate(threads, 1):
        emulator.script(DRAW, "kimi")
        messages = agent.invoke(ASK, {"configurable": {"thread_id": thread}} if thread else None)["messages"]
        assert "nothing was paid now" in messages[-2].content and len(emulator.submissions) == count


def test_progress_comes_out_of_a_subgraph(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(0.3)
    tool = GenerateVideoTool(provider="qwen", output_dir=tmp_path, poll_interval=0.05)
    graph = StateGraph(MessagesState)
    graph.add_node("inner", create_agent(ChatQwen(), [tool]))
    graph.add_edge(START, "inner")
    whole = graph.compile()
    emulator.script(FILM, "qwen")
    parts = list(whole.stream(ASK, stream_mode="custom", subgraphs=True))
    words = [event["status"] for _, event in parts]
    assert all(place[0].startswith("inner:") for place, _ in parts) and {"submitted", "running", "done"} <= set(words)

    async def listen() -> list[str]:
        events = whole.astream_events(ASK, version="v2")
        return [one["data"]["status"] async for one in events if one["event"] == "on_custom_event"]

    emulator.script(FILM, "qwen")
    words = asyncio.run(listen())
    assert words[0] == "submitted" and words[-1] == "done" and len(emulator.submissions) == 2


def test_what_goes_back_to_the_model_is_small(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script('call generate_image {"prompt": "a fox"}\n---\nsay done', "qwen")
    tool = GenerateImageTool(provider="qwen", output_dir=tmp_path, show=True)
    message = create_agent(ChatQwen(), [tool]).invoke(ASK)["messages"][-2]
    text, picture = message.content
    assert (text["type"], picture["type"]) == ("text", "image") and len(json.dumps(message.content)) < 100_000
    assert message.artifact["prompt"] == "a fox" and len(json.dumps(message.artifact)) < 10_000
    assert len(emulator.requests[-1].body) < 100_000


def test_what_comes_at_once_is_told_as_done_too(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script('call generate_image {"prompt": "a fox"}\n---\nsay done', "qwen")
    graph = create_agent(ChatQwen(), [GenerateImageTool(provider="qwen", output_dir=tmp_path)])
    assert [event["status"] for event in graph.stream(ASK, stream_mode="custom")] == ["submitted", "done"]
