"""The official `dashscope` SDK, on the vendor's native route."""

from __future__ import annotations

import json
from typing import Any

import dashscope
from contract import PICTURE_QUESTION, QUESTION, TOOL, WEATHER_QUESTION, run, tell_weather


def ask(task: dict[str, Any], messages: list[Any], **more: Any) -> Any:
    dashscope.base_http_api_url = task["native_url"]
    reply = dashscope.Generation.call(
        model=task["native_model"], api_key=task["native_key"], messages=messages, result_format="message", **more
    )
    if not more.get("stream"):
        check(reply)
    return reply


def check(reply: Any) -> None:
    if reply.status_code != 200:
        raise RuntimeError(f"{reply.status_code} {reply.code}: {reply.message}")


def chat(task: dict[str, Any]) -> str:
    return str(ask(task, [{"role": "user", "content": QUESTION}]).output.choices[0].message.content)


def stream(task: dict[str, Any]) -> str:
    text = ""
    for chunk in ask(task, [{"role": "user", "content": QUESTION}], stream=True, incremental_output=True):
        check(chunk)
        text += chunk.output.choices[0].message.content or ""
    return text


def tools(task: dict[str, Any]) -> str:
    messages: list[Any] = [{"role": "user", "content": WEATHER_QUESTION}]
    for _ in range(3):
        message = ask(task, messages, tools=[TOOL]).output.choices[0].message
        calls = message.get("tool_calls")
        if not calls:
            return str(message.content)
        messages.append(message)
        for call in calls:
            result = tell_weather(json.loads(call["function"]["arguments"]))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    raise RuntimeError("no answer after three rounds")


def image(task: dict[str, Any]) -> str:
    dashscope.base_http_api_url = task["native_url"]
    content = [{"image": task["picture"]}, {"text": PICTURE_QUESTION}]
    reply = dashscope.MultiModalConversation.call(
        model=task["native_seer"], api_key=task["native_key"], messages=[{"role": "user", "content": content}]
    )
    check(reply)
    return "".join(part.get("text", "") for part in reply.output.choices[0].message.content)


run(chat=chat, stream=stream, tools=tools, image=image)
