"""A slow plan is helped by the next one, where that was asked for: the first to begin wins, the other is hung up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
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


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Where GLM stands, somebody who takes the request and never answers; the event tells that he was hung up."""
    hung_up = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server.accept()[0] as connection:
            while connection.recv(65536):
                pass
            hung_up.set()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    monkeypatch.setenv("GLM_BASE_URL", f"http://127.0.0.1:{server.getsockname()[1]}/v4")
    yield hung_up
    server.close()


@pytest.mark.parametrize(("ask", "way"), WAYS)
def test_the_slow_one_is_hung_up_at_once(emulator: Emulator, silent: threading.Event, ask: Any, way: str) -> None:
    emulator.script("say from deepseek", "deepseek")
    assert ask(way, hedge_after=0.05)[0] == "from deepseek"
    assert silent.wait(20)  # it would answer never, and the timeout of a read is 300 s


def test_the_slow_one_is_hung_up_in_the_middle_of_its_head(emulator: Emulator, silent: threading.Event) -> None:
    model = ChatCNCoding.over([ChatGLM(max_retries=5), ChatDeepSeek()], hedge_after=0.05)
    assert model.invoke("hi").text and silent.wait(20)
    waiting = [one for one in threading.enumerate() if one.name == "cncoding-hedge"]
    for one in waiting:
        one.join(20)  # it does not try again
    assert not any(one.is_alive() for one in waiting)


def test_both_may_be_slow_and_a_hedge_ends_with_its_caller(emulator: Emulator) -> None:
    emulator.script("delay 0.4s\nsay from glm", "glm")
    emulator.script("delay 60s\nsay from deepseek", "deepseek")
    assert ask_lc("stream", hedge_after=0.05)[0] == "from glm"
    for one in [one for one in threading.enumerate() if one.name == "cncoding-hedge"]:
        one.join(20)
        assert not one.is_alive()
