"""Tool arguments that nobody can use are invalid calls, half a character breaks no dump, calls keep their order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.load import dumps
from langchain_core.messages import AIMessage
from llama_index.core.llms import ChatMessage

from cncoding import ChatRequest, ChatResponse, Client, Message, ToolCall, parse_arguments, user
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM
from tests.adversarial.raw import reply, serving
from tests.faults.ask import always, settings, stream

USELESS = {
    "deep": '{"a":' * 3000 + "1" + "}" * 3000,
    "rather deep": '{"a":[' * 200 + "1" + "]}" * 200,
    "lists": '{"a":' + "[" * 100_000,
    "long number": '{"a":' + "9" * 5000 + "}",
}


def answers(*calls: dict[str, Any], streamed: bool) -> bytes:
    if not streamed:
        message = {"content": None, "tool_calls": [{**call, "type": "function"} for call in calls]}
        return reply(json.dumps({"id": "x", "choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode())
    pieces = [{"index": 0, "delta": {"tool_calls": [call]}} for call in calls]
    pieces.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    return reply(b"".join(b"data: %s\n\n" % json.dumps({"id": "x", "choices": [one]}).encode() for one in pieces))


def call(arguments: str, ident: str = "c1", name: str = "f", index: int = 0) -> dict[str, Any]:
    return {"index": index, "id": ident, "function": {"name": name, "arguments": arguments}}


def langchain(url: str, streamed: bool) -> AIMessage:
    model = ChatCNCoding(provider="deepseek", **settings(url, {}))
    if not streamed:
        return model.invoke("hi")
    first, *rest = model.stream("hi")
    for chunk in rest:
        first = first + chunk
    return first


def llamaindex(url: str, streamed: bool) -> tuple[Any, list[Any]]:
    llm = CNCodingLLM(provider="deepseek", **settings(url, {}))
    question = [ChatMessage("hi")]
    response = list(llm.stream_chat(question))[-1] if streamed else llm.chat(question)
    return response.message, llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)


@pytest.mark.filterwarnings("ignore:tool calls")  # LlamaIndex is told what is not run
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("what", USELESS)
def test_arguments_that_nobody_can_use_are_an_invalid_call(what: str, streamed: bool) -> None:
    with serving(always(answers(call(USELESS[what]), streamed=streamed))) as server:
        message = langchain(server.url, streamed)
        assert not message.tool_calls and len(message.invalid_tool_calls) == 1
        assert dumps(message).encode()
        shown, selections = llamaindex(server.url, streamed)
        assert selections == [] and shown.model_dump_json()


@pytest.mark.parametrize("what", USELESS)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_such_a_call_in_the_history_can_be_sent(what: str, wire: str) -> None:
    history = (user("hi"), Message("assistant", (ToolCall("c1", "f", USELESS[what]),)))
    with serving(reply(b"{}", "400 Bad")) as server, pytest.raises(Exception, match="400"):
        Client("deepseek", wire=wire, **settings(server.url, {})).chat(ChatRequest(history))


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("where", [{"ident": "c\ud83d"}, {"name": "f\ude00"}, {"arguments": '{"a":"\ud83d"}'}])
def test_half_a_character_breaks_no_dump(where: dict[str, str], streamed: bool) -> None:
    with serving(always(answers(call(**{"arguments": "{}", **where}), streamed=streamed))) as server:
        message = langchain(server.url, streamed)
        assert len(message.tool_calls) == 1 and dumps(message).encode() and message.model_dump_json()
        shown, selections = llamaindex(server.url, streamed)
        assert len(selections) == 1 and shown.model_dump_json()


LATE_NAME = [
    {"index": 0, "id": "c0", "function": {"arguments": ""}},
    call('{"a":1}', "c1", "second", 1),
    {"index": 0, "id": "c0", "function": {"name": "first", "arguments": "{}"}},
    {"index": 1, "id": "c1", "function": {"arguments": ""}},
]


def test_calls_keep_one_order_streamed_and_whole() -> None:
    whole = [call("{}", "c0", "first"), call('{"a":1}', "c1", "second", 1)]

    def names(reply: ChatResponse) -> list[str]:
        return [one.name for one in reply.tool_calls]

    with serving(always(answers(*LATE_NAME, streamed=True))) as server:
        assert names(stream(server.url)) == ["first", "second"]
        assert [one["name"] for one in langchain(server.url, True).tool_calls] == ["first", "second"]
        assert [one.tool_name for one in llamaindex(server.url, True)[1]] == ["first", "second"]
    with serving(always(answers(*whole, streamed=False))) as server:
        assert [one["name"] for one in langchain(server.url, False).tool_calls] == ["first", "second"]


def test_arguments_within_reason_are_read() -> None:
    assert parse_arguments('{"a": "[[[{{{", "b": [1e2, "\n"]}') == {"a": "[[[{{{", "b": [100.0, "\n"]}
    assert parse_arguments('{"a":' * 199 + "[]" + "}" * 199)
    with pytest.raises(json.JSONDecodeError):
        parse_arguments("{")
    with pytest.raises(ValueError, match="deeper"):
        parse_arguments("[" * 201 + "]" * 201)
