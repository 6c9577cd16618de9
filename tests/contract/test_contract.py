"""What the documentation promises that a user can type, on both frameworks alike."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

import cncoding
import langchain_cncoding
import llamaindex_cncoding
from cncoding import AsyncClient, Client, ConfigError
from cncoding_emulator import Emulator

# id, LangChain class, LlamaIndex class, key variable, default model, endpoints
TABLE = [
    ("glm", "ChatGLM", "GLM", ["ZAI_API_KEY", "ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY"], "glm-5.3"),
    ("kimi", "ChatKimi", "Kimi", ["KIMI_API_KEY"], "kimi-for-coding"),
    ("minimax", "ChatMiniMax", "MiniMax", ["MINIMAX_API_KEY"], "MiniMax-M3"),
    ("qwen", "ChatQwen", "Qwen", ["ALIBABA_CODING_PLAN_API_KEY"], "qwen3.7-plus"),
    ("deepseek", "ChatDeepSeek", "DeepSeek", ["DEEPSEEK_API_KEY"], "deepseek-flash"),
    ("wcode", "ChatWCode", "WCode", ["WCODE_API_KEY"], "minimax/minimax-m2.1"),
    ("unified", "ChatUnified", "Unified", ["UNIFIED_API_KEY"], "qwen3.6-flash"),
]
KEYS = {"kimi": "sk-kimi-abc", "qwen": "sk-sp-abc", "minimax": "sk-cp-abc"}
FIELDS: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "max_tokens": 100,
    "stop": ["x"],
    "seed": 7,
    "timeout": 30.0,
    "max_retries": 1,
    "thinking": True,
    "thinking_budget": 2048,
    "reasoning_effort": "high",
    "search": False,
    "extra_body": {"a": 1},
    "default_headers": {"X-A": "b"},
    "user_agent": "mine/1",
    "http_client": None,
    "http_async_client": None,
}
EXTRA = {
    "langchain": {"streaming": True, "stream_usage": True, "output_version": "v1", "rate_limiter": None},
    "llamaindex": {
        "context_window": 1000,
        "system_prompt": "be kind",
        "additional_kwargs": {},
        "rate_limiter": None,
        "structured_output_mode": "auto",
    },
}


def made(framework: str, provider: str, **settings: Any) -> Any:
    row = next(row for row in TABLE if row[0] == provider)
    package, name = (langchain_cncoding, row[1]) if framework == "langchain" else (llamaindex_cncoding, row[2])
    return getattr(package, name)(**settings)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIFIED_BASE_URL", "http://127.0.0.1:9/v1")


frameworks = pytest.mark.parametrize("framework", ["langchain", "llamaindex"])
every = pytest.mark.parametrize(("provider", "chat", "llm", "keys", "model"), TABLE, ids=[row[0] for row in TABLE])


@frameworks
@every
def test_keys_and_default_models(
    framework: str, provider: str, chat: str, llm: str, keys: list[str], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=keys[0]):
        made(framework, provider)
    for key in keys:
        with monkeypatch.context() as patch:
            patch.setenv(key, KEYS.get(provider, "some-key"))
            assert made(framework, provider).model == model


@frameworks
@every
def test_constructor_fields(framework: str, provider: str, chat: str, llm: str, keys: list[str], model: str) -> None:
    settings = {**FIELDS, **EXTRA[framework]}
    found = made(framework, provider, api_key=KEYS.get(provider, "k"), model="some-model", **settings)
    for name in ("temperature", "top_p", "max_tokens", "seed", "thinking", "thinking_budget", "reasoning_effort"):
        assert getattr(found, name) == settings[name]


@frameworks
@every
def test_an_unknown_argument_suggests_the_nearest(
    framework: str, provider: str, chat: str, llm: str, keys: list[str], model: str
) -> None:
    with pytest.raises((ConfigError, TypeError, ValueError), match=r"temperatur.*temperature"):
        made(framework, provider, api_key="k", temperatur=0.5)


@frameworks
def test_the_generic_class_serves_any_provider(framework: str) -> None:
    kind = langchain_cncoding.ChatCNCoding if framework == "langchain" else llamaindex_cncoding.CNCodingLLM
    assert kind(provider="glm", api_key="k").model == "glm-5.3"
    with pytest.raises(ConfigError, match="did you mean 'glm'"):
        kind(provider="gml", api_key="k")


@pytest.mark.parametrize(
    ("provider", "key", "endpoint"),
    [
        ("kimi", "sk-kimi-abc", "coding"),
        ("qwen", "sk-sp-abc", "coding"),
        ("minimax", "sk-cp-abc", "coding"),
        ("glm", "id.secret", "coding"),
        ("kimi", "whatever", "coding"),
        ("qwen", "whatever", "coding"),
    ],
)
def test_the_key_decides_the_endpoint(provider: str, key: str, endpoint: str) -> None:
    assert Client(provider, api_key=key).endpoint_name == endpoint


@pytest.mark.parametrize(
    ("provider", "key"), [("kimi", "sk-kimi-abc"), ("qwen", "sk-sp-abc"), ("minimax", "sk-cp-abc")]
)
def test_a_plan_key_on_an_api_endpoint_names_the_right_setting(provider: str, key: str) -> None:
    with pytest.raises(ConfigError, match="coding") as caught:
        Client(provider, api_key=key, endpoint="api")
    assert key not in str(caught.value)


def test_kimi_keys_by_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-abcdefghijklmnopqrstuvwxyz")
    client = Client("kimi", endpoint="api")
    assert (client.model, client.base_url) == ("kimi-k3", "https://api.moonshot.cn/v1")
    with pytest.raises(ConfigError, match="KIMI_API_KEY"):
        Client("kimi", endpoint="coding")


def test_dashscope_key_counts_for_the_plan_only_with_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-sp-abc")
    assert Client("qwen").endpoint_name == "coding"
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-abc")
    assert Client("qwen", endpoint="api").base_url == "https://dashscope.aliyuncs.com/compatible-mode/v1"
    with pytest.raises(ConfigError, match="ALIBABA_CODING_PLAN_API_KEY"):
        Client("qwen", endpoint="coding")


URLS = [
    ("glm", "coding", "openai", "https://open.bigmodel.cn/api/coding/paas/v4"),
    ("glm", "coding-global", "openai", "https://api.z.ai/api/coding/paas/v4"),
    ("glm", "api", "openai", "https://open.bigmodel.cn/api/paas/v4"),
    ("glm", "api-global", "openai", "https://api.z.ai/api/paas/v4"),
    ("glm", "coding", "anthropic", "https://open.bigmodel.cn/api/anthropic"),
    ("kimi", "coding", "openai", "https://api.kimi.com/coding/v1"),
    ("kimi", "coding-global", "openai", "https://api.kimi.ai/coding/v1"),
    ("kimi", "coding", "anthropic", "https://api.kimi.com/coding"),
    ("kimi", "api-global", "openai", "https://api.moonshot.ai/v1"),
    ("minimax", "coding", "anthropic", "https://api.minimax.cn/anthropic"),
    ("minimax", "coding-global", "openai", "https://api.minimax.io/v1"),
    ("qwen", "coding", "openai", "https://coding.dashscope.aliyuncs.com/v1"),
    ("qwen", "coding-global", "anthropic", "https://coding-intl.dashscope.aliyuncs.com/apps/anthropic"),
    ("qwen", "token-plan", "openai", "https://token-plan.cn-beijing.maas.aliyuncs.com/compatible-mode/v1"),
    ("qwen", "token-plan-global", "openai", "https://token-plan.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1"),
    ("qwen", "api", "anthropic", "https://dashscope.aliyuncs.com/apps/anthropic"),
    ("qwen", "api-global", "openai", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
    ("wcode", None, "openai", "https://wcode.net/api/gpt/v1"),
    ("deepseek", None, "openai", "https://api.deepseek.com"),
    ("deepseek", None, "anthropic", "https://api.deepseek.com/anthropic"),
]


@pytest.mark.parametrize(("provider", "endpoint", "wire", "url"), URLS)
def test_addresses(provider: str, endpoint: str | None, wire: Any, url: str) -> None:
    key = KEYS.get(provider, "k") if endpoint and not endpoint.startswith("api") else "k"
    assert Client(provider, api_key=key, endpoint=endpoint, wire=wire).base_url == url


def test_minimax_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_API_HOST", "https://api.minimaxi.com")
    assert Client("minimax", api_key="k").base_url == "https://api.minimaxi.com/v1"
    assert Client("minimax", api_key="k", wire="anthropic").base_url == "https://api.minimaxi.com/anthropic"


def test_unified_has_no_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIFIED_BASE_URL")
    with pytest.raises(ConfigError, match="UNIFIED_BASE_URL"):
        Client("unified", api_key="k")


def test_user_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    truthful = f"cncoding/{cncoding.__version__}"
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)

        def sent(**settings: Any) -> str:
            Client("kimi", **settings).chat("hi")
            return emulator.requests[-1].headers["user-agent"]

        assert sent() == truthful
        assert sent(user_agent="mine/2") == "mine/2"
        monkeypatch.setenv("KIMI_USER_AGENT_VERSION", "1.6")
        assert sent() == "KimiCLI/1.6"
        assert sent(user_agent="mine/2") == "mine/2"
        monkeypatch.delenv("KIMI_USER_AGENT_VERSION")
        langchain_cncoding.ChatKimi().invoke("hi")
        assert emulator.requests[-1].headers["user-agent"].startswith(truthful + " ")
        assert "langchain" in emulator.requests[-1].headers["user-agent"].lower()
        llamaindex_cncoding.Kimi().complete("hi")
        assert "llama" in emulator.requests[-1].headers["user-agent"].lower()


def test_replies_look_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    from llama_index.core.base.llms.types import ChatMessage, ThinkingBlock

    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        message = langchain_cncoding.ChatGLM().invoke("hi")
        assert isinstance(message.additional_kwargs["reasoning_content"], str)
        assert "reasoning" in {block["type"] for block in message.content_blocks}
        details = message.usage_metadata
        assert (
            details
            and "reasoning" in details["output_token_details"]
            and "cache_read" in details["input_token_details"]
        )
        told = message.response_metadata
        assert (told["model_name"], told["model_provider"], told["finish_reason"]) == (
            "glm-5.3",
            "cncoding-glm",
            "stop",
        )
        assert told["id"]
        assert langchain_cncoding.ChatGLM()._get_ls_params()["ls_provider"] == "cncoding-glm"
        reply = llamaindex_cncoding.GLM().chat([ChatMessage(role="user", content="hi")])
        assert isinstance(reply.message.blocks[0], ThinkingBlock)
        assert {"id", "model", "finish_reason", "usage"} <= set(reply.raw)
        chunks = list(llamaindex_cncoding.GLM().stream_chat([ChatMessage(role="user", content="hi")]))
        assert any(chunk.additional_kwargs.get("thinking_delta") for chunk in chunks)


def test_core_surface() -> None:
    names = "chat stream generate_image generate_video synthesize_speech submit status wait download quota models"
    for kind in (Client, AsyncClient):
        assert all(callable(getattr(kind, name)) for name in names.split())
    assert hasattr(Client, "__enter__") and hasattr(AsyncClient, "__aenter__")


def test_tool_names() -> None:
    pairs = {
        "GenerateImageTool": "generate_image",
        "GenerateVideoTool": "generate_video",
        "SubmitVideoTool": "submit_video",
        "CheckMediaJobTool": "check_media_job",
        "SynthesizeSpeechTool": "synthesize_speech",
        "UnderstandImageTool": "understand_image",
        "WebSearchTool": "web_search",
    }
    for kind, name in pairs.items():
        assert getattr(langchain_cncoding, kind).model_fields["name"].default == name
    spec = llamaindex_cncoding.CNCodingToolSpec(provider="minimax", api_key="sk-cp-k")
    assert {tool.metadata.name for tool in spec.to_tool_list()} >= {"generate_image", "synthesize_speech"}


def test_command_line_words() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from cncoding_cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )
    for word in ("demo", "chat", "image", "video", "speech", "models", "quota", "doctor", "emulator"):
        assert f" {word} " in done.stdout, word


EMULATED = [
    "/glm/api/coding/paas/v4/chat/completions",
    "/kimi/coding/v1/chat/completions",
    "/minimax/v1/chat/completions",
    "/qwen/v1/chat/completions",
    "/qwen/apps/anthropic/v1/messages",
    "/deepseek/chat/completions",
    "/wcode/api/gpt/v1/chat/completions",
    "/unified/v1/chat/completions",
]


@pytest.mark.parametrize("path", EMULATED)
def test_the_emulator_stands_where_the_vendors_stand(path: str) -> None:
    import httpx

    with Emulator() as emulator:
        assert httpx.post(emulator.url + path, json={}).status_code in (400, 401, 403)
