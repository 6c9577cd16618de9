"""Structured output on every provider, by every method, whole and streamed."""

from __future__ import annotations

import json
from typing import Annotated, Any, Optional

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk
from pydantic import BaseModel, Field
from pydantic.v1 import BaseModel as BaseModelV1
from typing_extensions import TypedDict

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM, CNCodingConfigError, create_chat_model
from langchain_cncoding._fences import FenceFilter
from langchain_cncoding._structured import choose_method

from .conftest import PROVIDERS, roads

pytestmark = pytest.mark.filterwarnings(f"ignore::{CncodingWarning.__module__}.{CncodingWarning.__name__}")


class Joke(BaseModel):
    """A joke to tell."""

    setup: str = Field(description="the question")
    punchline: str = Field(description="the answer")
    rating: Optional[int] = None  # noqa: UP045 - the old spelling is tested on purpose


class JokeV1(BaseModelV1):
    """A joke to tell."""

    setup: str
    punchline: str


class JokeDict(TypedDict):
    """A joke to tell."""

    setup: Annotated[str, ..., "the question"]
    punchline: Annotated[str, ..., "the answer"]


SCHEMA = {
    "title": "Joke",
    "description": "A joke to tell.",
    "type": "object",
    "properties": {"setup": {"type": "string"}, "punchline": {"type": "string"}},
    "required": ["setup", "punchline"],
}
QUESTION = "Tell me a joke about cats as JSON."
METHODS = (None, "function_calling", "json_schema", "json_mode")


@pytest.mark.parametrize("thinking", [True, False], ids=["thinks", "plain"])
@pytest.mark.parametrize("method", METHODS)
@roads
def test_every_method_on_every_road(provider: str, wire: str, method: Any, thinking: bool) -> None:
    model = create_chat_model(provider, wire=wire, thinking=thinking, max_retries=0)
    before = model.asdict()
    for schema, kind in ((Joke, Joke), (SCHEMA, dict)):
        asked = model.with_structured_output(schema, method=method)
        schema_in_words = method == "json_mode" and schema is Joke
        question = f"{QUESTION} Schema: {json.dumps(SCHEMA)}" if schema_in_words else QUESTION
        reply = asked.invoke(question)
        assert isinstance(reply, kind), reply
        pieces = list(asked.stream(question))
        assert pieces and isinstance(pieces[-1], kind)
    assert model.asdict() == before


@pytest.mark.parametrize(
    "schema", [Joke, JokeV1, JokeDict, SCHEMA], ids=["pydantic-2", "pydantic-1", "typeddict", "json-schema"]
)
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
@pytest.mark.parametrize("provider", ["glm", "kimi", "qwen"])
def test_every_kind_of_schema(provider: str, method: Any, schema: Any) -> None:
    reply = create_chat_model(provider, max_retries=0).with_structured_output(schema, method=method).invoke(QUESTION)
    if isinstance(schema, type) and issubclass(schema, (BaseModel, BaseModelV1)):
        assert isinstance(reply, schema)
    else:
        assert {"setup", "punchline"} <= set(reply)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_include_raw(provider: str) -> None:
    reply = create_chat_model(provider, max_retries=0).with_structured_output(Joke, include_raw=True).invoke(QUESTION)
    assert isinstance(reply["raw"], AIMessage) and isinstance(reply["parsed"], Joke) and reply["parsing_error"] is None


def test_include_raw_never_raises(emulator: Emulator) -> None:
    emulator.script("say no joke today", "glm")
    reply = ChatGLM().with_structured_output(Joke, include_raw=True).invoke(QUESTION)
    assert reply["parsed"] is None
    assert isinstance(reply["parsing_error"], OutputParserException)
    assert reply["raw"].text == "no joke today"


async def test_the_message_and_the_growing_object() -> None:
    asked = create_chat_model("qwen").with_structured_output(SCHEMA, method="function_calling", include_raw=True)
    pieces = list(asked.stream(QUESTION))
    assert len([piece for piece in pieces if "parsed" in piece]) > 2 and pieces[-1]["parsing_error"] is None
    assert {"setup", "punchline"} <= set(pieces[-1]["parsed"])
    later = [piece async for piece in asked.astream(QUESTION)]
    assert later[-1]["parsed"].keys() == pieces[-1]["parsed"].keys()
    assert (await asked.ainvoke(QUESTION)).keys() == {"raw", "parsed", "parsing_error"}


