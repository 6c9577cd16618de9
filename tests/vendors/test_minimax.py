"""MiniMax: what leaves, what comes back, where it goes and what its failures mean."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from cncoding import errors
from cncoding.chat.flow import Call, prepare
from cncoding.exchange.fetching import FetchPolicy
from cncoding.exchange.retry import Retry
from cncoding.exchange.steps import Reply, Resolve, Send
from cncoding.registry import Settings, resolve
from cncoding.target import Setup, Target
from cncoding.types import (
    ChatRequest,
    Media,
    Message,
    NamedTool,
    Reasoning,
    ResponseFormat,
    Thinking,
    Tool,
    ToolResult,
    user,
)
from tests.targets import target
from tests.vendors.boundary import PNG, Sent, asking, failure, sent, sse, streamed, tool_loop, whole

ADD = Tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
M2 = "MiniMax-M2.7"
M31 = "MiniMax-M3.1-Flash"


def leaves(*messages: Message, wire: str = "openai", **settings: Any) -> Sent:
    return sent("minimax", asking(*messages, **settings), wire=wire)


# ---------------------------------------------------------------- where it goes


@pytest.mark.parametrize(
    ("endpoint", "wire", "url"),
    [
        ("coding", "openai", "https://api.minimax.cn/v1/chat/completions"),
        ("coding", "anthropic", "https://api.minimax.cn/anthropic/v1/messages"),
        ("coding-global", "openai", "https://api.minimax.io/v1/chat/completions"),
        ("coding-global", "anthropic", "https://api.minimax.io/anthropic/v1/messages"),
    ],
)
def test_address(endpoint: str, wire: str, url: str) -> None:
    assert sent("minimax", asking(), endpoint=endpoint, wire=wire).url == url


def place(environ: dict[str, str] | None = None, **settings: Any) -> Target:
    return resolve(Settings("minimax", **settings), environ or {})


@pytest.mark.parametrize(("key", "endpoint"), [("sk-cp-1", "coding"), ("sk-api-1", "api"), ("eyJhbGciOi", "coding")])
def test_the_kind_of_key_decides(key: str, endpoint: str) -> None:
    assert place(api_key=key).endpoint.name == endpoint
    assert place({"MINIMAX_API_KEY": key}).endpoint.name == endpoint
    assert place(api_key=key).model == "MiniMax-M3"


@pytest.mark.parametrize(("key", "endpoint", "remedy"), [("sk-cp-1", "api", "coding"), ("sk-api-1", "coding", "api")])
def test_a_key_of_the_other_kind(key: str, endpoint: str, remedy: str) -> None:
    with pytest.raises(errors.ConfigError, match=f"endpoint='{remedy}'") as caught:
        place(api_key=key, endpoint=endpoint)
    assert key not in str(caught.value)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_host_from_the_environment(wire: str) -> None:
    found = place({"MINIMAX_API_HOST": "https://api.minimaxi.com"}, api_key="sk-cp-1", wire=wire)
    path = {"openai": "/v1", "anthropic": "/anthropic"}[wire]
    assert found.base_url == f"https://api.minimaxi.com{path}"
    assert found.root == "https://api.minimaxi.com"


def test_base_url_wins_over_host() -> None:
    environ = {"MINIMAX_API_HOST": "https://a.example", "MINIMAX_BASE_URL": "https://b.example/v1"}
    assert place(environ, api_key="k").base_url == "https://b.example/v1"
    assert place(environ, api_key="k", wire="anthropic").base_url == "https://b.example/anthropic"
    assert place(environ, api_key="k", base_url="https://api.minimaxi.com/v1").base_url == "https://api.minimaxi.com/v1"


def test_a_known_address_keeps_the_kind_of_key() -> None:
    assert place(api_key="sk-api-1", base_url="https://api.minimax.io/v1").endpoint.name == "api-global"
    assert place(api_key="sk-cp-1", base_url="https://api.minimax.io/anthropic").wire_name == "anthropic"


# ---------------------------------------------------------------- settings


def test_reasoning_is_asked_for_apart_from_the_content() -> None:
    assert leaves().body["reasoning_split"] is True
    assert leaves(extra={"reasoning_split": False}).body["reasoning_split"] is False
    assert "reasoning_split" not in leaves(extra={"reasoning_split": None}).body
    assert "reasoning_split" not in leaves(wire="anthropic").body


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        (Thinking(), None),
        (Thinking(enabled=True), {"type": "adaptive"}),
        (Thinking(enabled=False), {"type": "disabled"}),
        (Thinking(effort="none"), {"type": "disabled"}),
        (Thinking(effort="high"), {"type": "adaptive"}),
    ],
)
def test_thinking_of_m3(wire: str, thinking: Thinking, expected: Any) -> None:
    found = leaves(thinking=thinking, wire=wire)
    assert found.body.get("thinking") == expected
    assert "reasoning_effort" not in found.body
    assert ("reasoning_effort" in found.warned) == (thinking.effort == "high")


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_m2_always_thinks(wire: str) -> None:
    for enabled in (True, False):
        found = leaves(model=M2, thinking=Thinking(enabled=enabled), wire=wire)
        assert "thinking" not in found.body
        assert ("thinking" in found.warned) is not enabled


def test_m31_thinks_as_deep_as_its_effort_says() -> None:
    assert leaves(model=M31, thinking=Thinking(effort="xhigh")).body["reasoning_effort"] == "xhigh"
    assert leaves(model=M31, thinking=Thinking(effort="minimal")).body["reasoning_effort"] == "low"
    found = leaves(model=M31, thinking=Thinking(enabled=False))
    assert found.body["reasoning_effort"] == "low" and "thinking" not in found.body and "thinking" in found.warned
    other = leaves(model=M31, thinking=Thinking(enabled=True, effort="high"), wire="anthropic").body
    assert other["output_config"] == {"effort": "high"} and "reasoning_effort" not in other


def test_an_unknown_model_passes() -> None:
    found = leaves(model="MiniMax-M9", thinking=Thinking(enabled=True, effort="deep"))
    assert found.body["thinking"] == {"type": "adaptive"} and found.body["reasoning_effort"] == "deep"
    assert not found.warned


def test_the_budget_is_left_out() -> None:
    found = leaves(thinking=Thinking(enabled=True, budget=100))
    assert "thinking_budget" in found.warned and "100" not in json.dumps(found.body)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("temperature", [-0.1, 2.1])
def test_temperature_out_of_range(wire: str, temperature: float) -> None:
    with pytest.raises(errors.ConfigError, match="0 to 2"):
        leaves(temperature=temperature, wire=wire)
    assert leaves(temperature=0.0, wire=wire).body["temperature"] == 0.0
    assert leaves(temperature=2.0, wire=wire).body["temperature"] == 2.0


def test_names_and_absent_fields() -> None:
    found = leaves(max_tokens=9, seed=1, stop=("x",), extra={"n": 2, "presence_penalty": 1.0}, tools=(ADD,))
    assert found.body["max_completion_tokens"] == 9 and "max_tokens" not in found.body
    assert "seed" not in found.body and "stop" not in found.body and found.body["n"] == 2
    assert {"seed", "stop", "n", "presence_penalty"} == set(found.warned)
    assert "stop_sequences" not in leaves(stop=("x",), wire="anthropic").body


def test_the_anthropic_wire_leaves_room_for_thinking() -> None:
    assert leaves(wire="anthropic").body["max_tokens"] == 65_536
    assert leaves(wire="anthropic", max_tokens=9).body["max_tokens"] == 9


def test_parallel_calls_are_no_setting() -> None:
    for wire in ("openai", "anthropic"):
        found = leaves(tools=(ADD,), parallel_tool_calls=False, wire=wire)
        assert "parallel" not in json.dumps(found.body) and "parallel_tool_calls" in found.warned


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
def test_a_forced_choice_becomes_auto(choice: Any) -> None:
    found = leaves(tools=(ADD,), tool_choice=choice)
    assert found.body["tool_choice"] == "auto" and "tool_choice" in found.warned
    other = leaves(tools=(ADD,), tool_choice=choice, wire="anthropic")
    assert other.body["tool_choice"] == {"type": "auto"} and "tool_choice" in other.warned


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_other_choices_go_as_they_are(choice: Any) -> None:
    assert leaves(tools=(ADD,), tool_choice=choice).body["tool_choice"] == choice
    assert leaves(tools=(ADD,), tool_choice=choice, wire="anthropic").body["tool_choice"] == {"type": choice}


def test_structured_output_only_where_it_was_seen() -> None:
    wanted = ResponseFormat("json_object")
    assert leaves(response_format=wanted).body["response_format"] == {"type": "json_object"}
    with pytest.raises(errors.ConfigError, match="use a tool"):
        leaves(model=M2, response_format=wanted)


# ---------------------------------------------------------------- media


def test_m3_sees() -> None:
    image = Media("image", data=PNG, detail="high", options={"max_long_side_pixel": 1000})
    part = leaves(user("what?", image)).body["messages"][0]["content"][1]
    url = f"data:image/png;base64,{PNG}"
    assert part == {"type": "image_url", "image_url": {"url": url, "max_long_side_pixel": 1000, "detail": "high"}}
    film = leaves(user("what?", Media("video", file_id="42", options={"fps": 2}))).body["messages"][0]["content"][1]
    assert film == {"type": "video_url", "video_url": {"url": "mm_file://42", "fps": 2}}


def test_openai_detail_auto_is_the_default() -> None:
    part = leaves(user("what?", Media("image", url="https://e.x/1.png", detail="auto"))).body["messages"][0]["content"][
        1
    ]
    assert part == {"type": "image_url", "image_url": {"url": "https://e.x/1.png"}}


def test_what_chat_does_not_read() -> None:
    for wire in ("openai", "anthropic"):
        with pytest.raises(errors.ConfigError, match="audio"):
            leaves(user("what?", Media("audio", url="https://e.x/1.mp3")), wire=wire)
    with pytest.raises(errors.ConfigError, match="10 MB"):
        leaves(user("what?", Media("image", data=PNG + "A" * 14_000_000)))


def test_video_on_the_anthropic_wire() -> None:
    block = leaves(user("what?", Media("video", url="mm_file://42")), wire="anthropic").body["messages"][0]["content"][
        1
    ]
    assert block == {"type": "video", "source": {"type": "url", "url": "mm_file://42"}}


def setup(**settings: Any) -> Setup:
    return Setup(target("minimax", **settings), Retry(), FetchPolicy(), lambda: "made-up", {})


def described(flow: Generator[Any, Any, Call], text: str) -> tuple[list[Any], Call]:
    """Run `flow`, answering every request with a description."""
    steps = []
    try:
        step = next(flow)
        while True:
            steps.append(step)
            answer: Any = Reply(200, {}, json.dumps({"content": text, "base_resp": {"status_code": 0}}).encode())
            if isinstance(step, Resolve):
                answer = ("93.184.216.34",)
            elif isinstance(step, Send) and step.request.method == "GET":
                answer = Reply(200, {}, b"\x89PNG\r\n\x1a\n and so on")
            step = flow.send(answer)
    except StopIteration as stop:
        return steps, stop.value


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_an_image_takes_the_detour_of_the_plan(wire: str) -> None:
    request = asking(user("which colour?", Media("image", data=PNG)), model=M2)
    steps, call = described(prepare(request, setup(wire=wire)), "a red pixel")
    (step,) = steps
    assert step.request.url == "https://api.minimax.cn/v1/coding_plan/vlm"
    assert step.request.headers["MM-API-Source"] == "Minimax-MCP"
    assert step.request.headers["Content-Type"] == "application/json"
    assert step.request.headers["Authorization"] == "Bearer sk-cp-test"
    asked = json.loads(step.request.body)
    assert set(asked) == {"prompt", "image_url"} and "which colour?" in asked["prompt"]
    assert asked["image_url"] == f"data:image/png;base64,{PNG}"
    body = (call.request.body or b"").decode()
    assert "a red pixel" in body and PNG not in body
    assert [one.setting for one in call.warnings] == ["vision"]


def test_the_header_of_the_detour_can_be_overridden() -> None:
    own = setup()
    own = replace(own, target=replace(own.target, headers={**own.target.headers, "mm-api-source": "mine"}))
    request = asking(user("?", Media("image", data=PNG)), model=M2)
    (step,), _ = described(prepare(request, own), "x")
    assert step.request.headers["mm-api-source"] == "mine" and "MM-API-Source" not in step.request.headers


def test_the_detour_fetches_and_pays_once() -> None:
    own = setup()
    picture = Media("image", url="https://example.com/1.png")
    first, _ = described(prepare(asking(user("?", picture), model=M2), own), "x")
    assert [type(step) for step in first] == [Resolve, Send, Send]
    again, _ = described(prepare(asking(user("?", picture), model=M2), own), "x")
    assert [type(step) for step in again] == [Resolve, Send]


def test_the_detour_serves_images_in_tool_results() -> None:
    history = tool_loop(Reasoning("hm"))
    result = Message("tool", (ToolResult("call_1", (Media("image", data=PNG),)),))
    _, call = described(prepare(asking(*history[:2], result, model=M2), setup()), "a red pixel")
    assert "a red pixel" in json.loads(call.request.body or b"")["messages"][-1]["content"]


@pytest.mark.parametrize(("vision", "text"), [("error", "reads text only"), ("native", None)])
def test_no_detour_unless_wanted(vision: Any, text: str | None) -> None:
    request = ChatRequest((user("?", Media("image", data=PNG)),), model=M2, vision=vision)
    if text is None:
        steps, call = described(prepare(request, setup()), "x")
        assert not steps and PNG in (call.request.body or b"").decode()
        return
    with pytest.raises(errors.ConfigError, match=text):
        next(prepare(request, setup()))


def test_m3_needs_no_detour() -> None:
    steps, _ = described(prepare(asking(user("?", Media("image", data=PNG))), setup()), "x")
    assert not steps


def test_a_failed_detour_is_an_error() -> None:
    flow = prepare(asking(user("?", Media("image", data=PNG)), model=M2), setup())
    next(flow)
    body = b'{"content": "", "base_resp": {"status_code": 1004, "status_msg": "login fail"}}'
    with pytest.raises(errors.AuthenticationError, match="login fail"):
        flow.send(Reply(200, {}, body))
    flow = prepare(asking(user("?", Media("image", data=PNG)), model=M2), setup())
    next(flow)
    with pytest.raises(errors.ProtocolError, match="no description"):
        flow.send(Reply(200, {}, b'{"content": "", "base_resp": {"status_code": 0, "status_msg": "success"}}'))


# ---------------------------------------------------------------- reasoning back

DETAIL = {"type": "reasoning.text", "id": "reasoning-text-1", "format": "MiniMax-response-v1", "index": 0, "text": "hm"}


def test_details_go_back_as_they_came() -> None:
    turn = leaves(*tool_loop(Reasoning("hm", details=(DETAIL,), provider="minimax"))).body["messages"][1]
    assert turn["reasoning_details"] == [DETAIL] and "reasoning_content" not in turn


def test_text_goes_back_where_there_are_no_details() -> None:
    turn = leaves(*tool_loop(Reasoning("hm", provider="minimax"))).body["messages"][1]
    assert turn["reasoning_content"] == "hm" and "reasoning_details" not in turn
    block = leaves(*tool_loop(Reasoning("hm", "ab12", provider="minimax")), wire="anthropic").body["messages"][1]
    assert block["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "ab12"}


# ---------------------------------------------------------------- replies

OK = {"status_code": 0, "status_msg": ""}


def chunk(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    if finish:
        choice["finish_reason"] = finish
    return {"id": "0c", "choices": [choice], "model": M2, "object": "chat.completion.chunk", "usage": None, **more}


def full(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The last event of a stream says everything once more ([docs 2025-11], M2.x captures of 2026)."""
    return {
        "id": "0c",
        "choices": [{"finish_reason": "stop", "index": 0, "message": message}],
        "model": M2,
        "object": "chat.completion",
        "usage": {"total_tokens": 9, "prompt_tokens": 4, "completion_tokens": 5},
        "base_resp": OK,
        **more,
    }


