"""One emulator for all tests here, forgetful between tests; official SDKs as the callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx
import openai
import pytest

from cncoding_emulator import Emulator


@dataclass(frozen=True)
class Target:
    """One address with a model and a key that fit."""

    provider: str
    endpoint: str
    model: str
    key: str

    def __str__(self) -> str:
        return f"{self.provider}-{self.endpoint}"


KEYS = {
    "glm": ("id.secret", "id.secret"),
    "kimi": ("sk-kimi-test", "sk-test"),
    "minimax": ("sk-cp-test", "sk-api-test"),
    "qwen": ("sk-sp-test", "sk-test"),
    "deepseek": ("sk-test", "sk-test"),
    "wcode": ("sk-1.test", "sk-1.test"),
    "unified": ("any", "any"),
}
HTTP = httpx.Client(trust_env=False)
"""One client for all: making one costs more than a request."""

OPENAI = [
    Target("glm", "coding", "glm-5.3", "id.secret"),
    Target("glm", "api", "glm-4.7", "id.secret"),
    Target("kimi", "coding", "kimi-for-coding", "sk-kimi-test"),
    Target("kimi", "api", "kimi-k3", "sk-test"),
    Target("minimax", "coding", "MiniMax-M3", "sk-cp-test"),
    Target("minimax", "api", "MiniMax-M2.7", "sk-api-test"),
    Target("qwen", "coding", "qwen3.7-plus", "sk-sp-test"),
    Target("qwen", "api", "qwen3-max", "sk-test"),
    Target("deepseek", "api", "deepseek-flash", "sk-test"),
    Target("wcode", "coding", "minimax/minimax-m2.1", "sk-1.test"),
    Target("unified", "coding", "qwen3.6-flash", "any"),
]
ANTHROPIC = [
    Target("glm", "coding", "glm-5.3", "id.secret"),
    Target("kimi", "coding", "kimi-for-coding", "sk-kimi-test"),
    Target("kimi", "api", "kimi-k3", "sk-test"),
    Target("minimax", "coding", "MiniMax-M2.7", "sk-cp-test"),
    Target("qwen", "coding", "qwen3.7-plus", "sk-sp-test"),
    Target("deepseek", "api", "deepseek-flash", "sk-test"),
]
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "城市"}},
    "required": ["city"],
}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "天气", "parameters": WEATHER}}


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """Start the shared emulator."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    """Return the shared emulator with nothing queued."""
    running.reset()
    yield running
    assert running.state.pending() == 0, "a script or fault was queued and never used"


@dataclass(frozen=True)
class Caller:
    """Make clients and raw requests for a target."""

    emulator: Emulator

    def openai(self, target: Target, **more: Any) -> openai.OpenAI:
        base = self.emulator.base_url(target.provider, target.endpoint)
        return openai.OpenAI(base_url=base, api_key=target.key, max_retries=0, **more)

    def async_openai(self, target: Target) -> openai.AsyncOpenAI:
        base = self.emulator.base_url(target.provider, target.endpoint)
        return openai.AsyncOpenAI(base_url=base, api_key=target.key, max_retries=0)

    def anthropic(self, target: Target) -> anthropic.Anthropic:
        base = self.emulator.base_url(target.provider, target.endpoint, "anthropic")
        return anthropic.Anthropic(base_url=base, auth_token=target.key, max_retries=0)

    def async_anthropic(self, target: Target) -> anthropic.AsyncAnthropic:
        base = self.emulator.base_url(target.provider, target.endpoint, "anthropic")
        return anthropic.AsyncAnthropic(base_url=base, auth_token=target.key, max_retries=0)

    def post(
        self, provider: str, body: Any, *, endpoint: str | None = None, wire: Any = "openai", **headers: str
    ) -> httpx.Response:
        """Post a raw body with a key that fits the endpoint."""
        base = self.emulator.base_url(provider, endpoint, wire)
        path = "/chat/completions" if wire == "openai" else "/v1/messages"
        plan = endpoint in (None, "coding", "token-plan")
        sent = {"Authorization": f"Bearer {KEYS[provider][0 if plan else 1]}", **headers}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return HTTP.post(base + path, headers=sent, timeout=10, **content)


@pytest.fixture
def call(emulator: Emulator) -> Caller:
    """Return the caller."""
    return Caller(emulator)
