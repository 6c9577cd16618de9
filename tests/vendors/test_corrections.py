"""Beliefs that public recordings, pasted error bodies and real client programs corrected, vendor by vendor."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import errors
from cncoding.types import ChatRequest, Thinking, user
from tests.targets import target
from tests.vendors.boundary import asking, failure, sent, sse, streamed, whole

SPENT = errors.QuotaExhaustedError
OVERFLOW, BROKEN = errors.ContextOverflowError, errors.ServerError
DENIED, GONE = errors.PermissionDeniedError, errors.NotFoundError
LIMIT = "Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-10-01 08:00:00"


def said(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def base_resp(code: int, message: str) -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


@pytest.mark.parametrize(
    ("provider", "status", "body", "kind", "window"),
    [
        # MiniMax-AI/MiniMax-01 15: an input of 400k tokens.
        ("minimax", 200, base_resp(1039, "token limit"), OVERFLOW, None),
        ("minimax", 429, said("rate_limit: usage limit exceeded (2056)"), SPENT, None),
        ("minimax", 429, said("usage limit exceeded, 5-hour window", type="rate_limit_error"), SPENT, "5h"),
        ("minimax", 529, said("High load. Upgrade for priority (2064)", type="overloaded_error"), BROKEN, None),
        # hAcKlyc/MyAgents 8
        ("minimax", 200, base_resp(2057, "not coding plan token"), DENIED, None),
        # rig recordings
        ("deepseek", 400, said("The supported API model names are deepseek-v4-pro, but you passed x."), GONE, None),
        ("deepseek", 400, said("Model Not Exist", type="invalid_request_error"), GONE, None),
        # gabrielkoerich/orch 2844
        ("glm", 429, said(LIMIT, code="1310"), SPENT, None),
        ("glm", 429, said("已达到每周/每月使用上限，将在 2026-10-01 08:00:00 重置", code="1310"), SPENT, None),
    ],
)  # fmt: skip
def test_what_a_body_means(
    provider: str, status: int, body: Any, kind: type[errors.ApiError], window: str | None
) -> None:
    found = failure(provider, status, body)
    assert type(found) is kind
    assert getattr(found, "window", None) == window
    if provider == "glm":
        assert isinstance(found, SPENT) and found.resets_at is not None


def test_kimis_headers_say_how_long_to_wait() -> None:
    body = said("Too many requests", type="rate_limit_reached_error")
    headers = {"x-retry-after": "1", "msh-cooldown-seconds": "1"}
    assert failure("kimi", 429, body, **headers).retry_after == 1
    assert failure("kimi", 429, body, **headers, **{"retry-after": "2"}).retry_after == 2
    assert failure("kimi", 429, body).retry_after is None


def test_an_answer_cut_before_it_began() -> None:
    """MiniMax on the Anthropic wire: `content: null` with max_tokens at HTTP 200 is an empty reply, no broken one."""
    reply = {"id": "r", "type": "message", "role": "assistant", "model": "MiniMax-M3", "content": None}
    found = whole("minimax", {**reply, "stop_reason": "max_tokens"}, wire="anthropic")
    assert (found.text, found.finish, found.tool_calls) == ("", "length", ())
    with pytest.raises(errors.ProtocolError):
        whole("minimax", reply, wire="anthropic")


@pytest.mark.parametrize("details", [True, False])
@pytest.mark.parametrize("pieces", [("I add.", "\n</thi", "nk>"), ("I add.\n</think>",), ("I add.", "\n", "</think>")])
def test_a_literal_tag_at_the_end_of_the_reasoning(pieces: tuple[str, ...], details: bool) -> None:
    """M3 with reasoning_split: replayed where the vendor's own objects hold it, shown nowhere."""
    chunks: list[dict[str, Any]] = []
    for text in pieces:
        delta: dict[str, Any] = {"reasoning_content": text}
        if details:
            delta["reasoning_details"] = [{"type": "reasoning.text", "index": 0, "text": text}]
        chunks.append({"id": "r", "choices": [{"index": 0, "delta": delta}]})
    end = {"id": "r", "choices": [{"index": 0, "delta": {"content": "2"}, "finish_reason": "stop"}]}
    found = streamed("minimax", sse(*chunks, end, done=False))
    assert (found.reasoning, found.text) == ("I add.", "2")
    if details:
        again = sent("minimax", ChatRequest((user("1+1?"), found.message, user("sure?")))).body["messages"][1]
        assert "".join(one["text"] for one in again["reasoning_details"]) == "I add.\n</think>"


