"""Reasoning goes back to the vendor as it came: every provider, both wires, every form of a reply.

The emulator remembers the reasoning that it sent with a tool call and refuses the next request (400) if it does not
come back unchanged, so an answer is the proof; `test_..._is_really_checked` shows that the proof can fail.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.runnables import Runnable
from langchain_core.tools import tool

from cncoding import BadRequestError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, create_chat_model

from .conftest import ROADS, roads


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"{city}: 21 °C"


Model = Runnable[Any, AIMessage]


def add_up(chunks: list[Any]) -> AIMessage:
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total  # type: ignore[no-any-return]


def whole(model: Model, history: list[BaseMessage]) -> AIMessage:
    return model.invoke(history)


def streamed(model: Model, history: list[BaseMessage]) -> AIMessage:
    return add_up(list(model.stream(history)))


def protocol(model: Any, history: list[BaseMessage]) -> AIMessage:
    return model.stream_events(history, version="v3").output  # type: ignore[no-any-return]


async def awhole(model: Model, history: list[BaseMessage]) -> AIMessage:
    return await model.ainvoke(history)


async def astreamed(model: Model, history: list[BaseMessage]) -> AIMessage:
    return add_up([chunk async for chunk in model.astream(history)])


async def aprotocol(model: Any, history: list[BaseMessage]) -> AIMessage:
    stream = await model.astream_events(history, version="v3")
    return await stream.output  # type: ignore[no-any-return]


FORMS: dict[str, tuple[Callable[..., AIMessage], str]] = {
    "whole": (whole, "v0"),
    "streamed": (streamed, "v0"),
    "whole-v1": (whole, "v1"),
    "streamed-v1": (streamed, "v1"),
    "v3": (protocol, "v0"),
}
ASYNC_FORMS: dict[str, tuple[Callable[..., Awaitable[AIMessage]], str]] = {
    "whole": (awhole, "v0"),
    "streamed": (astreamed, "v0"),
    "streamed-v1": (astreamed, "v1"),
    "v3": (aprotocol, "v0"),
}
signed_roads = pytest.mark.parametrize(("provider", "wire"), [road for road in ROADS if road[1] == "anthropic"])


def thinking_model(provider: str, wire: str, version: str = "v0") -> ChatCNCoding:
    return create_chat_model(provider, wire=wire, thinking=True, output_version=version, max_retries=0)


def answers(first: AIMessage) -> list[BaseMessage]:
    return [ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in first.tool_calls]


def through_json(history: list[BaseMessage]) -> list[BaseMessage]:
    return messages_from_dict(json.loads(json.dumps(messages_to_dict(history), ensure_ascii=False)))


def assistant_turns(emulator: Emulator) -> list[dict[str, Any]]:
    body = emulator.requests[-1].json
    return [message for message in body["messages"] if message["role"] == "assistant"]


def check_first(first: AIMessage) -> str:
    assert first.tool_calls, first
    reasoning = first.additional_kwargs["reasoning_content"]
    assert reasoning
    assert any(block["type"] == "reasoning" for block in first.content_blocks)
    return str(reasoning)


@roads
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("json_between", [False, True], ids=["live", "json"])
def test_reasoning_round_trip(provider: str, wire: str, form: str, json_between: bool, emulator: Emulator) -> None:
    ask, version = FORMS[form]
    model = thinking_model(provider, wire, version).bind_tools([get_weather])
    history: list[BaseMessage] = [HumanMessage("What is the weather in 北京? Use the tool.")]
    first = ask(model, history)
    reasoning = check_first(first)
    history += [first, *answers(first)]
    second = ask(model, through_json(history) if json_between else history)
    assert second.text and not second.tool_calls
    (turn,) = assistant_turns(emulator)
    assert reasoning in strings(turn)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in strings(item)]


@roads
@pytest.mark.parametrize("form", ASYNC_FORMS)
async def test_reasoning_round_trip_async(provider: str, wire: str, form: str, emulator: Emulator) -> None:
    ask, version = ASYNC_FORMS[form]
    model = thinking_model(provider, wire, version).bind_tools([get_weather])
    history: list[BaseMessage] = [HumanMessage("What is the weather in 北京? Use the tool.")]
    first = await ask(model, history)
    reasoning = check_first(first)
    second = await ask(model, [*history, first, *answers(first)])
    assert second.text and not second.tool_calls
    assert reasoning in strings(assistant_turns(emulator)[0])


@roads
def test_reasoning_round_trip_is_really_checked(provider: str, wire: str) -> None:
    model = thinking_model(provider, wire).bind_tools([get_weather])
    question = HumanMessage("What is the weather in 北京? Use the tool.")
    first = model.invoke([question])
    first.additional_kwargs["reasoning_content"] += " (changed)"
    first.additional_kwargs.pop("cncoding_layout", None)
    with pytest.raises(BadRequestError):
        model.invoke([question, first, *answers(first)])


INTERLEAVED = """\
think 先想一想。
say 我查一下。
think Then think again.
call get_weather {"city": "北京"}
call get_weather {"city": "上海"}
"""


@signed_roads
@pytest.mark.parametrize("form", FORMS)
def test_reasoning_round_trip_interleaved(provider: str, wire: str, form: str, emulator: Emulator) -> None:
    """Blocks of reasoning around text keep their places and their signatures on the Anthropic wire."""
    ask, version = FORMS[form]
    emulator.script(INTERLEAVED, provider)
    model = thinking_model(provider, wire, version).bind_tools([get_weather])
    history: list[BaseMessage] = [HumanMessage("Weather in 北京 and 上海?")]
    first = ask(model, history)
    assert first.additional_kwargs["reasoning_content"] == "先想一想。Then think again."
    assert len(first.tool_calls) == 2
    second = ask(model, through_json([*history, first, *answers(first)]))
    assert second.text
    blocks = assistant_turns(emulator)[0]["content"]
    kinds = [block["type"] for block in blocks]
    assert kinds == ["thinking", "text", "thinking", "tool_use", "tool_use"]
    assert [block.get("thinking") for block in blocks if block["type"] == "thinking"] == [
        "先想一想。",
        "Then think again.",
    ]


@roads
def test_reasoning_round_trip_over_many_turns(provider: str, wire: str) -> None:
    """Three tool loops in one conversation, each in another form."""
    history: list[BaseMessage] = []
    for city, form in (("北京", "streamed"), ("上海", "v3"), ("广州", "whole-v1")):
        ask, version = FORMS[form]
        model = thinking_model(provider, wire, version).bind_tools([get_weather])
        history.append(HumanMessage(f"What is the weather in {city}? Use the tool."))
        reply = ask(model, history)
        assert reply.tool_calls
        history += [reply, *answers(reply)]
        reply = ask(model, history)
        assert reply.text
        history.append(reply)


def test_reasoning_round_trip_between_providers(emulator: Emulator) -> None:
    """What one provider thought is no obstacle at another: the history of a fallback."""
    question = HumanMessage("What is the weather in 北京? Use the tool.")
    for before, before_wire in ROADS:
        first = thinking_model(before, before_wire).bind_tools([get_weather]).invoke([question])
        history = through_json([question, first, *answers(first)])
        for after, after_wire in ROADS:
            other: BaseChatModel = thinking_model(after, after_wire)
            assert other.bind_tools([get_weather]).invoke(history).text, (before, before_wire, after, after_wire)
