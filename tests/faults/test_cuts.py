"""A reply that breaks off: an error with what came, a message of what came, or the rest of it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from cncoding import (
    AsyncClient,
    ChatResponse,
    Client,
    CncodingError,
    CncodingWarning,
    ConfigError,
    TruncatedStreamError,
)
from cncoding.client import pools
from langchain_cncoding import ChatCNCoding, CNCodingTruncatedStreamError
from llamaindex_cncoding import CNCodingLLM
from tests.adversarial.raw import head, request_of, serving
from tests.faults.ask import EVERY, STREAMED, settings

HEAD = head("200 OK", "Content-Type: text/event-stream")
CUT = {"on_cut": "return"}
TOLD = pytest.mark.filterwarnings("ignore:on_cut")


def piece(**delta: Any) -> bytes:
    return b"data: %s\n\n" % json.dumps({"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta}]}).encode()


END = b'data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
THOUGHT, SAID = piece(reasoning_content="hm"), piece(content="One, ")
CALL = piece(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":'}}])
FAILURES = {
    "cut": b"",
    "error": b'data: {"error":{"message":"busy","code":"1"}}\n\n',
    "bad byte": b"data: \xff\n\n",
    "no JSON": b"data: {]\n\n",
}


def streams(*bodies: bytes) -> tuple[Callable[[socket.socket], None], list[dict[str, Any]]]:
    """Serve one body after another and hang up behind each; also return what was asked."""
    asked: list[dict[str, Any]] = []

    def serve(connection: socket.socket) -> None:
        if (request := request_of(connection)) is not None:
            asked.append(json.loads(request[request.index(b"{") :]))
            connection.sendall(HEAD + bodies[min(len(asked), len(bodies)) - 1])

    return serve, asked


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize("failure", FAILURES)
def test_what_came_is_a_reply(ask: Callable[..., ChatResponse], failure: str) -> None:
    serve, _ = streams(THOUGHT + SAID + FAILURES[failure])
    with serving(serve) as server:
        reply = ask(server.url, **CUT)
    assert (reply.reasoning, reply.text, reply.finish) == ("hm", "One, ", "cut")
    assert [one.setting for one in reply.warnings] == ["on_cut"]


@pytest.mark.parametrize("ask", EVERY)
def test_nothing_that_came_is_no_reply(ask: Callable[..., ChatResponse]) -> None:
    serve, _ = streams(piece(content=""))
    with serving(serve) as server, pytest.raises(TruncatedStreamError):
        ask(server.url, **CUT)


@TOLD
@pytest.mark.parametrize("body", [THOUGHT + SAID, THOUGHT, SAID + CALL], ids=["answer", "reasoning", "half a call"])
@pytest.mark.parametrize("streamed", [False, True])
def test_in_both_frameworks(body: bytes, streamed: bool) -> None:
    serve, _ = streams(body)
    with serving(serve) as server:
        model = ChatCNCoding(provider="deepseek", **settings(server.url, CUT))
        if streamed:
            first, *rest = model.stream("hi")
            message: Any = first
            for chunk in rest:
                message = message + chunk
        else:
            message = model.invoke("hi")
        assert message.response_metadata["finish_reason"] == "cut"
        assert not message.tool_calls and len(message.invalid_tool_calls) == (CALL in body)

        llm = CNCodingLLM(provider="deepseek", **settings(server.url, CUT))
        question = [ChatMessage("hi")]
        with pytest.warns(CncodingWarning, match="cut"):
            response = list(llm.stream_chat(question))[-1] if streamed else llm.chat(question)
        assert response.raw["finish_reason"] == "cut"
        assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
    assert SAID not in body or (message.text == "One, " == response.message.content)


@TOLD
def test_in_event_loops_too() -> None:
    serve, _ = streams(THOUGHT + SAID)

    async def run(url: str) -> None:
        message = await ChatCNCoding(provider="deepseek", **settings(url, CUT)).ainvoke("hi")
        assert (message.text, message.response_metadata["finish_reason"]) == ("One, ", "cut")
        response = await CNCodingLLM(provider="deepseek", **settings(url, CUT)).achat([ChatMessage("hi")])
        assert (response.message.content, response.raw["finish_reason"]) == ("One, ", "cut")

    with serving(serve) as server:
        asyncio.run(run(server.url))


def test_the_error_of_langchain_has_it_too() -> None:
    serve, _ = streams(SAID)
    with serving(serve) as server, pytest.raises(CNCodingTruncatedStreamError) as caught:
        list(ChatCNCoding(provider="deepseek", **settings(server.url, {})).stream("hi"))
    assert caught.value.partial is not None and caught.value.partial.text == "One, "


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize(("provider", "mark"), [("deepseek", "prefix"), ("qwen", "partial")])
def test_the_rest_of_an_answer_is_asked_for(ask: Callable[..., ChatResponse], provider: str, mark: str) -> None:
    serve, asked = streams(THOUGHT + SAID, piece(content="two.") + END)
    with serving(serve) as server:
        reply = ask(server.url, provider, resume_cut=True)
    assert (reply.reasoning, reply.text, reply.finish) == ("hm", "One, two.", "stop")
    assert [type(part).__name__ for part in reply.message.parts] == ["Reasoning", "Text"]
    last = asked[1]["messages"][-1]
    assert (last["role"], last["content"], last[mark]) == ("assistant", "One, ", True)
    assert [one.setting for one in reply.warnings] == ["resume_cut"]


@pytest.mark.parametrize("ask", STREAMED)
def test_patience_with_cuts_ends(ask: Callable[..., ChatResponse]) -> None:
    serve, asked = streams(SAID)
    with serving(serve) as server, pytest.raises(TruncatedStreamError) as caught:
        ask(server.url, resume_cut=True)
    assert len(asked) == 3 and caught.value.partial is not None and caught.value.partial.text == "One, " * 3


@pytest.mark.parametrize("ask", STREAMED)
@pytest.mark.parametrize(
    ("provider", "body"),
    [("glm", SAID), ("deepseek", THOUGHT), ("deepseek", SAID + CALL)],
    ids=["no such vendor", "reasoning", "half a call"],
)
def test_what_cannot_be_continued_is_told(ask: Callable[..., ChatResponse], provider: str, body: bytes) -> None:
    serve, asked = streams(body)
    with serving(serve) as server, pytest.raises(TruncatedStreamError) as caught:
        ask(server.url, provider, resume_cut=True)
    assert len(asked) == 1 and caught.value.partial is not None


@pytest.mark.parametrize("ask", STREAMED)
def test_a_continuation_that_is_refused_leaves_the_cut(ask: Callable[..., ChatResponse]) -> None:
    def serve(connection: socket.socket) -> None:
        request = request_of(connection) or b""
        refused = b'"prefix":true' in request
        connection.sendall(head("400 Bad", "Content-Length: 0") if refused else HEAD + SAID)

    with serving(serve) as server, pytest.raises(TruncatedStreamError) as caught:
        ask(server.url, resume_cut=True)
    assert caught.value.partial is not None and caught.value.partial.text == "One, "


def test_wrong_settings_are_refused() -> None:
    for wrong in ({"on_cut": "ignore"}, {"resume_cut": "yes"}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Client("deepseek", **settings("http://127.0.0.1:9", wrong))
    with pytest.raises(CncodingError, match="on_cut"):
        ChatCNCoding(provider="deepseek", **settings("http://127.0.0.1:9", {"on_cut": "ignore"}))


def test_a_continuation_leaves_no_connection_in_use() -> None:
    busy = b'data: {"error":{"message":"busy","type":"overloaded_error","code":"overloaded_error"}}\n\n'

    def serve(connection: socket.socket) -> None:
        resumed = b'"prefix":true' in (request_of(connection) or b"")
        connection.sendall(HEAD + (piece(content="two.") + END if resumed else SAID + busy))
        if not resumed:
            connection.recv(1)

    def count(shelf: Any) -> int:
        return int(shelf.open - shelf.idle)

    async def ask(url: str) -> int:
        assert (await AsyncClient("deepseek", **settings(url, {"resume_cut": True})).chat("hi")).text == "One, two."
        return count((await pools.shared().async_()).connections.shelf)

    with serving(serve) as server:
        before = count(pools.shared().sync().connections.shelf)
        assert Client("deepseek", **settings(server.url, {"resume_cut": True})).chat("hi").text == "One, two."
        assert count(pools.shared().sync().connections.shelf) == before
        assert asyncio.run(ask(server.url)) == 0
