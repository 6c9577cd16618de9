"""Each middleware that LangChain ships and that needs no shell."""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import (
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    HumanInTheLoopMiddleware,
    LLMToolEmulator,
    LLMToolSelectorMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRequest,
    ModelRetryMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
    TodoListMiddleware,
    ToolCallLimitMiddleware,
    ToolRetryMiddleware,
    dynamic_prompt,
    wrap_model_call,
)
from langchain.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

import langchain_cncoding
from cncoding_emulator import Emulator
from tests.recipes.langchain import AGENT, PAGES, recipe
from tests.recipes.langchain.agents import WEATHER, ask
from tests.recipes.langchain.models import get_weather

BUILT_IN = f"{PAGES}/langchain/middleware/built-in"


@recipe("Middleware: summarization", BUILT_IN, AGENT)
def summarization(model: Any, emulator: Emulator) -> None:
    emulator.script("say 聊过长话\n---\nsay 好")
    middleware: Any = SummarizationMiddleware(model, trigger=("tokens", 200), keep=("messages", 1))
    agent = create_agent(model, middleware=[middleware])
    said = [{"role": role, "content": "长" * 200} for role in ("user", "assistant", "user", "assistant")]
    found = agent.invoke({"messages": [*said, {"role": "user", "content": "继续"}]})  # type: ignore[arg-type]
    assert found["messages"][-1].text == "好"
    assert "聊过长话" in str(emulator.requests[-1].json) and "长" * 200 not in str(emulator.requests[-1].json)


@recipe("Middleware: human in the loop", BUILT_IN, AGENT)
def human(model: Any, emulator: Emulator) -> None:
    sent = []

    @tool
    def send_email(to: str) -> str:
        """Send an email."""
        sent.append(to)
        return "sent"

    emulator.script('think 发\ncall send_email {"to": "boss@example.com"}\n---\nsay 发了')
    pause: Any = HumanInTheLoopMiddleware(interrupt_on={"send_email": True})
    agent = create_agent(model, tools=[send_email], middleware=[pause], checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "1"}}
    assert "__interrupt__" in agent.invoke(ask("发邮件"), thread) and not sent
    resumed = agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), thread)
    assert resumed["messages"][-1].text == "发了" and sent == ["boss@example.com"]


@recipe("Middleware: model call limit", BUILT_IN, AGENT)
def model_calls(model: Any, emulator: Emulator) -> None:
    emulator.script("\n---\n".join([WEATHER] * 4))
    agent = create_agent(model, [get_weather], middleware=[ModelCallLimitMiddleware(run_limit=2, exit_behavior="end")])
    assert "limit" in agent.invoke(ask("天气？"))["messages"][-1].text
    assert len(emulator.requests) == 2


@recipe("Middleware: tool call limit", BUILT_IN, AGENT)
def tool_calls(model: Any, emulator: Emulator) -> None:
    emulator.script(f"{WEATHER}\n---\n{WEATHER}\n---\nsay 够了")
    agent = create_agent(model, [get_weather], middleware=[ToolCallLimitMiddleware(run_limit=1)])
    assert agent.invoke(ask("天气？"))["messages"][-1].text == "够了"
    assert "limit" in str(emulator.requests[-1].json["messages"])


@recipe("Middleware: model fallback", BUILT_IN, AGENT)
async def fallback(model: Any, emulator: Emulator) -> None:
    emulator.script("fault 500", provider=model.provider)
    emulator.script("say 备用", provider="wcode")
    broken = model.model_copy(update={"max_retries": 0})
    agent = create_agent(broken, [get_weather], middleware=[ModelFallbackMiddleware(langchain_cncoding.ChatWCode())])
    assert (await agent.ainvoke(ask("hi")))["messages"][-1].text == "备用"


@recipe("Middleware: personal data", BUILT_IN, AGENT)
def pii(model: Any, emulator: Emulator) -> None:
    emulator.script("say 好")
    agent = create_agent(model, middleware=[PIIMiddleware("email", strategy="redact", apply_to_input=True)])
    agent.invoke(ask("我的邮箱是 john@example.com"))
    assert "john@example.com" not in str(emulator.requests[-1].json)
    assert "REDACTED_EMAIL" in str(emulator.requests[-1].json)