@pytest.mark.parametrize(("start", "end", "expected"), [(0, {"input_tokens": 7}, 7), (0, {}, None), (5, {}, 5)])
def test_an_input_of_no_tokens_is_unknown(start: int, end: dict[str, int], expected: int | None) -> None:
    message = {"id": "r", "type": "message", "model": "m", "content": [], "usage": {"input_tokens": start}}
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "hi"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "usage": {"output_tokens": 1, **end}},  # Kimi's may lack `delta`
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    for provider in ("minimax", "kimi"):
        found = streamed(provider, sse(*events, done=False), wire="anthropic")
        assert found.usage is not None and (found.usage.input, found.usage.output) == (expected, 1)


def test_search_of_deepseek_is_documented_on_the_anthropic_wire_and_for_flash() -> None:
    body = sent("deepseek", asking(search=True), wire="anthropic").body
    assert body["tools"] == [{"type": "deepseek_web_search", "name": "deepseek_web_search"}]
    with pytest.raises(errors.ConfigError, match="wire='anthropic'"):
        sent("deepseek", asking(search=True))
    with pytest.raises(errors.ConfigError, match="choose deepseek-flash"):
        sent("deepseek", asking(search=True, model="deepseek-v4-pro"), wire="anthropic")


def test_glm_53_flash_can_stop_thinking_on_the_plan() -> None:
    """Recorded 2026-09-07: 0 reasoning tokens and no reasoning."""
    off = asking(model="glm-5.3-flash", thinking=Thinking(enabled=False))
    assert sent("glm", off).body["thinking"] == {"type": "disabled"}
    assert sent("glm", off, endpoint="api").body["reasoning_effort"] == "low"
    assert not target("glm", endpoint="api").card("glm-5.3").thinking.can_disable  # type: ignore[union-attr]


def test_a_code_plan_model_that_always_thinks_is_not_told_to_stop() -> None:
    """kimi-k2.7-code answers HTTP 400 "only type=enabled is allowed"."""
    key = "sk-" + "0123456789abcdef" * 2
    found = sent("kimi", asking(model="kimi-k2.7-code", thinking=Thinking(enabled=False)), endpoint="api", api_key=key)
    assert "thinking" not in found.body and "thinking" in found.warned


def test_minimax_closes_a_tag_that_its_limit_cut() -> None:
    reply = {"id": "r", "model": "MiniMax-M2.7", "base_resp": {"status_code": 0, "status_msg": "model is deprecated"}}
    message = {"role": "assistant", "content": "<think>I ad</think>"}
    found = whole("minimax", {**reply, "choices": [{"index": 0, "message": message, "finish_reason": "length"}]})
    assert (found.reasoning, found.text, found.finish) == ("I ad", "", "length")


def test_fragments_of_a_call_may_be_null_and_nameless() -> None:
    """Qwen: the last fragment with `arguments: null`, later ones with an empty name."""
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "add", "arguments": ""}}
    pieces = [{"name": "", "arguments": '{"a"'}, {"name": "", "arguments": ": 1}"}, {"name": "", "arguments": None}]
    fragments = [call, *({"index": 0, "id": "", "function": piece} for piece in pieces)]
    chunks = [{"id": "r", "choices": [{"index": 0, "delta": {"tool_calls": [one]}}]} for one in fragments]
    end = {"id": "r", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    found = streamed("qwen", sse(*chunks, end).replace(b"data: ", b"data:"))
    assert [(one.id, one.name, one.arguments) for one in found.tool_calls] == [("c1", "add", '{"a": 1}')]


def test_what_the_server_found_goes_back_unchanged() -> None:
    """DeepSeek's web tools: "returned blocks must be passed back unchanged"."""
    used = {"type": "server_tool_use", "id": "s1", "name": "deepseek_web_search", "input": {"query": "x"}}
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "s1",
        "content": [{"type": "web_search_result", "url": "u"}],
    }
    text = {"type": "text", "text": "It says so."}
    reply = {"id": "r", "type": "message", "role": "assistant", "model": "m", "content": [used, found, text]}
    answer = whole("deepseek", {**reply, "stop_reason": "end_turn"}, wire="anthropic")
    assert (answer.text, answer.tool_calls, answer.finish) == ("It says so.", (), "stop")
    again = sent("deepseek", asking(user("x?"), answer.message, user("sure?")), wire="anthropic")
    assert again.body["messages"][1]["content"] == [used, found, text]
