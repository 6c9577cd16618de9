"""Two media at once that a person is asked about: asked, answered and killed in three processes, paid once each."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cncoding_emulator import Emulator
from tests.media.test_resume import start, wait_for_submission

TWO = 'call generate_video {"prompt": "a fox"}\ncall generate_image {"prompt": "a fox"}\n---\nsay done'

GRAPH = """
import json, sys
from langchain.agents import create_agent
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from langchain_cncoding import ChatQwen, CNCodingToolkit

folder, answers = sys.argv[1], json.loads(sys.argv[2])
kit = CNCodingToolkit("qwen", output_dir=folder, poll_interval=0.05, confirm_above=0)
with SqliteSaver.from_conn_string(folder + "/graph.sqlite") as saver:
    agent = create_agent(ChatQwen(), kit.get_tools(), checkpointer=saver)
    given = {"messages": [("user", "film a fox and draw it")]} if answers is None else None
    if answers:
        given = Command(resume=answers)
    found = agent.invoke(given, {"configurable": {"thread_id": "t-1"}})
    asked = {one.id: one.value["kind"] for one in found.get("__interrupt__", [])}
    told = {one.name: one.content for one in found["messages"] if one.type == "tool"}
    print(json.dumps({"asked": asked, "told": told}), flush=True)
"""

WORKFLOW = """
import asyncio, json, sys
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from llamaindex_cncoding import CNCodingToolSpec, MediaProgressEvent, Qwen

folder, answers = sys.argv[1], json.loads(sys.argv[2])

async def main():
    spec = CNCodingToolSpec("qwen", output_dir=folder, poll_interval=0.05, confirm_above=0)
    agent = FunctionAgent(llm=Qwen(), tools=spec.to_tool_list())
    if answers is None:
        handler = agent.run("film a fox and draw it")
    else:
        context = Context.from_dict(agent, json.load(open(folder + "/context.json")))
        await context.store.set("memory", ChatMemoryBuffer.from_defaults(token_limit=9000))
        handler = agent.run(ctx=context)
        if answers:
            await handler.send_event(HumanResponseEvent(response=answers.pop(0)))
    asked, told, begun = {}, {}, 0
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            asked[event.kind] = event.kind
            if answers:
                await handler.send_event(HumanResponseEvent(response=answers.pop(0)))
            else:
                await asyncio.sleep(0.3)
                json.dump(handler.ctx.to_dict(), open(folder + "/context.json", "w"))
                await handler.cancel_run()
                break
        if isinstance(event, MediaProgressEvent) and event.status == "submitted":
            json.dump(handler.ctx.to_dict(), open(folder + "/context.json", "w"))
        if isinstance(event, ToolCallResult):
            told[event.tool_name] = event.tool_output.content
    print(json.dumps({"asked": asked, "told": told}), flush=True)

asyncio.run(main())
"""


def wait_until(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not reached() and time.monotonic() < until:
        time.sleep(0.05)
    assert reached()


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("code", "first"),
    [pytest.param(GRAPH, 2, id="graph"), pytest.param(WORKFLOW, 1, id="flow")],
)
def test_asked_answered_killed_and_gone_on_with(emulator: Emulator, tmp_path: Path, code: str, first: int) -> None:
    pytest.importorskip("langgraph.checkpoint.sqlite", reason="langgraph-checkpoint-sqlite is not installed")
    emulator.slow_tasks(1000)
    emulator.script(TWO, "qwen")
    asked = finish(start(code, str(tmp_path), "null"))["asked"]
    assert len(asked) == first and not emulator.submissions
    answers = dict.fromkeys(asked, True) if code is GRAPH else ["yes", "yes"]
    second = start(code, str(tmp_path), json.dumps(answers))
    wait_for_submission(emulator, 2)
    wait_until(lambda: any("/tasks/" in one.path for one in emulator.requests) and bool(list(tmp_path.glob("*.png"))))
    second.kill()
    second.communicate()
    emulator.advance(2000)
    last = finish(start(code, str(tmp_path), "[]"))
    assert not last["asked"] and set(last["told"]) == {"generate_image", "generate_video"}, last
    assert all("ade by qwen" in text for text in last["told"].values()), last
    assert len(emulator.submissions) == 2


@pytest.mark.full
@pytest.mark.parametrize("code", [GRAPH, WORKFLOW], ids=["graph", "flow"])
def test_each_answer_is_for_its_question(emulator: Emulator, tmp_path: Path, code: str) -> None:
    pytest.importorskip("langgraph.checkpoint.sqlite", reason="langgraph-checkpoint-sqlite is not installed")
    emulator.script(TWO, "qwen")
    asked = finish(start(code, str(tmp_path), "null"))["asked"]
    no = next(iter(asked))
    answers: Any = {name: name != no for name in asked} if code is GRAPH else ["no", "yes"]
    told = finish(start(code, str(tmp_path), json.dumps(answers)))["told"]
    (declined,) = (name for name, text in told.items() if "declined, nothing was bought" in text)
    assert declined == f"generate_{asked[no]}" and len(told) == 2 and len(emulator.submissions) == 1
