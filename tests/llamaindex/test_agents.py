"""Agents of several vendors together, and what the suite does not ask of every LLM."""

import itertools
import json
import warnings
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentOutput, AgentStream, AgentWorkflow, FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, MessageRole, TextBlock, ThinkingBlock
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context

from cncoding import CncodingWarning
from cncoding_emulator import Emulator, image_marks
from llamaindex_cncoding import CNCodingLLM
from tests.llamaindex.suite import doors
from tests.llamaindex.suite.kit import Door, key_for, png
from tests.sampling import mark_sample

THINKERS = [door for door in doors() if door.thinks]
STEPS = [pair for pair in itertools.permutations(THINKERS, 2) if pair[0].provider != pair[1].provider]
PAIRS = [
    pytest.param(*pair, id=f"{pair[0].id}-to-{pair[1].id}", marks=marks)
    for pair, marks in zip(
        STEPS, mark_sample([(one.id, other.wire, other.provider < one.provider) for one, other in STEPS]), strict=True
    )
]
"""From each door to both wires, up and down the list of vendors; every step with `full`."""


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}: 晴"


def llm_for(door: Door, emulator: Emulator) -> CNCodingLLM:
    return CNCodingLLM(
        provider=door.provider,
        wire=door.wire,
        base_url=emulator.base_url(door.provider, None, door.wire),  # type: ignore[arg-type]
        api_key=key_for(emulator, door.provider),
        thinking=True,
    )


@pytest.mark.parametrize(("one", "other"), PAIRS)
async def test_an_agent_hands_over_to_one_of_another_vendor(one: Door, other: Door, emulator: Emulator) -> None:
    """Both think and use a tool; each vendor gets its own reasoning back and none of the other's signatures."""
    tool = FunctionTool.from_defaults(weather)
    first = FunctionAgent(name="first", description="starts", llm=llm_for(one, emulator), tools=[tool])
    second = FunctionAgent(name="second", description="ends", llm=llm_for(other, emulator), tools=[tool])
    emulator.script(
        'think 先查成都\ncall weather {"city": "成都"}\n---\n'
        'think 交给别人\ncall handoff {"to_agent": "second", "reason": "北京归他"}',
        provider=one.provider,
    )
    emulator.script(
        'think 我查北京\ncall weather {"city": "北京"}\n---\nthink 都晴\nsay 两地都晴', provider=other.provider
    )
    memory = ChatMemoryBuffer.from_defaults(token_limit=20_000)
    workflow = AgentWorkflow(agents=[first, second], root_agent="first")
    with warnings.catch_warnings():
        warnings.simplefilter("error", CncodingWarning)
        handler = workflow.run(user_msg="成都和北京天气", memory=memory)
        events = [event async for event in handler.stream_events()]
        output = await handler
    assert str(output) == "两地都晴" and output.current_agent_name == "second"
    told = "".join(event.thinking_delta or "" for event in events if isinstance(event, AgentStream))
    assert told == "先查成都交给别人我查北京都晴"
    sent = [json.dumps(request.json, ensure_ascii=False) for request in emulator.requests]
    assert len(sent) == 4
    assert "先查成都" in sent[1] and "我查北京" in sent[3] and "成都: 晴" in sent[3]
    thoughts = [block for message in memory.get_all() for block in message.blocks if isinstance(block, ThinkingBlock)]
    assert {thought.additional_information["provider"] for thought in thoughts} == {one.provider, other.provider}


async def test_the_workflow_hands_back_and_forth_and_keeps_its_context(emulator: Emulator) -> None:
    glm, kimi = (next(door for door in THINKERS if door.provider == name) for name in ("glm", "kimi"))
    agents = [
        FunctionAgent(
            name=name, description=name, llm=llm_for(door, emulator), tools=[FunctionTool.from_defaults(weather)]
        )
        for name, door in (("a", glm), ("b", kimi))
    ]
    workflow = AgentWorkflow(agents=agents, root_agent="a")
    context, memory = Context(workflow), ChatMemoryBuffer.from_defaults(token_limit=20_000)
    emulator.script('think 交\ncall handoff {"to_agent": "b", "reason": "r"}\n---\nthink 完\nsay 完了', provider="glm")
    emulator.script('think 还\ncall handoff {"to_agent": "a", "reason": "r"}', provider="kimi")
    assert str(await workflow.run(user_msg="来回", ctx=context, memory=memory)) == "完了"
    emulator.script("say 还在", provider="glm")
    assert str(await workflow.run(user_msg="还在吗", ctx=context, memory=memory)) == "还在"
    assert "来回" in json.dumps(emulator.requests[-1].json, ensure_ascii=False)


def chart(title: str) -> list[Any]:
    """Draw a chart."""
    return [TextBlock(text=title), ImageBlock(image=png(image_marks.draw("CHART-9")))]


async def test_two_tools_return_images_at_once(emulator: Emulator) -> None:
    door = next(door for door in doors() if door.id == "kimi-openai")
    agent = FunctionAgent(llm=llm_for(door, emulator), tools=[FunctionTool.from_defaults(chart)])
    emulator.script('call chart {"title": "一"}\ncall chart {"title": "二"}', provider="kimi")
    handler = agent.run(user_msg="画两张图")
    results = [event async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
    assert len(results) == 2
    assert str(await handler).count("CHART-9") == 2


async def test_an_answer_that_is_only_reasoning_is_warned_about(emulator: Emulator) -> None:
    door = next(door for door in THINKERS if door.provider == "kimi")
    emulator.script("think 答案是四十二", provider="kimi")
    agent = FunctionAgent(llm=llm_for(door, emulator), tools=[FunctionTool.from_defaults(weather)])
    with pytest.warns(CncodingWarning, match="without an answer"):
        output = await agent.run(user_msg="答案？")
    assert isinstance(output, AgentOutput)
    assert [block.content for block in output.response.blocks if isinstance(block, ThinkingBlock)] == ["答案是四十二"]


async def test_a_vendor_error_in_the_middle_keeps_its_type(emulator: Emulator) -> None:
    from cncoding import QuotaExhaustedError

    door = next(door for door in THINKERS if door.id == "glm-openai")
    agent = FunctionAgent(llm=llm_for(door, emulator), tools=[FunctionTool.from_defaults(weather)])
    emulator.script('call weather {"city": "成都"}\n---\nfault quota reset="2026-11-20 12:00:00"', provider="glm")
    with pytest.raises(QuotaExhaustedError) as caught:
        await agent.run(user_msg="成都天气")
    assert caught.value.resets_at is not None and key_for(emulator, "glm") not in repr(caught.value)


async def test_a_retrying_agent_may_send_an_empty_assistant_turn(emulator: Emulator) -> None:
    door = next(door for door in THINKERS if door.id == "glm-openai")
    history = [
        ChatMessage(role=MessageRole.USER, content="一"),
        ChatMessage(role=MessageRole.ASSISTANT, content=""),
        ChatMessage(role=MessageRole.TOOL, content="孤儿", additional_kwargs={"tool_call_id": "gone"}),
        ChatMessage(role=MessageRole.USER, content="二"),
    ]
    emulator.script("say 好", provider="glm")
    assert (await llm_for(door, emulator).achat(history)).message.content == "好"
    assert "孤儿" in json.dumps(emulator.requests[-1].json, ensure_ascii=False)
