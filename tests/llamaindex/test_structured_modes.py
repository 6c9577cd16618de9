"""Structured output in every mode: what is asked, what is read, what it costs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from llama_index.core.postprocessor import StructuredLLMRerank
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.selectors import LLMSingleSelector, PydanticSingleSelector
from llama_index.core.tools import ToolMetadata
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field

from cncoding import (
    Client,
    CncodingWarning,
    ConfigError,
    Finish,
    Started,
    TextDelta,
    Thinking,
    ToolCallDelta,
    providers,
)
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, CNCodingLLM, Qwen, StructuredOutputError
from llamaindex_cncoding._stream import ReplyView
from llamaindex_cncoding._structured import GrowingOutput
from tests.llamaindex.streams import stream_of

PROMPT = PromptTemplate("Invent a book about {topic}, as JSON.")
BOOK = {"title": "山海经", "pages": 300, "chapters": [{"name": "南山经"}, {"name": "西山经"}]}
MODES = ["json_schema", "json_object", "function", "prompt"]


class Chapter(BaseModel):
    """A chapter."""

    name: str


class Book(BaseModel):
    """A book."""

    title: str = Field(description="The title")
    pages: int
    chapters: list[Chapter] = []


async def every_way(llm: LLM, **kwargs: Any) -> list[Any]:
    """Predict with the four methods; return the last object of each."""
    stream = [item async for item in await llm.astream_structured_predict(Book, PROMPT, topic="山", **kwargs)]
    return [
        llm.structured_predict(Book, PROMPT, topic="山", **kwargs),
        await llm.astructured_predict(Book, PROMPT, topic="山", **kwargs),
        list(llm.stream_structured_predict(Book, PROMPT, topic="山", **kwargs))[-1],
        stream[-1],
    ]


@pytest.mark.parametrize("thinking", [None, True, False], ids=["as it likes", "thinking", "not thinking"])
@pytest.mark.parametrize("mode", ["auto", *MODES])
@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "qwen", "deepseek", "wcode", "unified"])
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
async def test_every_mode_of_every_provider_gives_the_object(
    provider: str, mode: Any, thinking: bool | None, emulator: Emulator
) -> None:
    llm = CNCodingLLM(provider=provider, structured_output_mode=mode, thinking=thinking)
    line = f"call Book {json.dumps(BOOK)}" if mode == "function" else f"say {json.dumps(BOOK)}"
    emulator.script("\n---\n".join([line] * 4), provider=provider)
    for book in await every_way(llm):
        assert isinstance(book, Book) and book.model_dump() == BOOK
    assert len(emulator.requests) == 4


@pytest.mark.parametrize("mode", MODES)
def test_what_each_mode_sends(mode: Any, emulator: Emulator) -> None:
    emulator.script(f"say {json.dumps(BOOK)}", provider="qwen")
    Qwen(structured_output_mode=mode, thinking=False).structured_predict(Book, PROMPT, topic="山")
    body = emulator.requests[-1].json
    prompt = json.dumps(body["messages"], ensure_ascii=False)
    kind = (body.get("response_format") or {}).get("type")
    assert kind == (mode if mode.startswith("json") else None)
    assert ("chapters" in prompt) == (mode != "function")
    assert bool(body.get("tools")) == (mode == "function")


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "qwen", "deepseek", "wcode", "unified"])
@pytest.mark.parametrize("thinking", [True, False])
def test_a_forced_call_is_sent_only_where_the_endpoint_takes_it(
    provider: str, thinking: bool, emulator: Emulator
) -> None:
    llm = CNCodingLLM(provider=provider, structured_output_mode="function", thinking=thinking)
    with Client(provider) as client:
        allowed = client.tool_choices(None, Thinking(thinking))
    assert isinstance(llm.structured_predict(Book, PROMPT, topic="山"), Book)
    body = emulator.requests[-1].json
    forced = body.get("tool_choice") not in (None, "auto")
    assert forced == bool(allowed & {"named", "required"})
    told = "by calling one of these tools: Book" in json.dumps(body["messages"])
    assert told == (not forced)


def test_nothing_is_warned_about_when_the_mode_is_auto(emulator: Emulator, recwarn: pytest.WarningsRecorder) -> None:
    for provider in providers():
        CNCodingLLM(provider=provider).structured_predict(Book, PROMPT, topic="山")
    assert [str(warning.message) for warning in recwarn if "cncoding" in warning.category.__module__] == []


def test_a_mode_that_the_model_does_not_take_steps_down_with_a_warning(emulator: Emulator) -> None:
    emulator.script(f"say {json.dumps(BOOK)}", provider="glm")
    with pytest.warns(CncodingWarning, match="json_schema"):
        GLM(structured_output_mode="json_schema").structured_predict(Book, PROMPT, topic="山")
    assert emulator.requests[-1].json["response_format"] == {"type": "json_object"}


def test_streamed_objects_grow_in_content_too(emulator: Emulator) -> None:
    emulator.script(f"think 想一想\nsay ```json\\n{json.dumps(BOOK, ensure_ascii=False)}\\n```", provider="glm")
    made = list(GLM(structured_output_mode="prompt").stream_structured_predict(Book, PROMPT, topic="山"))
    assert {"山", "山海", "山海经"} >= {item.title for item in made if item.title}
    assert len(made) > 5 and made[-1] == Book.model_validate(BOOK)


@pytest.mark.parametrize(
    "script",
    ["say 我不会", 'say {"title": "无页"}', 'say {"title": "断', 'call Book {"title": "断\nfinish length'],
    ids=["prose", "a missing member", "cut text", "cut call"],
)
def test_an_answer_that_does_not_fit_says_so(script: str, emulator: Emulator) -> None:
    emulator.script(f"{script}\n---\n{script}", provider="glm")
    llm = GLM(structured_output_mode="function")
    with pytest.raises(StructuredOutputError, match="Book"):
        llm.structured_predict(Book, PROMPT, topic="山")
    with pytest.raises(StructuredOutputError, match="Book"):
        list(llm.stream_structured_predict(Book, PROMPT, topic="山"))


def test_the_system_prompt_is_sent_and_the_prompt_is_not_changed(emulator: Emulator) -> None:
    prompt = ChatPromptTemplate(message_templates=[ChatMessage(role="user", content="Invent a book as JSON")])
    GLM(system_prompt="你是书商", structured_output_mode="prompt").structured_predict(Book, prompt)
    assert emulator.requests[-1].json["messages"][0] == {"role": "system", "content": "你是书商"}
    assert len(prompt.message_templates[0].blocks) == 1


def test_names_of_other_packages_in_the_arguments_of_a_call(emulator: Emulator) -> None:
    emulator.script(f"say {json.dumps(BOOK)}", provider="deepseek")
    llm = CNCodingLLM(provider="deepseek")
    llm.structured_predict(
        Book, PROMPT, topic="山", llm_kwargs={"enable_thinking": False, "max_completion_tokens": 900}
    )
    body = emulator.requests[-1].json
    assert body["thinking"] == {"type": "disabled"} and body["max_tokens"] == 900
    assert body["tool_choice"] not in (None, "auto"), "a forced call is possible without thinking"


def test_own_tools_are_refused(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="tools"):
        GLM().structured_predict(Book, PROMPT, topic="山", llm_kwargs={"tools": [{"type": "web_search"}]})
    assert not emulator.requests


def test_llama_indexs_own_programs_work_when_asked_for(emulator: Emulator) -> None:
    line = json.dumps(BOOK)
    emulator.script(f"call Book {line}\n---\nsay {line}", provider="glm")
    for mode in (PydanticProgramMode.FUNCTION, PydanticProgramMode.LLM):
        llm = GLM(pydantic_program_mode=mode, thinking=False)
        assert llm.structured_predict(Book, PROMPT, topic="山") == Book.model_validate(BOOK)


def test_the_parts_of_llama_index_that_predict_objects(emulator: Emulator) -> None:
    choices = [ToolMetadata(name="a", description="about cats"), ToolMetadata(name="b", description="about dogs")]
    llm = GLM()
    emulator.script('call SingleSelection {"index": 2, "reason": "dogs"}', provider="glm")
    assert PydanticSingleSelector.from_defaults(llm=llm).select(choices, "dogs?").ind == 1
    emulator.script('say [{"choice": 1, "reason": "cats"}]', provider="glm")
    assert LLMSingleSelector.from_defaults(llm=llm).select(choices, "cats?").ind == 0
    questions = LLMQuestionGenerator.from_defaults(llm=llm).generate(choices, QueryBundle("cats and dogs?"))
    assert {question.tool_name for question in questions} == {"a", "b"}
    emulator.script(
        'call DocumentRelevanceList {"documents": [{"document_number": 2, "relevance": 9}]}', provider="glm"
    )
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in ("猫", "狗")]
    ranked = StructuredLLMRerank(llm=llm, top_n=1).postprocess_nodes(nodes, QueryBundle("狗"))
    assert [node.node.get_content() for node in ranked] == ["狗"]


class Story(BaseModel):
    """A story."""

    text: str
    words: list[str] = []


@pytest.mark.parametrize("as_call", [True, False], ids=["tool call", "content"])
def test_growing_objects_cost_a_linear_amount(as_call: bool) -> None:
    """Four times the text costs about four times, not sixteen times."""

    def cost(length: int) -> float:
        text = json.dumps({"text": "很久以前，" * length, "words": ["词"] * 20}, ensure_ascii=False)
        pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
        events: list[Any] = [Started("x", "m")]
        if as_call:
            events += [
                ToolCallDelta(0, 0, "c", "Story", ""),
                *(ToolCallDelta(0, 0, arguments=piece) for piece in pieces),
            ]
        else:
            events += [TextDelta(0, piece) for piece in pieces]
        events.append(Finish("stop"))
        stream = stream_of(events)
        view, growing = ReplyView("glm", stream), GrowingOutput(Story)
        started = time.process_time()
        for event in stream:
            if (chunk := view.add(event)) is not None:
                growing.add(chunk)
        assert growing.result().text.endswith("，")
        return time.process_time() - started

    small, large = min(cost(1000) for _ in range(3)), min(cost(4000) for _ in range(3))
    assert large < 8 * small, (small, large)
