"""LlamaIndex's chat engines and index types over one LLM and no embedding model."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core import Settings, SummaryIndex, TreeIndex
from llama_index.core.chat_engine import CondensePlusContextChatEngine, ContextChatEngine, SimpleChatEngine
from llama_index.core.schema import TextNode

from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, Kimi, Qwen
from llamaindex_cncoding.rag import LexicalRetriever

TEXTS = ["公司第三季度的营业收入为四十二亿元。", "年末共有员工八百人。", "研发投入增长一成。"]
SAID = "四十二亿元，见第一页。🌙 That is all."


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    def no(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("an embedding model was asked for")

    monkeypatch.setattr("llama_index.core.settings.resolve_embed_model", no)
    monkeypatch.setattr(Settings, "_embed_model", None)


def engines() -> list[Any]:
    retriever = LexicalRetriever([TextNode(text=text) for text in TEXTS])
    return [
        SimpleChatEngine.from_defaults(llm=GLM(thinking=True)),
        ContextChatEngine.from_defaults(retriever, llm=Kimi()),
        CondensePlusContextChatEngine.from_defaults(retriever, llm=Qwen()),
    ]


def test_streamed_chat_engines_put_the_answer_together_from_deltas(emulator: Emulator) -> None:
    for engine in engines():
        emulator.script(f"think 想\nsay {SAID}\n---\nthink 想\nsay 第三季度收入？\n---\nsay {SAID}")
        first = engine.stream_chat("收入多少？")
        assert "".join(first.response_gen) == SAID
        second = engine.stream_chat("再说一次")
        assert "".join(second.response_gen)
        assert engine.chat_history[1].content == SAID
        emulator.reset()


async def test_the_same_asynchronously(emulator: Emulator) -> None:
    for engine in engines():
        emulator.script(f"think 想\nsay {SAID}")
        answer = await engine.astream_chat("收入多少？")
        assert "".join([token async for token in answer.async_response_gen()]) == SAID
        emulator.reset()


def test_indexes_that_need_no_embeddings(emulator: Emulator) -> None:
    nodes = [TextNode(text=text) for text in TEXTS]
    llm = GLM()
    streamed = SummaryIndex(nodes=nodes).as_query_engine(llm=llm, streaming=True).query("有多少员工？")
    assert "八百" in "".join(streamed.response_gen)
    tree = TreeIndex(nodes=nodes, llm=llm, num_children=2)
    assert str(tree.as_query_engine(llm=llm, retriever_mode="all_leaf").query("有多少员工？"))


def test_closing_a_structured_stream_hangs_up(emulator: Emulator) -> None:
    from llama_index.core.prompts import PromptTemplate
    from pydantic import BaseModel

    class Note(BaseModel):
        text: str

    async def one() -> None:
        stream = await GLM().astream_structured_predict(Note, PromptTemplate("JSON"))
        await anext(stream)
        await stream.aclose()

    emulator.script(f'call Note {{"text": "{"长" * 200}\nstall 5s\n---\ncall Note {{"text": "{"长" * 200}\nstall 5s')
    stream = GLM().stream_structured_predict(Note, PromptTemplate("JSON"))
    next(stream)
    stream.close()
    asyncio.run(one())
    assert emulator.wait_for(lambda record: record.disconnected and record.number == 0, 3.0)
    assert emulator.wait_for(lambda record: record.disconnected and record.number == 1, 3.0)