async def test_async(emulator: Emulator) -> None:
    asked = ChatGLM().with_structured_output(Joke)
    assert isinstance(await asked.ainvoke(QUESTION), Joke)
    assert isinstance([piece async for piece in asked.astream(QUESTION)][-1], Joke)


def test_words_instead_of_a_call_are_read(emulator: Emulator) -> None:
    """GLM takes only `auto`: the model may answer in words, and JSON in the words counts."""
    emulator.script('say ```json\\n{"setup": "a", "punchline": "b"}\\n```', "glm")
    asked = ChatGLM().with_structured_output(Joke, method="function_calling")
    assert asked.invoke(QUESTION) == Joke(setup="a", punchline="b")
    emulator.script('say {"setup": "a", "punchline": "b"}', "glm")
    assert list(asked.stream(QUESTION))[-1] == Joke(setup="a", punchline="b")


def test_words_without_json_say_what_to_change(emulator: Emulator) -> None:
    emulator.script("say no joke today", "glm")
    with pytest.raises(OutputParserException, match="thinking=False"):
        ChatGLM().with_structured_output(Joke, method="function_calling").invoke(QUESTION)


def test_partial_objects_are_streamed() -> None:
    pieces = list(create_chat_model("qwen").with_structured_output(SCHEMA, method="function_calling").stream(QUESTION))
    assert len(pieces) > 2
    assert len(str(pieces[0])) < len(str(pieces[-1]))


@pytest.mark.parametrize("fence", ["```json\\n{}\\n```", "```\\n{}\\n```", "<think>hm</think>{}", "{}"])
@pytest.mark.parametrize("how", ["whole", "stream"])
def test_fences_are_taken_off_where_a_format_was_asked(fence: str, how: str, emulator: Emulator) -> None:
    model = ChatGLM().bind(response_format={"type": "json_object"})
    emulator.script("say " + fence, "glm")
    text = model.invoke(QUESTION).text if how == "whole" else "".join(chunk.text for chunk in model.stream(QUESTION))
    assert text == "{}"


def test_fences_stay_where_no_format_was_asked(emulator: Emulator) -> None:
    emulator.script("say ```json\\n{}\\n```", "glm")
    assert ChatGLM().invoke(QUESTION).text == "```json\n{}\n```"


FENCED = [
    ('```json\n{"a": "```"}\n```', '{"a": "```"}'),
    ('```\n{"a": 1}\n```\n', '{"a": 1}'),
    ('{"a": "``` x"}', '{"a": "``` x"}'),
    ("<think>x\n</think>\n\n{}", "{}"),
    ("<think>x</think>```json\n[1]\n```", "[1]"),
    ('```{"a": 1}```', '{"a": 1}'),
    ("plain text ```code``` more", "plain text ```code``` more"),
    ('  {"a": 1}', '{"a": 1}'),
    ("<thin", "<thin"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "bare"), FENCED)
def test_fence_filter_cut_at_every_place(text: str, bare: str) -> None:
    for cut in range(len(text) + 1):
        fences = FenceFilter()
        assert fences.feed(text[:cut]) + fences.feed(text[cut:]) + fences.finish() == bare
    fences = FenceFilter()
    assert "".join(fences.feed(letter) for letter in text) + fences.finish() == bare


def test_order_of_methods() -> None:
    """Forced tool call, else a native schema, else a tool call that the model may refuse."""
    for provider in PROVIDERS:
        for thinking in (True, False):
            model = create_chat_model(provider, thinking=thinking)
            forced, takes = {"named", "required"} & model.tool_choices(), model.model_card().structured
            wanted = "json_schema" if not forced and "json_schema" in takes else "function_calling"
            assert choose_method(model, None) == wanted


def test_a_method_that_the_endpoint_lacks_becomes_a_tool_with_a_warning() -> None:
    model = ChatGLM()
    assert "json_schema" not in model.model_card().structured
    with pytest.warns(CncodingWarning, match="a tool is used instead"):
        assert isinstance(model.with_structured_output(Joke, method="json_schema").invoke(QUESTION), Joke)


