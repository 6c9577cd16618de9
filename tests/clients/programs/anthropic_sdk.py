"""The official `anthropic` SDK."""

from __future__ import annotations

from typing import Any

import anthropic
from contract import PICTURE_QUESTION, QUESTION, SCHEMA, WEATHER_QUESTION, run, tell_weather


def ask(task: dict[str, Any], messages: Any, model: str | None = None, **more: Any) -> Any:
    client = anthropic.Anthropic(base_url=task["base_url"], auth_token=task["key"], max_retries=0)
    return client.messages.create(model=model or task["model"], max_tokens=4096, messages=messages, **more)


def read_text(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def chat(task: dict[str, Any]) -> str:
    return read_text(ask(task, [{"role": "user", "content": QUESTION}]))


def stream(task: dict[str, Any]) -> str:
    client = anthropic.Anthropic(base_url=task["base_url"], auth_token=task["key"], max_retries=0)
    messages: Any = [{"role": "user", "content": QUESTION}]
    with client.messages.stream(model=task["model"], max_tokens=4096, messages=messages) as events:
        return "".join(events.text_stream)


def tools(task: dict[str, Any]) -> str:
    tool = {"name": "get_weather", "description": "Tell the weather in a city.", "input_schema": SCHEMA}
    messages: list[dict[str, Any]] = [{"role": "user", "content": WEATHER_QUESTION}]
    for _ in range(3):
        reply = ask(task, messages, tools=[tool])
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return read_text(reply)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": tell_weather(call.input)} for call in calls
        ]
        messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]
    raise RuntimeError("no answer after three rounds")


def image(task: dict[str, Any]) -> str:
    data = task["picture"].partition("base64,")[2]
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    question = {"type": "text", "text": PICTURE_QUESTION}
    return read_text(ask(task, [{"role": "user", "content": [picture, question]}], task["seer"]))


run(chat=chat, stream=stream, tools=tools, image=image)
