"""`Client.chat` takes what people type."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from cncoding import AsyncClient, Client, ConfigError, Tool, system, user
from cncoding_emulator import Emulator


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    server.reset()
    for name, value in server.env().items():
        monkeypatch.setenv(name, value)
    return server


def test_message_lists_dicts_and_keyword_settings(emulator: Emulator) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    data = base64.b64encode(picture.getvalue()).decode()
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    Client("qwen").chat(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "what?"}, image]},
        ],
        model="qwen3.6-flash", temperature=0.5, max_tokens=99, thinking=False, stop="END", seed=7,
        extra_body={"top_k": 3},
    )  # fmt: skip
    body = emulator.requests[-1].json
    assert body["model"] == "qwen3.6-flash" and body["temperature"] == 0.5 and body["enable_thinking"] is False
    assert body["stop"] == ["END"] and body["seed"] == 7 and body["top_k"] == 3 and 99 in body.values()
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert [one["type"] for one in body["messages"][1]["content"]] == ["text", "image_url"]


async def test_a_tool_loop_of_dicts(emulator: Emulator) -> None:
    emulator.script('think 查\ncall get_weather {"city": "北京"}\n---\nsay 晴', "kimi")
    tools: list[Any] = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
    client = AsyncClient("kimi")
    first = await client.chat("weather?", tools=tools)
    [call] = first.tool_calls
    function = {"name": call.name, "arguments": call.arguments}
    turn = {
        "role": "assistant",
        "content": None,
        "reasoning_content": first.reasoning,
        "tool_calls": [{"id": call.id, "type": "function", "function": function}],
    }
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    reply = await client.stream([user("weather?"), turn, result], tools=tools).drain()
    assert reply.text == "晴"
    sent = emulator.requests[-1].json["messages"]
    assert sent[1]["reasoning_content"] == "查" and sent[2]["content"] == "sunny"


def test_a_reply_goes_back_as_it_is(emulator: Emulator) -> None:
    client = Client("deepseek")
    reply = client.chat("hi")
    client.chat([system("Answer in JSON."), user("hi"), reply.message, user("again")], response_format="json_object")
    body = emulator.requests[-1].json
    assert body["response_format"] == {"type": "json_object"} and len(body["messages"]) == 4


def test_tools_and_choice_in_every_form(emulator: Emulator) -> None:
    tool = Tool("f", "does f")
    for choice in ("auto", {"type": "function", "function": {"name": "f"}}):
        Client("minimax").chat("hi", tools=[tool], tool_choice=choice, thinking=False)
        assert emulator.requests[-1].json["tools"][0]["function"]["name"] == "f"


@pytest.mark.parametrize(
    ("prompt", "settings", "says"),
    [
        ([], {}, "messages: empty"),
        (42, {}, r"messages\[0\]: is int"),
        ([{"role": "usr", "content": "x"}], {}, "did you mean 'user'"),
        ([{"content": "x"}], {}, "role=None"),
        ([{"role": "user"}], {}, "content is empty"),
        ([{"role": "user", "content": [{"type": "image"}]}], {}, "exactly one of url, data, path"),
        ([{"role": "user", "content": [{"type": "picture"}]}], {}, "type='picture' is no part"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "cat.png"}}]}], {}, "path="),
        ([{"role": "tool", "content": "x"}], {}, "tool_call_id"),
        ([{"role": "assistant", "tool_calls": ["x"]}], {}, r"messages\[0\].tool_calls"),
        ("hi", {"temprature": 1}, "did you mean 'temperature'"),
        ("hi", {"temperature": "hot"}, "temperature"),
        ("hi", {"n": 2}, "one reply"),
        ("hi", {"tools": [print]}, r"print\(\) is no tool"),
        ("hi", {"tools": [{"type": "function", "function": {}}]}, "has no name"),
        ("hi", {"tool_choice": 3}, "tool_choice"),
        ("hi", {"response_format": "yaml"}, "response_format"),
        ("hi", {"max_tokens": 0}, "max_tokens"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_sent(
    emulator: Emulator, prompt: Any, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        Client("glm").chat(prompt, **settings)
    assert not emulator.requests


def test_a_message_of_a_framework_names_its_package(emulator: Emulator) -> None:
    from langchain_core.messages import HumanMessage

    messages: Any = [HumanMessage("hi")]
    with pytest.raises(ConfigError, match="langchain_cncoding"):
        Client("glm").chat(messages)


def test_names_of_other_packages_are_understood(emulator: Emulator) -> None:
    settings: Any = {"max_completion_tokens": 77, "enable_thinking": False}
    Client("glm", model="glm-5.2").chat("hi", **settings)
    assert emulator.requests[-1].json["max_tokens"] == 77
    assert emulator.requests[-1].json["thinking"] == {"type": "disabled"}


def test_every_request_setting_is_taken() -> None:
    from cncoding import RequestArguments
    from cncoding.chat.request import ChatSettings

    assert RequestArguments.__annotations__.keys() <= ChatSettings.__annotations__.keys()


def test_a_plain_question_needs_no_pydantic() -> None:
    code = "import sys, cncoding; cncoding.Client('glm', api_key='x' * 20); sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