def test_wrong_methods_and_schemas() -> None:
    with pytest.raises(CNCodingConfigError, match="method='magic'"):
        ChatGLM().with_structured_output(Joke, method="magic")  # type: ignore[arg-type]
    with pytest.raises(CNCodingConfigError, match="needs a schema"):
        ChatGLM().with_structured_output(method="function_calling")
    assert ChatGLM().with_structured_output(method="json_mode").invoke(QUESTION)


def test_langsmith_sees_the_schema(emulator: Emulator) -> None:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.utils.function_calling import convert_to_json_schema

    seen: list[Any] = []

    class Tracer(BaseCallbackHandler):
        def on_chat_model_start(self, *_: Any, options: Any = None, **__: Any) -> None:
            seen.append(options["ls_structured_output_format"])

    for method in ("function_calling", "json_mode"):
        asked = ChatGLM().with_structured_output(Joke, method=method)
        asked.invoke(f"{QUESTION} Schema: {json.dumps(SCHEMA)}", config={"callbacks": [Tracer()]})
    assert [told["schema"] for told in seen] == [convert_to_json_schema(Joke)] * 2
    assert [told["kwargs"]["method"] for told in seen] == ["function_calling", "json_mode"]


CUT = 'call Joke {"setup": "a", "punch\nfinish length'
HALF = 'say {"setup": "a", "punch\nfinish length'
BROKEN = 'call Joke {"setup": "a", "punchline": b}'


@pytest.mark.parametrize("schema", [Joke, JokeDict], ids=["pydantic", "dict"])
@pytest.mark.parametrize(
    ("script", "wire", "method", "reason"),
    [
        (CUT, "openai", "function_calling", "max_tokens"),
        (CUT, "anthropic", "function_calling", "max_tokens"),
        (HALF, "openai", "function_calling", "max_tokens"),
        (HALF, "anthropic", "function_calling", "max_tokens"),
        (HALF, "openai", "json_mode", "max_tokens"),
        (BROKEN, "openai", "function_calling", "not valid JSON"),
        ("call other {}", "openai", "function_calling", "called .'other'."),
        ("call other {}", "anthropic", "function_calling", "called .'other'."),
    ],
)
def test_a_reply_without_a_whole_object_says_why(
    script: str, wire: Any, method: Any, reason: str, schema: Any, emulator: Emulator
) -> None:
    asked = ChatGLM(wire=wire).with_structured_output(schema, method=method)
    for how in (asked.invoke, lambda question: list(asked.stream(question))):
        emulator.script(script, "glm")
        with pytest.raises(OutputParserException, match=reason):
            how(QUESTION)
    emulator.script(script, "glm")
    with_raw = ChatGLM(wire=wire).with_structured_output(schema, method=method, include_raw=True)
    reply = with_raw.invoke(QUESTION)
    assert reply["parsed"] is None and isinstance(reply["parsing_error"], OutputParserException)
    emulator.script(script, "glm")
    pieces = list(with_raw.stream(QUESTION))
    assert pieces[-1]["parsed"] is None and isinstance(pieces[-1]["parsing_error"], OutputParserException)
    assert sum((piece["raw"] for piece in pieces if "raw" in piece), AIMessageChunk("")).response_metadata


def test_an_object_that_was_complete_when_the_limit_came_is_read(emulator: Emulator) -> None:
    emulator.script('say {"setup": "a", "punchline": "b"}\nfinish length', "glm")
    assert ChatGLM().with_structured_output(Joke, method="json_mode").invoke(QUESTION) == Joke(setup="a", punchline="b")


def get_time() -> str:
    """Tell the time."""
    return "noon"


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_tools_beside_the_schema(method: Any, emulator: Emulator) -> None:
    asked = create_chat_model("qwen", thinking=False).with_structured_output(
        Joke, method=method, tools=[get_time], include_raw=True
    )
    emulator.script("call get_time {}", "qwen")
    reply = asked.invoke(QUESTION)
    assert reply["raw"].tool_calls[0]["name"] == "get_time"
    assert reply["parsed"] is None and reply["parsing_error"] is None
    content = '{"setup": "a", "punchline": "b"}'
    emulator.script(f"call Joke {content}" if method == "function_calling" else f"say {content}", "qwen")
    assert asked.invoke(QUESTION)["parsed"] == Joke(setup="a", punchline="b")
