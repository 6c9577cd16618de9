"""Programs as users write them, over real sockets: what they get, and what they are told when they are wrong."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import multiprocessing
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings, SummaryIndex
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from llama_index.core.base.llms.types import ToolCallBlock as Call
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.prompts import PromptTemplate
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.core.tools import FunctionTool, QueryEngineTool
from pydantic import BaseModel

from cncoding import BadRequestError, ConfigError, QuotaExhaustedError, RequestTimeoutError
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, Kimi, MiniMax, Qwen, Unified, WCode
from llamaindex_cncoding.rag import LexicalRetriever, parse_choices, read_images, read_pages

CLASSES = [GLM, Kimi, MiniMax, Qwen, DeepSeek, WCode, Unified]
each = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
TEXTS = ["成都的人口是两千一百万。", "Beijing is the capital.", "The panda base is in Chengdu."]


def asked(text: str = "hi", *blocks: Any) -> list[ChatMessage]:
    return [ChatMessage(role="user", blocks=[TextBlock(text=text), *blocks])]


async def _astream(llm: CNCodingLLM, chat: bool) -> None:
    chunks = await llm.astream_chat(asked()) if chat else await llm.astream_complete("hi")
    async for _ in chunks:
        pass


ENDPOINTS: dict[str, Callable[[CNCodingLLM], Any]] = {
    "chat": lambda llm: llm.chat(asked()),
    "complete": lambda llm: llm.complete("hi"),
    "stream_chat": lambda llm: list(llm.stream_chat(asked())),
    "stream_complete": lambda llm: list(llm.stream_complete("hi")),
    "achat": lambda llm: asyncio.run(llm.achat(asked())),
    "acomplete": lambda llm: asyncio.run(llm.acomplete("hi")),
    "astream_chat": lambda llm: asyncio.run(_astream(llm, True)),
    "astream_complete": lambda llm: asyncio.run(_astream(llm, False)),
}
every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS)


# ---------------------------------------------------------------- programs


@each
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
def test_engines_of_the_documentation(cls: type[CNCodingLLM], emulator: Emulator, monkeypatch: Any) -> None:
    monkeypatch.setattr(Settings, "_llm", None)
    monkeypatch.setattr(Settings, "_embed_model", None)
    Settings.llm, Settings.embed_model = cls(), MockEmbedding(4)
    index = SummaryIndex(nodes=[TextNode(text=text) for text in TEXTS])
    for mode in ("compact", "refine", "tree_summarize", "simple_summarize", "accumulate"):
        assert "panda" in str(index.as_query_engine(response_mode=mode).query("Where is the panda base?"))
    tools = [
        QueryEngineTool.from_defaults(index.as_query_engine(), name=name, description=f"all about {name}")
        for name in ("cities", "animals")
    ]
    assert str(RouterQueryEngine.from_defaults(tools).query("a question about animals"))
    found = [LexicalRetriever([TextNode(text=text) for text in TEXTS]) for _ in range(2)]
    fused = QueryFusionRetriever(found, num_queries=3, mode="reciprocal_rerank", use_async=True)
    assert str(RetrieverQueryEngine.from_args(fused).query("panda"))


@each
@every_endpoint
def test_a_spent_plan_is_told_at_every_endpoint(cls: type[CNCodingLLM], endpoint: str, emulator: Emulator) -> None:
    llm = cls(max_retries=0)
    emulator.fault(llm.provider, status=429, message="quota") if cls in (WCode, Unified) else emulator.fault(
        llm.provider, "balance" if cls is DeepSeek else "quota"
    )
    with pytest.raises(Exception) as caught:
        ENDPOINTS[endpoint](llm)
    if cls not in (WCode, Unified):
        assert isinstance(caught.value, QuotaExhaustedError)
    assert len([record for record in emulator.requests if record.json]) == 1


@each
def test_tokens_are_counted_as_the_server_says(cls: type[CNCodingLLM], emulator: Emulator) -> None:
    counter = TokenCountingHandler()
    llm = cls(callback_manager=CallbackManager([counter]))
    emulator.script("\n---\n".join(["say hello\nusage in=9 out=5"] * len(ENDPOINTS)))
    for ask in ENDPOINTS.values():
        ask(llm)
    counts = counter.prompt_llm_token_count, counter.completion_llm_token_count
    assert counts == (9 * len(ENDPOINTS), 5 * len(ENDPOINTS))


async def test_predict_and_call_in_a_running_loop(emulator: Emulator) -> None:
    tool = FunctionTool.from_defaults(lambda a, b: int(a) + int(b), name="add", description="add numbers")
    emulator.script('call add {"a": 3, "b": 4}\n---\ncall add {"a": 3, "b": 4}')
    llm = Kimi()
    assert str(llm.predict_and_call([tool], "add 3 and 4")) == "7"
    assert str(await llm.apredict_and_call([tool], "add 3 and 4")) == "7"


def _in_another_process(pickled: bytes, answers: Any) -> None:
    answers.put(pickle.loads(pickled).complete("say 'moon'").text)


def test_a_used_llm_goes_to_a_spawned_process(emulator: Emulator) -> None:
    llm = Kimi()
    llm.complete("hi")
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_in_another_process, args=(pickle.dumps(llm), answers))
    process.start()
    assert answers.get(timeout=60) == "moon"
    process.join()


@each
def test_copies_and_dumps_work_as_any_class(cls: type[CNCodingLLM], emulator: Emulator) -> None:
    llm = cls(temperature=1.0)
    llm.complete("hi")
    data = llm.to_dict()
    made = [cls.from_dict(data), CNCodingLLM.from_dict(data), copy.deepcopy(llm), llm.model_copy(deep=True)]
    assert all(one.complete("hi").text and one.model == llm.model for one in made)


def test_a_stream_that_is_left_early_ends_without_noise(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """A loop closes all abandoned generators at once; none may find another one "already running"."""

    async def leave() -> None:
        async for _ in await GLM().astream_chat(asked()):
            break

    async def close() -> None:
        chunks = await GLM().astream_chat(asked())
        await anext(chunks)
        await chunks.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)

    for run in (leave, close):
        emulator.reset()
        emulator.script(f"say {'long ' * 20}\nstall 8s")
        asyncio.run(run())
        assert emulator.wait_for(lambda record: record.disconnected, 2.0)
    assert not caplog.records


# ---------------------------------------------------------------- settings of one call


def test_connection_settings_of_one_call(emulator: Emulator) -> None:
    llm = GLM(max_retries=0)
    emulator.script("stall 3s\nsay late")
    with pytest.raises(RequestTimeoutError):
        llm.complete("hi", timeout=0.2)
    assert llm.timeout is None
    assert llm.chat(asked(), user_agent="mine/1", default_headers={"X-A": "b"}).message.content
    assert emulator.requests[-1].headers["user-agent"] == "mine/1" and emulator.requests[-1].headers["x-a"] == "b"
    assert asyncio.run(llm.acomplete("hi", wire="anthropic", base_url=emulator.base_url("glm", None, "anthropic"))).text
    assert emulator.requests[-1].wire == "anthropic"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "hot"), ("max_tokens", 0), ("stop", 5), ("stop", [1]), ("thinking", "perhaps"),
        ("model", 3), ("seed", "a"), ("reasoning_effort", 3), ("extra_body", [1]), ("extra_headers", ["a"]),
        ("vision", "maybe"), ("timeout", -1), ("api_key", "x"), ("temprature", 1),
    ],
)  # fmt: skip
def test_a_wrong_argument_of_a_call_is_named_before_anything_is_sent(name: str, value: Any, emulator: Emulator) -> None:
    for call in (
        lambda: GLM().chat(asked(), **{name: value}),
        lambda: list(GLM().stream_complete("x", **{name: value})),
    ):
        with pytest.raises(ConfigError, match=name):
            call()
    assert emulator.requests == []


def test_so_is_one_that_was_assigned_or_stands_in_additional_kwargs(emulator: Emulator) -> None:
    llm = GLM()
    llm.temperature = "hot"  # type: ignore[assignment]
    for wrong in (llm, GLM(additional_kwargs={"max_tokens": -1})):
        with pytest.raises(ConfigError, match=r"temperature|max_tokens"):
            wrong.complete("hi")
    with pytest.raises(ConfigError, match="give a list of ChatMessage"):
        GLM().chat([{"role": "user", "content": "hi"}])  # type: ignore[list-item]
    assert emulator.requests == []


@pytest.mark.parametrize(
    "wrong", [{"context_window": 0}, {"http_client": "x"}, {"http_async_client": 5}, {"vision": "maybe"}], ids=str
)
def test_wrong_settings(wrong: dict[str, Any], emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        GLM(**wrong)


def test_vision_is_a_field_of_every_llm(emulator: Emulator) -> None:
    """An agent's calls take no arguments, so the remedy of the error must be a field."""
    from PIL import Image

    from tests.llamaindex.suite.kit import png

    picture = ImageBlock(image=png(Image.new("RGB", (8, 8))))
    with pytest.raises(ConfigError, match="vision='native'"):
        GLM().chat(asked("?", picture))
    with contextlib.suppress(BadRequestError):  # this model is blind, as the vendor says then
        GLM(vision="native").chat(asked("?", picture))
    assert "image_url" in emulator.requests[-1].body.decode()
    assert CNCodingLLM(provider="minimax", vision="error").vision == "error"


