"""Tools: every form in which they are bound and chosen, and every shape in which calls come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatGLM, CNCodingConfigError, create_chat_model

from .conftest import BLUE_PNG, ROADS, roads
from .test_reasoning_round_trip import add_up, get_weather


class Multiply(BaseModel):
    """Multiply two numbers."""

    a: int = Field(description="first")
    b: int


@tool
def ping() -> str:
    """Answer without arguments."""
    return "pong"


FUNCTION = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
    },
}
ANTHROPIC = {
    "name": "look",
    "description": "Look",
    "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}},
    "cache_control": {"type": "ephemeral"},
}
SCHEMA = {
    "title": "Sum",
    "description": "Sum up",
    "type": "object",
    "properties": {"x": {"type": "number"}},
    "required": ["x"],
}
SERVER = {"type": "web_search", "web_search": {"enable": True, "search_engine": "search_pro"}}


def sent(emulator: Emulator) -> dict[str, Any]:
    return emulator.requests[-1].json  # type: ignore[no-any-return]


def test_every_form_of_a_tool_arrives(emulator: Emulator) -> None:
    ChatGLM().bind_tools([get_weather, Multiply, FUNCTION, ANTHROPIC, SCHEMA, SERVER]).invoke("hello")
    tools = sent(emulator)["tools"]
    assert [t.get("function", {}).get("name") for t in tools] == ["get_weather", "Multiply", "add", "look", "Sum", None]
    assert tools[-1] == SERVER
    assert tools[1]["function"]["parameters"]["properties"]["a"]["description"] == "first"
    assert all("cache_control" not in json.dumps(t) for t in tools)


@pytest.mark.parametrize(
    ("choice", "bound"),
    [
        (None, None),
        (False, None),
        (True, "required"),
        ("any", "required"),
        ("required", "required"),
        ("auto", "auto"),
        ("none", "none"),
        ("ping", {"type": "function", "function": {"name": "ping"}}),
        ({"type": "function", "function": {"name": "ping"}}, {"type": "function", "function": {"name": "ping"}}),
        ({"type": "tool", "name": "ping"}, {"type": "function", "function": {"name": "ping"}}),
        ({"type": "function", "name": "ping"}, {"type": "function", "function": {"name": "ping"}}),
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
    ],
)
def test_every_form_of_a_choice(choice: Any, bound: Any) -> None:
    runnable: Any = ChatGLM().bind_tools([ping], tool_choice=choice)
    assert runnable.kwargs.get("tool_choice") == bound


@pytest.mark.parametrize(
    "choice", ["nobody", {"type": "function", "function": {"name": "nobody"}}, {"type": "strange"}]
)
def test_impossible_choices_are_refused(choice: Any) -> None:
    with pytest.raises(CNCodingConfigError, match="tool_choice"):
        ChatGLM().bind_tools([ping], tool_choice=choice)


@pytest.mark.parametrize("provider", ["qwen", "kimi", "deepseek", "wcode", "unified"])
def test_forced_choice_arrives_where_it_is_taken(provider: str, emulator: Emulator) -> None:
    model = create_chat_model(provider, thinking=False)
    assert "named" in model.tool_choices()
    model.bind_tools([ping, get_weather], tool_choice="get_weather").invoke("hello")
    assert sent(emulator)["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
    reply = model.bind_tools([ping, get_weather], tool_choice="any").invoke("hello")
    assert reply.tool_calls
    reply = model.bind_tools([ping], tool_choice="any").invoke("hello")
    assert [call["name"] for call in reply.tool_calls] == ["ping"]
    forms = ("required", {"type": "function", "function": {"name": "ping"}})
    assert sent(emulator)["tool_choice"] in forms


def test_one_tool_is_forced_in_the_form_that_is_taken(emulator: Emulator) -> None:
    """Qwen takes a name but not `required`, Kimi's Anthropic wire the other way round."""
    create_chat_model("qwen", thinking=False).bind_tools([ping], tool_choice="any").invoke("hello")
    assert sent(emulator)["tool_choice"] == {"type": "function", "function": {"name": "ping"}}
    create_chat_model("kimi", wire="anthropic", thinking=False).bind_tools([ping], tool_choice="ping").invoke("hello")
    assert sent(emulator)["tool_choice"] == {"type": "any"}


