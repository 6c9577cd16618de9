"""What holds for every provider of the package, on every wire that it speaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding import Client
from cncoding.errors import AuthenticationError, ConfigError, RateLimitedError, ServerError
from cncoding.profile import AnthropicDialect, OpenAIDialect
from cncoding.registry import own_providers
from cncoding.types import Message, Reasoning, Text, Thinking, Tool, ToolCall, ToolResult, user
from tests.targets import KEYS, target
from tests.vendors.boundary import asking, failure, sent, tool_loop

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
PROVIDERS = tuple(own_providers())
WIRES = [
    pytest.param(provider.id, wire, id=f"{provider.id}-{wire}")
    for provider in own_providers().values()
    for wire in dict.fromkeys(name for endpoint in provider.endpoints for name in endpoint.wires)
]


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_reasoning_round_trip(provider: str, wire: str) -> None:
    found = sent(provider, asking(*tool_loop(Reasoning("I add.", provider=provider)), tools=(ADD,)), wire=wire)
    turn = found.body["messages"][1]
    if wire == "anthropic":
        assert turn["content"][0] == {"type": "thinking", "thinking": "I add."}
        assert turn["content"][1]["type"] == "tool_use"
    else:
        dialect = target(provider, wire=wire).wire.dialect
        assert isinstance(dialect, OpenAIDialect)
        assert turn[dialect.echo_field] == "I add."
        assert turn["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"a": 1}'}


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_signed_reasoning_of_another_vendor_stays_away(provider: str, wire: str) -> None:
    history = tool_loop(Reasoning("secret", signature="theirs", provider="somebody-else"))
    body = json.dumps(sent(provider, asking(*history), wire=wire).body)
    assert "secret" not in body
    assert "theirs" not in body


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_an_unknown_model_passes(provider: str, wire: str) -> None:
    thinking = Thinking(enabled=True, effort="high")
    found = sent(provider, asking(model="not-yet-known-9", thinking=thinking, tools=(ADD,)), wire=wire)
    assert found.body["model"] == "not-yet-known-9"
    assert len(found.body["tools"]) == 1


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_nothing_is_sent_that_was_not_asked_for(provider: str, wire: str) -> None:
    body = sent(provider, asking(), wire=wire).body
    always = {"model", "messages", "max_tokens"} if wire == "anthropic" else {"model", "messages"}
    assert body.keys() - {"reasoning_split"} == always
    assert not sent(provider, asking(), wire=wire).warned


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_the_users_members_have_the_last_word(provider: str, wire: str) -> None:
    extra = {"temperature": 0.123, "odd": {"a": [1]}, "model": None}
    body = sent(provider, asking(temperature=0.5, extra=extra), wire=wire).body
    assert (body["temperature"], body["odd"]) == (0.123, {"a": [1]})
    assert "model" not in body


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_every_call_is_answered_once(provider: str, wire: str) -> None:
    calls = (ToolCall("c1", "add", "{}"), ToolCall("c2", "add", "not json"))
    history = (user("go"), Message("assistant", calls), Message("tool", (ToolResult("c2", (Text("2"),)),)), user("on"))
    messages = sent(provider, asking(*history, tools=(ADD,)), wire=wire).body["messages"]
    if wire == "anthropic":
        answered = [block["tool_use_id"] for block in messages[2]["content"] if block["type"] == "tool_result"]
    else:
        answered = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert answered == ["c1", "c2"]


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_the_head_of_a_request(provider: str, wire: str) -> None:
    place = target(provider, wire=wire)
    found = sent(provider, asking(stream=True), wire=wire)
    assert found.headers["Authorization"] == f"Bearer {place.api_key}"
    assert found.headers["User-Agent"].startswith("cncoding/")
    assert found.headers["Accept"] == "text/event-stream"
    assert found.url == place.base_url + ("/v1/messages" if wire == "anthropic" else "/chat/completions")
    assert isinstance(place.wire.dialect, AnthropicDialect) is (wire == "anthropic")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_key_is_in_no_repr(provider: str) -> None:
    secret = KEYS.get(provider, "") + "-very-secret"
    place = target(provider, api_key=secret)
    base_url = {"base_url": "http://127.0.0.1:9/v1"} if provider == "unified" else {}
    shown = [repr(place), repr(place.provider), repr(place.endpoint)]
    shown.append(repr(Client(provider, api_key=secret, **base_url)))
    assert "very-secret" not in "".join(shown)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_endpoint_that_is_not_there(provider: str) -> None:
    with pytest.raises(ConfigError, match="endpoint='nowhere': "):
        target(provider, endpoint="nowhere")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_endpoint_is_complete(provider: str) -> None:
    for endpoint in own_providers()[provider].endpoints:
        assert endpoint.wires and endpoint.key_env and endpoint.default_model
        assert endpoint.host == endpoint.host.rstrip("/")
        assert endpoint.card(endpoint.default_model).known
        ids = [card.id.lower() for card in endpoint.models]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (429, RateLimitedError), (500, ServerError), (503, ServerError)]
)
@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", {"error": {"message": "no"}}, {"error": "no"}])
def test_a_status_that_says_enough(provider: str, status: int, kind: Any, body: Any) -> None:
    assert type(failure(provider, status, body)) is kind


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_what_is_omitted_is_left_out_with_a_warning(provider: str, wire: str) -> None:
    settings = {"temperature": 0.5, "top_p": 0.9, "seed": 7, "stop": ("END",), "parallel_tool_calls": False}
    found = sent(provider, asking(tools=(ADD,), thinking=Thinking(enabled=False), **settings), wire=wire)
    place = target(provider, wire=wire)
    omitted = place.wire.dialect.omits | place.card().omits
    names = {"stop": "stop_sequences"} if wire == "anthropic" else {}
    for setting in ("temperature", "top_p", "stop"):
        assert (names.get(setting, setting) in found.body) is (setting not in omitted)
    for setting in omitted & settings.keys():
        assert setting in found.warned


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_hooks_of_an_endpoint_hold_on_both_wires(wire: str) -> None:
    long = tuple(str(number) for number in range(17))
    for provider in ("kimi", "deepseek"):
        with pytest.raises(ConfigError, match="stop: "):
            sent(provider, asking(stop=long), wire=wire)
    found = sent("glm", asking(stop=("a", "b")), wire=wire)
    assert found.body["stop_sequences" if wire == "anthropic" else "stop"] == ["a"]
    assert "stop" in found.warned
