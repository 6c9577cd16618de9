"""C: reasoning, shown and sent back."""

from __future__ import annotations

import json
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.tools import FunctionTool

from tests.llamaindex.suite.kit import STREAMS, Kit, behaviour, user


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}: 晴，25°C"


WEATHER = FunctionTool.from_defaults(weather)
THOUGHT = "用户想知道成都的天气。\\nI should look it up: 🌤 not guess."
SPOKEN = THOUGHT.replace("\\n", "\n")


def thoughts(response: ChatResponse) -> list[ThinkingBlock]:
    return [block for block in response.message.blocks if isinstance(block, ThinkingBlock)]


@behaviour("C01", "reasoning is a ThinkingBlock before the text", needs=["thinking"])
async def block(kit: Kit) -> None:
    kit.script(f"think {THOUGHT}\nsay 晴")
    last = (await kit.ask(kit.llm(thinking=True), [user("成都天气")]))[-1]
    assert isinstance(last.message.blocks[0], ThinkingBlock), last.message.blocks
    assert last.message.blocks[0].content == SPOKEN
    assert last.message.content == "晴"


@behaviour("C02", "thinking_delta adds up to the reasoning, from the first piece on", STREAMS, needs=["thinking"])
async def deltas(kit: Kit) -> None:
    kit.script(f"think {THOUGHT}\nsay 晴")
    chunks = await kit.ask(kit.llm(thinking=True), [user("成都天气")])
    assert "".join(chunk.additional_kwargs.get("thinking_delta") or "" for chunk in chunks) == SPOKEN
    assert "".join(chunk.delta or "" for chunk in chunks) == "晴"
    assert not any("thinking_delta" in chunk.message.additional_kwargs for chunk in chunks)


@behaviour("C03", "a reply that is reasoning only raises nothing and invents no text", needs=["thinking"])
async def reasoning_only(kit: Kit) -> None:
    kit.script(f"think {THOUGHT}\nfinish length")
    last = (await kit.ask(kit.llm(thinking=True), [user("成都天气")]))[-1]
    assert not last.message.content
    assert thoughts(last)[0].content == SPOKEN


@behaviour("C04", "reasoning between texts is kept, and the text stays in one piece", needs=["thinking"])
async def interleaved(kit: Kit) -> None:
    kit.script("think 一\nsay 甲\nthink 二\nsay 乙")
    last = (await kit.ask(kit.llm(thinking=True), [user("说")]))[-1]
    assert "".join(str(block.content) for block in thoughts(last)) == "一二"
    assert last.message.content == "甲乙"


@behaviour("C05", "tool loop: the reasoning goes back unchanged", needs=["thinking", "tools"])
async def reasoning_round_trip(kit: Kit) -> None:
    await _loop(kit, lambda message: message)


@behaviour("C06", "tool loop: the reasoning goes back unchanged after JSON", needs=["thinking", "tools"])
async def reasoning_round_trip_json(kit: Kit) -> None:
    await _loop(kit, lambda message: ChatMessage.model_validate_json(message.model_dump_json()))


async def _loop(kit: Kit, keep: Any) -> None:
    """Run a tool loop; the emulator refuses the second request when the reasoning is not in it as it was sent."""
    kit.script(
        f'think {THOUGHT}\nsay 我查一下。\ncall weather #w-1 {{"city":  "成都"}}\ncall weather #w-2 {{"city": "北京"}}'
    )
    llm = kit.llm(thinking=True)
    asked = [user("成都和北京天气")]
    first = (await kit.ask_with_tools(llm, [WEATHER], chat_history=asked, allow_parallel_tool_calls=True))[-1]
    results = [
        ChatMessage(role="tool", content=weather(**call.tool_kwargs), additional_kwargs={"tool_call_id": call.tool_id})
        for call in reversed(llm.get_tool_calls_from_response(first))
    ]
    history = [keep(message) for message in [*asked, first.message, *results]]
    kit.script("say 都是晴天")
    second = (await kit.ask_with_tools(llm, [WEATHER], chat_history=history))[-1]
    assert second.message.content == "都是晴天"
    sent = json.dumps(kit.bodies[-1]["messages"], ensure_ascii=False)
    assert json.dumps(SPOKEN, ensure_ascii=False)[1:-1] in sent
    assert all(piece in sent for piece in ("我查一下。", "w-1", "w-2", "北京: 晴"))


@behaviour("C07", "reasoning of another vendor, signature and all, does no harm", needs=["tools"])
async def foreign(kit: Kit) -> None:
    notes = {"provider": "somebody-else", "signature": "c2lnbmF0dXJl", "details": [{"type": "x", "text": "t"}]}
    history = [
        user("天气"),
        ChatMessage(
            role="assistant",
            blocks=[
                ThinkingBlock(content="别家的想法", additional_information=notes),
                TextBlock(text="查"),
                ToolCallBlock(tool_call_id="f1", tool_name="weather", tool_kwargs={"city": "成都"}),
            ],
        ),
        ChatMessage(role="tool", content="晴", additional_kwargs={"tool_call_id": "f1"}),
    ]
    kit.script("say 晴天")
    last = (await kit.ask_with_tools(kit.llm(), [WEATHER], chat_history=history))[-1]
    assert last.message.content == "晴天"
    assert "c2lnbmF0dXJl" not in json.dumps(kit.bodies[-1])
