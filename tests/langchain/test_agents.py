"""Agents of LangChain and graphs of LangGraph on every provider."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import AutoStrategy, ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from pydantic import BaseModel

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM, ChatKimi, create_chat_model

from .conftest import ROADS, roads
from .test_reasoning_round_trip import get_weather, strings

pytestmark = pytest.mark.filterwarnings(f"ignore::{CncodingWarning.__module__}.{CncodingWarning.__name__}")
QUESTION = {"messages": [HumanMessage("What is the weather in 北京? Use the tool.")]}
NATIVE = [("minimax", "openai"), ("qwen", "openai"), ("qwen", "anthropic"), ("wcode", "openai")]
"""Where the default model takes a JSON schema; test_profiles.py checks that the profiles say the same."""


class Report(BaseModel):
    """The weather, in two fields."""

    city: str
    summary: str


@roads
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_agent_thinks_calls_and_answers(provider: str, wire: str, version: str, emulator: Emulator) -> None:
    model = create_chat_model(provider, wire=wire, thinking=True, output_version=version, max_retries=0)
    messages = create_agent(model, [get_weather]).invoke(QUESTION)["messages"]
    assert [type(message) for message in messages] == [HumanMessage, AIMessage, ToolMessage, AIMessage]
    assert "21" in messages[-1].text
    assert messages[1].additional_kwargs["reasoning_content"] in strings(emulator.requests[-1].json)


@roads
async def test_agent_async(provider: str, wire: str) -> None:
    model = create_chat_model(provider, wire=wire, thinking=True, max_retries=0)
    messages = (await create_agent(model, [get_weather]).ainvoke(QUESTION))["messages"]
    assert messages[-1].text and isinstance(messages[-2], ToolMessage)


@roads
@pytest.mark.parametrize("strategy", [ToolStrategy, AutoStrategy, None], ids=["tool", "auto", "raw"])
@pytest.mark.parametrize("thinking", [True, False], ids=["thinks", "plain"])
def test_agent_answers_with_an_object(provider: str, wire: str, strategy: Any, thinking: bool) -> None:
    """`AutoStrategy` and a bare schema follow the profile; none of them may meet a refusal of the vendor."""
    model = create_chat_model(provider, wire=wire, thinking=thinking, max_retries=0)
    agent = create_agent(model, [get_weather], response_format=strategy(Report) if strategy else Report)
    state = agent.invoke(QUESTION)
    assert isinstance(state["structured_response"], Report)


@pytest.mark.parametrize(("provider", "wire"), NATIVE)
def test_provider_strategy_where_the_profile_promises_it(provider: str, wire: str, emulator: Emulator) -> None:
    model = create_chat_model(provider, wire=wire, max_retries=0)
    state = create_agent(model, [get_weather], response_format=ProviderStrategy(Report)).invoke(QUESTION)
    assert isinstance(state["structured_response"], Report)
    assert "json_schema" in json.dumps(emulator.requests[-1].json)


def test_stream_mode_messages(emulator: Emulator) -> None:
    agent = create_agent(ChatKimi(thinking=True), [get_weather])
    texts: dict[str, str] = {"reasoning": "", "text": ""}
    calls: list[Any] = []
    for chunk, metadata in agent.stream(QUESTION, stream_mode="messages"):
        if isinstance(chunk, AIMessageChunk):
            texts["reasoning"] += chunk.additional_kwargs.get("reasoning_content", "")
            texts["text"] += chunk.text
            calls += chunk.tool_call_chunks
            assert metadata["ls_provider"] == "cncoding-kimi"
    assert "北京" in texts["reasoning"] and "21" in texts["text"]
    assert [call["name"] for call in calls if call["name"]] == ["get_weather"]
    assert json.loads("".join(call["args"] for call in calls)) == {"city": "北京"}


@roads
def test_v3_run_of_an_agent(provider: str, wire: str, emulator: Emulator) -> None:
    """LangGraph's protocol handler makes the agent drive our native events, and replays the assembled message."""
    agent = create_agent(create_chat_model(provider, wire=wire, thinking=True, max_retries=0), [get_weather])
    run = agent.stream_events(QUESTION, version="v3")
    told = [(str(one.reasoning), str(one.text), one.tool_calls.get()) for one in run.messages]
    assert [bool(reasoning) for reasoning, _, _ in told] == [True, True]
    assert [call["args"] for call in told[0][2]] == [{"city": "北京"}] and "21" in told[1][1]
    assert run.output["messages"][-1].text == told[1][1]
    assert [request.status for request in emulator.requests] == [200, 200]


