"""LlamaIndex workflows that run media tools: their events, which call is which, what a conversation may spend."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent, ToolCallResult
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from pydantic import Field

from cncoding_emulator import Emulator
from llamaindex_cncoding import CNCodingToolSpec, MediaInProgressEvent, MediaProgressEvent, Qwen

FILM = 'call generate_video {"prompt": "a fox"}'
REACT = (
    'say Thought: I need a tool.\\nAction: generate_video\\nAction Input: {"prompt": "a fox"}\n---\n'
    "say Thought: I can answer without using any more tools.\\nAnswer: done"
)


def make_agent(kind: Any, folder: Path, *tools: str, **settings: Any) -> Any:
    spec = CNCodingToolSpec("qwen", output_dir=folder, poll_interval=0.05, **settings)
    return kind(name="maker", description="makes media", llm=Qwen(), tools=spec.to_tool_list(list(tools)))


async def run(agent: Any, message: str = "film a fox", **settings: Any) -> list[Any]:
    handler = agent.run(message, **settings)
    events = [event async for event in handler.stream_events()]
    assert str(await handler) == "done"
    return events


def results(events: list[Any]) -> list[Any]:
    return [event.tool_output for event in events if isinstance(event, ToolCallResult)]


@pytest.mark.parametrize(("kind", "script"), [(FunctionAgent, f"{FILM}\n---\nsay done"), (ReActAgent, REACT)])
@pytest.mark.parametrize("wrapped", [False, True])
async def test_the_stream_tells_of_progress(
    emulator: Emulator, tmp_path: Path, kind: Any, script: str, wrapped: bool
) -> None:
    emulator.slow_tasks(0.3)
    emulator.script(script, "qwen")
    agent = make_agent(kind, tmp_path, "generate_video")
    events = await run(AgentWorkflow(agents=[agent]) if wrapped else agent)
    told = [event for event in events if isinstance(event, MediaProgressEvent)]
    assert (told[0].status, told[-1].status) == ("submitted", "done") and "running" in [one.status for one in told]
    (job,) = {event.job for event in told}
    assert job and job.startswith("video-") and {event.native for event in told} >= {None, "RUNNING", "SUCCEEDED"}
    assert {(one.tool, one.provider, one.kind) for one in told} == {("generate_video", "qwen", "video")}
    names = [type(event).__name__ for event in events]
    assert names.index("ToolCall") < names.index("MediaProgressEvent") < names.index("ToolCallResult")


class Heard(BaseEventHandler):
    """Keeps the progress of media."""

    events: list[Any] = Field(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "Heard"

    def handle(self, event: Any, **kwargs: Any) -> None:
        if isinstance(event, MediaInProgressEvent):
            self.events.append(event)


@pytest.fixture
def heard() -> Iterator[Heard]:
    dispatcher = get_dispatcher()
    before = dispatcher.event_handlers
    handler = Heard()
    dispatcher.event_handlers = [*before, handler]
    yield handler
    dispatcher.event_handlers = before


async def test_the_instrumentation_hears_whoever_calls(emulator: Emulator, tmp_path: Path, heard: Heard) -> None:
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path, poll_interval=0.05, show_progress=False)
    (tool,) = spec.to_tool_list(["generate_video"])
    spec.generate_video("a fox")
    tool.call(prompt="a fox")
    await tool.acall(prompt="a fox")
    statuses = [event.status for event in heard.events]
    assert statuses.count("submitted") == statuses.count("done") == 3
    assert heard.events[0].class_name() == "MediaInProgressEvent" and heard.events[0].tool == "generate_video"


async def test_a_context_that_does_not_run_breaks_nothing(emulator: Emulator, tmp_path: Path) -> None:
    agent = make_agent(FunctionAgent, tmp_path, "generate_video")
    output = await agent.tools[0].acall(ctx=Context(agent), prompt="a fox")
    assert "Made by qwen" in output.content


async def test_the_same_call_twice_in_one_turn_is_two(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script(f"{FILM}\n{FILM}\n---\nsay done", "qwen")
    found = results(await run(make_agent(FunctionAgent, tmp_path, "generate_video")))
    assert len({one.raw_output.assets[0].path for one in found}) == len(emulator.submissions) == 2


@pytest.mark.parametrize(("kind", "script"), [(FunctionAgent, f"{FILM}\n---\nsay done"), (ReActAgent, REACT)])
async def test_the_same_words_another_day_are_another_purchase(
    emulator: Emulator, tmp_path: Path, kind: Any, script: str
) -> None:
    for count in (1, 2):
        emulator.script(script, "qwen")
        (found,) = results(await run(make_agent(kind, tmp_path, "generate_video")))
        assert "made before" not in found.content and len(emulator.submissions) == count


async def test_a_budget_of_a_conversation_counts_all_its_turns(emulator: Emulator, tmp_path: Path) -> None:
    budget = {"calls": 2, "per": "thread"}
    agent = make_agent(FunctionAgent, tmp_path, "generate_image", budget=budget)
    draw = 'call generate_image {{"prompt": "fox {}"}}'
    context = Context(agent)
    emulator.script("\n---\n".join([draw.format(1), draw.format(2), "say done", draw.format(3), "say done"]), "qwen")
    assert not any(one.is_error for one in results(await run(agent, "draw two", ctx=context)))
    (refused,) = results(await run(agent, "draw one more", ctx=context))
    assert refused.is_error and "0 are left" in refused.content and len(emulator.submissions) == 2
    emulator.script(f"{draw.format(4)}\n---\nsay done", "qwen")
    (found,) = results(await run(agent, "draw in a new conversation"))
    assert not found.is_error and len(emulator.submissions) == 3


async def test_two_questions_at_once_are_asked_one_by_one(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script('call generate_image {"prompt": "a"}\ncall generate_image {"prompt": "b"}\n---\nsay done', "qwen")
    handler = make_agent(FunctionAgent, tmp_path, "generate_image", confirm_above=0).run("draw two")
    events: list[Any] = []
    async for event in handler.stream_events():
        events.append(event)
        if isinstance(event, InputRequiredEvent):
            assert event.type == "confirm_purchase" and event.price == 0.2 and event.prompt in ("a", "b")
            await handler.send_event(HumanResponseEvent(response="yes" if event.prompt == "b" else "no"))
    await handler
    asked = [event for event in events if isinstance(event, InputRequiredEvent)]
    errors = {one.raw_input["kwargs"]["prompt"] if not one.is_error else "a": one.is_error for one in results(events)}
    assert len(asked) == 2 and errors == {"a": True, "b": False} and len(emulator.submissions) == 1


async def test_a_second_answer_does_not_start_the_first_tool_again(emulator: Emulator, tmp_path: Path) -> None:
    """The answer wakes the tool at work, too: told twice of one film, the agent would not be told of the other."""
    emulator.slow_tasks(1)
    emulator.script(f"{FILM}\n{FILM.replace('fox', 'cat')}\n---\nsay done", "qwen")
    handler = make_agent(FunctionAgent, tmp_path, "generate_video", confirm_above=0).run("both")
    events: list[Any] = []
    async for event in handler.stream_events():
        events.append(event)
        if isinstance(event, InputRequiredEvent):
            await asyncio.sleep(0.6)
            await handler.send_event(HumanResponseEvent(response="yes"))
    assert str(await handler) == "done" and not any(one.is_error for one in results(events))
    told = sorted(one.raw_input["kwargs"]["prompt"] for one in results(events))
    assert told == ["a cat", "a fox"] and len(emulator.submissions) == 2
