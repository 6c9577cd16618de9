"""The same questions through LangChain and LlamaIndex: found, answered, cited, and never silent."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from llama_index.core.llms import MockLLM

from cncoding import CncodingWarning, ConfigError
from cncoding.pages import AnswerSettings, FindSettings, Library
from cncoding_emulator import Emulator
from langchain_cncoding import (
    ChatGLM,
    ChatKimi,
    ChatQwen,
    PageDocument,
    PageRetriever,
    PageToolkit,
    create_page_qa_chain,
)
from llamaindex_cncoding import GLM, Kimi, PageQueryEngine, PageToolSpec, Qwen
from llamaindex_cncoding import PageRetriever as PageNodeRetriever
from tests.pages.conftest import make_scan

Found = list[tuple[str, int]]


def _langchain(library: Library, question: str, model: Any, k: int) -> Found:
    found = PageRetriever(library=library, model=model and ChatKimi(), k=k).invoke(question)
    return [(one.metadata["file"], one.metadata["page"]) for one in found]


def _alangchain(library: Library, question: str, model: Any, k: int) -> Found:
    found = asyncio.run(PageRetriever(library=library, model=model and ChatKimi(), k=k).ainvoke(question))
    return [(one.metadata["file"], one.metadata["page"]) for one in found]


def _llamaindex(library: Library, question: str, model: Any, k: int) -> Found:
    found = PageNodeRetriever(library=library, llm=Kimi() if model else None, k=k).retrieve(question)
    return [(one.node.metadata["file_name"], int(one.node.metadata["page_label"])) for one in found]


def _allamaindex(library: Library, question: str, model: Any, k: int) -> Found:
    retriever = PageNodeRetriever(library=library, llm=Kimi() if model else None, k=k)
    found = asyncio.run(retriever.aretrieve(question))
    return [(one.node.metadata["file_name"], int(one.node.metadata["page_label"])) for one in found]


WAYS = [_langchain, _alangchain, _llamaindex, _allamaindex]
Way = Callable[[Library, str, Any, int], Found]
ways = pytest.mark.parametrize("find", WAYS, ids=lambda way: way.__name__.strip("_"))
sampled_ways = pytest.mark.parametrize(
    "find",
    [_langchain, _allamaindex, *(pytest.param(way, marks=pytest.mark.full) for way in (_alangchain, _llamaindex))],
    ids=lambda way: way.__name__.strip("_"),
)


@pytest.fixture
def scanned(scan: Path) -> Library:
    library = Library()
    library.add(scan)
    return library


@pytest.fixture
def reports(report: Path) -> Library:
    library = Library()
    library.add(report)
    return library


@ways
def test_what_is_on_page_40_is_found_without_a_request(find: Way, scanned: Library, emulator: Emulator) -> None:
    for question in ("what is on page 40?", "第四十页讲了什么？"):
        for model in (None, True):
            assert find(scanned, question, model, 3)[0] == ("scan.pdf", 40)
    assert emulator.requests == []


@sampled_ways
def test_contact_sheets_make_a_scan_searchable_once(find: Way, scanned: Library, emulator: Emulator) -> None:
    assert find(scanned, "How many whales live there?", True, 3)[0] == ("scan.pdf", 17)
    asked = len(emulator.requests)
    sheets = [one for one in emulator.requests if "Contact sheet" in one.body.decode()]
    assert len(sheets) == 1 and sheets[0].body.decode().count('"image_url"') >= 4, "60 pages are four pictures"
    assert find(scanned, "火箭的成本", True, 3)[0] == ("scan.pdf", 40)
    more = [one for one in emulator.requests[asked:] if "Contact sheet" in one.body.decode()]
    assert more == [], "what was seen is kept"
    assert find(scanned, "shareholder list", None, 3) == [("scan.pdf", 59)], "later also without a model"


@sampled_ways
def test_small_print_is_looked_at_once_more_and_larger(find: Way, tmp_path: Path, emulator: Emulator) -> None:
    library = Library()
    library.add(make_scan(tmp_path / "small.pdf", 3, {2: "ANNUAL SHAREHOLDER MEETING OF WHALES 1986"[:40]}))
    assert find(library, "Who holds a meeting of whales?", True, 1)[0] == ("small.pdf", 2)
    columns = [re.findall(r"(\d) columns", one.body.decode()) for one in emulator.requests]
    assert [one for one in columns if one] == [["4"], ["2"]]


@ways
def test_a_chart_under_a_running_header_is_rescued(find: Way, reports: Library, emulator: Emulator) -> None:
    assert ("report.pdf", 6) in find(reports, "Q3 的现金流 cash flow 是多少？", True, 2)
    assert len(emulator.requests) == 1, "one contact sheet"


@ways
def test_words_alone_need_no_model(find: Way, reports: Library, emulator: Emulator) -> None:
    assert find(reports, "員工人數", None, 3)[0] == ("report.pdf", 4)
    assert emulator.requests == []


@ways
def test_no_question_ends_without_a_request_or_a_reason(find: Way, reports: Library, emulator: Emulator) -> None:
    with pytest.warns(CncodingWarning, match="no word of the question stands on any of 7 pages"):
        assert find(reports, "quantum chromodynamics", None, 3) == []
    assert emulator.requests == []
    find(reports, "What does it say about revenue?", True, 3)
    assert any("KEYWORDS" in one.body.decode() for one in emulator.requests)


@ways
def test_a_question_without_common_words_is_translated_by_the_model(
    find: Way, reports: Library, emulator: Emulator
) -> None:
    assert find(reports, "How many employees?", True, 3)[0] == ("report.pdf", 4)


# ---------------------------------------------------------------- answers


def _ask_langchain(library: Library, question: str, settings: AnswerSettings) -> tuple[str, dict[str, Any], Found]:
    reply = create_page_qa_chain(ChatKimi(), library, settings=settings).invoke(question)
    pages = [(one.metadata["file"], one.metadata["page"]) for one in reply["context"]]
    return reply["answer"], {**reply["metadata"], "citations": reply["citations"]}, pages


def _ask_llamaindex(library: Library, question: str, settings: AnswerSettings) -> tuple[str, dict[str, Any], Found]:
    reply = asyncio.run(PageQueryEngine(library, Kimi(), settings=settings).aquery(question))
    pages = [(one.node.metadata["file_name"], int(one.node.metadata["page_label"])) for one in reply.source_nodes]
    return str(reply), reply.metadata or {}, pages


asks = pytest.mark.parametrize("ask", [_ask_langchain, _ask_llamaindex], ids=["langchain", "llamaindex"])
SEARCH = AnswerSettings(mode="search")


@asks
def test_an_answer_cites_file_page_quote_and_box(ask: Any, reports: Library, emulator: Emulator) -> None:
    text, metadata, pages = ask(reports, "年末共有员工多少人？", SEARCH)
    assert "812" in text and "QUOTES" not in text
    (citation,) = metadata["citations"]
    assert (citation["file"], citation["page"], citation["checked"]) == ("report.pdf", 4, "text")
    assert "812" in citation["quote"] and f"[{citation['number']}]" in text
    left, top, right, bottom = citation["boxes"][0]
    assert 0 < left < right < 1 and 0.05 < top < bottom < 0.2
    assert pages[citation["number"] - 1] == ("report.pdf", 4)
    assert metadata["predicted_cost"]["chosen"] == "search" and metadata["actual_cost"] > 0


@asks
def test_what_stands_in_a_picture_is_confirmed_by_a_look(ask: Any, reports: Library, emulator: Emulator) -> None:
    text, metadata, _ = ask(reports, "Q3 的现金流 cash flow 是多少？", SEARCH)
    assert "CASH FLOW Q3 77" in text
    (citation,) = metadata["citations"]
    assert (citation["page"], citation["checked"]) == (6, "look")


@asks
def test_a_false_citation_is_dropped_and_said(ask: Any, reports: Library, emulator: Emulator) -> None:
    emulator.script('say 员工共有 999 人 [1]。营收增长 [9]。\\nQUOTES:\\n[1] "员工 999 人"', provider="kimi")
    text, metadata, _ = ask(
        reports, "年末共有员工多少人？", AnswerSettings(mode="search", find=FindSettings(sees=False))
    )
    assert "[1]" not in text and "[9]" not in text and metadata["citations"] == []
    assert any("999" in one for one in metadata["dropped_citations"])
    assert any("no such page" in one for one in metadata["dropped_citations"])


@asks
def test_not_in_these_documents_is_an_answer_after_every_rung(ask: Any, reports: Library, emulator: Emulator) -> None:
    text, metadata, _ = ask(reports, "公司有哪些宠物龙？", SEARCH)
    assert text == "这些文件中没有答案。" and metadata["found"] is False
    assert "keywords" in metadata["rungs"] and metadata["calls"] >= 2


@asks
def test_reading_whole_sends_the_same_beginning_twice(ask: Any, reports: Library, emulator: Emulator) -> None:
    settings = AnswerSettings(mode="whole")
    text, metadata, pages = ask(reports, "年末共有员工多少人？", settings)
    assert "812" in text and len(pages) == 7 and metadata["citations"][0]["page"] == 4
    ask(reports, "营业收入增长了多少？", settings)
    first, second = (one.json["messages"] for one in emulator.requests)
    assert first[0] == second[0]
    assert (
        json.dumps(first[1], ensure_ascii=False).split("Question:")[0]
        == (json.dumps(second[1], ensure_ascii=False).split("Question:")[0])
    )


@asks
def test_what_is_cheaper_is_chosen_and_shown(ask: Any, reports: Library, emulator: Emulator) -> None:
    _, metadata, _ = ask(reports, "年末共有员工多少人？", AnswerSettings(window=200_000))
    assert metadata["predicted_cost"]["chosen"] == "whole"
    assert 0 < metadata["predicted_cost"]["whole"] < metadata["predicted_cost"]["search"]
    chart, _, _ = ask(reports, "Q3 的现金流 cash flow 是多少？", AnswerSettings(window=200_000))
    assert "CASH FLOW Q3 77" in chart, "a page without words is shown, also when documents are read whole"
    _, small, _ = ask(reports, "年末共有员工多少人？", AnswerSettings(window=100))
    assert small["predicted_cost"]["whole"] is None and "window" in small["predicted_cost"]["why"]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_cache_marks_stand_where_documented(wire: Any, reports: Library, emulator: Emulator) -> None:
    settings = AnswerSettings(mode="whole")
    create_page_qa_chain(ChatQwen(wire=wire), reports, settings=settings).invoke("员工人数")
    PageQueryEngine(reports, Qwen(wire=wire), settings=settings).query("员工人数")
    create_page_qa_chain(ChatKimi(), reports, settings=settings).invoke("员工人数")
    marked = ["cache_control" in one.body.decode() for one in emulator.requests]
    assert marked == [True, True, False]
    *_, pages, question = emulator.requests[0].json["messages"][-1]["content"]
    assert "cache_control" in pages and "cache_control" not in question


def test_a_model_without_eyes_gets_descriptions(scanned: Library, emulator: Emulator) -> None:
    blind = ChatGLM(model="glm-5.3")
    reply = create_page_qa_chain(blind, scanned).invoke("what is on page 40?")
    assert "ROCKET COST 512" in reply["answer"] and reply["citations"][0]["page"] == 40
    models = [one.json["model"] for one in emulator.requests]
    assert models[0] != "glm-5.3" and models[-1] == "glm-5.3"
    engine = PageQueryEngine(scanned, GLM(model="glm-5.3"))
    assert "ROCKET" in str(engine.query("what is on page 40?"))


async def test_answers_stream_without_their_quotes(reports: Library, emulator: Emulator) -> None:
    chain = create_page_qa_chain(ChatKimi(), reports, settings=SEARCH)
    pieces = [piece async for piece in chain.astream({"question": "年末共有员工多少人？"})]
    text = "".join(piece.get("answer", "") for piece in pieces)
    assert "812" in text and "QUOTES" not in text and len(pieces) > 2
    assert pieces[-1]["citations"][0]["page"] == 4
    assert "812" in "".join(piece.get("answer", "") for piece in chain.stream("年末共有员工多少人？"))
    engine = PageQueryEngine(reports, Kimi(), settings=SEARCH, streaming=True)
    response = await engine.aquery("年末共有员工多少人？")
    shown = [piece async for piece in response.response_gen]
    assert "812" in "".join(shown) and len(shown) > 1 and response.metadata["citations"][0]["page"] == 4
    again = engine.query("年末共有员工多少人？")
    assert "812" in "".join(again.response_gen) and again.metadata["citations"]


def test_any_model_of_the_frameworks_will_do(reports: Library) -> None:
    answer = '员工 812 人 [1]。\nQUOTES:\n[1] "年末共有员工 812 人"'
    fake = FakeListChatModel(responses=["1: 封面\n6: 现金流", answer])
    reply = create_page_qa_chain(fake, reports, settings=SEARCH).invoke({"input": "员工人数"})
    assert reply["answer"] == "员工 812 人 [1]。" and reply["citations"][0]["page"] == 4
    echo = PageQueryEngine(reports, MockLLM(), settings=SEARCH).query("员工人数")
    assert echo.metadata is not None and echo.metadata["calls"] >= 1


def test_a_synthesizer_of_llama_index_may_write_the_answer(reports: Library, emulator: Emulator) -> None:
    from llama_index.core import get_response_synthesizer
    from llama_index.core.query_engine import RetrieverQueryEngine

    synthesizer = get_response_synthesizer(llm=Kimi(), response_mode="compact")
    reply = PageQueryEngine(reports, Kimi(), response_synthesizer=synthesizer).query("年末共有员工多少人？")
    assert "812" in str(reply)
    other = RetrieverQueryEngine.from_args(PageNodeRetriever(reports, k=3), llm=Kimi())
    assert "812" in str(other.query("年末共有员工多少人？"))


def test_nodes_survive_docstores_and_documents_carry_blocks(scanned: Library) -> None:
    from llama_index.core.schema import ImageNode
    from llama_index.core.storage.docstore import SimpleDocumentStore

    node = PageNodeRetriever(scanned, k=1).retrieve("page 40")[0].node
    assert isinstance(node, ImageNode)
    store = SimpleDocumentStore()
    store.add_documents([node])
    again = SimpleDocumentStore.from_dict(json.loads(json.dumps(store.to_dict()))).docs[node.node_id]
    assert [type(one).__name__ for one in again.get_content_blocks()][-1:] == ["ImageBlock"]
    document = PageRetriever(library=scanned, k=1).invoke("page 40")[0]
    assert isinstance(document, PageDocument)
    for copied in (document, copy.deepcopy(document), pickle.loads(pickle.dumps(document))):
        assert [one["type"] for one in copied.content_blocks] == ["text", "image"]
    node = PageNodeRetriever(scanned, k=1).retrieve("page 40")[0].node
    for copied in (copy.deepcopy(node), pickle.loads(pickle.dumps(node)), node):
        assert [type(one).__name__ for one in copied.get_content_blocks()][-1:] == ["ImageBlock"]


def test_a_page_that_cannot_be_drawn_goes_with_its_text(report: Path) -> None:
    library = Library()
    library.add(report)
    document = PageRetriever(library=library, k=1).invoke("员工人数")[0]
    node = PageNodeRetriever(library, k=1).retrieve("员工人数")[0].node
    library.remove("report.pdf")
    assert isinstance(document, PageDocument)
    with pytest.warns(CncodingWarning, match="not in the library"):
        assert [one["type"] for one in document.content_blocks] == ["text"]
    with pytest.warns(CncodingWarning, match="not in the library"):
        assert [type(one).__name__ for one in node.get_content_blocks()] == ["TextBlock"]


# ---------------------------------------------------------------- many at once, agents


def test_sixteen_threads_look_at_each_sheet_once(short_scan: Path, emulator: Emulator) -> None:
    library = Library()
    library.add(short_scan)
    retriever = PageRetriever(library=library, model=ChatKimi(), k=2)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(retriever.invoke, ["whale population"] * 16))
    assert {one[0].metadata["page"] for one in found} == {17}
    assert sum("Contact sheet" in one.body.decode() for one in emulator.requests) == 1


async def test_sixty_four_tasks_ask_at_once(reports: Library, emulator: Emulator) -> None:
    retriever = PageNodeRetriever(reports, Kimi(), k=2)
    questions = ["员工人数", "研发投入", "第3页", "How many employees?"] * 16
    found = await asyncio.gather(*(retriever.aretrieve(one) for one in questions))
    assert [int(one[0].node.metadata["page_label"]) for one in found] == [4, 5, 3, 4] * 16
    assert sum("Contact sheet" in one.body.decode() for one in emulator.requests) == 1


def test_agents_turn_pages(reports: Library, emulator: Emulator) -> None:
    tools = {tool.name: tool for tool in PageToolkit(library=reports).get_tools()}
    assert set(tools) == {"search_pages", "outline", "read_page", "zoom", "find_in_document"}
    assert "page 4" in tools["search_pages"].invoke({"query": "员工"})[0]["text"]
    assert "一、营业收入" in tools["outline"].invoke({})[0]["text"]
    assert [one["type"] for one in tools["read_page"].invoke({"page": 6})] == ["text", "image"]
    region = {"page": 6, "left": 0, "top": 0.3, "right": 1, "bottom": 0.7}
    assert tools["zoom"].invoke(region)[1]["type"] == "image"
    assert "page 4" in tools["find_in_document"].invoke({"text": "员工 812人"})[0]["text"]
    assert "pages 1 to 7" in tools["read_page"].invoke({"page": 99})
    spec = {tool.metadata.name: tool for tool in PageToolSpec(reports, sees=False).to_tool_list()}
    assert "zoom" not in spec
    assert "812" in str(spec["read_page"].call(page=4))
    assert "pages 1 to 7" in str(spec["read_page"].call(page=99))


def test_a_langchain_agent_reads_a_page(reports: Library, emulator: Emulator) -> None:
    from langchain.agents import create_agent

    agent = create_agent(ChatKimi(thinking=False), PageToolkit(library=reports).get_tools())
    reply = agent.invoke({"messages": [("user", "Call find_in_document with the text '员工 812 人'")]})
    assert "page 4" in reply["messages"][-1].text


async def test_a_llama_index_agent_reads_a_page(reports: Library, emulator: Emulator) -> None:
    from llama_index.core.agent.workflow import FunctionAgent

    agent = FunctionAgent(llm=Kimi(thinking=False), tools=PageToolSpec(reports).to_tool_list())
    reply = await agent.run("Call find_in_document with the text '员工 812 人'")
    assert "page 4" in str(reply)


def test_a_foreign_model_without_eyes_is_shown_no_picture(scanned: Library) -> None:
    fake = FakeListChatModel(responses=["KEYWORDS: 鲸, 海洋"])
    with pytest.warns(CncodingWarning, match="the model sees no pictures"):
        assert PageRetriever(library=scanned, model=fake, sees=False).invoke("有多少鲸鱼？") == []
    with pytest.warns(CncodingWarning, match="the model sees no pictures"):
        assert PageNodeRetriever(scanned, MockLLM(), sees=False).retrieve("有多少鲸鱼？") == []


@pytest.mark.parametrize("wrong", [{"k": 0}, {"calls": -1}, {"pictures": -1}])
def test_counts_that_make_no_sense_are_refused_before_any_request(wrong: Any, reports: Library) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}="):
        PageRetriever(library=reports, **wrong)
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))}="):
        PageNodeRetriever(reports, **wrong)


@ways
def test_an_empty_question_has_a_reason(find: Way, reports: Library, emulator: Emulator) -> None:
    with pytest.warns(CncodingWarning, match="the question has no words"):
        assert find(reports, " ？ ", True, 3) == []
    assert emulator.requests == []


def test_a_budget_that_is_used_up_is_told(scanned: Library, emulator: Emulator) -> None:
    settings = AnswerSettings(mode="search", find=FindSettings(calls=1))
    reply = create_page_qa_chain(ChatKimi(), scanned, settings=settings).invoke("How many whales?")
    assert any("budget of 1 calls" in one for one in [*reply["metadata"]["notes"], *reply["metadata"]["unseen"]])
    assert reply["metadata"]["found"] is False and reply["metadata"]["calls"] == 1


@pytest.mark.full
def test_five_hundred_pages_are_looked_at_on_thirty_two_pictures(tmp_path: Path, emulator: Emulator) -> None:
    library = Library(tmp_path / "kept")
    library.add(make_scan(tmp_path / "long.pdf", 500, {3: "WHALES 1986", 499: "ROCKET COST 512"}))
    found = PageRetriever(library=library, model=ChatKimi(), k=2).invoke("火箭的成本")
    assert found[0].metadata["page"] == 499
    trail = found[0].metadata["trail"]
    assert trail["pictures"] == 32 and trail["calls"] <= 10 and trail["bytes"] < 32_000_000
    assert library.search("whales")[0].page == 3
