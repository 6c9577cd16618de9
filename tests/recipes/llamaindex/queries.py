"""Questions to documents: indexes, engines, chat engines, rerankers."""

from __future__ import annotations

from typing import Any

from llama_index.core import Document, KeywordTableIndex, SummaryIndex, TreeIndex, VectorStoreIndex
from llama_index.core.chat_engine import CondensePlusContextChatEngine, CondenseQuestionChatEngine, SimpleChatEngine
from llama_index.core.indices.query.query_transform import HyDEQueryTransform
from llama_index.core.memory import Memory
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.query_engine import (
    CitationQueryEngine,
    RouterQueryEngine,
    SubQuestionQueryEngine,
    TransformQueryEngine,
)
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import QueryBundle
from llama_index.core.selectors import LLMSingleSelector, PydanticSingleSelector
from llama_index.core.tools import QueryEngineTool, ToolMetadata

from cncoding_emulator import Emulator
from tests.recipes.llamaindex import OPENAI, PAGES, recipe

DOCUMENTS = [
    Document(text="作者小时候写短篇小说，也在 IBM 1401 上写程序。", metadata={"file_name": "a.txt"}),
    Document(text="后来他学了绘画，又创办了一家公司。", metadata={"file_name": "b.txt"}),
]


def tools(llm: Any) -> list[QueryEngineTool]:
    """Two engines to choose between."""
    return [
        QueryEngineTool.from_defaults(
            query_engine=SummaryIndex.from_documents(DOCUMENTS).as_query_engine(
                response_mode="tree_summarize", llm=llm
            ),
            name="summary",
            description="Useful for summarization questions",
        ),
        QueryEngineTool.from_defaults(
            query_engine=VectorStoreIndex.from_documents(DOCUMENTS).as_query_engine(llm=llm),
            name="vector",
            description="Useful for retrieving specific context",
        ),
    ]


