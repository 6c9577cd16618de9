"""The official `zai-sdk`."""

from __future__ import annotations

import json
from typing import Any

from contract import PICTURE_QUESTION, QUESTION, TOOL, WEATHER_QUESTION, run, tell_weather
from zai import ZaiClient


def ask(task: dict[str, Any], messages: list[Any], model: str | None = None, **more: Any) -> Any:
    client = ZaiClient(api_key=task["key"], base_url=task["base_url"], max_retries=0)
    return client.chat.completions.create(model=model or task["model"], messages=messages, **more)


def chat(task: dict[str, Any]) -> str:
    return str(ask(task, [{"role": "user", "content": QUESTION}]).choices[0].message.content)


def stream(task: dict[str, Any]) -> str:
    chunks = ask(task, [{"role": "user", "content": QUESTION}], stream=True)
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def tools(task: dict[str, Any]) -> str:
    messages: list[Any] = [{"role": "user", "content": WEATHER_QUESTION}]
    for _ in range(3):
        message = ask(task, messages, tools=[TOOL]).choices[0].message
        if not message.tool_calls:
            return str(message.content)
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = tell_weather(json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    raise RuntimeError("no answer after three rounds")


def image(task: dict[str, Any]) -> str:
    parts = [{"type": "text", "text": PICTURE_QUESTION}, {"type": "image_url", "image_url": {"url": task["picture"]}}]
    return str(ask(task, [{"role": "user", "content": parts}], task["seer"]).choices[0].message.content)


run(chat=chat, stream=stream, tools=tools, image=image)