@roads
def test_forced_choice_degrades_per_call_with_a_warning(provider: str, wire: str, emulator: Emulator) -> None:
    """The vendor never sees a choice that it would refuse, and the model object stays as it is."""
    model = create_chat_model(provider, wire=wire, thinking=True, max_retries=0)
    before = model.asdict()
    bound = model.bind_tools([ping], tool_choice="any")
    if "required" in model.tool_choices():
        assert bound.invoke("Call ping.").tool_calls
    else:
        with pytest.warns(CncodingWarning, match="tool_choice"):
            bound.invoke("hello")
        assert "Reply only by calling one of these tools: ping" in json.dumps(sent(emulator))
        assert "required" not in json.dumps(sent(emulator).get("tool_choice", ""))
    assert model.asdict() == before


def test_a_forced_tool_on_a_model_that_calls_none_is_refused_before_any_request(emulator: Emulator) -> None:
    model = ChatGLM(model="glm-4.5v")
    assert (model.profile or {})["tool_calling"] is False
    with pytest.raises(CNCodingConfigError, match=r"glm-4\.5v calls no tools"):
        model.bind_tools([ping], tool_choice="any").invoke("hello")
    assert emulator.requests == []


def test_parallel_calls_on_and_off(emulator: Emulator) -> None:
    model = create_chat_model("qwen", thinking=False)
    question = "What is the weather in 北京 and 上海? Use get_weather."
    assert len(model.bind_tools([get_weather], parallel_tool_calls=True).invoke(question).tool_calls) == 2
    assert sent(emulator)["parallel_tool_calls"] is True
    assert len(model.bind_tools([get_weather], parallel_tool_calls=False).invoke(question).tool_calls) == 1


def test_strict_is_sent_only_where_it_is_taken(emulator: Emulator) -> None:
    for provider in ("glm", "qwen", "deepseek", "kimi"):
        create_chat_model(provider, max_retries=0).bind_tools([Multiply], strict=True).invoke("hello")
        assert emulator.requests[-1].status == 200


SHAPES = ["", "whole-args", "no-index", "repeat-name", "late-id", "split 1", "interleave"]


@pytest.mark.parametrize("shape", SHAPES, ids=[shape or "plain" for shape in SHAPES])
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("provider", ["glm", "kimi", "qwen"])
def test_streamed_calls_in_every_shape(provider: str, version: str, shape: str, emulator: Emulator) -> None:
    emulator.script(f'think hm\nsay on it\ncall get_weather {{"city": "北京"}}\ncall ping {{}}\n{shape}\n', provider)
    model = create_chat_model(provider, output_version=version).bind_tools([get_weather, ping])
    chunks = list(model.stream("go"))
    reply = add_up(chunks)
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [
        ("get_weather", {"city": "北京"}),
        ("ping", {}),
    ]
    assert len({call["id"] for call in reply.tool_calls}) == 2 and all(call["id"] for call in reply.tool_calls)
    assert reply.invalid_tool_calls == []
    assert [block["type"] for block in reply.content_blocks] == ["reasoning", "text", "tool_call", "tool_call"]
    pieces = [piece for chunk in chunks for piece in chunk.tool_call_chunks]
    assert {piece["index"] for piece in pieces} == {0, 1}
    assert [piece["name"] for piece in pieces if piece["name"]] == ["get_weather", "ping"]


@pytest.mark.parametrize("shape", ["args-dict", "args-null"])
def test_arguments_as_dict_or_null(shape: str, emulator: Emulator) -> None:
    args = '{"city": "北京"}' if shape == "args-dict" else "{}"
    for ask in ("invoke", "stream"):
        emulator.script(f"call get_weather {args}\n{shape}", "glm")
        model = ChatGLM().bind_tools([get_weather])
        reply = model.invoke("go") if ask == "invoke" else add_up(list(model.stream("go")))
        assert [call["args"] for call in reply.tool_calls] == [json.loads(args)]


def test_invalid_json_has_an_id_and_can_go_back(emulator: Emulator) -> None:
    for ask in ("invoke", "stream"):
        emulator.script('call get_weather {"city": \nfinish length', "glm")
        model = ChatGLM().bind_tools([get_weather])
        reply: AIMessage = model.invoke("go") if ask == "invoke" else add_up(list(model.stream("go")))
        assert reply.tool_calls == []
        (bad,) = reply.invalid_tool_calls
        assert bad["id"] and bad["name"] == "get_weather"
        history = [
            HumanMessage("go"),
            reply,
            ToolMessage("the arguments were cut", tool_call_id=bad["id"], status="error"),
        ]
        model.invoke(history)
        assert emulator.requests[-1].status == 200


