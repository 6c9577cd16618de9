"""What a kit may spend, and what a person is asked before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.workflow import HumanResponseEvent, InputRequiredEvent

from cncoding import BudgetExceededError, CallIdentity, Client, ConfigError, MediaOrder, MediaRequest
from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM, CNCodingToolkit, GenerateImageTool
from llamaindex_cncoding import GLM, CNCodingToolSpec

DRAW = 'call generate_image {"prompt": "a fox"}\n---\nsay done'


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "limits nothing; give one of calls, amount"),
        ({"calls": -1}, "budget.calls: is -1"),
        ({"calls": True}, "budget.calls: is True"),
        ({"amount": "ten"}, "budget.amount: is 'ten'"),
        ({"calls": 1, "per": "week"}, "budget.per: is 'week'; choose one of kit, thread, day"),
        ({"cals": 1}, "did you mean 'calls'"),
        ({"amount": float("nan")}, "budget.amount: is nan"),
        ({"amount": float("inf")}, "budget.amount: is inf"),
        ({"amount": 5, "currency": "yuan"}, "budget.currency: is 'yuan'"),
        ({"amount": 5, "currency": None}, "budget.currency: is None"),
        ({"calls": 2.5}, r"budget.calls: is 2\.5"),
        ("5", "budget='5'"),
    ],
)
def test_nonsense_is_refused(emulator: Emulator, given: Any, text: str) -> None:
    for make in (
        lambda: GenerateImageTool(provider="glm", budget=given),
        lambda: CNCodingToolSpec("glm", budget=given),
    ):
        with pytest.raises(ConfigError, match=text):
            make()


def test_a_budget_of_calls(emulator: Emulator, tmp_path: Path) -> None:
    tool = GenerateImageTool(provider="glm", output_dir=tmp_path, budget={"calls": 2}, handle_tool_error=False)
    for prompt in ("one", "two"):
        tool.invoke({"prompt": prompt})
    with pytest.raises(BudgetExceededError, match="0 are left"):
        tool.invoke({"prompt": "three"})
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, budget={"calls": 2, "per": "day"}, show_progress=False)
    with pytest.raises(BudgetExceededError, match="2 were made"):
        spec.generate_image("four")
    assert len(emulator.submissions) == 2


def test_an_amount_needs_a_price(emulator: Emulator, tmp_path: Path) -> None:
    dollars = {"amount": 5, "currency": "USD"}
    for provider, budget, text in (
        ("unified", {"amount": 5}, "price of this image is not known, and 5 CNY are left"),
        ("glm", dollars, "price of this image is in CNY, and what is left is 5 USD; give the budget in CNY"),
    ):
        spec = CNCodingToolSpec(provider, output_dir=tmp_path, budget=budget, show_progress=False)
        with pytest.raises(BudgetExceededError, match=text):
            spec.generate_image("a fox")
    assert not emulator.submissions


def test_a_budget_in_money(emulator: Emulator, tmp_path: Path) -> None:
    """Pictures of GLM cost CNY 0.1 by the vendor's page: three fit in 0.35, the fourth is refused before it is sent."""
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, budget={"amount": 0.35}, show_progress=False)
    for number in range(3):
        spec.generate_image(f"fox {number}")
    with pytest.raises(BudgetExceededError, match=r"costs about 0\.1 CNY, and 0\.05 are left") as caught:
        spec.generate_image("fox 4")
    assert caught.value.left == pytest.approx(0.05) and len(emulator.submissions) == 3


def test_twenty_agents_at_once_spend_five(emulator: Emulator, tmp_path: Path) -> None:
    kits = [CNCodingToolSpec("glm", output_dir=tmp_path, budget={"calls": 5, "per": "day"}) for _ in range(20)]
    for kit in kits:
        kit.show_progress = False

    def draw(number: int) -> bool:
        try:
            return bool(kits[number].generate_image(f"fox {number}"))
        except BudgetExceededError:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(draw, range(20))) == 5
    assert len(emulator.submissions) == 5


def test_the_same_request_costs_nothing_again(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("glm", journal=tmp_path)
    request = MediaRequest("image", "a fox")
    first = client.make(MediaOrder(request, CallIdentity("t", "1")), str(tmp_path))
    again = client.make(MediaOrder(request, CallIdentity("t", "2"), reuse=True), str(tmp_path))
    assert again.reused and again.done.assets == first.done.assets and len(emulator.submissions) == 1


APPROVE, REJECT = {"type": "approve"}, {"type": "reject", "message": "too dear"}
ANSWERS = [
    (True, 1), ({"approved": True}, 1), ("no", 0), (False, 0), ({"decisions": [APPROVE]}, 1), ([{"type": "accept"}], 1),
    ({"decisions": [REJECT]}, 0), ({"decisions": []}, 0), ({"decisions": [APPROVE, REJECT]}, 0),
    ({"decisions": [{"type": "edit", "edited_action": {"name": "generate_image", "args": {"prompt": "a hen"}}}]}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "bought"), ANSWERS)
def test_a_graph_asks_a_person(emulator: Emulator, tmp_path: Path, answer: Any, bought: int) -> None:
    emulator.script(DRAW, "glm")
    kit = CNCodingToolkit("glm", output_dir=tmp_path, confirm_above=0.05)
    agent = create_agent(ChatGLM(), kit.get_tools(), checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    found = agent.invoke({"messages": [("user", "draw a fox")]}, config)
    (asked,) = found["__interrupt__"]
    assert asked.value["prompt"] == "a fox" and "about 0.1 CNY" in asked.value["question"]
    assert not emulator.submissions
    found = agent.invoke(Command(resume=answer), config)
    assert found["messages"][-1].text == "done" and len(emulator.submissions) == bought


@pytest.mark.parametrize(("answer", "bought"), [("yes", 1), ("no", 0)])
async def test_a_workflow_asks_a_person(emulator: Emulator, tmp_path: Path, answer: str, bought: int) -> None:
    emulator.script(DRAW, "glm")
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, confirm_above=0.05, show_progress=False)
    agent = FunctionAgent(llm=GLM(), tools=spec.to_tool_list())
    handler = agent.run("draw a fox")
    asked, results = 0, []
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            assert "a fox" in event.prefix and not emulator.submissions
            asked += 1
            handler.ctx.send_event(HumanResponseEvent(response=answer))
        if isinstance(event, ToolCallResult):
            results.append(event.tool_output)
    assert str(await handler) == "done" and asked == 1 and len(emulator.submissions) == bought
    assert results[0].is_error is not bool(bought)


def test_nobody_to_ask_is_a_message(emulator: Emulator, tmp_path: Path) -> None:
    tool = GenerateImageTool(provider="glm", output_dir=tmp_path, confirm_above=0.05)
    run: Callable[[Any], Any] = lambda call: asyncio.run(tool.ainvoke(call))  # noqa: E731  # two ways, one name
    for ask in (tool.invoke, run):
        message = ask({"type": "tool_call", "id": "c", "name": tool.name, "args": {"prompt": "a fox"}})
        assert message.status == "error" and "Nobody can be asked" in message.content
    assert not emulator.submissions
