"""D: agents, their histories and their memories.

Annotations are values here: LlamaIndex makes tool schemas of them.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentStream,
    AgentWorkflow,
    CodeActAgent,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock, ThinkingBlock
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context, JsonSerializer
from pydantic import BaseModel

from cncoding_emulator import image_marks
from tests.llamaindex.suite.kit import Kit, Mode, behaviour, picture, png, user
from tests.llamaindex.suite.reasoning import SPOKEN, THOUGHT

ASYNC = (Mode(aio=True, stream=True), Mode(aio=True, stream=False))
CALL = f'think {THOUGHT}\nsay 我查。\ncall weather #c1 {{"city": "成都"}}'


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}: 晴，25°C"


def fail(city: str) -> str:
    """Fail without a word."""
    raise RuntimeError()


def nothing() -> list[Any]:
    """Return nothing."""
    return []


def chart() -> list[Any]:
    """Draw a chart."""
    return [TextBlock(text="the chart"), ImageBlock(image=png(image_marks.draw("CHART-77")))]


def _agent(kit: Kit, *fns: Any, **more: Any) -> FunctionAgent:
    tools = [fn if isinstance(fn, FunctionTool) else FunctionTool.from_defaults(fn) for fn in fns or (weather,)]
    return FunctionAgent(llm=kit.llm(), tools=tools, streaming=kit.mode.stream, **more)


async def _run(agent: Any, **start: Any) -> tuple[str, list[Any]]:
    handler = agent.run(**start)
    events = [event async for event in handler.stream_events()]
    return str(await handler), events


def _sent(kit: Kit) -> str:
    return json.dumps(kit.bodies[-1]["messages"], ensure_ascii=False)


@behaviour(
    "D01",
    "FunctionAgent: think, call, see the result, answer, and stream all of it",
    ASYNC,
    needs=["tools", "thinking"],
)
async def function_agent(kit: Kit) -> None:
    kit.script(f"{CALL}\n---\nthink 有了\nsay 成都今天晴。")
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    answer, events = await _run(_agent(kit), user_msg="成都天气", memory=memory)
    assert answer == "成都今天晴。"
    assert len(kit.bodies) == 2 and "成都: 晴" in _sent(kit)
    streamed = [event for event in events if isinstance(event, AgentStream)]
    if kit.mode.stream:
        assert "".join(event.thinking_delta or "" for event in streamed) == SPOKEN + "有了"
        assert "".join(event.delta for event in streamed) == "我查。成都今天晴。"
    blocks = [type(block).__name__ for message in memory.get_all() for block in message.blocks]
    assert blocks.count("ThinkingBlock") == 2 and "ToolCallBlock" in blocks


@behaviour("D02", "three steps, each with its reasoning", ASYNC, needs=["tools", "thinking"])
async def three_steps(kit: Kit) -> None:
    kit.script(f'{CALL}\n---\nthink 再查\ncall weather {{"city": "北京"}}\n---\nthink 够了\nsay 都晴')
    answer, _ = await _run(_agent(kit), user_msg="成都和北京天气")
    assert answer == "都晴" and len(kit.bodies) == 3
    assert json.dumps(SPOKEN, ensure_ascii=False)[1:-1] in _sent(kit) and "再查" in _sent(kit)


@behaviour(
    "D03", "parallel calls, one of which fails without a word, one of which returns nothing", ASYNC, needs=["tools"]
)
async def parallel(kit: Kit) -> None:
    kit.script('call weather {"city": "成都"}\ncall fail {"city": "北京"}\ncall nothing {}\n---\nsay 只知道成都')
    answer, events = await _run(_agent(kit, weather, fail, nothing), user_msg="查")
    assert answer == "只知道成都"
    assert len([event for event in events if isinstance(event, ToolCallResult)]) == 3


@behaviour(
    "D04", "return_direct beside other calls leaves a history that can be sent", ASYNC, needs=["tools", "thinking"]
)
async def return_direct(kit: Kit) -> None:
    direct = FunctionTool.from_defaults(weather, return_direct=True)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    agent = _agent(kit, direct, nothing)
    kit.script(f"{CALL}\ncall nothing #c2 {{}}\n---\nsay 不客气")
    first, _ = await _run(agent, user_msg="成都天气", memory=memory)
    assert first == "成都: 晴，25°C"
    second, _ = await _run(agent, user_msg="谢谢", memory=memory)
    assert second == "不客气"


@behaviour("D05", "early stopping asks for an answer with a system message at the end", ASYNC, needs=["tools"])
async def early_stopping(kit: Kit) -> None:
    kit.script('call weather {"city": "成都"}\n---\ncall weather {"city": "北京"}\n---\nsay 到此为止')
    answer, _ = await _run(
        _agent(kit, system_prompt="简短"), user_msg="查", max_iterations=2, early_stopping_method="generate"
    )
    assert answer == "到此为止"


@behaviour("D06", "ReActAgent works, thinking or not", ASYNC, needs=["tools"])
async def react(kit: Kit) -> None:
    kit.script(
        'think 内心\nsay Thought: 要查\\nAction: weather\\nAction Input: {"city": "成都"}\n---\n'
        "say Thought: 我知道了\\nAnswer: 成都晴"
    )
    agent = ReActAgent(llm=kit.llm(), tools=[FunctionTool.from_defaults(weather)], streaming=kit.mode.stream)
    answer, _ = await _run(agent, user_msg="成都天气")
    assert answer == "成都晴" and "成都: 晴" in _sent(kit)


@behaviour("D07", "ReActAgent retries after an answer in no form", ASYNC, needs=["tools"])
async def react_retry(kit: Kit) -> None:
    kit.script("say Thought: 嗯\\nAction: weather\\nAction Input: 没有\n---\nsay Thought: 好\\nAnswer: 晴")
    agent = ReActAgent(llm=kit.llm(), tools=[FunctionTool.from_defaults(weather)], streaming=kit.mode.stream)
    answer, _ = await _run(agent, user_msg="成都天气")
    assert answer == "晴"


@behaviour("D08", "CodeActAgent runs code", ASYNC, needs=["tools"])
async def code_act(kit: Kit) -> None:
    kit.script("think 写代码\nsay <execute>\\nprint(6 * 7)\\n</execute>\n---\nsay 是 42")
    ran = []

    async def execute(code: str) -> str:
        ran.append(code)
        return "42"

    agent = CodeActAgent(code_execute_fn=execute, llm=kit.llm(), tools=[], streaming=kit.mode.stream)
    answer, _ = await _run(agent, user_msg="6*7")
    assert answer == "是 42" and "6 * 7" in ran[0] and "42" in _sent(kit)


@behaviour("D09", "a hand-off inside a workflow, from a coding agent that forgets its call", ASYNC, needs=["tools"])
async def code_act_handoff(kit: Kit) -> None:
    async def execute(code: str) -> str:
        return ""

    coder = CodeActAgent(
        name="coder",
        description="writes code",
        code_execute_fn=execute,
        llm=kit.llm(),
        tools=[],
        streaming=kit.mode.stream,
    )
    agent = _agent(kit, name="speaker", description="speaks")
    kit.script('call handoff {"to_agent": "speaker", "reason": "说话"}\n---\nsay 我来了')
    answer, _ = await _run(AgentWorkflow(agents=[coder, agent], root_agent="coder"), user_msg="换人")
    assert answer == "我来了"


@behaviour(
    "D10", "memory on SQLite, closed and opened in the middle of a tool history", ASYNC, needs=["tools", "thinking"]
)
async def sqlite_memory(kit: Kit) -> None:
    with tempfile.TemporaryDirectory() as folder:
        uri = f"sqlite+aiosqlite:///{Path(folder) / 'memory.db'}"
        memory = Memory.from_defaults(session_id="s", token_limit=30_000, async_database_uri=uri)
        kit.script(CALL)
        llm = kit.llm()
        asked = user("成都天气")
        tool = FunctionTool.from_defaults(weather)
        first = (await kit.ask_with_tools(llm, [tool], chat_history=[asked]))[-1]
        await memory.aput_messages([asked, first.message])
        again = Memory.from_defaults(session_id="s", token_limit=30_000, async_database_uri=uri)
        await again.aput(ChatMessage(role="tool", content="晴", additional_kwargs={"tool_call_id": "c1"}))
        kit.script("say 晴天")
        history = await again.aget()
        assert any(isinstance(block, ThinkingBlock) for message in history for block in message.blocks)
        second = (await kit.ask_with_tools(llm, [tool], chat_history=history))[-1]
        assert second.message.content == "晴天"
        assert json.dumps(SPOKEN, ensure_ascii=False)[1:-1] in _sent(kit)


@behaviour("D11", "an agent goes on from its context as JSON", ASYNC, needs=["tools", "thinking"])
async def context_resume(kit: Kit) -> None:
    agent = _agent(kit)
    context = Context(agent)
    kit.script(f"{CALL}\n---\nsay 晴天")
    await _run(agent, user_msg="成都天气", ctx=context)
    kept = json.dumps(context.to_dict(serializer=JsonSerializer()))
    assert kit.key not in kept
    restored = Context.from_dict(agent, json.loads(kept), serializer=JsonSerializer())
    kit.script("say 还是晴天")
    answer, _ = await _run(agent, user_msg="再说一次", ctx=restored)
    assert answer == "还是晴天"


@behaviour("D12", "an image that a tool returns reaches the model", ASYNC, needs=["tools", "images"])
async def tool_image(kit: Kit) -> None:
    kit.script("call chart {}")
    answer, _ = await _run(_agent(kit, chart), user_msg="What does the chart show?")
    assert "CHART-77" in answer, answer


@behaviour("D13", "an image in the question reaches the model", ASYNC, needs=["tools", "images"])
async def question_image(kit: Kit) -> None:
    question = user(
        "Look at this picture without calling tools: do not use tools", picture(image_marks.draw("SEEN-42"))
    )
    answer, _ = await _run(_agent(kit), user_msg=question)
    assert "SEEN-42" in answer, answer


class City(BaseModel):
    """A city."""

    name: str
    sunny: bool


@behaviour("D14", "an agent with output_cls gives an object", ASYNC, needs=["tools"])
async def output_cls(kit: Kit) -> None:
    agent = _agent(kit, output_cls=City)
    kit.script('call weather {"city": "成都"}\n---\nsay 成都晴')
    handler = agent.run(user_msg="成都天气")
    output = await handler
    assert isinstance(output, AgentOutput)
    assert isinstance(output.get_pydantic_model(City), City)


@behaviour("D15", "initial_tool_choice names the tool of the first step", ASYNC, needs=["tools"])
async def initial_choice(kit: Kit) -> None:
    kit.script("call nothing {}\n---\nsay 完")
    answer, _ = await _run(_agent(kit, weather, nothing, initial_tool_choice="nothing"), user_msg="开始")
    assert answer == "完"
    choice = kit.bodies[0].get("tool_choice")
    forced = "nothing" in json.dumps(choice)
    assert forced == ("named" in kit.tool_choices()), choice
    assert "nothing" not in json.dumps(kit.bodies[1].get("tool_choice"))
