"""Agents of `create_agent`: tools, streams, memory, objects, subagents."""

from __future__ import annotations

from typing import Any

from langchain.agents import AgentState, create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain.tools import ToolRuntime, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from pydantic import BaseModel

from cncoding_emulator import Emulator
from tests.recipes.langchain import AGENT, PAGES, recipe
from tests.recipes.langchain.models import get_weather

WEATHER = 'think 查天气\ncall get_weather {"location": "sf"}'


def ask(text: str) -> dict[str, Any]:
    """The input of an agent."""
    return {"messages": [{"role": "user", "content": text}]}


class Contact(BaseModel):
    """Contact information of a person."""

    name: str
    email: str


CONTACT = '{"name": "John", "email": "john@example.com"}'


@recipe("A weather agent", f"{PAGES}/langchain/quickstart", AGENT)
def quickstart(model: Any, emulator: Emulator) -> None:
    emulator.script(f"{WEATHER}\n---\nsay 晴")
    agent = create_agent(model, tools=[get_weather], system_prompt="You are a helpful assistant")
    assert agent.invoke(ask("what is the weather in sf"))["messages"][-1].text == "晴"


@recipe("Stream the steps of an agent", f"{PAGES}/langchain/streaming", AGENT)
async def stream_updates(model: Any, emulator: Emulator) -> None:
    emulator.script(f"{WEATHER}\n---\nsay 晴")
    agent = create_agent(model, tools=[get_weather])
    steps = [name async for chunk in agent.astream(ask("天气？"), stream_mode="updates") for name in chunk]
    assert steps == ["model", "tools", "model"]


@recipe("Stream the tokens of an agent", f"{PAGES}/langchain/streaming", AGENT)
def stream_tokens(model: Any, emulator: Emulator) -> None:
    emulator.script(f"{WEATHER}\n---\nsay 今天晴，明天雨")
    agent = create_agent(model, tools=[get_weather])
    found = agent.stream(ask("天气？"), stream_mode="messages")
    text = "".join(token.text for token, about in found if about["langgraph_node"] == "model")
    assert text == "今天晴，明天雨"


@recipe("An agent that remembers its thread", f"{PAGES}/langchain/short-term-memory", AGENT)
def memory(model: Any, emulator: Emulator) -> None:
    emulator.script("think 记\nsay 你好 Bob\n---\nsay Bob")
    agent = create_agent(model, tools=[get_weather], checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "1"}}
    agent.invoke(ask("Hi! My name is Bob."), thread)
    assert agent.invoke(ask("What's my name?"), thread)["messages"][-1].text == "Bob"
    assert len(emulator.requests[-1].json["messages"]) == 3


@recipe("An agent with a structured result, by a tool", f"{PAGES}/langchain/structured-output", AGENT)
def tool_strategy(model: Any, emulator: Emulator) -> None:
    emulator.script(f"call Contact {CONTACT}")
    agent = create_agent(model, tools=[], response_format=ToolStrategy(Contact))
    assert agent.invoke(ask("Extract: John, john@example.com"))["structured_response"].name == "John"


@recipe("An agent's structured result, by the vendor", f"{PAGES}/langchain/structured-output", AGENT, needs="schema")
async def provider_strategy(model: Any, emulator: Emulator) -> None:
    emulator.script(f"say {CONTACT}")
    agent = create_agent(model, response_format=ProviderStrategy(Contact))
    found = await agent.ainvoke(ask("Extract as JSON: John, john@example.com"))
    assert found["structured_response"].email == "john@example.com"


@recipe("A tool that writes to the state", f"{PAGES}/langchain/tools", AGENT)
def tool_state(model: Any, emulator: Emulator) -> None:
    from langchain.messages import ToolMessage

    class Named(AgentState[Any]):
        user_name: str

    @tool
    def set_name(name: str, runtime: ToolRuntime) -> Command[Any]:
        """Set the user's name."""
        said = ToolMessage("ok", tool_call_id=runtime.tool_call_id or "")
        return Command(update={"user_name": name, "messages": [said]})

    set_name.func.__annotations__["runtime"] = ToolRuntime  # type: ignore[attr-defined]
    emulator.script('call set_name {"name": "Bob"}\n---\nsay 好')
    agent = create_agent(model, tools=[set_name], state_schema=Named)
    assert agent.invoke(ask("I am Bob"))["user_name"] == "Bob"


@recipe("Long-term memory in a store", f"{PAGES}/langchain/long-term-memory", AGENT)
def store(model: Any, emulator: Emulator) -> None:
    kept = InMemoryStore()
    kept.put(("users",), "u1", {"language": "中文"})

    @tool
    def get_user_info(user_id: str) -> str:
        """Look up a user."""
        found = kept.get(("users",), user_id)
        return str(found.value) if found else "unknown"

    emulator.script('call get_user_info {"user_id": "u1"}\n---\nsay 说中文')
    agent = create_agent(model, tools=[get_user_info], store=kept)
    assert agent.invoke(ask("look up u1"))["messages"][-1].text == "说中文"
    assert "中文" in str(emulator.requests[-1].json["messages"])


@recipe("A subagent as a tool", f"{PAGES}/langchain/multi-agent", AGENT)
async def subagent(model: Any, emulator: Emulator) -> None:
    expert = create_agent(model, tools=[get_weather], name="expert")

    @tool
    async def call_expert(question: str) -> str:
        """Ask the weather expert."""
        found: str = (await expert.ainvoke(ask(question)))["messages"][-1].text
        return found

    emulator.script(f'call call_expert {{"question": "sf?"}}\n---\n{WEATHER}\n---\nsay 晴\n---\nsay 专家说晴')
    agent = create_agent(model, tools=[call_expert])
    assert (await agent.ainvoke(ask("sf 天气？")))["messages"][-1].text == "专家说晴"
