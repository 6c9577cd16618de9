"""A slow plan is helped by the next one, where that was asked for: the first to begin wins, the other is hung up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from cncoding import AuthenticationError, ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek

SLOW = "delay 3s\nsay from glm, late"


def ask_lc(way: str, **settings: Any) -> tuple[str, dict[str, Any]]:
    model = ChatCNCoding.over([ChatGLM(max_retries=0), ChatDeepSeek(max_retries=0)], **settings)

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


def ask_li(way: str, **settings: Any) -> tuple[str, dict[str, Any]]:
    llm = CNCodingLLM.over([GLM(max_retries=0), DeepSeek(max_retries=0)], **settings)
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


WAYS = [(ask_lc, "invoke"), (ask_lc, "astream"), (ask_li, "stream"), (ask_li, "ainvoke")]


@pytest.mark.parametrize(("ask", "way"), WAYS)
def test_the_next_plan_helps_a_slow_one(emulator: Emulator, ask: Any, way: str) -> None:
    emulator.script(SLOW, "glm")
    emulator.script("say from deepseek", "deepseek")
    text, told = ask(way, hedge_after=0.05)
    assert text == "from deepseek"
    (tried,) = told["tried"]
    assert tried["provider"] == "glm" and tried["error"] == "slow" and "0.05 s" in tried["text"]
    assert sorted(one.provider for one in emulator.requests) == ["deepseek", "glm"]


@pytest.mark.parametrize(("ask", "way"), WAYS)
def test_a_quick_plan_is_asked_alone(emulator: Emulator, ask: Any, way: str) -> None:
    emulator.script("say from glm", "glm")
    text, told = ask(way, hedge_after=30)
    assert text == "from glm" and not told.get("tried")
    assert [one.provider for one in emulator.requests] == ["glm"]


@pytest.mark.parametrize("refusal", ["auth", "content_blocked"])
@pytest.mark.parametrize(("ask", "way"), WAYS[1:3])
def test_a_slow_plan_is_waited_for_where_the_next_one_refuses(
    emulator: Emulator, ask: Any, way: str, refusal: str
) -> None:
    emulator.script("delay 0.5s\nsay from glm, late", "glm")
    emulator.fault("deepseek", refusal, times=None)
    text, told = ask(way, hedge_after=0.05)
    assert text == "from glm, late" and told["tried"][0]["provider"] == "deepseek"
    assert len(emulator.requests) == 2


def test_nobody_helps_by_default_and_both_may_fail(emulator: Emulator) -> None:
    emulator.script("delay 0.2s\nsay from glm", "glm")
    assert ask_lc("invoke")[0] == "from glm" and len(emulator.requests) == 1
    emulator.fault("glm", "auth", times=None)
    emulator.fault("deepseek", "auth", times=None)
    for ask, way in WAYS:
        with pytest.raises(AuthenticationError) as caught:
            ask(way, hedge_after=30)
        assert [one["provider"] for one in caught.value.tried] == ["glm", "deepseek"]
    for ask, way in WAYS:
        with pytest.raises(ConfigError, match="hedge_after"):
            ask(way, hedge_after=-1)
