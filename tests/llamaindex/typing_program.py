"""A program as users write it; `test_typing.py` has mypy --strict and pyright read it. It is never run."""

from __future__ import annotations

import httpx
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.llm import ToolSelection
from pydantic import SecretStr
from typing_extensions import assert_type

from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, Kimi, MiniMax, Qwen


def key() -> str:
    """Return a key."""
    return "k"


llms: list[CNCodingLLM] = [
    GLM("glm-5.3", api_key="k", stop="a", temperature=0, thinking={"type": "disabled"}),
    Kimi(model="kimi-k3", api_key=SecretStr("k"), timeout=(2.0, 30.0), endpoint="api"),
    Kimi(model_name="kimi-k3", api_key=key, max_retries=None, timeout=httpx.Timeout(9)),
    MiniMax(vision="vlm", default_headers={"X-A": "1"}, extra_body={"a": 1}, on_cut="return"),
    DeepSeek(api_base="https://example.test", model_kwargs={"a": 1}, http_client=httpx.Client()),
    CNCodingLLM("qwen3.7-plus", provider="qwen", structured_output_mode="json_schema", system_prompt="Be brief."),
    Qwen(additional_kwargs={"top_p": 0.5}, context_window=9, prompt_cache="auto"),
]
response: ChatResponse = llms[0].chat([ChatMessage("hi")], thinking=False)
assert_type(llms[0].get_tool_calls_from_response(response), list[ToolSelection])