@roads
def test_no_argument_call(provider: str, wire: str) -> None:
    model = create_chat_model(provider, wire=wire, max_retries=0).bind_tools([ping])
    for reply in (model.invoke("Call ping."), add_up(list(model.stream("Call ping.")))):
        assert [call["args"] for call in reply.tool_calls] == [{}]


@roads
def test_error_status_is_visible_to_the_model(provider: str, wire: str, emulator: Emulator) -> None:
    model = create_chat_model(provider, wire=wire, max_retries=0).bind_tools([ping])
    first = model.invoke("Call ping.")
    history = [
        HumanMessage("Call ping."),
        first,
        ToolMessage("no route", tool_call_id=first.tool_calls[0]["id"], status="error"),
    ]
    assert model.invoke(history)
    turn = sent(emulator)["messages"][-1]
    assert "error" in json.dumps(turn).lower() and "no route" in json.dumps(turn)


@roads
def test_images_in_tool_results(provider: str, wire: str, emulator: Emulator) -> None:
    """A tool's picture reaches a model that can see, where its vendor takes it; others get a word in its place."""
    model: ChatCNCoding = create_chat_model(provider, wire=wire, max_retries=0)
    first = model.bind_tools([ping]).invoke("Call ping.")
    picture = [{"type": "text", "text": "see"}, {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"}]
    history = [HumanMessage("Call ping."), first, ToolMessage(picture, tool_call_id=first.tool_calls[0]["id"])]
    reply = model.invoke(history)
    assert emulator.requests[-1].status == 200
    if (model.profile or {})["image_inputs"]:
        assert "64x48" in reply.text and "blue" in reply.text
    else:
        assert BLUE_PNG.encode() not in emulator.requests[-1].body and "see" in reply.text


def test_unanswered_and_orphan_calls_are_mended(emulator: Emulator) -> None:
    call = {"id": "c1", "name": "ping", "args": {}}
    for provider, wire in ROADS:
        model = create_chat_model(provider, wire=wire, max_retries=0).bind_tools([ping])
        model.invoke([HumanMessage("go"), AIMessage("", tool_calls=[call]), HumanMessage("never mind")])
        assert emulator.requests[-1].status == 200, (provider, wire)
        model.invoke([HumanMessage("go"), AIMessage("ok"), ToolMessage("late", tool_call_id="c9"), HumanMessage("?")])
        assert emulator.requests[-1].status == 200, (provider, wire)


def test_histories_of_other_packages(emulator: Emulator) -> None:
    anthropic = AIMessage(
        [
            {"type": "thinking", "thinking": "hm", "signature": "foreign"},
            {"type": "text", "text": "on it"},
            {"type": "tool_use", "id": "toolu_1", "name": "ping", "input": {}},
        ],
        tool_calls=[{"id": "toolu_1", "name": "ping", "args": {}}],
        response_metadata={"model_provider": "anthropic"},
    )
    openai = AIMessage(
        [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
            {"type": "function_call", "call_id": "toolu_1", "name": "ping", "arguments": "{}", "id": "fc_1"},
        ],
        tool_calls=[{"id": "toolu_1", "name": "ping", "args": {}}],
        response_metadata={"model_provider": "openai"},
    )
    for foreign in (anthropic, openai):
        history = [HumanMessage("go"), foreign, ToolMessage("pong", tool_call_id="toolu_1")]
        for provider, wire in ROADS:
            model = create_chat_model(provider, wire=wire, max_retries=0).bind_tools([ping])
            assert model.invoke(history).text, (provider, wire)
            assert b"foreign" not in emulator.requests[-1].body, (provider, wire)


def test_chunks_of_calls_are_partial_until_the_end(emulator: Emulator) -> None:
    emulator.script('call get_weather {"city": "北京"}', "glm")
    seen: AIMessageChunk | None = None
    for chunk in ChatGLM().bind_tools([get_weather]).stream("go"):
        assert isinstance(chunk, AIMessageChunk)
        seen = chunk if seen is None else seen + chunk
    assert seen is not None and seen.tool_calls[0]["args"] == {"city": "北京"}
