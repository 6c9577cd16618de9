"""The official `openai` SDK."""

from __future__ import annotations

import json
from typing import Any

import openai
from contract import PICTURE_QUESTION, QUESTION, TOOL, WEATHER_QUESTION, run, tell_weather


def connect(task: dict[str, Any]) -> openai.OpenAI:
    return openai.OpenAI(base_url=task["base_url"], api_key=task["key"], max_retries=0)


def chat(task: dict[str, Any]) -> str:
    messages: Any = [{"role": "user", "content": QUESTION}]
    return (
        connect(task).chat.completions.create(model=task["model"], messages=messages).choices[0].message.content or ""
    )


def stream(task: dict[str, Any]) -> str:
    messages: Any = [{"role": "user", "content": QUESTION}]
    chunks = connect(task).chat.completions.create(model=task["model"], messages=messages, stream=True)
    choices = [choice for chunk in chunks for choice in chunk.choices or []]
    return "".join(choice.delta.content or "" for choice in choices if choice.delta)


def tools(task: dict[str, Any]) -> str:
    client = connect(task)
    messages: Any = [{"role": "user", "content": WEATHER_QUESTION}]
    for _ in range(3):
        reply = client.chat.completions.create(model=task["model"], messages=messages, tools=[TOOL])  # type: ignore[list-item]  # a plain dict is a tool
        message = reply.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = tell_weather(json.loads(call.function.arguments))  # type: ignore[union-attr]  # only functions are offered
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    raise RuntimeError("no answer after three rounds")


def image(task: dict[str, Any]) -> str:
    parts = [{"type": "text", "text": PICTURE_QUESTION}, {"type": "image_url", "image_url": {"url": task["picture"]}}]
    messages: Any = [{"role": "user", "content": parts}]
    return connect(task).chat.completions.create(model=task["seer"], messages=messages).choices[0].message.content or ""


run(chat=chat, stream=stream, tools=tools, image=image)
