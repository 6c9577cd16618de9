"""What streaming costs this package, without the network and without LlamaIndex's own events."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentStream, FunctionAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool

from cncoding import Event, Finish, Fold, Started, TextDelta, ToolCallDelta, Usage
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM
from llamaindex_cncoding._stream import ReplyView
from tests.llamaindex.streams import stream_of
from tests.pace import measure_pace

CODE = json.dumps({"path": "main.py", "content": "print('你好, world')  # 注释\n" * 2000}, ensure_ascii=False)
ARGUMENTS = CODE[: 24 * 1024 - 2] + '"}'
PIECES = [ARGUMENTS[at : at + 4] for at in range(0, len(ARGUMENTS), 4)]


def tool_call_events() -> list[Any]:
    pieces = (ToolCallDelta(0, 0, arguments=piece) for piece in PIECES)
    return [Started("x", "m"), ToolCallDelta(0, 0, "call_1", "write", ""), *pieces, Usage(9, 9), Finish("tool_calls")]


def test_24_kb_of_arguments_in_6000_deltas_cost_little(emulator: Emulator) -> None:
    """Chunks and FunctionAgent's call on each of them: the anchor needs 6.6 s for this, the target is 0.15 s."""
    llm, events = GLM(), tool_call_events()
    assert len(PIECES) >= 6000
    best = float("inf")
    for _ in range(3):
        stream = stream_of(events)
        view, lengths = ReplyView("glm", stream), []
        started = time.process_time()
        for event in stream:
            chunk = view.add(event)
            if chunk is not None:
                calls = llm.get_tool_calls_from_response(chunk, error_on_no_tool_call=False)
                lengths.append(len(calls[0].tool_kwargs.get("content", "")))
        best = min(best, time.process_time() - started)
    print(f"\n24 KB of arguments in {len(PIECES)} deltas: {best:.3f} s of CPU")
    assert lengths == sorted(lengths) and lengths[-1] > 20_000
    assert best < 80 * measure_pace()


async def test_the_same_through_a_whole_agent(emulator: Emulator) -> None:
    """With sockets, decoding, LlamaIndex's events and the emulator's own work in the same process."""
    written = []

    def write(path: str, content: str) -> str:
        """Write a file."""
        written.append(content)
        return "written"

    emulator.script(f"call write {ARGUMENTS}\n---\nsay 写好了", provider="glm")
    agent = FunctionAgent(llm=GLM(), tools=[FunctionTool.from_defaults(write)])
    started = time.process_time()
    handler = agent.run(user_msg="写")
    chunks = [event async for event in handler.stream_events() if isinstance(event, AgentStream)]
    answer = await handler
    cost = time.process_time() - started
    print(f"\nthe whole agent: {len(chunks)} chunks, {cost:.2f} s of CPU")
    assert str(answer) == "写好了" and written == [json.loads(ARGUMENTS)["content"]]


def test_text_costs_little_and_a_linear_amount() -> None:
    def cost(count: int) -> float:
        events = [Started("x", "m"), *(TextDelta(0, "字 token ") for _ in range(count)), Finish("stop")]
        stream = stream_of(events)
        view = ReplyView("glm", stream)
        started = time.process_time()
        for event in stream:
            view.add(event)
        return time.process_time() - started

    small, large = min(cost(1000) for _ in range(3)), min(cost(4000) for _ in range(3))
    assert large < 8 * small, (small, large)
    assert large / 4000 < 40e-6


async def test_each_event_is_folded_once(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    folded: list[Event] = []

    def add(self: Fold, event: Event) -> None:
        folded.append(event)
        real(self, event)

    real = Fold.add
    monkeypatch.setattr(Fold, "add", add)
    emulator.script(f"think 想\nsay {'床前明月光，' * 30}\n---\nthink 想\nsay {'床前明月光，' * 30}", provider="glm")
    asked = [ChatMessage(role="user", content="诗")]
    chunks = list(GLM().stream_chat(asked))
    assert len({id(event) for event in folded}) == len(folded) > len(chunks) > 10
    before = len(folded)
    assert len([chunk async for chunk in await GLM().astream_chat(asked)]) == len(chunks)
    assert len(folded) == 2 * before
