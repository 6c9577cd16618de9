"""Agents and workflows; LlamaIndex reads the annotations of tools and steps, so they are not put off."""

from typing import Any

from llama_index.core.agent.workflow import (
    AgentStream,
    AgentWorkflow,
    CodeActAgent,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import Memory
from llama_index.core.tools import FunctionTool
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

from cncoding_emulator import Emulator
from tests.recipes.llamaindex import OPENAI, PAGES, recipe


def multiply(a: float, b: float) -> float:
    """Multiply two numbers and return the product."""
    return a * b


def add(a: float, b: float) -> float:
    """Add two numbers and return the sum."""
    return a + b


@recipe("A basic agent", f"{PAGES}/framework/understanding/agent", OPENAI)
async def basic(llm: Any, emulator: Emulator) -> None:
    emulator.script(
        'think 先乘\ncall multiply {"a": 2, "b": 4}\n---\nthink 再加\ncall add {"a": 20, "b": 8}\n---\nsay 28'
    )
    agent = FunctionAgent(tools=[multiply, add], llm=llm, system_prompt="You do mathematical operations with tools.")
    assert str(await agent.run(user_msg="What is 20+(2*4)?")) == "28"
    assert "8.0" in str(emulator.requests[-1].json) or "8" in str(emulator.requests[-1].json)


@recipe("Keep state between runs", f"{PAGES}/framework/understanding/agent/state", OPENAI)
async def state(llm: Any, emulator: Emulator) -> None:
    async def set_name(ctx: Context, name: str) -> str:
        """Remember the user's name."""
        async with ctx.store.edit_state() as ctx_state:
            ctx_state["state"]["name"] = name
        return f"Name set to {name}"

    emulator.script('call set_name {"name": "Laurie"}\n---\nsay 记住了\n---\nsay Laurie')
    workflow: Any = AgentWorkflow.from_tools_or_functions([set_name], llm=llm, initial_state={"name": "unset"})
    context = Context(workflow)
    await workflow.run(user_msg="My name is Laurie", ctx=context)
    assert await context.store.get("state") == {"name": "Laurie"}
    assert str(await workflow.run(user_msg="What's my name?", ctx=context)) == "Laurie"


@recipe("Stream what an agent does", f"{PAGES}/framework/understanding/agent/streaming", OPENAI)
async def events(llm: Any, emulator: Emulator) -> None:
    emulator.script('call multiply {"a": 3, "b": 4}\n---\nsay 十二，是的。')
    handler = FunctionAgent(tools=[multiply], llm=llm).run(user_msg="3*4?")
    text, results = "", []
    async for event in handler.stream_events():
        if isinstance(event, AgentStream):
            text += event.delta
        elif isinstance(event, ToolCallResult):
            results.append(event.tool_output.content)
    assert text == "十二，是的。" and results == ["12"]


@recipe("A human in the loop", f"{PAGES}/framework/understanding/agent/human_in_the_loop", OPENAI)
async def human(llm: Any, emulator: Emulator) -> None:
    async def dangerous_task(ctx: Context) -> str:
        """Do a dangerous task, if the user allows it."""
        response = await ctx.wait_for_event(
            HumanResponseEvent, waiter_event=InputRequiredEvent(prefix="Proceed?"), requirements={"user_name": "Laurie"}
        )
        return "done" if response.response == "yes" else "aborted"

    emulator.script("call dangerous_task {}\n---\nsay 做完了")
    workflow: Any = FunctionAgent(tools=[dangerous_task], llm=llm)
    handler = workflow.run(user_msg="do it")
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            handler.ctx.send_event(HumanResponseEvent(response="yes", user_name="Laurie"))  # type: ignore[call-arg]
    assert str(await handler) == "做完了"


@recipe("Agents that hand over to each other", f"{PAGES}/framework/understanding/agent/multi_agent", OPENAI)
async def hand_over(llm: Any, emulator: Emulator) -> None:
    emulator.script('call handoff {"to_agent": "Writer", "reason": "资料齐了"}\n---\nsay 报告写好了')
    researcher = FunctionAgent(
        name="Researcher", description="Finds facts", llm=llm, tools=[add], can_handoff_to=["Writer"]
    )
    writer = FunctionAgent(name="Writer", description="Writes reports", llm=llm, tools=[multiply])
    workflow = AgentWorkflow(agents=[researcher, writer], root_agent="Researcher")
    assert str(await workflow.run(user_msg="Write a report")) == "报告写好了"


@recipe("An orchestrator with agents as tools", f"{PAGES}/examples/agent/agents_as_tools", OPENAI)
async def orchestrator(llm: Any, emulator: Emulator) -> None:
    expert = FunctionAgent(name="Expert", description="Multiplies", llm=llm, tools=[multiply])

    async def ask_expert(question: str) -> str:
        """Ask the expert."""
        return str(await expert.run(user_msg=question))

    emulator.script(
        'call ask_expert {"question": "3*4"}\n---\ncall multiply {"a": 3, "b": 4}\n---\nsay 12\n---\nsay 专家说 12'
    )
    agent = FunctionAgent(llm=llm, tools=[ask_expert], system_prompt="You orchestrate.")
    assert str(await agent.run(user_msg="3*4?")) == "专家说 12"


@recipe("A ReAct agent", f"{PAGES}/examples/agent/react_agent", OPENAI)
async def react(llm: Any, emulator: Emulator) -> None:
    emulator.script(
        'say Thought: I need a tool.\\nAction: multiply\\nAction Input: {"a": 2, "b": 4}\n---\n'
        "say Thought: I can answer.\\nAnswer: 8"
    )
    assert str(await ReActAgent(tools=[multiply, add], llm=llm).run("What is 2*4?")) == "8"


@recipe("An agent that writes code", f"{PAGES}/examples/agent/code_act_agent", OPENAI)
async def code_act(llm: Any, emulator: Emulator) -> None:
    seen = []

    async def execute(code: str) -> str:
        seen.append(code.strip())
        return "42"

    emulator.script("say <execute>\\nprint(multiply(6, 7))\\n</execute>\n---\nsay 结果是 42")
    agent = CodeActAgent(code_execute_fn=execute, llm=llm, tools=[multiply])
    assert str(await agent.run("6*7?")) == "结果是 42" and seen == ["print(multiply(6, 7))"]


class Forecast(BaseModel):
    """A weather forecast."""

    city: str
    degrees: int


@recipe("An agent with a structured result", f"{PAGES}/framework/understanding/agent/structured_output", OPENAI)
async def structured_result(llm: Any, emulator: Emulator) -> None:
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        return f"{city} 31 度"

    forecast = '{"city": "成都", "degrees": 31}'
    emulator.script(f'call get_weather {{"city": "成都"}}\n---\nsay 成都三十一度\n---\nsay {forecast}')
    agent = FunctionAgent(tools=[get_weather], llm=llm, output_cls=Forecast)
    response = await agent.run("成都天气？")
    assert response.get_pydantic_model(Forecast) == Forecast(city="成都", degrees=31)


@recipe("An agent with memory", f"{PAGES}/framework/module_guides/deploying/agents/memory", OPENAI)
async def memory(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 你好，小明\n---\nsay 你叫小明")
    agent, kept = FunctionAgent(tools=[add], llm=llm), Memory.from_defaults(session_id="s", token_limit=40000)
    await agent.run("我叫小明", memory=kept)
    assert str(await agent.run("我叫什么？", memory=kept)) == "你叫小明"
    assert len(emulator.requests[-1].json["messages"]) == 3


class JokeEvent(Event):
    """A joke to be judged."""

    joke: str


@recipe("A workflow of two steps", f"{PAGES}/llamaagents/workflows", OPENAI)
async def joke_flow(llm: Any, emulator: Emulator) -> None:
    class JokeFlow(Workflow):
        @step
        async def generate(self, event: StartEvent) -> JokeEvent:
            return JokeEvent(joke=str(await llm.acomplete(f"Write your best joke about {event.topic}.")))

        @step
        async def judge(self, event: JokeEvent) -> StopEvent:
            return StopEvent(result=str(await llm.acomplete(f"Critique this joke: {event.joke}")))

    emulator.script("say 海盗的笑话\n---\nsay 很好笑")
    assert await JokeFlow(timeout=60).run(topic="pirates") == "很好笑"
    assert "海盗的笑话" in str(emulator.requests[-1].json)


class Calls(Event):
    """Calls that a model wants made."""

    calls: list[Any]


class Asked(Event):
    """The next question to the model."""


@recipe("A function-calling agent from scratch", f"{PAGES}/examples/workflow/function_calling_agent", OPENAI)
async def agent_from_scratch(llm: Any, emulator: Emulator) -> None:
    tool = FunctionTool.from_defaults(multiply)
    history = [ChatMessage(role="user", content="3*4?")]

    class Agent(Workflow):
        @step
        async def ask(self, event: StartEvent | Asked) -> Calls | StopEvent:
            response = [part async for part in await llm.astream_chat_with_tools([tool], chat_history=history)][-1]
            history.append(response.message)
            calls = llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
            return Calls(calls=calls) if calls else StopEvent(result=response.message.content)

        @step
        async def run_tools(self, event: Calls) -> Asked:
            for call in event.calls:
                kwargs = {"tool_call_id": call.tool_id, "name": call.tool_name}
                output = await tool.acall(**call.tool_kwargs)
                history.append(ChatMessage(role="tool", content=output.content, additional_kwargs=kwargs))
            return Asked()

    emulator.script('think 用工具\ncall multiply {"a": 3, "b": 4}\n---\nsay 12')
    assert await Agent(timeout=60).run() == "12"
