"""The guards of both frameworks: what is left is shown, a floor stops or switches, a spent plan waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import ChatMessage
from llama_index.core.workflow import HumanResponseEvent

from cncoding import ConfigError, PlanLeft, QuotaExhaustedError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM
from langchain_cncoding.guard import PlanGuard
from llamaindex_cncoding import GLM, DeepSeek
from llamaindex_cncoding.guard import PlanAgent, PlanObserver, PlanSpentEvent, guard_llm

HIGH = 0.9  # the emulator's week of GLM has 60 % left
ASK = {"messages": [("user", "weather?")]}


@pytest.fixture(autouse=True)
def _ask_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cncoding.client.plan_left._left", {})


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    if request.param == "sync":
        return lambda agent, *given: agent.invoke(*given)
    return lambda agent, *given: asyncio.run(agent.ainvoke(*given))


@tool
def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"{city}: sunny"


def count_chats(emulator: Emulator, provider: str) -> int:
    return len([one for one in emulator.requests if one.provider == provider and one.method == "POST"])


def test_what_is_left_is_shown_to_the_user_and_not_to_the_model(emulator: Emulator, call: Any) -> None:
    shown: list[PlanLeft] = []
    call(create_agent(ChatGLM(), [get_weather], middleware=[PlanGuard(show=shown.append)]), ASK)
    assert shown[0].provider == "glm" and shown[0].share is not None and 0.05 < shown[0].share < HIGH
    assert "left" not in str([one.json for one in emulator.requests if one.method == "POST"])
    agent = create_agent(ChatGLM(), [get_weather], middleware=[PlanGuard()])
    events = list(agent.stream(ASK, stream_mode="custom"))
    assert events[0]["type"] == "plan_left" and events[0]["share"] == shown[0].share


def test_the_floor_stops_before_anything_is_sent(emulator: Emulator, call: Any) -> None:
    agent = create_agent(ChatGLM(), [get_weather], middleware=[PlanGuard(floor=HIGH)])
    with pytest.raises(QuotaExhaustedError, match="floor is 90%") as caught:
        call(agent, ASK)
    assert caught.value.resets_at is not None and count_chats(emulator, "glm") == 0


def test_the_floor_switches(emulator: Emulator, call: Any) -> None:
    emulator.script("say from deepseek", "deepseek")
    guard = PlanGuard(floor=HIGH, then="switch", switch_to=ChatDeepSeek())
    found = call(create_agent(ChatGLM(), [get_weather], middleware=[guard]), ASK)
    assert found["messages"][-1].text == "from deepseek" and count_chats(emulator, "glm") == 0


def test_a_spent_plan_switches_too(emulator: Emulator, call: Any) -> None:
    emulator.script("say from deepseek", "deepseek")
    emulator.fault("glm", "quota", times=None)
    guard = PlanGuard(floor=0, then="switch", switch_to=ChatDeepSeek())
    found = call(create_agent(ChatGLM(max_retries=0), [get_weather], middleware=[guard]), ASK)
    assert found["messages"][-1].text == "from deepseek" and count_chats(emulator, "glm") == 1


def test_the_floor_asks_the_user(emulator: Emulator, call: Any) -> None:
    guard = PlanGuard(floor=HIGH, then="interrupt")
    agent = create_agent(ChatGLM(), [get_weather], middleware=[guard], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    (asked,) = call(agent, ASK, config)["__interrupt__"]
    assert asked.value["type"] == "plan_floor" and asked.value["resets_at"] and count_chats(emulator, "glm") == 0
    found = call(agent, Command(resume="go on"), config)
    assert found["messages"][-1].text and count_chats(emulator, "glm") == 1


def test_a_spent_plan_waits_and_is_asked_once_for_each_resume(emulator: Emulator, call: Any) -> None:
    emulator.script('call get_weather {"city": "Beijing"}\n---\nsay it is sunny', "glm")

    @tool("get_weather")
    def spend(city: str) -> str:
        """Tell the weather."""
        emulator.spend("glm", seconds=3600)
        return f"{city}: sunny"

    agent = create_agent(ChatGLM(max_retries=0), [spend], middleware=[PlanGuard(floor=0)], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    (asked,) = call(agent, ASK, config)["__interrupt__"]
    assert asked.value["type"] == "plan_spent" and asked.value["resets_at"] and count_chats(emulator, "glm") == 2
    assert call(agent, Command(resume=True), config)["__interrupt__"] and count_chats(emulator, "glm") == 3
    assert call(agent, Command(resume=True), config)["__interrupt__"] and count_chats(emulator, "glm") == 4
    emulator.advance(7200)
    found = call(agent, Command(resume=True), config)
    assert found["messages"][-1].text == "it is sunny" and count_chats(emulator, "glm") == 5


def test_of_several_plans_the_fullest_counts(emulator: Emulator) -> None:
    model = ChatCNCoding.over([ChatGLM(), ChatDeepSeek()])  # DeepSeek tells no share: it may be full
    shown: list[PlanLeft] = []
    create_agent(model, [], middleware=[PlanGuard(floor=HIGH, show=shown.append)]).invoke(ASK)
    assert [one.provider for one in shown] == ["glm", "deepseek"]


@pytest.mark.parametrize("wrong", [{"floor": 5}, {"then": "wait"}, {"then": "switch"}, {"switch_to": 1}])
def test_wrong_settings(emulator: Emulator, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{'switch_to' if 'switch' in str(wrong) else next(iter(wrong))}"):
        PlanGuard(**wrong)
    with pytest.raises(ConfigError):
        guard_llm(GLM(), **wrong)
    with pytest.raises(ConfigError, match="no single LLM"):
        guard_llm("glm")  # type: ignore[arg-type]  # the mistake


# ---------------------------------------------------------------- LlamaIndex


@pytest.fixture
def shown() -> Iterator[list[PlanLeft]]:
    found: list[PlanLeft] = []
    observer = PlanObserver(found.append)
    get_dispatcher().add_event_handler(observer)
    yield found
    get_dispatcher().event_handlers.remove(observer)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_guarded_llm_shows_stops_and_switches(emulator: Emulator, shown: list[PlanLeft], way: str) -> None:
    question = [ChatMessage(role="user", content="hi")]

    def ask(llm: Any) -> Any:
        return llm.chat(question) if way == "sync" else asyncio.run(llm.achat(question))

    assert ask(guard_llm(GLM())).message.content and shown[0].provider == "glm"
    before = count_chats(emulator, "glm")
    with pytest.raises(QuotaExhaustedError, match="floor is 90%"):
        ask(guard_llm(GLM(), floor=HIGH))
    emulator.script("say from deepseek", "deepseek")
    reply = ask(guard_llm(GLM(), floor=HIGH, then="switch", switch_to=DeepSeek()))
    assert reply.message.content == "from deepseek" and reply.raw["tried"][0]["error"] == "floor"
    assert count_chats(emulator, "glm") == before


async def test_a_workflow_waits_for_a_spent_plan(emulator: Emulator) -> None:
    def weather(city: str) -> str:
        """Tell the weather."""
        emulator.spend("glm", seconds=3600)
        return f"{city}: sunny"

    weather.__name__ = "get_weather"
    emulator.script('call get_weather {"city": "Beijing"}\n---\nsay it is sunny', "glm")
    handler = PlanAgent(llm=GLM(max_retries=0), tools=[weather]).run("weather?")
    spent = []
    async for event in handler.stream_events():
        if isinstance(event, PlanSpentEvent):
            spent.append(event)
            if len(spent) == 2:
                emulator.advance(7200)
            handler.ctx.send_event(HumanResponseEvent(response="go on"))
    assert str(await handler) == "it is sunny"
    assert len(spent) == 2 and spent[0].resets_at