def test_the_full_message_at_the_end_is_not_appended() -> None:
    parts = sse(
        chunk({"content": "<think>\nhm", "role": "assistant"}),
        chunk({"content": "\n</think>\n\n5"}),
        chunk({"content": "6"}, "stop"),
        full({"content": "<think>\nhm\n</think>\n\n56", "role": "assistant"}, input_sensitive=False),
    )
    reply = streamed("minimax", parts)
    assert (reply.text, reply.reasoning) == ("56", "\nhm\n")
    assert reply.usage is not None and reply.usage.total == 9
    assert reply.vendor == {"base_resp": OK, "input_sensitive": False}


def test_the_full_message_alone_is_the_reply() -> None:
    assert streamed("minimax", sse(full({"content": "56", "role": "assistant"}))).text == "56"


def test_tags_split_at_every_position() -> None:
    text = "<think>\nhm\n</think>\n\n56 <think>"
    for cut in range(len(text) + 1):
        reply = streamed("minimax", sse(chunk({"content": text[:cut]}), chunk({"content": text[cut:]}, "stop")))
        assert (reply.reasoning, reply.text) == ("\nhm\n", "56 <think>"), cut


def test_a_stream_cut_at_every_byte() -> None:
    data = sse(chunk({"content": "", "reasoning_content": "想", "reasoning_details": [{**DETAIL, "text": "想"}]}),
               chunk({"content": "答"}, "stop"))  # fmt: skip
    for cut in range(len(data) + 1):
        reply = streamed("minimax", data[:cut], data[cut:])
        assert (reply.reasoning, reply.text) == ("想", "答")


