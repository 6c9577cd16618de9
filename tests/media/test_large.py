"""A film of 25 MB that an agent made: the next request stays small, and so do messages, contexts and checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult

from cncoding_emulator import Emulator
from cncoding_emulator.media import glm
from cncoding_emulator.media.videos import film
from langchain_cncoding import ChatQwen, GenerateVideoTool
from llamaindex_cncoding import CNCodingToolSpec, Qwen

FILM = 'call generate_video {"prompt": "a fox"}\n---\nsay done'
SETTINGS: dict[str, Any] = {"poll_interval": 0.05}


async def run_graph(folder: Path) -> tuple[int, int]:
    saver = InMemorySaver()
    agent = create_agent(
        ChatQwen(), [GenerateVideoTool(provider="glm", output_dir=folder, **SETTINGS)], checkpointer=saver
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    found = await agent.ainvoke({"messages": [("user", "film a fox")]}, config)
    return found["messages"][-2].artifact["assets"][0]["size"], len(str(saver.get(config)))


async def run_workflow(folder: Path) -> tuple[int, int]:
    spec = CNCodingToolSpec("glm", output_dir=folder, **SETTINGS)
    handler = FunctionAgent(llm=Qwen(), tools=spec.to_tool_list(["generate_video"])).run("film a fox")
    (made,) = [event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
    await handler
    return made.raw_output.assets[0].size, len(json.dumps(handler.ctx.to_dict()))


@pytest.fixture
def large_films(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the emulator's films end with a box of nothing, as the format allows."""
    rest = 25 * 1024 * 1024
    box = rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)
    monkeypatch.setattr(glm, "film", lambda *given, **settings: film(*given, **settings) + box)


@pytest.mark.usefixtures("large_films")
@pytest.mark.filterwarnings("ignore:Skipping serialization of known unserializable key")
@pytest.mark.parametrize("run", [run_graph, run_workflow])
async def test_a_large_film_leaves_the_next_request_small(emulator: Emulator, tmp_path: Path, run: Any) -> None:
    emulator.script(FILM, "qwen")
    size, kept = await run(tmp_path)
    assert size > 25 * 1024 * 1024 and kept < 20_000
    chats = [one for one in emulator.requests if "/chat/completions" in one.path]
    assert len(chats) == 2 and len(chats[1].body) < len(chats[0].body) + 2_000
