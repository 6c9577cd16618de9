"""The guards of both frameworks: what is left is shown, a floor stops or switches, a spent plan waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import ChatMessage
from llama_index.core.workflow import HumanResponseEvent, InputRequiredEvent

from cncoding import ConfigError, NamedBudget, PlanLeft, QuotaExhaustedError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatKimi
from langchain_cncoding.guard import PlanGuard
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, Kimi
from llamaindex_cncoding.guard import PlanAgent, PlanFloorEvent, PlanObserver, PlanSpentEvent, guard_llm

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


def test_of_several_plans_those_at_the_floor_are_passed_over(emulator: Emulator, call: Any) -> None:
    model = ChatCNCoding.over([ChatGLM(), ChatDeepSeek()])  # DeepSeek tells no share: it may be full
    shown: list[PlanLeft] = []
    agent = create_agent(model, [], middleware=[PlanGuard(floor=HIGH, show=shown.append)])
    message = call(agent, ASK)["messages"][-1]
    assert [one.provider for one in shown] == ["glm", "deepseek"]
    assert message.response_metadata["model_provider"] == "cncoding-deepseek" and count_chats(emulator, "glm") == 0
    assert [one["error"] for one in message.response_metadata["tried"]] == ["floor"]
    message = call(create_agent(model, [], middleware=[PlanGuard()]), ASK)["messages"][-1]
    assert message.response_metadata["model_provider"] == "cncoding-glm"


def test_of_several_plans_all_at_the_floor_the_guard_acts(emulator: Emulator, call: Any) -> None:
    model = ChatCNCoding.over([ChatGLM(), ChatKimi()])
    with pytest.raises(QuotaExhaustedError, match="floor is 99%"):
        call(create_agent(model, [], middleware=[PlanGuard(floor=0.99)]), ASK)
    switch = PlanGuard(floor=0.99, then="switch", switch_to=ChatDeepSeek())
    message = call(create_agent(model, [], middleware=[switch]), ASK)["messages"][-1]
    assert message.response_metadata["model_provider"] == "cncoding-deepseek"
    guard = PlanGuard(floor=0.99, then="interrupt")
    agent = create_agent(model, [], middleware=[guard], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    assert call(agent, ASK, config)["__interrupt__"][0].value["type"] == "plan_floor"
    assert count_chats(emulator, "glm") == count_chats(emulator, "kimi") == 0
    message = call(agent, Command(resume=True), config)["messages"][-1]
    assert message.response_metadata["model_provider"] == "cncoding-glm"


def test_of_several_plans_all_spent_the_run_waits(
    emulator: Emulator, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.spend("glm", seconds=3600)
    emulator.spend("kimi", seconds=7200)
    model = ChatCNCoding.over([ChatGLM(max_retries=0), ChatKimi(max_retries=0)])
    agent = create_agent(model, [], middleware=[PlanGuard(floor=0)], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    (asked,) = call(agent, ASK, config)["__interrupt__"]
    assert asked.value["type"] == "plan_spent" and asked.value["provider"] == "glm" and asked.value["resets_at"]
    assert count_chats(emulator, "glm") == count_chats(emulator, "kimi") == 0  # both tell that nothing is left
    for _ in range(2):
        (asked,) = call(agent, Command(resume=True), config)["__interrupt__"]
        assert asked.value["type"] == "plan_spent" and asked.value["resets_at"]
        assert count_chats(emulator, "glm") == count_chats(emulator, "kimi") == 1  # then it is remembered
    emulator.advance(3700)
    later = time.time() + 3700
    monkeypatch.setattr("cncoding.client.sync.time.time", lambda: later)
    assert (
        call(agent, Command(resume=True), config)["messages"][-1].response_metadata["model_provider"] == "cncoding-glm"
    )


def test_a_budget_that_is_used_up_waits_or_switches(emulator: Emulator, call: Any) -> None:
    budget = NamedBudget("mine", calls=1)
    guard = PlanGuard(floor=0, then="switch", switch_to=ChatDeepSeek())
    agent = create_agent(ChatGLM(budgets=budget), [], middleware=[guard])
    said = [call(agent, ASK)["messages"][-1].response_metadata["model_provider"] for _ in range(2)]
    assert said == ["cncoding-glm", "cncoding-deepseek"]
    agent = create_agent(ChatGLM(budgets=budget), [], middleware=[PlanGuard(floor=0)], checkpointer=InMemorySaver())
    (asked,) = call(agent, ASK, {"configurable": {"thread_id": "1"}})["__interrupt__"]
    assert (asked.value["type"], asked.value["budget"], asked.value["used"]) == ("budget_spent", "mine", 1)
    assert asked.value["resets_at"]


@pytest.mark.parametrize("owner", ["langchain", "llamaindex"])
def test_several_leave_a_share_alone(emulator: Emulator, owner: str) -> None:
    if owner == "langchain":
        told = ChatCNCoding.over([ChatGLM(), ChatDeepSeek()], floor=HIGH).invoke("hi").response_metadata
    else:
        told = CNCodingLLM.over([GLM(), DeepSeek()], floor=HIGH).complete("hi").raw
    assert told["tried"][0]["error"] == "floor" and count_chats(emulator, "glm") == 0
    for wrong in (2, -1, True, "x"):
        with pytest.raises(ConfigError, match="floor"):
            ChatCNCoding.over([ChatGLM()], floor=wrong)
        with pytest.raises(ConfigError, match="floor"):
            CNCodingLLM.over([GLM()], floor=wrong)


@pytest.mark.parametrize("wrong", [{"floor": 5}, {"then": "wait"}, {"then": "switch"}, {"switch_to": 1}])
def test_wrong_settings(emulator: Emulator, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{'switch_to' if 'switch' in str(wrong) else next(iter(wrong))}"):
        PlanGuard(**wrong)
    with pytest.raises(ConfigError):
        guard_llm(GLM(), **wrong)
    with pytest.raises(ConfigError, match="no LLM that can be guarded"):
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


@pytest.mark.parametrize("way", ["sync", "async"])
def test_several_llms_are_guarded(emulator: Emulator, shown: list[PlanLeft], way: str) -> None:
    question = [ChatMessage(role="user", content="hi")]

    def ask(llm: Any) -> Any:
        return llm.chat(question) if way == "sync" else asyncio.run(llm.achat(question))

    reply = ask(guard_llm(CNCodingLLM.over([GLM(), DeepSeek()]), floor=HIGH))
    assert [one.provider for one in shown] == ["glm", "deepseek"] and reply.raw["provider"] == "deepseek"
    assert [one["error"] for one in reply.raw["tried"]] == ["floor"]
    several = CNCodingLLM.over([GLM(), Kimi()])
    with pytest.raises(QuotaExhaustedError, match="floor is 99%"):
        ask(guard_llm(several, floor=0.99))
    reply = ask(guard_llm(several, floor=0.99, then="switch", switch_to=DeepSeek()))
    assert reply.raw["provider"] == "deepseek" and count_chats(emulator, "glm") == count_chats(emulator, "kimi") == 0
    assert ask(guard_llm(several)).raw["provider"] == "glm"
    with pytest.raises(ConfigError, match="no LLM that can be guarded"):
        guard_llm(guard_llm(GLM()))


async def follow(handler: Any, answer: Any) -> list[Any]:
    """Answer what an agent asks the user, and return it."""
    asked = []
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            asked.append(event)
            answer(len(asked))
            handler.ctx.send_event(HumanResponseEvent(response="go on"))
    return asked


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("several", [True, False])
async def test_a_guarded_llm_asks_the_user_in_an_agent(emulator: Emulator, streaming: bool, several: bool) -> None:
    emulator.script("say sunny", "glm")
    llm = guard_llm(CNCodingLLM.over([GLM(), Kimi()]) if several else GLM(), floor=0.99, then="interrupt")
    handler = FunctionAgent(llm=llm, tools=[], streaming=streaming).run("weather?")
    (asked,) = await follow(handler, lambda times: None)
    assert isinstance(asked, PlanFloorEvent) and asked.get("provider") in ("glm", "kimi") and asked.get("resets_at")
    assert str(await handler) == "sunny" and count_chats(emulator, "glm") == 1
    with pytest.raises(QuotaExhaustedError, match="floor is 99%"):  # here is nobody to ask
        await llm.achat([ChatMessage(role="user", content="hi")])
    with pytest.raises(QuotaExhaustedError, match="floor is 99%"):
        llm.chat([ChatMessage(role="user", content="hi")])


@pytest.mark.parametrize("kind", ["guard", "guard-whole", "agent"])
async def test_a_workflow_waits_for_a_spent_plan(
    emulator: Emulator, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weather(city: str) -> str:
        """Tell the weather."""
        emulator.spend("glm", seconds=3600)
        return f"{city}: sunny"

    def answer(times: int) -> None:
        if times == 3:
            emulator.advance(7200)
            later = time.time() + 7200
            monkeypatch.setattr("cncoding.client.sync.time.time", lambda: later)

    weather.__name__ = "get_weather"
    emulator.script('call get_weather {"city": "Beijing"}\n---\nsay it is sunny', "glm")
    own = GLM(max_retries=0)
    if kind == "agent":
        agent: FunctionAgent = PlanAgent(llm=own, tools=[weather])
    else:
        guarded = guard_llm(own, floor=0, then="interrupt")
        agent = FunctionAgent(llm=guarded, tools=[weather], streaming=kind == "guard")
    handler = agent.run("weather?")
    spent = await follow(handler, answer)
    assert str(await handler) == "it is sunny"
    assert len(spent) == 3 and all(isinstance(one, PlanSpentEvent) and one.get("resets_at") for one in spent)
    # once for each answer, and where it is remembered as spent not before the reset
    assert count_chats(emulator, "glm") == (5 if kind == "agent" else 3)


async def test_a_workflow_waits_for_a_budget(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    llm = guard_llm(GLM(budgets=NamedBudget("mine", calls=1)), floor=0, then="interrupt")
    await llm.achat([ChatMessage(role="user", content="hi")])
    handler = FunctionAgent(llm=llm, tools=[]).run("hi")
    later = time.time() + 90_000
    asked = await follow(handler, lambda times: monkeypatch.setattr("cncoding.client.ledger.time.time", lambda: later))
    assert str(await handler) and [one.get("budget") for one in asked] == ["mine"] and asked[0].get("resets_at")