def test_details_of_a_stream_are_joined() -> None:
    first, second = {**DETAIL, "text": "h"}, {**DETAIL, "text": "m"}
    reply = streamed(
        "minimax",
        sse(
            chunk({"content": "", "reasoning_content": "h", "reasoning_details": [first]}),
            chunk({"content": "", "reasoning_content": "m", "reasoning_details": [second]}),
            chunk({"content": "56"}, "stop"),
        ),
    )
    (part,) = [one for one in reply.message.parts if isinstance(one, Reasoning)]
    assert (part.text, part.details) == ("hm", (DETAIL,))
    alone = streamed(
        "minimax", sse(chunk({"content": "", "reasoning_details": [DETAIL]}), chunk({"content": "56"}, "stop"))
    )
    assert alone.reasoning == "hm"


def test_snapshots_are_told_from_pieces() -> None:
    start = "a text that is long enough to be evidence"
    reply = streamed("minimax", sse(chunk({"content": start}), chunk({"content": start + " and more"}, "stop")))
    assert reply.text == start + " and more"
    short = streamed("minimax", sse(chunk({"content": "a"}), chunk({"content": "and"}, "stop")))
    assert short.text == "aand"
    detail = {**DETAIL, "text": start}
    longer = {**DETAIL, "text": start + " and more"}
    thought = streamed(
        "minimax",
        sse(
            chunk({"content": "", "reasoning_content": start, "reasoning_details": [detail]}),
            chunk({"content": "", "reasoning_content": start + " and more", "reasoning_details": [longer]}),
            chunk({"content": "56"}, "stop"),
        ),
    )
    assert thought.reasoning == start + " and more"
    assert thought.message.parts[0] == Reasoning(start + " and more", details=(longer,), provider="minimax")


