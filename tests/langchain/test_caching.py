"""Prompt caching as LangChain users write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM, ChatMiniMax, ChatQwen

CACHE = {"cache_control": {"type": "ephemeral"}}
HISTORY: list[AnyMessage] = [
    SystemMessage([{"type": "text", "text": "rules", **CACHE}]),
    HumanMessage([{"type": "text", "text": "a book", **CACHE}, {"type": "text", "text": "what is in it?"}]),
    AIMessage("", tool_calls=[{"id": "c1", "name": "look", "args": {}}]),
    ToolMessage([{"type": "text", "text": "foxes", **CACHE}], tool_call_id="c1"),
]


@tool(extras=CACHE)
def look(page: int = 1) -> str:
    """Look into the book."""
    return "foxes"


@pytest.mark.parametrize(
    "given", [look, {"name": "look", "description": "Look.", "input_schema": {"type": "object"}, **CACHE}]
)
def test_marks_reach_the_wire(given: Any, emulator: Emulator) -> None:
    ChatMiniMax(wire="anthropic").bind_tools([given]).invoke(HISTORY)
    body = emulator.requests[-1].json
    assert json.dumps(body).count('"cache_control": {"type": "ephemeral"}') == 4
    assert body["tools"][0]["cache_control"] and body["system"][0]["cache_control"]


def test_a_wire_without_marks_warns_once(emulator: Emulator) -> None:
    with pytest.warns(CncodingWarning, match="prompt_cache: minimax on the openai wire takes no cache marks") as caught:
        ChatMiniMax().invoke(HISTORY)
    assert len(caught) == 1 and "cache_control" not in json.dumps(emulator.requests[-1].json)
    ChatGLM().invoke(HISTORY)
    assert "cache_control" not in json.dumps(emulator.requests[-1].json)


@pytest.mark.parametrize("way", ["field", "call", "cache_control"])
def test_auto_and_what_breaks_it(way: str, emulator: Emulator) -> None:
    fields: Any = {"prompt_cache": "auto"} if way == "field" else {}
    model: Any = ChatQwen(wire="anthropic", **fields)
    if way != "field":
        model = model.bind(**({"prompt_cache": "auto"} if way == "call" else CACHE))
    model.invoke([("system", "rules"), ("human", "one")])
    assert json.dumps(emulator.requests[-1].json).count("ephemeral") == 2
    model.invoke([("system", "rules"), ("human", "one"), ("ai", "1"), ("human", "two")])
    with pytest.warns(CncodingWarning, match="prompt_cache: the system message differs"):
        model.invoke([("system", "now 12:01"), ("human", "one"), ("ai", "1"), ("human", "two")])
