"""Models behind vLLM or Ollama, and names in Chinese."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from pydantic import BaseModel

from cncoding_emulator import Emulator
from langchain_cncoding import ChatDeepSeek, ChatGLM, ChatQwen


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("setting", "said", "reasoning", "text"),
    [
        ({}, "<think>hm</think>\\n\\nyes", None, "<think>hm</think>\n\nyes"),
        ({"think_tags": True}, "<think>hm</think>\\n\\nyes", "hm", "yes"),
        ({"think_tags": True}, "yes, <think> is a tag", None, "yes, <think> is a tag"),
        ({"think_tags": "open"}, "hm</think>\\n\\nyes", "hm", "yes"),
    ],
)
def test_think_tags(
    stream: bool, setting: Any, said: str, reasoning: str | None, text: str, emulator: Emulator
) -> None:
    emulator.script(f"say {said}", "qwen")
    model = ChatQwen(thinking=False, streaming=stream, **setting)
    reply = model.invoke("hello")
    assert (reply.additional_kwargs.get("reasoning_content"), reply.text) == (reasoning, text)


def test_vendors_known_for_them_can_be_told_otherwise(emulator: Emulator) -> None:
    emulator.script("say <think>hm</think>yes", "glm")
    assert ChatGLM(think_tags=False).invoke("hello").text == "<think>hm</think>yes"


@tool("查天气")
def weather(城市: str) -> str:
    """Tell the weather."""
    return f"{城市}: sunny"


def test_an_agent_with_a_chinese_tool(emulator: Emulator) -> None:
    from cncoding.chat.naming import encode_name

    sent = encode_name("查天气")
    emulator.script(f'call {sent} {{"城市": "北京"}}\n---\nsay sunny', "deepseek")
    messages = create_agent(ChatDeepSeek(), [weather]).invoke({"messages": [("human", "北京天气?")]})["messages"]
    assert messages[1].tool_calls[0]["name"] == "查天气" and messages[2].content == "北京: sunny"
    assert emulator.requests[-1].json["messages"][1]["tool_calls"][0]["function"]["name"] == sent


class 名片(BaseModel):
    """A card."""

    姓名: str


def test_a_schema_with_a_chinese_name(emulator: Emulator) -> None:
    from cncoding.chat.naming import encode_name

    emulator.script(f'call {encode_name("名片")} {{"姓名": "李"}}', "deepseek")
    asked = ChatDeepSeek(thinking=False).with_structured_output(名片)
    assert asked.invoke("who?") == 名片(姓名="李")
