"""Going on from a given beginning: prefix and partial mode, and completion between two texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cncoding import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigError,
    Message,
    Reasoning,
    ResponseFormat,
    Text,
    Thinking,
    user,
)
from cncoding_emulator import Emulator

KEYS = {"kimi": "sk-kimi-test", "qwen": "sk-sp-test", "minimax": "sk-cp-test"}
BEGUN = (user("A poem."), Message("assistant", (Text("Roses are"),), prefix=True))
REPLY = {
    "id": "r", "model": "m", "system_fingerprint": "fp", "usage": {"prompt_tokens": 3, "completion_tokens": 1},
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": " red"}}],
}  # fmt: skip
FIM = {**REPLY, "choices": [{"index": 0, "finish_reason": "stop", "text": "return a + b", "logprobs": None}]}


def answering(reply: Any, seen: list[httpx.Request]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=reply)

    return answer


def client(provider: str, seen: list[httpx.Request], reply: Any = REPLY, **settings: Any) -> Client:
    http = httpx.Client(transport=httpx.MockTransport(answering(reply, seen)))
    if provider == "unified":
        settings["base_url"] = "https://unified.test/v1"
    return Client(provider, api_key=KEYS.get(provider, "k"), http_client=http, **settings)


@pytest.mark.parametrize(
    ("provider", "member", "path", "settings"),
    [
        ("deepseek", "prefix", "/beta/chat/completions", {}),
        ("deepseek", "prefix", "/beta/chat/completions", {"endpoint": "beta"}),
        ("kimi", "partial", "/coding/v1/chat/completions", {}),
        ("qwen", "partial", "/v1/chat/completions", {}),
    ],
)
def test_the_last_turn_is_continued(provider: str, member: str, path: str, settings: Any) -> None:
    seen: list[httpx.Request] = []
    reply = client(provider, seen, **settings).chat(BEGUN, thinking=False)
    last = json.loads(seen[0].content)["messages"][-1]
    assert (last["content"], last[member], reply.text) == ("Roses are", True, " red")
    assert seen[0].url.path.endswith(path)


def test_an_earlier_turn_is_not() -> None:
    seen: list[httpx.Request] = []
    client("deepseek", seen).chat((*BEGUN, user("go on")))
    assert "prefix" not in json.loads(seen[0].content)["messages"][1] and "/beta" not in seen[0].url.path


def test_deepseek_takes_the_beginning_of_its_thoughts() -> None:
    seen: list[httpx.Request] = []
    begun = Message("assistant", (Reasoning("hm"), Text("Roses are")), prefix=True)
    client("deepseek", seen).chat([user("A poem."), begun])
    assert json.loads(seen[0].content)["messages"][-1] == {
        "role": "assistant", "content": "Roses are", "reasoning_content": "hm", "prefix": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "settings", "match"),
    [
        ("qwen", {"thinking": Thinking(enabled=True)}, "only without thinking; pass thinking=False"),
        ("qwen", {}, "only without thinking; pass thinking=False"),
        ("kimi", {"response_format": ResponseFormat("json_object")}, "response_format"),
        ("glm", {}, "glm on the openai wire continues no turn"),
        ("minimax", {}, "minimax on the openai wire"),
        ("wcode", {}, "wcode"),
        ("unified", {}, "unified"),
    ],
)
def test_what_cannot_be_continued_is_told_before_anything_is_sent(provider: str, settings: Any, match: str) -> None:
    from cncoding import ChatRequest

    seen: list[httpx.Request] = []
    with pytest.raises(ConfigError, match=match):
        client(provider, seen).chat(ChatRequest(BEGUN, **settings))
    assert seen == []


def test_the_anthropic_wire_names_the_other_one() -> None:
    with pytest.raises(ConfigError, match="wire='openai'"):
        client("deepseek", [], wire="anthropic").chat(BEGUN)


async def test_completion_between_two_texts() -> None:
    seen: list[httpx.Request] = []
    reply = client("deepseek", seen, FIM).complete("def add(a, b):\n    ", "\n\nprint(add(1, 2))", max_tokens=50)
    http = httpx.AsyncClient(transport=httpx.MockTransport(answering(FIM, seen)))
    again = await AsyncClient("deepseek", api_key="k", http_client=http).complete("def add(a, b):\n    ", stop="\n")
    assert reply.text == again.text == "return a + b" and reply.usage and reply.usage.output == 1
    assert [str(request.url) for request in seen] == ["https://api.deepseek.com/beta/completions"] * 2
    assert json.loads(seen[0].content) == {
        "model": "deepseek-flash", "prompt": "def add(a, b):\n    ", "suffix": "\n\nprint(add(1, 2))", "max_tokens": 50,
    }  # fmt: skip
    assert json.loads(seen[1].content)["stop"] == ["\n"]


def test_completion_against_the_emulator() -> None:
    with Emulator() as emulator:
        found = Client("deepseek", api_key="sk-test", base_url=emulator.env()["DEEPSEEK_BASE_URL"])
        reply = found.complete("def add(a, b):\n    ", "\nprint(1)", max_tokens=20)
        assert reply.text.startswith("pass") and "def add(a, b):" in reply.text and reply.usage
        assert emulator.requests[-1].path == "/deepseek/beta/completions"
        with pytest.raises(AuthenticationError):
            Client("deepseek", api_key="sk-invalid", base_url=emulator.env()["DEEPSEEK_BASE_URL"]).complete("a")


@pytest.mark.parametrize(
    ("provider", "settings", "match"),
    [
        ("glm", {}, "glm documents no completion"),
        ("deepseek", {"max_tokens": 5000}, "4096"),
        ("deepseek", {"thinking": True}, "thinking is no setting of it"),
        ("deepseek", {"temperature": "hot"}, "temperature"),
    ],
)
def test_wrong_completions(provider: str, settings: Any, match: str) -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(ConfigError, match=match):
        client(provider, seen).complete("a", "b", **settings)
    assert seen == []
