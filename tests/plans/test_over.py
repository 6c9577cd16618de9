"""Several plans as one model: when it moves on, what it says, what it remembers."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from cncoding import (
    BadRequestError,
    ConfigError,
    ContentBlockedError,
    QuotaExhaustedError,
)
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatKimi
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek

MOVES = {"quota": "QuotaExhaustedError", "auth": "AuthenticationError", "overloaded": "", "rate_limit": ""}
Asked = Callable[..., dict[str, Any]]


def lc_models() -> list[Any]:
    return [ChatGLM(max_retries=0), ChatDeepSeek(max_retries=0)]


def li_llms() -> list[Any]:
    return [GLM(max_retries=0), DeepSeek(max_retries=0)]


def ask_lc(way: str) -> tuple[str, dict[str, Any]]:
    model = ChatCNCoding.over(lc_models())

    async def in_loop() -> Any:
        if way == "ainvoke":
            return await model.ainvoke("hi")
        found = None
        async for chunk in model.astream("hi"):
            found = chunk if found is None else found + chunk
        return found

    if way == "invoke":
        message: Any = model.invoke("hi")
    elif way == "stream":
        message = None
        for chunk in model.stream("hi"):
            message = chunk if message is None else message + chunk
    else:
        message = asyncio.run(in_loop())
    return message.text, message.response_metadata


def ask_li(way: str) -> tuple[str, dict[str, Any]]:
    llm = CNCodingLLM.over(li_llms())
    question = [ChatMessage(role="user", content="hi")]

    async def in_loop() -> Any:
        if way == "ainvoke":
            return await llm.achat(question)
        return [one async for one in await llm.astream_chat(question)][-1]

    if way == "invoke":
        reply: Any = llm.chat(question)
    elif way == "stream":
        reply = list(llm.stream_chat(question))[-1]
    else:
        reply = asyncio.run(in_loop())
    return reply.message.content, reply.raw


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
@pytest.mark.parametrize("ask", [ask_lc, ask_li])
@pytest.mark.parametrize("cause", ["quota", "auth", "overloaded", "connection"])
def test_it_moves_on(emulator: Emulator, ask: Any, way: str, cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.script("say from deepseek", "deepseek")
    if cause == "connection":
        monkeypatch.setenv("GLM_BASE_URL", "http://127.0.0.1:9/v4")
    else:
        emulator.fault("glm", cause, times=None)
    text, told = ask(way)
    assert text == "from deepseek"
    (tried,) = told["tried"]
    assert tried["provider"] == "glm" and tried["error"].endswith("Error") and tried["text"]
    assert "deepseek" in str(told.get("model_provider") or told.get("provider"))


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
@pytest.mark.parametrize("ask", [ask_lc, ask_li])
def test_a_bad_request_and_blocked_content_stay(emulator: Emulator, ask: Any, way: str) -> None:
    for preset, kind in (("content_blocked", ContentBlockedError), ("bad_parameter", BadRequestError)):
        emulator.reset()
        emulator.fault("glm", preset)
        with pytest.raises(kind):
            ask(way)
        assert {one.provider for one in emulator.requests} == {"glm"}


def test_a_spent_plan_is_not_asked_before_its_reset(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.spend("glm", seconds=3600)
    model = ChatCNCoding.over(lc_models())
    model.invoke("hi")
    before = len([one for one in emulator.requests if one.provider == "glm"])
    again = ChatCNCoding.over(lc_models()).invoke("hi")  # another process of the same user would read the same file
    assert len([one for one in emulator.requests if one.provider == "glm"]) == before
    assert again.response_metadata["tried"][0]["error"] == "spent"
    emulator.advance(7200)
    later = time.time() + 7200
    monkeypatch.setattr("cncoding.client.sync.time.time", lambda: later)
    assert "tried" not in model.invoke("hi").response_metadata
    assert len([one for one in emulator.requests if one.provider == "glm"]) == before + 1


def test_all_spent_names_the_earliest_reset(emulator: Emulator) -> None:
    emulator.spend("glm", seconds=3600)
    emulator.fault("deepseek", "balance", times=None)
    model = ChatCNCoding.over(lc_models())
    with pytest.raises(QuotaExhaustedError):
        model.invoke("hi")
    sent = len(emulator.requests)
    with pytest.raises(QuotaExhaustedError, match="all plans are spent") as caught:
        model.invoke("hi")
    assert len(emulator.requests) == sent and caught.value.resets_at is not None and len(caught.value.tried) == 2


def test_no_key_is_remembered(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    emulator.spend("glm")
    ChatCNCoding.over([ChatGLM(api_key="secret.key", max_retries=0), ChatDeepSeek()]).invoke("hi")
    for file in (tmp_path / "state").iterdir():
        assert b"secret" not in file.read_bytes()


def test_a_broken_memory_is_moved_aside(emulator: Emulator, tmp_path: Any) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "plans.sqlite3").write_bytes(b"no database at all, but text that is long enough to look like one" * 40)
    with pytest.warns(UserWarning, match="moved to"):
        ChatCNCoding.over(lc_models()).invoke("hi")
    assert [one.name for one in state.iterdir() if ".broken-" in one.name]


@tool
def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"{city}: sunny"


def test_an_agent_loses_its_plan_in_the_middle_of_a_tool_loop(emulator: Emulator) -> None:
    emulator.script('think hm\ncall get_weather {"city": "Beijing"}', "glm")
    emulator.script("say it is sunny", "deepseek")
    spent: list[int] = []

    @tool
    def lookup(city: str) -> str:
        """Tell the weather."""
        emulator.spend("glm", seconds=3600)
        spent.append(1)
        return f"{city}: sunny"

    lookup.name = "get_weather"
    agent = create_agent(ChatCNCoding.over(lc_models()), [lookup])
    found = agent.invoke({"messages": [("user", "weather?")]})
    assert found["messages"][-1].text == "it is sunny" and spent
    assert [one.response_metadata["model_provider"] for one in found["messages"] if isinstance(one, AIMessage)] == [
        "cncoding-glm",
        "cncoding-deepseek",
    ]


async def test_a_function_agent_loses_its_plan(emulator: Emulator) -> None:
    emulator.script('think hm\ncall get_weather {"city": "Beijing"}', "glm")
    emulator.script("say it is sunny", "deepseek")

    def weather(city: str) -> str:
        """Tell the weather."""
        emulator.spend("glm", seconds=3600)
        return f"{city}: sunny"

    weather.__name__ = "get_weather"
    agent = FunctionAgent(llm=CNCodingLLM.over(li_llms()), tools=[weather])
    assert str(await agent.run("weather?")) == "it is sunny"


class Answer(BaseModel):
    """An answer."""

    word: str


def test_it_is_a_full_chat_model(emulator: Emulator) -> None:
    model = ChatCNCoding.over([ChatGLM(temperature=0.3), ChatKimi(), ChatDeepSeek()], max_tokens=99)
    assert isinstance(model.with_structured_output(Answer).invoke("one word"), Answer)
    assert pickle.loads(pickle.dumps(model)).invoke("hi").text
    sent = emulator.requests[-1].json
    assert sent["max_tokens"] == 99 and sent["temperature"] == 0.3 and sent["model"] == "glm-5.3"
    assert model.profile["tool_calling"] and not model.profile["image_inputs"]
    assert [event for event in model.stream_events("hi", version="v3")]


def test_wrong_members(emulator: Emulator) -> None:
    for make, wrong in ((ChatCNCoding.over, "x"), (CNCodingLLM.over, 5)):
        with pytest.raises(ConfigError, match="empty"):
            make([])
        with pytest.raises(ConfigError, match="cncoding"):
            make([wrong])
    with pytest.raises(ConfigError, match="order"):
        ChatCNCoding.over(lc_models(), order="best")


@pytest.mark.parametrize("way", ["langchain", "llamaindex"])
def test_a_member_without_tools_is_named_before_anything_is_sent(emulator: Emulator, way: str) -> None:
    def run() -> None:
        if way == "langchain":
            model = ChatCNCoding.over([ChatGLM(), ChatGLM("glm-4.5v")])
            create_agent(model, [get_weather]).invoke({"messages": [("user", "weather?")]})
            return
        llm = CNCodingLLM.over([GLM(), GLM("glm-4.5v")])
        llm.chat_with_tools([FunctionTool.from_defaults(name_weather)], "weather?")

    def name_weather(city: str) -> str:
        """Tell the weather."""
        return city

    with pytest.raises(ConfigError, match=r"glm-4\.5v of glm takes none"):
        run()
    assert not emulator.requests


async def test_a_function_agent_is_back_after_the_reset(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.spend("glm", seconds=3600)
    agent = FunctionAgent(llm=CNCodingLLM.over(li_llms()), tools=[])
    emulator.script("say from deepseek", "deepseek")
    assert str(await agent.run("hi")) == "from deepseek"
    emulator.advance(7200)
    later = time.time() + 7200
    monkeypatch.setattr("cncoding.client.sync.time.time", lambda: later)
    emulator.script("say from glm", "glm")
    assert str(await agent.run("hi")) == "from glm"


def test_most_left_and_cheapest(emulator: Emulator) -> None:
    models = [ChatDeepSeek(), ChatGLM()]
    assert "glm" in ChatCNCoding.over(models, order="cheapest").invoke("hi").response_metadata["model_provider"]
    assert ChatCNCoding.over(models, order="most_left").invoke("hi").text


def test_what_is_left_is_asked_once(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cncoding.client.plan_left._left", {})
    model = ChatCNCoding.over([ChatGLM(), ChatKimi()], order="most_left")
    for _ in range(3):
        model.invoke("hi")
    asked = [one.path for one in emulator.requests if one.method == "GET"]
    assert len(asked) == len(set(asked)) == 2
    other = ChatCNCoding.over([ChatGLM(), ChatDeepSeek()], order="most_left")
    assert model._get_llm_string() != other._get_llm_string()


@pytest.mark.parametrize("order", ["listed", "most_left", "cheapest"])
@pytest.mark.parametrize("framework", ["langchain", "llamaindex"])
def test_a_tool_loop_stays_with_the_vendor_that_thought(
    emulator: Emulator, order: Any, framework: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cncoding.client.plan_left._left", {})
    emulator.spend("glm", seconds=3600)
    emulator.script('think hm\ncall get_weather {"city": "Beijing"}\n---\nsay it is sunny', "deepseek")
    emulator.script("say from glm", "glm")
    real = time.time

    def weather(city: str) -> str:
        """Tell the weather."""
        emulator.advance(7200)  # GLM's plan is back
        monkeypatch.setattr("cncoding.client.sync.time.time", lambda: real() + 7200)
        return f"{city}: sunny"

    weather.__name__ = "get_weather"

    def run() -> str:
        if framework == "langchain":
            agent = create_agent(ChatCNCoding.over(lc_models(), order=order), [tool("get_weather")(weather)])
            return str(agent.invoke({"messages": [("user", "weather?")]})["messages"][-1].text)

        async def ask() -> str:
            return str(await FunctionAgent(llm=CNCodingLLM.over(li_llms(), order=order), tools=[weather]).run("?"))

        return asyncio.run(ask())

    assert run() == "it is sunny"
    assert [one.provider for one in emulator.requests if one.method == "POST"][-2:] == ["deepseek", "deepseek"]
    assert run() == "from glm"  # another question begins with the first again


def test_a_tool_loop_crosses_when_it_must(emulator: Emulator) -> None:
    """Without reasoning nothing has to go back, and a vendor that is spent is left in the middle."""
    emulator.script('call get_weather {"city": "Beijing"}', "deepseek")
    emulator.spend("glm", seconds=2)
    emulator.script("say from glm", "glm")

    @tool("get_weather")
    def weather(city: str) -> str:
        """Tell the weather."""
        emulator.fault("deepseek", "balance", times=None)
        emulator.advance(10)
        return f"{city}: sunny"

    models = [ChatDeepSeek(max_retries=0, thinking=False), ChatGLM(max_retries=0)]
    found = create_agent(ChatCNCoding.over(models), [weather]).invoke({"messages": [("user", "weather?")]})
    assert found["messages"][-1].text == "from glm"
    assert [one["error"] for one in found["messages"][-1].response_metadata["tried"]] == ["QuotaExhaustedError"]


def test_a_dump_of_several_llms_makes_them_again(emulator: Emulator) -> None:
    inner = CNCodingLLM.over([GLM(max_retries=0, temperature=0.25), DeepSeek()], order="cheapest")
    llm = CNCodingLLM.over([inner, DeepSeek()], floor=0.01)
    again = type(llm).from_dict(json.loads(json.dumps(llm.to_dict())))
    assert again.complete("hi").raw["provider"] == "glm" and emulator.requests[-1].json["temperature"] == 0.25
    assert [type(one).__name__ for one in again.llms] == ["PlansLLM", "CNCodingLLM"]  # type: ignore[attr-defined]
    assert (again.floor, again.llms[0].order) == (0.01, "cheapest")  # type: ignore[attr-defined]
