"""A program as users write it; `test_typing.py` has mypy --strict and pyright read it. It is never run."""

from __future__ import annotations

import httpx
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, SecretStr
from typing_extensions import TypedDict, assert_type

from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatKimi, ChatMiniMax, create_chat_model


class Person(BaseModel):
    """A person."""

    name: str


class Place(TypedDict):
    """A place."""

    name: str


def key() -> str:
    """Return a key."""
    return "k"


models: list[ChatCNCoding] = [
    ChatGLM("glm-5.3", api_key="k", stop="a", temperature=0, thinking={"type": "disabled"}),
    ChatKimi(model="kimi-k3", api_key=SecretStr("k"), timeout=(2.0, 30.0), endpoint="api"),
    ChatKimi(model_name="kimi-k3", api_key=key, max_retries=None, timeout=httpx.Timeout(9)),
    ChatMiniMax(vision="vlm", default_headers={"X-A": "1"}, extra_body={"a": 1}),
    ChatDeepSeek(api_base="https://example.test", model_kwargs={"a": 1}, http_client=httpx.Client()),
    ChatCNCoding("qwen3.7-plus", provider="qwen", streaming=True, max_completion_tokens=9),
    create_chat_model("glm", thinking=True),
]
model = models[0]

person: Runnable[LanguageModelInput, Person] = model.with_structured_output(Person)
assert_type(person.invoke("who?"), Person)
place: Runnable[LanguageModelInput, Place] = model.with_structured_output(Place, method="json_schema")
raw: Runnable[LanguageModelInput, dict[str, object]] = model.with_structured_output(Person, include_raw=True)
plain = model.with_structured_output({"title": "P", "type": "object", "properties": {}})
print(plain.invoke("who?")["name"])


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


reply: AIMessage = model.bind_tools([add], tool_choice="any").invoke("1+1?")
print(model.invoke("hello").text, model.bind(stop=["a"], thinking=False).invoke("hello"), reply.tool_calls)
for chunk in model.stream("hello"):
    print(chunk.text)
name: str = model.model_name
