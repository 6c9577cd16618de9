"""openai-agents (the SDK named `agents`) over chat completions."""

from __future__ import annotations

import asyncio
from typing import Any

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from contract import PICTURE_QUESTION, QUESTION, WEATHER_QUESTION, run, tell_weather
from openai import AsyncOpenAI

set_tracing_disabled(True)


@function_tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return tell_weather({"city": city})


def make_agent(task: dict[str, Any], model: str | None = None, tools: Any = ()) -> Agent[Any]:
    client = AsyncOpenAI(base_url=task["base_url"], api_key=task["key"], max_retries=0)
    return Agent(
        name="assistant", model=OpenAIChatCompletionsModel(model or task["model"], openai_client=client), tools=[*tools]
    )


def chat(task: dict[str, Any]) -> str:
    return str(asyncio.run(Runner.run(make_agent(task), QUESTION)).final_output)


def stream(task: dict[str, Any]) -> str:
    async def main() -> str:
        reply = Runner.run_streamed(make_agent(task), QUESTION)
        async for _ in reply.stream_events():
            pass
        return str(reply.final_output)

    return asyncio.run(main())


def tools(task: dict[str, Any]) -> str:
    return str(asyncio.run(Runner.run(make_agent(task, tools=[get_weather]), WEATHER_QUESTION)).final_output)


def image(task: dict[str, Any]) -> str:
    parts: Any = [
        {"type": "input_text", "text": PICTURE_QUESTION},
        {"type": "input_image", "image_url": task["picture"], "detail": "auto"},
    ]
    agent = make_agent(task, task["seer"])
    return str(asyncio.run(Runner.run(agent, [{"role": "user", "content": parts}])).final_output)


run(chat=chat, stream=stream, tools=tools, image=image)
