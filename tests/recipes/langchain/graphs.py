"""Graphs of LangGraph, and the packages on top of it."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, Send, interrupt
from typing_extensions import TypedDict

from cncoding_emulator import Emulator
from tests.recipes.langchain import AGENT, INIT, PAGES, recipe
from tests.recipes.langchain.agents import WEATHER, ask
from tests.recipes.langchain.models import get_weather

GRAPH = f"{PAGES}/langgraph"
DEEP = 'agent = create_deep_agent(model="openai:gpt-5.4")'


@recipe("A chatbot graph with tools", f"{GRAPH}/quickstart", INIT)
def chatbot(model: Any, emulator: Emulator) -> None:
    emulator.script(f"{WEATHER}\n---\nsay 晴")
    bound = model.bind_tools([get_weather])
    graph: Any = StateGraph(MessagesState)
    graph.add_node("chatbot", lambda state: {"messages": [bound.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([get_weather]))
    graph.add_edge(START, "chatbot")
    graph.add_conditional_edges("chatbot", tools_condition)
    graph.add_edge("tools", "chatbot")
    assert graph.compile().invoke(ask("天气？"))["messages"][-1].text == "晴"


class Jokes(TypedDict, total=False):
    """The state of the map-reduce graph."""

    subjects: list[str]
    jokes: Annotated[list[str], operator.add]


@recipe("Map and reduce", f"{GRAPH}/graph-api", INIT)
async def map_reduce(model: Any, emulator: Emulator) -> None:
    emulator.script("say 好\n---\nsay 好\n---\nsay 好")

    async def joke(state: dict[str, str]) -> Jokes:
        return {"jokes": [(await model.ainvoke(f"joke about {state['subject']}")).text]}

    graph: Any = StateGraph(Jokes)
    graph.add_node("joke", joke)
    graph.add_conditional_edges(START, lambda state: [Send("joke", {"subject": one}) for one in state["subjects"]])
    graph.add_edge("joke", END)
    found = await graph.compile().ainvoke({"subjects": ["a", "b", "c"]})
    assert found["jokes"] == ["好"] * 3


@recipe("Interrupt a graph and go on", f"{GRAPH}/interrupts", INIT)
def interrupts(model: Any, emulator: Emulator) -> None:
    emulator.script("say 草稿")

    def write(state: dict[str, Any]) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    def review(state: dict[str, Any]) -> dict[str, Any]:
        return {"messages": [("user", interrupt({"draft": state["messages"][-1].text}))]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("write", write)
    graph.add_node("review", review)
    graph.add_edge(START, "write")
    graph.add_edge("write", "review")
    compiled = graph.compile(checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    assert compiled.invoke(ask("写"), thread)["__interrupt__"][0].value == {"draft": "草稿"}
    assert compiled.invoke(Command(resume="好的"), thread)["messages"][-1].text == "好的"


@recipe("Go back to an earlier checkpoint", f"{GRAPH}/use-time-travel", INIT)
def time_travel(model: Any, emulator: Emulator) -> None:
    emulator.script("say 一\n---\nsay 二")
    graph: Any = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_edge(START, "model")
    compiled = graph.compile(checkpointer=InMemorySaver())
    compiled.invoke(ask("说"), {"configurable": {"thread_id": "1"}})
    before = next(one for one in compiled.get_state_history({"configurable": {"thread_id": "1"}}) if one.next)
    assert compiled.invoke(None, before.config)["messages"][-1].text == "二"


@recipe("The functional API", f"{GRAPH}/functional-api", INIT)
def functional(model: Any, emulator: Emulator) -> None:
    @task
    def essay(topic: str) -> str:
        return str(model.invoke(f"Write an essay about {topic}").text)

    @entrypoint(checkpointer=InMemorySaver())
    def workflow(topic: str) -> str:
        return f"《{essay(topic).result()}》"

    emulator.script("say 猫")
    assert workflow.invoke("cat", {"configurable": {"thread_id": "1"}}) == "《猫》"


@recipe("A deep agent", f"{PAGES}/deepagents/quickstart", DEEP)
def deep(model: Any, emulator: Emulator) -> None:
    deepagents = pytest.importorskip("deepagents", reason="in the extra recipes")
    emulator.script(
        'call write_file {"file_path": "/notes.md", "content": "晴"}\n---\n'
        'call read_file {"file_path": "/notes.md"}\n---\nsay 笔记写好了'
    )
    agent = deepagents.create_deep_agent(model=model, tools=[get_weather], system_prompt="You research.")
    found = agent.invoke(ask("记下天气"))
    assert found["messages"][-1].text == "笔记写好了" and "/notes.md" in found["files"]


@recipe("A deep agent with a subagent", f"{PAGES}/deepagents/subagents", DEEP)
async def deep_subagent(model: Any, emulator: Emulator) -> None:
    deepagents = pytest.importorskip("deepagents", reason="in the extra recipes")
    helper = {
        "name": "weather",
        "description": "Finds the weather",
        "system_prompt": "You find weather.",
        "tools": [get_weather],
    }
    emulator.script(
        'call task {"description": "sf 天气", "subagent_type": "weather"}\n---\n'
        f"{WEATHER}\n---\nsay 晴\n---\nsay 助手说晴"
    )
    agent = deepagents.create_deep_agent(model=model, subagents=[helper])
    assert (await agent.ainvoke(ask("sf 天气？")))["messages"][-1].text == "助手说晴"


@recipe("A supervisor of agents", "https://github.com/langchain-ai/langgraph-supervisor-py", AGENT)
def supervisor(model: Any, emulator: Emulator) -> None:
    package = pytest.importorskip("langgraph_supervisor", reason="in the extra recipes")
    expert = create_agent(model, [get_weather], name="weather_expert")
    emulator.script(f"call transfer_to_weather_expert {{}}\n---\n{WEATHER}\n---\nsay 晴\n---\nsay 是晴天")
    workflow = package.create_supervisor([expert], model=model, prompt="You manage experts.")
    assert workflow.compile().invoke(ask("天气？"))["messages"][-1].text == "是晴天"


@recipe("A swarm of agents", "https://github.com/langchain-ai/langgraph-swarm-py", AGENT)
def swarm(model: Any, emulator: Emulator) -> None:
    package = pytest.importorskip("langgraph_swarm", reason="in the extra recipes")
    alice = create_agent(model, [get_weather, package.create_handoff_tool(agent_name="Bob")], name="Alice")
    bob = create_agent(model, [package.create_handoff_tool(agent_name="Alice")], name="Bob")
    emulator.script("call transfer_to_bob {}\n---\nsay 我是 Bob\n---\nsay 还是 Bob")
    app = package.create_swarm([alice, bob], default_active_agent="Alice").compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "1"}}
    assert app.invoke(ask("找 Bob"), thread)["messages"][-1].text == "我是 Bob"
    assert app.invoke(ask("谁？"), thread)["messages"][-1].text == "还是 Bob"