@recipe("Ask documents in five lines", f"{PAGES}/framework/getting_started/starter_example", OPENAI)
def starter(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 写小说和程序")
    engine = VectorStoreIndex.from_documents(DOCUMENTS).as_query_engine(llm=llm)
    response = engine.query("What did the author do growing up?")
    assert str(response) == "写小说和程序" and response.source_nodes


@recipe("Stream an answer from documents", f"{PAGES}/framework/module_guides/deploying/query_engine/streaming", OPENAI)
def streaming(llm: Any, emulator: Emulator) -> None:
    emulator.script("think 想\nsay 写小说，也写程序。")
    engine = VectorStoreIndex.from_documents(DOCUMENTS).as_query_engine(llm=llm, streaming=True, similarity_top_k=1)
    response: Any = engine.query("What did the author do?")
    assert "".join(response.response_gen) == "写小说，也写程序。"


@recipe(
    "Refine an answer node by node",
    f"{PAGES}/framework/module_guides/querying/response_synthesizers/response_synthesizers",
    OPENAI,
)
async def refine(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 小说\n---\nsay 小说、绘画和公司")
    synthesizer = get_response_synthesizer(llm=llm, response_mode="refine")  # type: ignore[arg-type]
    engine = SummaryIndex.from_documents(DOCUMENTS).as_query_engine(response_synthesizer=synthesizer, llm=llm)
    assert str(await engine.aquery("一生？")) == "小说、绘画和公司"


@recipe("Route a question, selected in words", f"{PAGES}/examples/query_engine/routerqueryengine", OPENAI)
def route_in_words(llm: Any, emulator: Emulator) -> None:
    emulator.script('say [{"choice": 1, "reason": "总结"}]\n---\nsay 一生的总结')
    engine = RouterQueryEngine(LLMSingleSelector.from_defaults(llm=llm), tools(llm), llm=llm)
    assert str(engine.query("总结")) == "一生的总结"


@recipe("Route a question, selected by a call", f"{PAGES}/framework/module_guides/querying/router", OPENAI)
async def route_by_call(llm: Any, emulator: Emulator) -> None:
    emulator.script('call SingleSelection {"index": 2, "reason": "细节"}\n---\nsay IBM 1401')
    engine = RouterQueryEngine(PydanticSingleSelector.from_defaults(llm=llm), tools(llm), llm=llm)
    assert str(await engine.aquery("哪台机器？")) == "IBM 1401"


@recipe("Split a question into sub-questions", f"{PAGES}/examples/query_engine/sub_question_query_engine", OPENAI)
def sub_questions(llm: Any, emulator: Emulator) -> None:
    emulator.script(
        'say ```json\\n[{"sub_question": "早年？", "tool_name": "vector"}]\\n```\n---\nsay 写程序\n---\nsay 早年写程序'
    )
    engine = SubQuestionQueryEngine.from_defaults(
        query_engine_tools=tools(llm),
        llm=llm,
        question_gen=LLMQuestionGenerator.from_defaults(llm=llm),
        use_async=False,
        verbose=False,
    )
    assert str(engine.query("他的一生？")) == "早年写程序"


@recipe("Answers with citations", f"{PAGES}/examples/query_engine/citation_query_engine", OPENAI)
def citations(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 他写小说 [1]。")
    index = VectorStoreIndex.from_documents(DOCUMENTS)
    response = CitationQueryEngine.from_args(index, llm=llm, similarity_top_k=2).query("他写什么？")
    assert "[1]" in str(response) and response.source_nodes[0].get_text().startswith("Source 1:")


@recipe("Ask by a made-up answer (HyDE)", f"{PAGES}/examples/query_transformations/hydequerytransformdemo", OPENAI)
def hyde(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 他大概写了程序\n---\nsay 写程序")
    engine = TransformQueryEngine(
        VectorStoreIndex.from_documents(DOCUMENTS).as_query_engine(llm=llm),
        HyDEQueryTransform(llm=llm, include_original=True),
    )
    assert str(engine.query("他做什么？")) == "写程序"


@recipe("Rerank nodes with a model", f"{PAGES}/examples/node_postprocessor/llmreranker-gatsby", OPENAI)
def rerank(llm: Any, emulator: Emulator) -> None:
    emulator.script("say Doc: 2, Relevance: 9\\nDoc: 1, Relevance: 3")
    nodes = VectorStoreIndex.from_documents(DOCUMENTS).as_retriever(similarity_top_k=2).retrieve("绘画")
    best = LLMRerank(llm=llm, choice_batch_size=5, top_n=1).postprocess_nodes(nodes, QueryBundle("绘画"))
    assert [node.node_id for node in best] == [nodes[1].node_id]


@recipe("A tree index", f"{PAGES}/framework/module_guides/indexing/index_guide", OPENAI)
def tree(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 小说、程序、绘画、公司\n---\nsay 出版\n---\nsay 画画")
    index = TreeIndex.from_documents([*DOCUMENTS, Document(text="最后他写散文。")], llm=llm, num_children=2)
    assert str(index.as_query_engine(llm=llm, retriever_mode="root").query("后来？")) == "画画"
    assert "小说、程序、绘画、公司" in str(emulator.requests[-1].json)


@recipe("A keyword table index", f"{PAGES}/framework/module_guides/indexing/index_guide", OPENAI)
def keywords(llm: Any, emulator: Emulator) -> None:
    emulator.script(
        "say KEYWORDS: ibm, 小说\n---\nsay KEYWORDS: 绘画, 公司\n---\nsay KEYWORDS: 绘画\n---\nsay 学了绘画"
    )
    index = KeywordTableIndex.from_documents(DOCUMENTS, llm=llm)
    response = index.as_query_engine(llm=llm).query("绘画？")
    assert str(response) == "学了绘画" and len(response.source_nodes) == 1


@recipe("Just chat", f"{PAGES}/examples/chat_engine/chat_engine_repl", OPENAI)
def simple_chat(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 你好\n---\nsay 你说了你好")
    engine = SimpleChatEngine.from_defaults(llm=llm)
    engine.chat("你好")
    assert "".join(engine.stream_chat("我说了什么？").response_gen) == "你说了你好"
    assert len(emulator.requests[-1].json["messages"]) == 3


@recipe("Chat with a condensed question", f"{PAGES}/examples/chat_engine/chat_engine_condense_question", OPENAI)
def condense_question(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 写小说\n---\nsay 他后来做了什么？\n---\nsay 绘画")
    engine = CondenseQuestionChatEngine.from_defaults(
        query_engine=VectorStoreIndex.from_documents(DOCUMENTS).as_query_engine(llm=llm), llm=llm
    )
    engine.chat("他早年做什么？")
    assert str(engine.chat("后来呢？")) == "绘画"


@recipe("Chat over context with memory", f"{PAGES}/examples/chat_engine/chat_engine_condense_plus_context", OPENAI)
async def context_chat(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 写小说\n---\nsay 他后来做了什么？\n---\nsay 绘画")
    engine = CondensePlusContextChatEngine.from_defaults(
        VectorStoreIndex.from_documents(DOCUMENTS).as_retriever(),
        llm=llm,
        memory=Memory.from_defaults(token_limit=3900),
        context_prompt="Here is the context: {context_str}",
    )
    await engine.achat("他早年做什么？")
    stream = await engine.astream_chat("后来呢？")
    assert "".join([token async for token in stream.async_response_gen()]) == "绘画"


@recipe("A query engine as a tool", f"{PAGES}/framework/module_guides/deploying/agents/tools", OPENAI)
def engine_as_tool(llm: Any, emulator: Emulator) -> None:
    engine = VectorStoreIndex.from_documents(DOCUMENTS).as_query_engine(llm=llm)
    tool = QueryEngineTool(query_engine=engine, metadata=ToolMetadata(name="life", description="The author's life"))
    emulator.script('call life {"input": "他做什么？"}\n---\nsay 写程序')
    assert str(llm.predict_and_call([tool], "他做什么？")) == "写程序"