def test_reasoning_told_twice_is_kept_once() -> None:
    twice = {"content": "<think>hm</think>", "reasoning_content": "hm"}
    assert streamed("minimax", sse(chunk(twice), chunk({"content": "56"}, "stop"))).reasoning == "hm"


@pytest.mark.parametrize("done", [True, False])
def test_the_end_mark_may_be_missing(done: bool) -> None:
    end = {**chunk(None), "choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 5}, "base_resp": OK}
    reply = streamed("minimax", sse(chunk({"content": "56"}, "stop"), end, done=done))
    assert reply.text == "56" and reply.usage is not None and reply.usage.total == 9


def test_a_stream_without_a_finish_is_truncated() -> None:
    with pytest.raises(errors.TruncatedStreamError):
        streamed("minimax", sse(chunk({"content": "56"}), done=False))


def test_a_failure_in_a_stream_chunk() -> None:
    bad = {"id": "0c", "choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit exceeded(RPM)"}}
    with pytest.raises(errors.RateLimitedError) as caught:
        streamed("minimax", sse(chunk({"content": "5"}), bad))
    assert caught.value.code == "1002"


def test_a_failure_instead_of_a_stream() -> None:
    with pytest.raises(errors.ContentBlockedError):
        streamed("minimax", b'{"base_resp":{"status_code":1026,"status_msg":"input new_sensitive"}}')