def test_stream_writer_inside_a_tool() -> None:
    @tool
    def slow(city: str) -> str:
        """Tell the weather in a city, slowly."""
        get_stream_writer()({"progress": city})
        return "21"

    agent = create_agent(ChatGLM(), [slow])
    told = list(agent.stream({"messages": [HumanMessage("Weather in 北京? Use slow.")]}, stream_mode="custom"))
    assert told == [{"progress": "北京"}]


def test_fallback_between_providers_in_mid_loop(emulator: Emulator) -> None:
    """The first provider fails after the tool has run; the second goes on with the first one's history."""
    from langchain.agents.middleware import ModelFallbackMiddleware

    for provider, wire in ROADS:
        if provider == "glm":
            continue
        emulator.reset()
        emulator.script('think hm\ncall get_weather {"city": "北京"}\n---\nfault quota', "glm")
        other = create_chat_model(provider, wire=wire, max_retries=0)
        agent = create_agent(ChatGLM(max_retries=0), [get_weather], middleware=[ModelFallbackMiddleware(other)])
        messages = agent.invoke(QUESTION)["messages"]
        assert messages[1].response_metadata["model_provider"] == "cncoding-glm"
        assert messages[-1].response_metadata["model_provider"] == f"cncoding-{provider}"
        assert messages[-1].text


def test_messages_survive_pickle_and_checkpoint_serialization() -> None:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    serde = JsonPlusSerializer()
    model = ChatKimi(wire="anthropic", thinking=True).bind_tools([get_weather])
    reply = model.invoke(QUESTION["messages"])
    for again in (serde.loads_typed(serde.dumps_typed(reply)), pickle.loads(pickle.dumps(reply))):
        assert again == reply


PYTHON_PATH = str(Path(__file__).parents[2])
RESUMED = [
    ("kimi", "openai", "v0"),
    pytest.param("minimax", "openai", "v1", marks=pytest.mark.full),
    pytest.param("deepseek", "anthropic", "v0", marks=pytest.mark.full),
    ("qwen", "anthropic", "v1"),
]

GRAPH = '''
import json, sys
from pathlib import Path

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_cncoding import create_chat_model

@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"{city}: 21"

path, provider, wire, version, half = sys.argv[1:]
saver = InMemorySaver()
shelf = Path(path)
if half == "second":
    import pickle
    storage, writes, blobs = pickle.loads(shelf.read_bytes())
    for thread, spaces in storage.items():
        for space, checkpoints in spaces.items():
            saver.storage[thread][space].update(checkpoints)
    saver.writes.update(writes)
    saver.blobs.update(blobs)
model = create_chat_model(provider, wire=wire, thinking=True, output_version=version, max_retries=0)
pause = HumanInTheLoopMiddleware(interrupt_on={"get_weather": True})
agent = create_agent(model, [get_weather], middleware=[pause], checkpointer=saver)
config = {"configurable": {"thread_id": "t"}}
if half == "first":
    import pickle
    question = {"messages": [HumanMessage("Weather in 北京? Use the tool.")]}
    list(agent.stream(question, config, stream_mode="messages"))
    assert agent.get_state(config).next, "the agent did not pause"
    plain = {t: {s: dict(c) for s, c in spaces.items()} for t, spaces in saver.storage.items()}
    shelf.write_bytes(pickle.dumps((plain, dict(saver.writes), dict(saver.blobs))))
else:
    state = agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    print(json.dumps(state["messages"][-1].text))
'''


@pytest.mark.parametrize(("provider", "wire", "version"), RESUMED)
def test_checkpointed_agent_goes_on_in_a_new_process(
    provider: str, wire: str, version: str, emulator: Emulator, tmp_path: Path
) -> None:
    """Process one thinks, calls a tool and stops for approval; process two approves. The reasoning is checked."""
    script = tmp_path / "agent.py"
    script.write_text(GRAPH, encoding="utf-8")
    shelf = str(tmp_path / "checkpoint")
    for half in ("first", "second"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script), shelf, provider, wire, version, half],
            capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
    assert "21" in json.loads(done.stdout)
    assert len(emulator.requests) == 2
