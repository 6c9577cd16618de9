"""pydantic-ai with its own provider for a vendor where it has one."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from contract import PICTURE_QUESTION, QUESTION, WEATHER_QUESTION, run, tell_weather
from openai import AsyncOpenAI
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers import Provider
from pydantic_ai.providers.alibaba import AlibabaProvider
from pydantic_ai.providers.deepseek import DeepSeekProvider
from pydantic_ai.providers.moonshotai import MoonshotAIProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.zai import ZaiProvider

PROVIDERS: dict[str, Any] = {
    "deepseek": DeepSeekProvider,
    "glm": ZaiProvider,
    "kimi": MoonshotAIProvider,
    "minimax": OpenAIProvider,
    "qwen": AlibabaProvider,
}


def make_agent(task: dict[str, Any], model: str | None = None) -> Agent[None, str]:
    client = AsyncOpenAI(base_url=task["base_url"], api_key=task["key"], max_retries=0)
    provider: Provider[AsyncOpenAI] = PROVIDERS[task["provider"]](openai_client=client)
    return Agent(OpenAIChatModel(model or task["model"], provider=provider))


def chat(task: dict[str, Any]) -> str:
    return make_agent(task).run_sync(QUESTION).output


def stream(task: dict[str, Any]) -> str:
    async def main() -> str:
        async with make_agent(task).run_stream(QUESTION) as reply:
            return "".join([piece async for piece in reply.stream_text(delta=True)])

    return asyncio.run(main())


def tools(task: dict[str, Any]) -> str:
    agent = make_agent(task)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Tell the weather in a city."""
        return tell_weather({"city": city})

    return agent.run_sync(WEATHER_QUESTION).output


def image(task: dict[str, Any]) -> str:
    data = base64.b64decode(task["picture"].partition("base64,")[2])
    question: list[Any] = [PICTURE_QUESTION, BinaryContent(data, media_type="image/png")]
    return make_agent(task, task["seer"]).run_sync(question).output


run(chat=chat, stream=stream, tools=tools, image=image)