# ---------------------------------------------------------------- content


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/a.png"])
def test_no_url_reads_from_this_machine(url: str, emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="path="):
        Kimi().chat(asked("?", ImageBlock(url=url)))
    assert emulator.requests == []


def test_documents_that_are_text(tmp_path: Path, emulator: Emulator) -> None:
    for name, text in (("a.json", '{"moon": 1}'), ("b.md", "# moon"), ("c.xml", "<moon/>")):
        (tmp_path / name).write_text(text)
        assert "moon" in (GLM().chat(asked("?", DocumentBlock(path=tmp_path / name))).message.content or "")


@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "qwen", "deepseek"])
def test_the_signature_of_another_integration_is_not_shown(provider: str, emulator: Emulator) -> None:
    """`llama-index-llms-anthropic` notes `type` and `signature`; it names no provider."""
    notes = {"type": "thinking", "signature": "SECRET-SIGNATURE"}
    history = [
        *asked("weather?"),
        ChatMessage(
            role="assistant",
            blocks=[
                ThinkingBlock(content="claude's thought", additional_information=notes),
                Call(tool_call_id="toolu_1", tool_name="weather", tool_kwargs={"city": "x"}),
            ],
        ),
        ChatMessage(role="tool", content="sunny", additional_kwargs={"tool_call_id": "toolu_1"}),
    ]
    url = emulator.base_url(provider, None, "anthropic")
    llm = CNCodingLLM(provider=provider, wire="anthropic", base_url=url)
    emulator.script("say ok")
    assert llm.chat(history).message.content == "ok"
    assert "SECRET-SIGNATURE" not in emulator.requests[-1].body.decode()