def test_tool_calls_come_in_pieces() -> None:
    first = {
        "id": "call_function_x_1",
        "type": "function",
        "function": {"name": "add", "arguments": '{"a"'},
        "index": 0,
    }
    rest = {"function": {"arguments": ": 1}"}, "index": 0}
    reply = streamed("minimax", sse(chunk({"tool_calls": [first]}), chunk({"tool_calls": [rest]}, "tool_calls")))
    (call,) = reply.tool_calls
    assert (call.id, call.name, call.arguments) == ("call_function_x_1", "add", '{"a": 1}')
    assert reply.finish == "tool_calls"


def test_a_whole_reply() -> None:
    reply = whole("minimax", full({"content": "56", "reasoning_content": "hm", "reasoning_details": [DETAIL]}))
    assert (reply.text, reply.reasoning) == ("56", "hm")
    assert reply.message.parts[0] == Reasoning("hm", details=(DETAIL,), provider="minimax")


# ---------------------------------------------------------------- failures


def envelope(kind: str, message: str, status: int) -> dict[str, Any]:
    """The form of [probe 2026-04-28]."""
    return {"type": "error", "error": {"type": kind, "message": message, "http_code": str(status)}, "request_id": "r"}


@pytest.mark.parametrize(
    ("status", "kind", "message", "error", "code"),
    [
        (
            401,
            "authorized_error",
            "login fail: Please carry the API secret key (1004)",
            errors.AuthenticationError,
            "1004",
        ),
        (400, "bad_request_error", "invalid params, unknown model 'x' (2013)", errors.NotFoundError, "2013"),
        (
            400,
            "bad_request_error",
            "invalid params, context window exceeds limit (2013)",
            errors.ContextOverflowError,
            "2013",
        ),
        (400, "bad_request_error", 'invalid params, "Syntax error at index 82" (2013)', errors.BadRequestError, "2013"),
        (402, "insufficient_balance_error", "insufficient balance (1008)", errors.QuotaExhaustedError, "1008"),
        (422, "unprocessable_entity_error", "input new_sensitive (1026)", errors.ContentBlockedError, "1026"),
        (429, "rate_limit_error", "rate limit exceeded(RPM) (1002)", errors.RateLimitedError, "1002"),
        (500, "api_error", "your current token plan not support model (2061)", errors.PermissionDeniedError, "2061"),
        (529, "overloaded_error", "The server cluster is under high load (2064)", errors.ServerError, "2064"),
        (500, "server_error", "unknown error (1000)", errors.ServerError, "1000"),
    ],
)
def test_codes(status: int, kind: str, message: str, error: type, code: str) -> None:
    found = failure("minimax", status, envelope(kind, message, status))
    assert type(found) is error and found.code == code and found.request_id == "r"


