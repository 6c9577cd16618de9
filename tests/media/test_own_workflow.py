"""Workflows of one's own that call media tools: which call is which, who is asked, what a resumed run goes on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.workflow import (
    Context,
    Event,
    HumanResponseEvent,
    InputRequiredEvent,
    StartEvent,
    StopEvent,
    Workflow,
    step,
)
from pydantic import BaseModel

from cncoding import PurchaseDeclinedError
from cncoding_emulator import Emulator
from llamaindex_cncoding import CNCodingToolSpec


def make_tool(folder: Path, **settings: Any) -> Any:
    (tool,) = CNCodingToolSpec("glm", output_dir=folder, **settings).to_tool_list("generate_image")
    return tool


class Again(Event):
    number: int


class Draw(Workflow):
    """Draws the same words again and again, as a critic would have it."""

    tool: Any = None
    thread: str | None = None

    @step
    async def begin(self, ctx: Context, event: StartEvent) -> Again:
        if self.thread is not None:
            await ctx.store.set("cncoding_thread", self.thread)
        return Again(number=1)

    @step
    async def draw(self, ctx: Context, event: Again) -> Again | StopEvent:
        output = await self.tool.acall(ctx=ctx, prompt="a fox")
        output = await self.tool.acall(ctx=ctx, prompt="a fox")  # the same call of the same step
        path = output.raw_output.assets[0].path
        return StopEvent(result=path) if event.number == 2 else Again(number=event.number + 1)


async def test_a_step_that_is_run_again_buys_again(emulator: Emulator, tmp_path: Path) -> None:
    flow = Draw(timeout=60)
    flow.tool = make_tool(tmp_path)
    context = Context(flow)
    first = await flow.run(ctx=context)
    assert len(emulator.submissions) == 2, "two steps, two calls each"
    assert await flow.run(ctx=context) != first and len(emulator.submissions) == 4, "another run of the context"
    assert await flow.run() == first and len(emulator.submissions) == 4, "a run without a name may be a resumed one"
    flow.thread = "another conversation"
    assert await flow.run() != first and len(emulator.submissions) == 6


class State(BaseModel):
    """A state of the user's own, with no place for anything of ours."""

    count: int = 0


class Typed(Workflow):
    """Has such a state."""

    tool: Any = None

    @step
    async def draw(self, ctx: Context[State], event: StartEvent) -> StopEvent:
        outputs = [await self.tool.acall(ctx=ctx, prompt=prompt) for prompt in ("a fox", "a hare")]
        return StopEvent(result=[output.content for output in outputs])


class Pair(Workflow):
    """Wants two pictures, and goes on when a person does not."""

    tool: Any = None

    @step
    async def draw(self, ctx: Context, event: StartEvent) -> StopEvent:
        found = {}
        for prompt in ("a fox", "a hare"):
            try:
                await self.tool.acall(ctx=ctx, prompt=prompt)
                found[prompt] = "yes"
            except PurchaseDeclinedError:
                found[prompt] = "no"
        return StopEvent(result=found)


async def answer(handler: Any, answers: dict[str, str]) -> list[str]:
    asked: list[str] = []
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            asked.append(event.prompt)
            handler.ctx.send_event(HumanResponseEvent(response=answers[event.prompt]))
    return asked


@pytest.mark.parametrize("fox", ["yes", "no"])
@pytest.mark.parametrize("hare", ["yes", "no"])
async def test_each_question_has_its_own_answer(emulator: Emulator, tmp_path: Path, fox: str, hare: str) -> None:
    """The step is run again for each answer, and every answer of the run would be one to all its questions."""
    flow = Pair(timeout=60)
    flow.tool = make_tool(tmp_path, confirm_above=0)
    answers = {"a fox": fox, "a hare": hare}
    handler = flow.run()
    assert await answer(handler, answers) == ["a fox", "a hare"] and await handler == answers
    assert len(emulator.submissions) == [fox, hare].count("yes")


@pytest.mark.parametrize("confirm", [None, 0])
async def test_a_state_of_a_class_of_its_own(emulator: Emulator, tmp_path: Path, confirm: float | None) -> None:
    flow = Typed(timeout=60)
    flow.tool = make_tool(tmp_path, confirm_above=confirm)
    handler = flow.run()
    asked = await answer(handler, {"a fox": "yes", "a hare": "yes"})
    assert len(asked) == (0 if confirm is None else 2)
    assert all("Made by glm" in text for text in await handler) and len(emulator.submissions) == 2


FILM = """
import asyncio, json, os, sys
from llama_index.core.workflow import Context, Event, StartEvent, StopEvent, Workflow, step
from workflows.context.serializers import JsonSerializer, PickleSerializer
from llamaindex_cncoding import CNCodingToolSpec, MediaProgressEvent

folder, name, resumed = sys.argv[1:]
serializer = {"json": JsonSerializer, "pickle": PickleSerializer}[name]()

class Scene(Event):
    number: int

class Film(Workflow):
    @step
    async def begin(self, ctx: Context, event: StartEvent) -> Scene:
        return Scene(number=1)

    @step
    async def shoot(self, ctx: Context, event: Scene) -> Scene | StopEvent:
        (tool,) = CNCodingToolSpec("qwen", output_dir=folder, poll_interval=0.05).to_tool_list("generate_video")
        output = await tool.acall(ctx=ctx, prompt="a fox")
        files = [*await ctx.store.get("files", default=[]), output.raw_output.assets[0].path]
        await ctx.store.set("files", files)
        return StopEvent(result=files) if event.number == 2 else Scene(number=2)

async def main():
    film, context = Film(timeout=100), None
    if resumed == "yes":
        context = Context.from_dict(film, json.load(open(folder + "/context.json")), serializer=serializer)
    handler = film.run(ctx=context)
    async for event in handler.stream_events():
        if isinstance(event, MediaProgressEvent) and resumed == "no":
            json.dump(handler.ctx.to_dict(serializer=serializer), open(folder + "/context.json", "w"))
            if event.status != "submitted":
                os._exit(9)
    print(json.dumps(await handler))

asyncio.run(main())
"""


@pytest.mark.parametrize("serializer", ["json", pytest.param("pickle", marks=pytest.mark.full)])
def test_a_run_that_was_killed_goes_on_in_another_process(emulator: Emulator, tmp_path: Path, serializer: str) -> None:
    def run(resumed: str) -> Any:
        command = [sys.executable, "-c", FILM, str(tmp_path), serializer, resumed]
        return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120)

    emulator.slow_tasks(1000)
    assert run("no").returncode == 9 and len(emulator.submissions) == 1
    emulator.advance(2000)
    emulator.slow_tasks(0.05)
    ended = run("yes")
    assert ended.returncode == 0, ended.stderr
    first, second = json.loads(ended.stdout)
    assert first != second and len(emulator.submissions) == 2, "one film a scene"
