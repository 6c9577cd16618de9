"""Names in Chinese, and models behind vLLM or Ollama."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ThinkingBlock
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, DeepSeek, Qwen


def sent_tool(emulator: Emulator) -> str:
    """The name under which the one tool of the last request went out."""
    (tool,) = (tool for tool in emulator.requests[-1].json["tools"])
    name: str = tool["function"]["name"]
    assert name.isascii()
    return name


async def test_an_agent_with_a_chinese_tool(emulator: Emulator) -> None:
    def 查天气(城市: str) -> str:
        """Tell the weather."""
        return f"{城市}: 晴"

    emulator.script("say 好", "deepseek")
    await FunctionAgent(llm=DeepSeek(), tools=[查天气]).run("你好")
    name = sent_tool(emulator)
    emulator.script(f'call {name} {{"城市": "北京"}}\n---\nsay 晴', "deepseek")
    assert str(await FunctionAgent(llm=DeepSeek(), tools=[查天气]).run("北京天气？")) == "晴"
    body = emulator.requests[-1].json
    assert "北京: 晴" in json.dumps(body, ensure_ascii=False)
    assert name in {call["function"]["name"] for m in body["messages"] for call in m.get("tool_calls") or ()}


class 名片(BaseModel):
    """A card."""

    姓名: str


@pytest.mark.parametrize("mode", ["function", "json_schema", "prompt"])
def test_an_object_with_a_chinese_name(mode: Any, emulator: Emulator) -> None:
    llm = Qwen(structured_output_mode=mode, thinking=False)
    emulator.script('say {"姓名": "李"}\n---\nsay {"姓名": "李"}', "qwen")
    prompt = PromptTemplate("谁？")
    assert llm.structured_predict(名片, prompt) == 名片(姓名="李")
    assert list(llm.stream_structured_predict(名片, prompt))[-1] == 名片(姓名="李")
    names = [emulator.requests[-1].json.get("response_format", {}).get("json_schema", {}).get("name", "")]
    assert all(name.isascii() for name in names)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("setting", "said", "reasoning", "text"),
    [
        ({}, "<think>hm</think>\\n\\nyes", None, "<think>hm</think>\n\nyes"),
        ({"think_tags": True}, "<think>hm</think>\\n\\nyes", "hm", "yes"),
        ({"think_tags": "open"}, "hm</think>\\n\\nyes", "hm", "yes"),
    ],
)
def test_think_tags(
    streaming: bool, setting: Any, said: str, reasoning: str | None, text: str, emulator: Emulator
) -> None:
    emulator.script(f"say {said}", "qwen")
    llm, asked = Qwen(thinking=False, **setting), [ChatMessage(role="user", content="hello")]
    message = (list(llm.stream_chat(asked))[-1] if streaming else llm.chat(asked)).message
    found = [block.content for block in message.blocks if isinstance(block, ThinkingBlock)]
    assert (found[0] if found else None, message.content) == (reasoning, text)


TOKEN = {"token": "好", "logprob": -0.5, "bytes": None}
LOGPROBS = {"content": [{**TOKEN, "top_logprobs": [TOKEN, {"token": "行", "logprob": -1.5}]}], "refusal": None}
CHOICE = {"index": 0, "finish_reason": "stop", "logprobs": LOGPROBS}
HEAD = {"id": "r", "model": "m", "created": 1, "system_fingerprint": "fp"}


def reply(request: httpx.Request) -> httpx.Response:
    """Answer as a server that tells more than is asked."""
    said = {"role": "assistant", "content": "好"}
    if not json.loads(request.content).get("stream"):
        return httpx.Response(200, json={**HEAD, "choices": [{**CHOICE, "message": said}]})
    chunk = json.dumps({**HEAD, "choices": [{**CHOICE, "delta": said}]})
    return httpx.Response(200, text=f"data: {chunk}\n\ndata: [DONE]\n\n", headers={"content-type": "text/event-stream"})


@pytest.mark.parametrize("llm_class", [GLM, DeepSeek, Qwen])
def test_what_a_reply_says_beside_its_message_is_kept(llm_class: Any, emulator: Emulator) -> None:
    with httpx.Client(transport=httpx.MockTransport(reply)) as client:
        llm = llm_class(http_client=client)
        asked = [ChatMessage(role="user", content="hello")]
        for response in (
            llm.chat(asked, logprobs=True, top_logprobs=2),
            list(llm.stream_chat(asked, logprobs=True))[-1],
        ):
            assert response.raw["vendor"]["system_fingerprint"] == "fp"
            assert response.raw["vendor"]["logprobs"] == LOGPROBS
            assert [(one.token, one.logprob) for one in response.logprobs[0]] == [("好", -0.5), ("行", -1.5)]
