"""Chat models by themselves: calls, streams, tools, objects, pictures."""

from __future__ import annotations

import base64
import io
from typing import Any

from langchain.messages import AIMessage, HumanMessage, SystemMessage
from langchain.tools import tool
from langchain_core.caches import InMemoryCache
from langchain_core.messages import trim_messages
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField
from PIL import Image
from pydantic import BaseModel, Field

from cncoding_emulator import Emulator
from tests.recipes.langchain import INIT, PAGES, recipe


@tool
def get_weather(location: str) -> str:
    """Get the weather at a location."""
    return f"It's sunny in {location}."


class Movie(BaseModel):
    """A movie with details."""

    title: str = Field(description="The title of the movie")
    year: int = Field(description="The year the movie was released")


MOVIE = '{"title": "英雄", "year": 2002}'


@recipe("Invoke a model", f"{PAGES}/langchain/models", INIT)
def invoke(model: Any, emulator: Emulator) -> None:
    emulator.script("say 因为好看")
    assert model.invoke("Why do parrots have colorful feathers?").text == "因为好看"


@recipe("A conversation as dictionaries", f"{PAGES}/langchain/models", INIT)
def conversation(model: Any, emulator: Emulator) -> None:
    emulator.script("say J'adore créer des applications.")
    said = [
        {"role": "system", "content": "You translate English to French."},
        {"role": "user", "content": "Translate: I love programming."},
        {"role": "assistant", "content": "J'adore la programmation."},
        {"role": "user", "content": "Translate: I love building applications."},
    ]
    assert "applications" in model.invoke(said).text
    assert [one["role"] for one in emulator.requests[-1].json["messages"]][-3:] == ["user", "assistant", "user"]


@recipe("Stream a reply and add its chunks up", f"{PAGES}/langchain/models", INIT)
def stream(model: Any, emulator: Emulator) -> None:
    emulator.script("think 想\nsay 天空是蓝的")
    full = None
    for chunk in model.stream("What color is the sky?"):
        full = chunk if full is None else full + chunk
    assert full is not None and full.text == "天空是蓝的"
    assert "reasoning" in {block["type"] for block in full.content_blocks}


@recipe("Stream events of a model", f"{PAGES}/langchain/models", INIT)
async def events(model: Any, emulator: Emulator) -> None:
    emulator.script("say Hello world")
    tokens = [
        event["data"]["chunk"].text
        async for event in model.astream_events("Hello", version="v2")
        if event["event"] == "on_chat_model_stream"
    ]
    assert "".join(tokens) == "Hello world"


@recipe("Stream typed content (v3)", f"{PAGES}/langchain/streaming", INIT)
def stream_v3(model: Any, emulator: Emulator) -> None:
    emulator.script("think 想\nsay 一二三")
    message = model.stream_events("数到三", version="v3")
    assert "".join(message.text) == "一二三"
    assert message.output.text == "一二三"


@recipe("Ask in a batch", f"{PAGES}/langchain/models", INIT)
def batch(model: Any, emulator: Emulator) -> None:
    emulator.script("say 一\n---\nsay 二\n---\nsay 三")
    replies = model.batch(["a", "b", "c"], config={"max_concurrency": 2})
    assert sorted(reply.text for reply in replies) == sorted("一二三")


@recipe("Run the tools that a model calls", f"{PAGES}/langchain/models", INIT)
def tools(model: Any, emulator: Emulator) -> None:
    emulator.script('think 查\ncall get_weather {"location": "Boston"}\n---\nsay 晴')
    with_tools = model.bind_tools([get_weather])
    messages: list[Any] = [HumanMessage("What's the weather in Boston?")]
    reply = with_tools.invoke(messages)
    messages.append(reply)
    messages.extend(get_weather.invoke(call) for call in reply.tool_calls)
    assert with_tools.invoke(messages).text == "晴"
    assert "It's sunny in Boston." in str(emulator.requests[-1].json)


@recipe("Structured output", f"{PAGES}/langchain/models", INIT)
def structured(model: Any, emulator: Emulator) -> None:
    emulator.script(f"call Movie {MOVIE}")
    bound = model.with_structured_output(Movie, method="function_calling")
    assert bound.invoke("Provide details about Hero") == Movie(title="英雄", year=2002)


@recipe("Structured output beside the message", f"{PAGES}/langchain/models", INIT)
async def structured_raw(model: Any, emulator: Emulator) -> None:
    emulator.script(f"say {MOVIE}")
    bound = model.with_structured_output(Movie.model_json_schema(), method="json_mode", include_raw=True)
    found = await bound.ainvoke("Provide details about Hero, as JSON")
    assert found["parsed"]["year"] == 2002 and isinstance(found["raw"], AIMessage) and found["parsing_error"] is None


@recipe("Show a picture to a model", f"{PAGES}/langchain/messages", INIT, needs="eyes")
def picture(model: Any, emulator: Emulator) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    emulator.script("say 红")
    blocks = [{"type": "text", "text": "颜色？"}, {"type": "image", "base64": data, "mime_type": "image/png"}]
    assert model.invoke([{"role": "user", "content": blocks}]).text == "红"


@recipe("Cache replies", f"{PAGES}/integrations/llm_caching", INIT)
def cache(model: Any, emulator: Emulator) -> None:
    emulator.script("say 笑话一\n---\nsay 笑话二")
    cached = model.model_copy(update={"cache": InMemoryCache()})
    assert [cached.invoke("Tell me a joke").text for _ in range(2)] == ["笑话一"] * 2


@recipe("Limit the rate of calls", f"{PAGES}/langchain/models", INIT)
def rate(model: Any, emulator: Emulator) -> None:
    limiter = InMemoryRateLimiter(requests_per_second=50, check_every_n_seconds=0.01, max_bucket_size=1)
    emulator.script("say 好")
    assert model.model_copy(update={"rate_limiter": limiter}).invoke("hi").text == "好"


@recipe("Configure a model at run time", f"{PAGES}/langchain/models", INIT)
def configurable(model: Any, emulator: Emulator) -> None:
    emulator.script("say 好")
    flexible = model.configurable_fields(max_tokens=ConfigurableField(id="most"))
    flexible.invoke("hi", config={"configurable": {"most": 77}})
    body = emulator.requests[-1].json
    assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))


@recipe("Count the tokens of a session", f"{PAGES}/langchain/models", INIT)
def usage(model: Any, emulator: Emulator) -> None:
    from langchain_core.callbacks import get_usage_metadata_callback

    emulator.script("say 好\nusage in=9 out=5 cached=4")
    with get_usage_metadata_callback() as callback:
        reply = model.invoke("hi")
    (counts,) = callback.usage_metadata.values()
    assert counts["input_tokens"] == 9 and counts["output_tokens"] == 5
    assert reply.usage_metadata["input_token_details"]["cache_read"] == 4


@recipe("Trim a long history", f"{PAGES}/langchain/short-term-memory", INIT)
def trim(model: Any, emulator: Emulator) -> None:
    history = [SystemMessage("简短"), *(HumanMessage("很长的一段话。" * 100) for _ in range(5)), HumanMessage("最后")]
    kept = trim_messages(history, max_tokens=1000, token_counter=model, include_system=True, start_on="human")
    assert kept[0].text == "简短" and kept[-1].text == "最后" and len(kept) < 5
    emulator.script("say 好")
    assert model.invoke(kept).text == "好"