# ---------------------------------------------------------------- answers that are only reasoning


@pytest.mark.parametrize("endpoint", ["chat", "stream_chat", "achat"])
def test_reasoning_is_promoted_where_that_is_wanted(endpoint: str, emulator: Emulator) -> None:
    llm = Kimi(promote_reasoning_when_empty=True)
    emulator.script("think 答案是四十二")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ENDPOINTS[endpoint](llm)
    last = found[-1] if isinstance(found, list) else found
    assert last.message.content == "答案是四十二"
    assert not any(isinstance(block, ThinkingBlock) for block in last.message.blocks)
    if isinstance(found, list):
        assert "".join(chunk.delta or "" for chunk in found) == "答案是四十二"


async def test_an_agent_answers_with_it(emulator: Emulator) -> None:
    from llama_index.core.agent.workflow import FunctionAgent

    emulator.script("think 答案是四十二")
    assert str(await FunctionAgent(llm=Kimi(promote_reasoning_when_empty=True), tools=[]).run("?")) == "答案是四十二"


@pytest.mark.parametrize("script", ["think a\nsay b", 'think a\ncall f {"x": 1}', "think a\nfinish length"])
def test_nothing_else_is_promoted(script: str, emulator: Emulator) -> None:
    emulator.script(script)
    reply = Kimi(promote_reasoning_when_empty=True).chat(asked())
    assert [block.content for block in reply.message.blocks if isinstance(block, ThinkingBlock)] == ["a"]
    assert (reply.message.content or "") in ("", "b")


# ---------------------------------------------------------------- structured, pages


@each
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
def test_structured_output_with_a_connection_setting(cls: type[CNCodingLLM], emulator: Emulator) -> None:
    class City(BaseModel):
        name: str
        people: int

    found = cls().structured_predict(City, PromptTemplate("A city"), llm_kwargs={"timeout": 20, "temperature": 1})
    assert isinstance(found, City)
    last = list(cls().as_structured_llm(City).stream_chat(asked("a city")))[-1]
    assert isinstance(last.raw, City)


def test_wrong_pages(tmp_path: Path, emulator: Emulator) -> None:
    from tests.llamaindex.pdf import make_pdf

    pdf = make_pdf(tmp_path / "a.pdf", ["一"])
    with pytest.raises(ConfigError, match="dpi=0"):
        read_pages(pdf, dpi=0)
    with pytest.raises(ConfigError, match="no file"):
        read_pages(tmp_path / "none.pdf")
    with pytest.raises(ConfigError, match="no file"):
        read_images([tmp_path / "none.png"])
    assert parse_choices("无", 3) == parse_choices("「无」", 3) == ([], [])