def test_failure_inside_http_200() -> None:
    body = {"base_resp": {"status_code": 1004, "status_msg": "login fail: Please carry the API secret key"}}
    found = failure("minimax", 200, body, **{"trace-id": "0640"})
    assert type(found) is errors.AuthenticationError and found.request_id == "0640" and "region" in str(found)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("usage limit exceeded, 5-hour usage limit reached for Token Plan Starter (0/0 used)", "5h"),
        ("usage limit exceeded, weekly usage limit reached", "week"),
        ("usage limit exceeded", None),
    ],
)
def test_a_spent_plan_says_when_it_fills(text: str, window: str | None) -> None:
    message = f"{text}, resets at 2026-05-15T15:00:00Z (2056)"
    found = failure("minimax", 429, envelope("rate_limit_error", message, 429))
    assert isinstance(found, errors.QuotaExhaustedError) and not found.retryable
    assert (found.window, found.resets_at) == (window, datetime(2026, 5, 15, 15, tzinfo=timezone.utc))


def test_an_error_event_of_the_anthropic_wire() -> None:
    data = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    with pytest.raises(errors.ServerError):
        streamed("minimax", data, wire="anthropic")


def test_the_hint_of_an_unknown_model() -> None:
    found = failure(
        "minimax", 400, envelope("bad_request_error", "invalid params, unknown model 'minimax-m3' (2013)", 400)
    )
    assert "case-sensitive" in str(found)