@recipe("Middleware: to-do list", BUILT_IN, AGENT)
def todos(model: Any, emulator: Emulator) -> None:
    emulator.script('call write_todos {"todos": [{"content": "查天气", "status": "in_progress"}]}\n---\nsay 开始')
    found = create_agent(model, [get_weather], middleware=[TodoListMiddleware()]).invoke(ask("计划"))
    assert found["todos"] == [{"content": "查天气", "status": "in_progress"}]


@recipe("Middleware: tool selector", BUILT_IN, AGENT)
def selector(model: Any, emulator: Emulator) -> None:
    @tool
    def other(text: str) -> str:
        """Do something else."""
        return text

    emulator.script('call ToolSelectionResponse {"tools": ["get_weather"]}\n---\nsay 晴')
    agent = create_agent(model, [get_weather, other], middleware=[LLMToolSelectorMiddleware(model=model, max_tools=1)])
    assert agent.invoke(ask("天气？"))["messages"][-1].text == "晴"
    assert "other" not in str(emulator.requests[-1].json["tools"])


@recipe("Middleware: tool retry", BUILT_IN, AGENT)
def tool_retry(model: Any, emulator: Emulator) -> None:
    tried = []

    @tool
    def flaky(place: str) -> str:
        """Ask a flaky service."""
        tried.append(place)
        if len(tried) < 2:
            raise ConnectionError("busy")
        return "晴"

    emulator.script('call flaky {"place": "sf"}\n---\nsay 晴')
    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0.0, jitter=False)
    assert create_agent(model, [flaky], middleware=[retry]).invoke(ask("天气？"))["messages"][-1].text == "晴"
    assert len(tried) == 2


@recipe("Middleware: model retry", BUILT_IN, AGENT)
def model_retry(model: Any, emulator: Emulator) -> None:
    emulator.script("fault 500\n---\nsay 好")
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0.0, jitter=False)
    agent = create_agent(model.model_copy(update={"max_retries": 0}), middleware=[retry])
    assert agent.invoke(ask("hi"))["messages"][-1].text == "好"


@recipe("Middleware: tool emulator", BUILT_IN, AGENT)
def emulated_tool(model: Any, emulator: Emulator) -> None:
    @tool
    def launch(place: str) -> str:
        """Launch a rocket."""
        raise AssertionError("the real tool was run")

    emulator.script('call launch {"place": "酒泉"}\n---\nsay 已点火（假的）\n---\nsay 发射了')
    agent = create_agent(model, [launch], middleware=[LLMToolEmulator(tools=["launch"], model=model)])
    assert agent.invoke(ask("发射"))["messages"][-1].text == "发射了"
    assert "已点火" in str(emulator.requests[-1].json)


@recipe("Middleware: context editing", BUILT_IN, AGENT)
def context_editing(model: Any, emulator: Emulator) -> None:
    @tool
    def read(page: int) -> str:
        """Read a page."""
        return f"第{page}页" * 300

    emulator.script("\n---\n".join(f'call read {{"page": {n}}}' for n in (1, 2, 3)) + "\n---\nsay 读完")
    edit = ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=500, keep=1)])
    assert create_agent(model, [read], middleware=[edit]).invoke(ask("读"))["messages"][-1].text == "读完"
    body = str(emulator.requests[-1].json["messages"])
    assert "第3页第3页" in body and "第1页第1页" not in body


@recipe("Middleware of one's own: prompt and settings", f"{PAGES}/langchain/middleware/custom", AGENT)
def own(model: Any, emulator: Emulator) -> None:
    @dynamic_prompt
    def prompt(request: ModelRequest) -> str:
        return "Answer like a poet."

    @wrap_model_call
    def settings(request: ModelRequest, handler: Any) -> Any:
        return handler(request.override(model_settings={**request.model_settings, "max_tokens": 99}))

    emulator.script("say 诗")
    agent = create_agent(model, [get_weather], middleware=[prompt, settings])
    assert agent.invoke(ask("hi"))["messages"][-1].text == "诗"
    body = emulator.requests[-1].json
    assert "poet" in str(body) and 99 in (body.get("max_tokens"), body.get("max_completion_tokens"))
