"""Real agents that are killed or interrupted while a video is made, and go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cncoding_emulator import Emulator

GRAPH = """
import json, sys
from langchain.agents import create_agent
from langgraph.checkpoint.sqlite import SqliteSaver
from langchain_cncoding import ChatQwen, GenerateVideoTool

folder, resume = sys.argv[1], sys.argv[2] == "resume"
tool = GenerateVideoTool(provider="qwen", output_dir=folder, poll_interval=0.05)
with SqliteSaver.from_conn_string(folder + "/graph.sqlite") as saver:
    agent = create_agent(ChatQwen(), [tool], checkpointer=saver)
    config = {"configurable": {"thread_id": "t-1"}}
    print("ready", flush=True)
    found = agent.invoke(None if resume else {"messages": [("user", "film a fox")]}, config)
    tools = [one for one in found["messages"] if one.type == "tool"]
    print(json.dumps([one.artifact["assets"][0]["path"] for one in tools]), flush=True)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_submission(emulator: Emulator, count: int = 1) -> None:
    until = time.monotonic() + 60
    while len(emulator.submissions) < count and time.monotonic() < until:
        time.sleep(0.05)
    assert len(emulator.submissions) == count


def test_a_killed_graph_goes_on_from_its_checkpoint(emulator: Emulator, tmp_path: Path) -> None:
    pytest.importorskip("langgraph.checkpoint.sqlite", reason="langgraph-checkpoint-sqlite is not installed")
    emulator.slow_tasks(1000)
    emulator.script('call generate_video {"prompt": "a fox"}\n---\nsay done', "qwen")
    first = start(GRAPH, str(tmp_path), "first")
    wait_for_submission(emulator)
    time.sleep(0.3)
    first.kill()
    first.communicate()
    emulator.advance(2000)
    second = start(GRAPH, str(tmp_path), "resume")
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    (path,) = json.loads(out.splitlines()[-1])
    assert Path(path).stat().st_size and len(emulator.submissions) == 1


def test_ctrl_c_ends_a_synchronous_agent_at_once(emulator: Emulator, tmp_path: Path) -> None:
    """The tool runs in a worker thread, where Python raises no KeyboardInterrupt."""
    emulator.slow_tasks(1000)
    emulator.script('call generate_video {"prompt": "a fox"}\n---\nsay done', "qwen")
    code = GRAPH.replace("poll_interval=0.05", "poll_interval=20")
    pytest.importorskip("langgraph.checkpoint.sqlite", reason="langgraph-checkpoint-sqlite is not installed")
    agent = start(code, str(tmp_path), "first")
    wait_for_submission(emulator)
    time.sleep(0.5)
    began = time.monotonic()
    os.kill(agent.pid, signal.SIGINT)
    _, err = agent.communicate(timeout=60)
    assert time.monotonic() - began < 15 and "KeyboardInterrupt" in err, err
    cancelled = [one for one in emulator.requests if one.path.endswith("/cancel")]
    assert len(cancelled) == 1 and len(emulator.submissions) == 1


def test_ctrl_c_hands_back_a_job_that_cannot_be_cancelled(emulator: Emulator, tmp_path: Path) -> None:
    pytest.importorskip("langgraph.checkpoint.sqlite", reason="langgraph-checkpoint-sqlite is not installed")
    emulator.slow_tasks(1000)
    emulator.script('call generate_video {"prompt": "a fox"}\n---\nsay done', "qwen")
    ending = "\nexcept KeyboardInterrupt as error:\n    print(*error.__notes__)"
    code = "try:\n" + "".join(f"    {line}\n" for line in GRAPH.splitlines()) + ending
    agent = start(code.replace('provider="qwen"', 'provider="glm"'), str(tmp_path), "first")
    wait_for_submission(emulator)
    time.sleep(0.5)
    os.kill(agent.pid, signal.SIGINT)
    out, err = agent.communicate(timeout=60)
    told = json.loads(out.splitlines()[-1])
    assert told["handle"].startswith("video-") and told["job"]["id"] == emulator.submissions[0].task_id, err


WORKFLOW = """
import asyncio, json, sys
from llama_index.core.agent.workflow import FunctionAgent, ToolCall, ToolCallResult
from llama_index.core.workflow import Context
from llama_index.core.memory import ChatMemoryBuffer
from llamaindex_cncoding import CNCodingToolSpec, Qwen

folder, resume = sys.argv[1], sys.argv[2] == "resume"

async def main():
    spec = CNCodingToolSpec("qwen", output_dir=folder, poll_interval=0.05, show_progress=False)
    agent = FunctionAgent(llm=Qwen(), tools=spec.to_tool_list(["generate_video"]))
    if resume:
        context = Context.from_dict(agent, json.load(open(folder + "/context.json")))
        await context.store.set("memory", ChatMemoryBuffer.from_defaults(token_limit=9000))
        handler = agent.run(ctx=context)
    else:
        handler = agent.run("film a fox")
    paths = []
    async for event in handler.stream_events():
        if isinstance(event, ToolCall) and not isinstance(event, ToolCallResult) and not resume:
            with open(folder + "/context.json", "w") as file:
                json.dump(handler.ctx.to_dict(), file)
        if isinstance(event, ToolCallResult):
            paths += [one.path for one in event.tool_output.raw_output.assets]
    await handler
    print(json.dumps(paths), flush=True)

asyncio.run(main())
"""


def test_a_killed_workflow_goes_on_from_its_context(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(1000)
    emulator.script('call generate_video {"prompt": "a fox"}\n---\nsay done', "qwen")
    first = start(WORKFLOW, str(tmp_path), "first")
    wait_for_submission(emulator)
    time.sleep(0.3)
    first.kill()
    first.communicate()
    emulator.advance(2000)
    second = start(WORKFLOW, str(tmp_path), "resume")
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    (path,) = json.loads(out.splitlines()[-1])
    assert Path(path).stat().st_size and len(emulator.submissions) == 1
