"""The official openai and anthropic SDKs talk to every persona: whole, streamed, and through a tool loop."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ANTHROPIC, OPENAI, TOOL, WEATHER, Caller, Target

openai_targets = pytest.mark.parametrize("target", OPENAI, ids=str)
anthropic_targets = pytest.mark.parametrize("target", ANTHROPIC, ids=str)
QUESTION = [{"role": "user", "content": "你好，讲讲幂等性。"}]
WEATHER_QUESTION = {"role": "user", "content": "北京的天气如何？"}


def _answered(text: str | None) -> bool:
    return bool(text) and "幂等性" in str(text)


@openai_targets
def test_chat(call: Caller, target: Target) -> None:
    reply = call.openai(target).chat.completions.create(model=target.model, messages=QUESTION)
    assert reply.model == target.model
    assert reply.choices[0].finish_reason == "stop"
    assert _answered(reply.choices[0].message.content)
    usage = reply.usage
    assert usage is not None and usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@openai_targets
async def test_async_chat(call: Caller, target: Target) -> None:
    async with call.async_openai(target) as client:
        reply = await client.chat.completions.create(model=target.model, messages=QUESTION)
    assert _answered(reply.choices[0].message.content)


def _deltas(chunks: Any) -> list[Any]:
    found = []
    for chunk in chunks:
        for choice in chunk.choices:
            # MiniMax repeats the whole message in an event without a delta.
            if getattr(choice, "delta", None) is not None:
                found.append(choice)
    return found


@openai_targets
def test_stream_says_what_the_whole_reply_says(call: Caller, target: Target) -> None:
    client = call.openai(target)
    whole = client.chat.completions.create(model=target.model, messages=QUESTION).choices[0].message
    stream = client.chat.completions.create(model=target.model, messages=QUESTION, stream=True)
    choices = _deltas(stream)
    for field in ("content", "reasoning_content", "reasoning"):
        said = "".join(getattr(c.delta, field, None) or "" for c in choices)
        assert said == (getattr(whole, field, None) or "")
    assert [c.finish_reason for c in choices if c.finish_reason] == ["stop"]


@openai_targets
async def test_async_stream(call: Caller, target: Target) -> None:
    async with call.async_openai(target) as client:
        stream = await client.chat.completions.create(model=target.model, messages=QUESTION, stream=True)
        choices = _deltas([chunk async for chunk in stream])
    assert _answered("".join(c.delta.content or "" for c in choices))


KEPT = ("role", "content", "tool_calls", "reasoning_content", "reasoning", "reasoning_details")


def _as_sent(message: Any) -> dict[str, Any]:
    return {k: v for k, v in message.model_dump(exclude_none=True).items() if k in KEPT}


@openai_targets
def test_tool_loop(call: Caller, target: Target) -> None:
    client = call.openai(target)
    ask: dict[str, Any] = {"model": target.model, "tools": [TOOL]}
    first = client.chat.completions.create(messages=[WEATHER_QUESTION], **ask).choices[0]
    assert first.finish_reason == "tool_calls"
    (asked,) = first.message.tool_calls or ()
    assert (asked.function.name, asked.function.arguments) == ("get_weather", '{"city": "北京"}')
    result = {"role": "tool", "tool_call_id": asked.id, "content": "晴，25 度"}
    history = [WEATHER_QUESTION, _as_sent(first.message), result]
    final = client.chat.completions.create(messages=history, **ask).choices[0]
    assert "晴，25 度" in (final.message.content or "")


@openai_targets
def test_streamed_tool_call(call: Caller, target: Target) -> None:
    client = call.openai(target)
    ask: dict[str, Any] = {"model": target.model, "tools": [TOOL], "stream": True}
    choices = _deltas(client.chat.completions.create(messages=[WEATHER_QUESTION], **ask))
    calls = [c for choice in choices for c in choice.delta.tool_calls or ()]
    assert calls[0].function.name == "get_weather" and calls[0].id
    assert "".join(c.function.arguments or "" for c in calls) == '{"city": "北京"}'
    assert choices[-1].finish_reason == "tool_calls"


@anthropic_targets
def test_messages(call: Caller, target: Target) -> None:
    reply = call.anthropic(target).messages.create(model=target.model, max_tokens=900, messages=QUESTION)
    assert [b.type for b in reply.content] == ["thinking", "text"]
    assert _answered(reply.content[1].text) and reply.stop_reason == "end_turn"


@anthropic_targets
async def test_async_messages_stream(call: Caller, target: Target) -> None:
    async with call.async_anthropic(target) as client:
        ask: dict[str, Any] = {"model": target.model, "max_tokens": 900, "messages": QUESTION}
        whole = await client.messages.create(**ask)
        async with client.messages.stream(**ask) as stream:
            final = await stream.get_final_message()
    signed = {"signature"} if target.provider == "deepseek" else set()  # there it names the message
    parts = [[b.model_dump(exclude=signed) for b in reply.content] for reply in (final, whole)]
    assert parts[0] == parts[1]
    assert final.usage.output_tokens == whole.usage.output_tokens


@anthropic_targets
def test_messages_tool_loop(call: Caller, target: Target) -> None:
    client = call.anthropic(target)
    tools = [{"name": "get_weather", "description": "天气", "input_schema": WEATHER}]
    ask: dict[str, Any] = {"model": target.model, "max_tokens": 900, "tools": tools}
    with client.messages.stream(messages=[WEATHER_QUESTION], **ask) as stream:
        first = stream.get_final_message()
    assert first.stop_reason == "tool_use"
    asked = first.content[-1]
    assert asked.type == "tool_use" and asked.input == {"city": "北京"}
    result = {"type": "tool_result", "tool_use_id": asked.id, "content": "晴，25 度"}
    blocks = [b.model_dump(exclude_none=True) for b in first.content]
    history = [WEATHER_QUESTION, {"role": "assistant", "content": blocks}, {"role": "user", "content": [result]}]
    final = client.messages.create(messages=history, **ask)
    assert "晴，25 度" in final.content[-1].text
