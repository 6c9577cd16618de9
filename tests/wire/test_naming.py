"""Names in any script go out as ASCII and come back as they were."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from cncoding import ChatRequest, Client, Message, NamedTool, ResponseFormat, Text, Tool, ToolCall, ToolResult, user
from cncoding.chat.naming import encode_name, encode_names
from cncoding_emulator import Emulator

WEATHER = Tool("查天气", "Tell the weather.")
ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,64}")


@pytest.mark.parametrize("name", ["查天气", "search.web", "a b", "x" * 65, "名片-v2", "工具", "naïve"])
def test_names_are_plain_steady_and_apart(name: str) -> None:
    assert ALLOWED.fullmatch(encode_name(name)) and encode_name(name) == encode_name(name) != encode_name(name + "x")


def test_names_that_a_vendor_keeps_for_itself() -> None:
    """Qwen answers HTTP 400 "Tool names are not allowed to be [search]"."""
    with Emulator() as emulator, Client("qwen", api_key="sk-sp-k", base_url=emulator.env()["QWEN_BASE_URL"]) as client:
        sent = encode_name("search", {"search"})
        emulator.script(f"call {sent} {{}}", "qwen")
        assert client.chat("find", tools=[Tool("search")]).tool_calls[0].name == "search"
        assert emulator.requests[-1].json["tools"][0]["function"]["name"] == sent != "search"


def test_plain_requests_are_left_alone() -> None:
    request = ChatRequest((user("a"),), tools=(Tool("add"),), response_format=ResponseFormat("json_schema", "out"))
    assert encode_names(request)[0] is request


def answer(request: httpx.Request, wire: str) -> httpx.Response:
    body = json.loads(request.content)
    if wire == "anthropic":
        call: Any = {"type": "tool_use", "id": "c9", "name": body["tools"][0]["name"], "input": {}}
        reply: Any = {"id": "r", "type": "message", "model": "m", "content": [call], "stop_reason": "tool_use"}
        return httpx.Response(200, json=reply)
    function = {"name": body["tools"][0]["function"]["name"], "arguments": "{}"}
    call = {"index": 0, "id": "c9", "type": "function", "function": function}
    if not body.get("stream"):
        message = {"role": "assistant", "content": "", "tool_calls": [call]}
        choice: Any = {"index": 0, "finish_reason": "tool_calls", "message": message}
        return httpx.Response(200, json={"id": "r", "model": "m", "choices": [choice]})
    choice = {"index": 0, "finish_reason": "tool_calls", "delta": {"tool_calls": [call]}}
    chunk = json.dumps({"id": "r", "model": "m", "choices": [choice]})
    return httpx.Response(200, text=f"data: {chunk}\n\ndata: [DONE]\n\n", headers={"content-type": "text/event-stream"})


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_there_and_back(wire: Any) -> None:
    seen: list[httpx.Request] = []
    http = httpx.Client(transport=httpx.MockTransport(lambda request: seen.append(request) or answer(request, wire)))
    history = (
        user("weather?"), Message("assistant", (ToolCall("c1", "查天气", "{}"),)),
        Message("tool", (ToolResult("c1", (Text("sun"),), name="查天气"),)),
    )  # fmt: skip
    request = ChatRequest(history, tools=(WEATHER, Tool("add")), tool_choice=NamedTool("查天气"))
    with Client("kimi", api_key="sk-kimi-test", wire=wire, http_client=http) as client:
        assert [call.name for call in client.chat(request, thinking=False).tool_calls] == ["查天气"]
        if wire == "openai":
            assert [call.name for call in client.stream(request).drain().tool_calls] == ["查天气"]
    sent = json.dumps(json.loads(seen[0].content), ensure_ascii=False)
    assert sent.count("查天气") == 1 and "查天气: Tell the weather." in sent
    assert sent.count(encode_name("查天气")) >= 2
