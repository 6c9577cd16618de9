"""Every cause x every vendor x both frameworks x whole and streamed x call and tool loop: the next plan answers."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage

from cncoding_emulator import Emulator
from cncoding_emulator.personas import PERSONAS
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM
from tests.sampling import mark_sample

pytestmark = pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
CAUSES = ("quota", "balance", "auth", "client_refused", "overloaded", "rate_limit", "connection")
CALL = 'call get_weather {"city": "Beijing"}'
ROWS = [
    row
    for row in product(CAUSES, PERSONAS, ("langchain", "llamaindex"), ("whole", "streamed"), ("call", "loop"))
    if row[0] == "connection" or row[0] in PERSONAS[row[1]].table
]
CASES = [pytest.param(*row, marks=marks, id="-".join(row)) for row, marks in zip(ROWS, mark_sample(ROWS), strict=True)]


def break_plan(emulator: Emulator, vendor: str, cause: str) -> None:
    if cause == "connection":
        emulator.hostile("cut-head", vendor, times=None)
    else:
        emulator.fault(vendor, cause, times=None)


def ask_langchain(model: Any, way: str) -> str:
    if way == "whole":
        return str(model.invoke("hi").text)
    return "".join(chunk.text for chunk in model.stream("hi"))


def run_langchain(model: Any, way: str, weather: Any) -> str:
    agent = create_agent(model, [tool("get_weather")(weather)])
    question = {"messages": [("user", "weather?")]}
    if way == "whole":
        return str(agent.invoke(question)["messages"][-1].text)
    pieces = [chunk.text for chunk, about in agent.stream(question, stream_mode="messages") if chunk.type != "tool"]
    return "".join(pieces)


def ask_llamaindex(llm: Any, way: str) -> str:
    question = [ChatMessage(role="user", content="hi")]
    if way == "whole":
        return str(llm.chat(question).message.content)
    return str(list(llm.stream_chat(question))[-1].message.content)


def run_llamaindex(llm: Any, way: str, weather: Any) -> str:
    async def run() -> str:
        return str(await FunctionAgent(llm=llm, tools=[weather], streaming=way == "streamed").run("weather?"))

    return asyncio.run(run())


@pytest.mark.parametrize(("cause", "vendor", "framework", "way", "where"), CASES)
def test_the_next_plan_answers(
    emulator: Emulator, cause: str, vendor: str, framework: str, way: str, where: str
) -> None:
    spare = "glm" if vendor == "deepseek" else "deepseek"
    ours, ask, run = {
        "langchain": (ChatCNCoding, ask_langchain, run_langchain),
        "llamaindex": (CNCodingLLM, ask_llamaindex, run_llamaindex),
    }[framework]
    model = ours.over([ours(provider=one, max_retries=0) for one in (vendor, spare)])
    emulator.script("say from the spare", spare)
    if where == "call":
        break_plan(emulator, vendor, cause)
        assert ask(model, way) == "from the spare"
        return
    emulator.script(CALL, vendor)

    def get_weather(city: str) -> str:
        """Tell the weather."""
        break_plan(emulator, vendor, cause)
        return f"{city}: sunny"

    assert run(model, way, get_weather) == "from the spare"
    last = emulator.requests[-1]
    assert last.provider == spare and "Beijing: sunny" in str(last.json)
