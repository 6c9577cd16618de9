"""A recorded conversation that a vendor accepted leaves our chat models with the same meaning, and its reply arrives.

The request is told again in the words of each framework, by hand, and goes to a server that answers the recorded bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from langchain_cncoding import create_chat_model
from llamaindex_cncoding import CNCodingLLM
from tests.captures.exchanges import Exchange, Meaning, list_exchanges, needs_captures, read_meaning
from tests.captures.replay import (
    Replay,
    read_conversation,
    read_reasoning,
    read_settings,
    read_text,
    read_tools,
    serve,
)
from tests.sampling import mark_sample
from tests.targets import KEYS

pytestmark = needs_captures
ACCEPTED = [one for one in list_exchanges() if one.record["status"] == 200 and one.request.get("messages")]


def features(exchange: Exchange) -> tuple[Any, ...]:
    """Say in what recorded exchanges differ, for the sample of them."""
    request, reply = exchange.request, read_meaning(exchange)
    messages = request["messages"]
    return (
        request["model"],
        exchange.record["url"],
        exchange.streams,
        tuple(sorted({message["role"] for message in messages})),
        any(read_reasoning(message) for message in messages),
        str(request.get("thinking")),
        bool(request.get("tools")),
        str(request.get("tool_choice"))[:20],
        (bool(reply.text), bool(reply.reasoning), len(reply.calls), reply.finish),
    )


CASES = [
    pytest.param(exchange, marks=marks, id=exchange.path.stem)
    for exchange, marks in zip(ACCEPTED, mark_sample([features(one) for one in ACCEPTED]), strict=True)
]
each = pytest.mark.parametrize("exchange", CASES)


@pytest.fixture(scope="module")
def server() -> Iterator[Replay]:
    with serve() as replay:
        yield replay


def settings(exchange: Exchange, server: Replay) -> dict[str, Any]:
    """Say the settings of the recorded request in our words."""
    request = exchange.request
    thinking = request.get("thinking")
    found: dict[str, Any] = {
        "model": request["model"],
        "base_url": server.url,
        "wire": "openai",
        "api_key": KEYS.get(exchange.provider, "test-key"),
        "max_retries": 0,
        "max_tokens": request.get("max_tokens"),
        "temperature": request.get("temperature"),
        "reasoning_effort": request.get("reasoning_effort"),
        "thinking": None if thinking is None else thinking["type"] != "disabled",
    }
    return {name: value for name, value in found.items() if value is not None}


def langchain_message(message: dict[str, Any]) -> BaseMessage:
    content = message.get("content") or ""
    if message["role"] == "system":
        return SystemMessage(content)
    if message["role"] == "user":
        return HumanMessage(content)
    if message["role"] == "tool":
        return ToolMessage(content, tool_call_id=message["tool_call_id"])
    calls = [
        {"id": call["id"], "name": call["function"]["name"], "args": json.loads(call["function"]["arguments"] or "{}")}
        for call in message.get("tool_calls") or []
    ]
    reasoning = read_reasoning(message)
    return AIMessage(content, tool_calls=calls, additional_kwargs={"reasoning_content": reasoning} if reasoning else {})


def llamaindex_message(message: dict[str, Any]) -> ChatMessage:
    content = message.get("content")
    blocks: list[Any] = [TextBlock(text=read_text(content))] if read_text(content) else []
    for part in content if isinstance(content, list) else []:
        if part["type"] == "image_url":
            blocks.append(ImageBlock(url=part["image_url"]["url"]))
        elif part["type"] == "video_url":
            blocks.append(VideoBlock(url=part["video_url"]["url"]))
    if reasoning := read_reasoning(message):
        blocks.insert(0, ThinkingBlock(content=reasoning))
    for call in message.get("tool_calls") or []:
        name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"] or "{}")
        blocks.append(ToolCallBlock(tool_call_id=call["id"], tool_name=name, tool_kwargs=arguments))
    kwargs = {"tool_call_id": message["tool_call_id"]} if message["role"] == "tool" else {}
    return ChatMessage(role=message["role"], blocks=blocks, additional_kwargs=kwargs)


def check_request(exchange: Exchange, server: Replay) -> None:
    (sent,) = server.bodies
    assert read_conversation(sent) == read_conversation(exchange.request)
    assert read_settings(sent) == read_settings(exchange.request)


@each
def test_langchain(exchange: Exchange, server: Replay) -> None:
    server.load(exchange)
    model = create_chat_model(exchange.provider, **settings(exchange, server))
    runnable: Any = model
    if exchange.request.get("tools"):
        runnable = runnable.bind_tools(exchange.request["tools"])
    if exchange.request.get("stop"):
        runnable = runnable.bind(stop=exchange.request["stop"])
    messages = [langchain_message(message) for message in exchange.request["messages"]]
    if exchange.streams:
        reply = None
        for chunk in runnable.stream(messages):
            reply = chunk if reply is None else reply + chunk
    else:
        reply = runnable.invoke(messages)
    assert isinstance(reply, AIMessage)
    check_request(exchange, server)
    assert read_tools(server.bodies[0]) == read_tools(exchange.request)
    check_reply(
        read_meaning(exchange),
        reply.text,
        reply.additional_kwargs.get("reasoning_content") or "",
        [(call["id"], call["name"], call["args"]) for call in reply.tool_calls],
    )


@each
def test_llamaindex(exchange: Exchange, server: Replay) -> None:
    server.load(exchange)
    llm = CNCodingLLM(provider=exchange.provider, **settings(exchange, server))
    messages = [llamaindex_message(message) for message in exchange.request["messages"]]
    extra = {"stop": exchange.request["stop"]} if exchange.request.get("stop") else {}
    reply = [*llm.stream_chat(messages, **extra)][-1] if exchange.streams else llm.chat(messages, **extra)
    check_request(exchange, server)
    blocks = reply.message.blocks
    check_reply(
        read_meaning(exchange),
        "".join(block.text for block in blocks if isinstance(block, TextBlock)),
        "".join(block.content or "" for block in blocks if isinstance(block, ThinkingBlock)),
        [
            (block.tool_call_id, block.tool_name, block.tool_kwargs)
            for block in blocks
            if isinstance(block, ToolCallBlock)
        ],
    )


def check_reply(expected: Meaning, text: str, reasoning: str, calls: list[tuple[Any, ...]]) -> None:
    assert (text, reasoning) == (expected.text, expected.reasoning)
    whole = []
    for call, name, arguments in expected.calls:
        try:
            whole.append((call, name, json.loads(arguments)))
        except ValueError:  # cut by max_tokens: must not be among the calls that an agent runs
            assert expected.finish == "length"
    assert calls == whole
