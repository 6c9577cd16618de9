"""litellm, through its own route to each vendor."""

from __future__ import annotations

import json
from typing import Any

import litellm
from contract import PICTURE_QUESTION, QUESTION, TOOL, WEATHER_QUESTION, run, tell_weather

ROUTES = {"glm": "zai", "kimi": "moonshot", "minimax": "minimax", "qwen": "dashscope", "deepseek": "deepseek"}


def ask(task: dict[str, Any], messages: list[Any], model: str | None = None, **more: Any) -> Any:
    name = f"{ROUTES[task['provider']]}/{model or task['model']}"
    base, key = task["base_url"], task["key"]
    return litellm.completion(model=name, messages=messages, api_base=base, api_key=key, num_retries=0, **more)


def chat(task: dict[str, Any]) -> str:
    return str(ask(task, [{"role": "user", "content": QUESTION}]).choices[0].message.content)


def stream(task: dict[str, Any]) -> str:
    chunks = ask(task, [{"role": "user", "content": QUESTION}], stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def tools(task: dict[str, Any]) -> str:
    messages: list[Any] = [{"role": "user", "content": WEATHER_QUESTION}]
    for _ in range(3):
        message = ask(task, messages, tools=[TOOL]).choices[0].message
        if not message.tool_calls:
            return str(message.content)
        messages.append(message)
        for call in message.tool_calls:
            result = tell_weather(json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    raise RuntimeError("no answer after three rounds")


def image(task: dict[str, Any]) -> str:
    parts = [{"type": "text", "text": PICTURE_QUESTION}, {"type": "image_url", "image_url": {"url": task["picture"]}}]
    return str(ask(task, [{"role": "user", "content": parts}], task["seer"]).choices[0].message.content)


run(chat=chat, stream=stream, tools=tools, image=image)
