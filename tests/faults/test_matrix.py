"""The fault matrix: moment x fault x provider x wire x sync and async x framework, each cell with its promise."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

import cncoding
from cncoding import AsyncClient, ChatResponse, Client, CncodingError
from cncoding.registry import own_providers
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM
from tests.adversarial.raw import serving
from tests.faults.matrix import SEEN, FaultyServer
from tests.faults.promises import FAULTS, MOMENTS, PROMISES
from tests.targets import KEYS

Told = dict[str, Any]


def core(provider: str, told: Told) -> str:
    return show(Client(provider, **told).stream("hi").drain())


def acore(provider: str, told: Told) -> str:
    return show(asyncio.run(AsyncClient(provider, **told).stream("hi").drain()))


def add_up(chunks: list[Any]) -> str:
    total, *rest = chunks
    for chunk in rest:
        total = total + chunk
    reasoning = total.additional_kwargs.get("reasoning_content", "")
    arguments = "".join(json.dumps(call["args"], separators=(",", ":")) for call in total.tool_calls)
    return f"{reasoning}|{total.text}{arguments}"


def langchain(provider: str, told: Told) -> str:
    return add_up(list(ChatCNCoding(provider=provider, **told).stream("hi")))


def alangchain(provider: str, told: Told) -> str:
    async def run() -> list[Any]:
        return [chunk async for chunk in ChatCNCoding(provider=provider, **told).astream("hi")]

    return add_up(asyncio.run(run()))


def read_last(llm: CNCodingLLM, responses: list[Any]) -> str:
    calls = llm.get_tool_calls_from_response(responses[-1], error_on_no_tool_call=False)
    thoughts = [block.content for block in responses[-1].message.blocks if block.block_type == "thinking"]
    arguments = "".join(json.dumps(call.tool_kwargs, separators=(",", ":")) for call in calls)
    return f"{''.join(thoughts)}|{responses[-1].message.content or ''}{arguments}"


def llamaindex(provider: str, told: Told) -> str:
    llm = CNCodingLLM(provider=provider, **told)
    return read_last(llm, list(llm.stream_chat([ChatMessage("hi")])))


def allamaindex(provider: str, told: Told) -> str:
    llm = CNCodingLLM(provider=provider, **told)

    async def run() -> list[Any]:
        return [response async for response in await llm.astream_chat([ChatMessage("hi")])]

    return read_last(llm, asyncio.run(run()))


WAYS: tuple[Callable[[str, Told], str], ...] = (core, acore, langchain, alangchain, llamaindex, allamaindex)
PLACES = [(name, wire) for name, provider in own_providers().items() for wire in provider.endpoints[0].wires]
SLOW = ("silence", "heartbeats")


def rows() -> list[Any]:
    """List every cell in every way at every place; a run that samples takes each cell in each way, at one place."""
    found = []
    for (number, cell), (turn, way) in itertools.product(enumerate(PROMISES), enumerate(WAYS)):
        ways = (number % 6, (number + 3) % 6) if cell[1] in SLOW else range(6)
        for at, place in enumerate(PLACES):
            sampled = turn in ways and at == (number + turn) % len(PLACES)
            name = "-".join((*cell, way.__name__, *place))
            found.append(pytest.param(*cell, way, *place, id=name, marks=() if sampled else pytest.mark.full))
    return found


def show(reply: ChatResponse) -> str:
    return f"{reply.reasoning or ''}|{reply.text}{''.join(call.arguments for call in reply.tool_calls)}"


def settings(provider: str, wire: str, url: str, fault: str) -> Told:
    times = {"timeout": 0.5} if fault == "silence" else {"stall_after": 0.5} if fault == "heartbeats" else {}
    return {
        "api_key": KEYS.get(provider, "test-key"),
        "base_url": url,
        "wire": wire,
        "max_retries": 0,
        "timeout": 20,
        **times,
    }


@pytest.mark.parametrize(("moment", "fault", "way", "provider", "wire"), rows())
def test_cell(moment: str, fault: str, way: Callable[[str, Told], str], provider: str, wire: str) -> None:
    promise, server = PROMISES[moment, fault], FaultyServer(wire, moment, fault)
    with serving(server) as raw:
        url = "http://127.0.0.1:9" if moment == "connect" else raw.url.removesuffix("/v1")
        told = settings(provider, wire, url, fault)
        try:
            if promise == "the whole reply":
                assert way(provider, told) == 'hm|Hello{"a":1}'
                return
            with pytest.raises(CncodingError) as caught:
                way(provider, told)
        finally:
            server.close()
    assert isinstance(caught.value, getattr(cncoding, promise))
    if moment in SEEN:
        assert caught.value.partial is not None
        assert show(caught.value.partial).strip("|") == SEEN[moment].strip("|")
    assert server.requests == (moment != "connect"), "no request that may have been paid for is sent twice"


def test_every_cell_has_a_promise() -> None:
    missing = {(moment, fault) for moment in MOMENTS for fault in FAULTS} - set(PROMISES)
    assert missing == {("headers", "bad JSON")} | {("connect", fault) for fault in FAULTS if fault != "reset"}
    assert len(PLACES) > len(own_providers())
