"""Routes beside chat: DashScope's native text, token counts, DeepSeek's search."""

from __future__ import annotations

import json
from typing import Any

import dashscope
import httpx
import pytest

from cncoding_emulator import Emulator

from .conftest import HTTP

NATIVE = "/qwen/api/v1/services/aigc/text-generation/generation"
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def _post(emulator: Emulator, path: str, body: Any, key: str = "sk-x", **headers: str) -> httpx.Response:
    return HTTP.post(emulator.url + path, json=body, headers={"Authorization": f"Bearer {key}", **headers})


@pytest.fixture
def generation(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Point the vendor's SDK here."""
    monkeypatch.setattr(dashscope, "base_http_api_url", f"{emulator.url}/qwen/api/v1")
    monkeypatch.setattr(dashscope, "api_key", "sk-x")
    return dashscope.Generation


def test_the_vendors_sdk_reads_a_native_reply(emulator: Emulator, generation: Any) -> None:
    emulator.script("think 想\nsay 你好\nusage in=9 out=5 reasoning=2", "qwen")
    reply = generation.call(model="qwen3.7-plus", messages=[{"role": "user", "content": "hi"}], result_format="message")
    message = reply.output.choices[0].message
    assert (message.content, message.reasoning_content) == ("你好", "想")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (9, 5)
    assert emulator.requests[-1].unknown_fields == ()


@pytest.mark.parametrize("incremental", [True, False])
def test_the_vendors_sdk_reads_a_native_stream(emulator: Emulator, generation: Any, incremental: bool) -> None:
    emulator.script("think 想一想再说这件事情\nsay 一二三四五六七八九十", "qwen")
    events = list(
        generation.call(
            model="qwen3.7-plus", messages=[{"role": "user", "content": "hi"}], result_format="message", stream=True,
            incremental_output=incremental,
        )
    )  # fmt: skip
    texts = [e.output.choices[0].message.content for e in events]
    assert ("".join(texts) if incremental else texts[-1]) == "一二三四五六七八九十"
    assert events[-1].output.choices[0].finish_reason == "stop" and len(events) > 3


def test_native_tools_prompts_and_refusals(emulator: Emulator, generation: Any) -> None:
    tool = {"type": "function", "function": {"name": "get_weather", "description": "天气", "parameters": WEATHER}}
    called = generation.call(
        model="qwen3-max", messages=[{"role": "user", "content": "北京天气"}], tools=[tool], result_format="message"
    )
    call = called.output.choices[0].message.tool_calls[0]
    assert json.loads(call["function"]["arguments"]) == {"city": "北京"}
    assert "hello" in generation.call(model="qwen-plus", prompt="say hello").output.text
    missing = _post(emulator, NATIVE, {"model": "qwen-plus", "input": {}})
    assert (missing.status_code, missing.json()["code"]) == (400, "InvalidParameter")
    emulator.fault("qwen", "throttle", on="text-generation")
    limited = _post(emulator, NATIVE, {"model": "qwen-plus", "input": {"prompt": "x"}})
    assert (limited.status_code, limited.json()["code"]) == (429, "Throttling.AllocationQuota")


def test_token_counts(emulator: Emulator) -> None:
    messages = [{"role": "user", "content": "hello " * 100}]
    estimate = "/kimi/v1/tokenizers/estimate-token-count"
    kimi = _post(emulator, estimate, {"model": "kimi-k3", "messages": messages}).json()
    glm = _post(emulator, "/glm/api/paas/v4/tokenizer", {"model": "glm-4.6", "messages": messages}, "id.secret").json()
    path = "/minimax/anthropic/v1/messages/count_tokens"
    minimax = _post(emulator, path, {"model": "MiniMax-M3", "messages": messages}, "sk-cp-x").json()
    assert kimi["data"]["total_tokens"] == glm["usage"]["total_tokens"] == minimax["input_tokens"] > 100
    assert _post(emulator, path, {"model": "MiniMax-M3", "messages": []}, "sk-cp-x").status_code == 400
    assert _post(emulator, "/deepseek/anthropic/v1/messages/count_tokens", {}).status_code == 501


def test_deepseek_search_and_fetch(emulator: Emulator) -> None:
    rows = _post(emulator, "/deepseek/v1/tools/search", {"query": "幂等性", "count": 3}).json()["results"]
    assert len(rows) == 3 and rows[0]["rerank_score"] > rows[2]["rerank_score"] and rows[0]["content"] == ""
    whole = _post(emulator, "/deepseek/v1/tools/search", {"query": "x", "need_content": True}).json()["results"]
    assert len(whole) == 10 and whole[0]["content"].startswith("# x")
    for wrong in (
        {},
        {"query": " "},
        {"query": "x" * 129},
        {"query": "x", "count": 51},
        {"query": "x", "localization": "zh"},
    ):
        assert _post(emulator, "/deepseek/v1/tools/search", wrong).status_code == 400, wrong
    page = _post(emulator, "/deepseek/v1/tools/fetch", {"url": rows[0]["url"]}).json()
    assert set(page) == {"title", "content"} and rows[0]["url"] in page["content"]
    assert _post(emulator, "/deepseek/v1/tools/fetch", {"url": "ftp://x"}).status_code == 400
    assert _post(emulator, "/deepseek/v1/tools/search", {"query": "x"}, "sk-kimi-x").status_code == 401


def test_the_token_plan_lists_its_models(emulator: Emulator) -> None:
    reply = HTTP.get(f"{emulator.url}/qwen/compatible-mode/v1/models", headers={"Authorization": "Bearer sk-sp-x"})
    assert "deepseek-v4.1-flash" in {row["id"] for row in reply.json()["data"]}
