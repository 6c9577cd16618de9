"""Pages in, answers with citations out, and no embedding model anywhere."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings, SummaryIndex
from llama_index.core.indices.list.retrievers import SummaryIndexLLMRetriever
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from PIL import Image

from cncoding import CncodingWarning, ConfigError
from cncoding_emulator import Emulator, image_marks
from llamaindex_cncoding import CNCodingLLM, Kimi
from llamaindex_cncoding.rag import (
    LexicalRetriever,
    PageNode,
    chinese_tokens,
    cited_sources,
    embedding_free_query_engine,
    parse_choices,
    read_images,
    read_pages,
)
from tests.llamaindex.pdf import make_pdf
from tests.llamaindex.suite import doors

PAGES = [
    "2025 年度报告\n成都示例公司",
    "目录\n一、收入\n二、人员\n三、研发",
    "收入\n各季度收入见下图（单位：百万元）",
    "人员\n年末共有员工 812 人，比上年增加 57 人",
    "研发\n各产品线的投入见下图",
    "附录\n术语表",
]
CHARTS = {3: image_marks.draw("REVENUE Q3 4217"), 5: image_marks.draw("RESEARCH VISION 388")}
QUESTION = "第三季度 (Q3) 的收入 revenue 是多少？"


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever asks for an embedding model."""

    def no(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("an embedding model was asked for")

    monkeypatch.setattr("llama_index.core.embeddings.utils.resolve_embed_model", no)
    monkeypatch.setattr("llama_index.core.settings.resolve_embed_model", no)
    monkeypatch.setattr(Settings, "_embed_model", None)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pdf(tmp_path_factory.mktemp("pdf") / "report.pdf", PAGES, CHARTS)


SEEING = [door for door in doors() if door.sees]


@pytest.mark.parametrize("door", SEEING, ids=lambda door: door.id)
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
def test_what_stands_only_in_a_chart_is_found_and_cited(door: Any, report: Path, emulator: Emulator) -> None:
    url = emulator.base_url(door.provider, None, door.wire)
    llm = CNCodingLLM(provider=door.provider, wire=door.wire, base_url=url, thinking=False)
    response = embedding_free_query_engine(read_pages(report, dpi=100), llm).query(QUESTION)
    assert "4217" in str(response)
    assert [(source.file, source.page) for source in cited_sources(response)] == [("report.pdf", "3")]


async def test_the_same_asynchronously_with_images_in_files(report: Path, tmp_path: Path, emulator: Emulator) -> None:
    nodes = read_pages(report, dpi=100, folder=tmp_path / "pages")
    assert sorted(path.name for path in (tmp_path / "pages").iterdir())[0] == "report-0001.png"
    response = await embedding_free_query_engine(nodes, Kimi()).aquery(QUESTION)
    assert "4217" in str(response) and cited_sources(response)[0].page == "3"


def test_a_page_whose_image_is_lost_is_not_cited(report: Path, emulator: Emulator) -> None:
    """The emulator reads the mark in the image itself: an empty page in its place answers nothing."""
    nodes = read_pages(report, dpi=100)
    blank = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(blank, "PNG")
    nodes[2].image = base64.b64encode(blank.getvalue()).decode()
    response = embedding_free_query_engine(nodes, Kimi()).query(QUESTION)
    assert "4217" not in str(response)


def test_a_question_about_text_is_answered_from_text(report: Path, emulator: Emulator) -> None:
    response = embedding_free_query_engine(read_pages(report, dpi=60), Kimi()).query("年末共有员工多少人？")
    assert "812" in str(response) and cited_sources(response)[0].page == "4"


def test_pictures_without_any_text_are_candidates(tmp_path: Path, emulator: Emulator) -> None:
    for name in ("CAT PHOTO 1", "DOG PHOTO 2"):
        image_marks.draw(name).save(tmp_path / f"{name[:3]}.png")
    nodes = [*read_images(sorted(tmp_path.glob("*.png"))), TextNode(text="鸟类学概论" * 10)]
    response = embedding_free_query_engine(nodes, Kimi()).query("Which photo shows the dog?")
    assert "DOG PHOTO 2" in str(response)
    assert cited_sources(response)[0].file == "DOG.png"


def test_pages_hold_text_image_and_number(report: Path) -> None:
    nodes = read_pages(report, dpi=40)
    assert [node.metadata["page_label"] for node in nodes] == ["1", "2", "3", "4", "5", "6"]
    assert "各季度收入见下图" in nodes[2].text
    assert [type(block).__name__ for block in nodes[2].get_content_blocks()] == ["TextBlock", "ImageBlock"]
    assert PageNode.from_dict(nodes[2].to_dict()).image == nodes[2].image


# ---------------------------------------------------------------- words


def test_chinese_is_cut_into_pairs_and_the_rest_into_words() -> None:
    assert chinese_tokens("第三季度 Q3 营收ＡＢＣ，GLM-5.3v 增长 10.5%") == [
        "第三", "三季", "季度", "q3", "营收", "abc", "glm-5.3v", "增长", "10.5",
    ]  # fmt: skip
    assert chinese_tokens("人") == ["人"] and chinese_tokens("，。") == []


def test_bm25_finds_chinese_pages_among_english_ones() -> None:
    texts = [
        "The quick brown fox " * 5,
        "公司第三季度的营业收入增长了百分之十，主要来自云业务的扩张",
        "人员情况：年末共有员工八百人，其中研发人员占四成",
    ]
    retriever = LexicalRetriever([TextNode(text=text) for text in texts], similarity_top_k=2)
    assert retriever.retrieve("第三季度收入")[0].node.get_content() == texts[1]
    assert retriever.retrieve("有多少员工")[0].node.get_content() == texts[2]
    assert retriever.retrieve("fox")[0].node.get_content() == texts[0]
    assert retriever.retrieve("股票代码") == []
    with pytest.raises(ConfigError, match="nothing to search"):
        LexicalRetriever([])


def test_bm25_prefers_rare_words_and_short_texts() -> None:
    texts = [
        "收入 " * 3 + "报告正文第一部分的内容" * 3,
        "收入 报告正文第二部分的内容 " * 4 + "罕见词",
        "报告正文第三部分的内容 " * 4,
    ]
    retriever = LexicalRetriever([TextNode(text=text) for text in texts])
    assert retriever.retrieve("罕见词 收入")[0].node.get_content() == texts[1]


# ---------------------------------------------------------------- choices


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("Doc: 1, Relevance: 9\nDoc: 3, Relevance: 7", {1: 9, 3: 7}),
        ("文档：1，相关性：9\n文档：３，相关性：４", {1: 9, 3: 4}),
        ("**Doc: 1**, **Relevance: 9**", {1: 9}),
        ("- 文档 2 — 相关性评分：10/10", {2: 10}),
        ("第2页，相关度为8分", {2: 8}),
        ('[{"doc": 1, "relevance": 9}, {"doc": 2, "relevance": 3.5}]', {1: 9, 2: 3.5}),
        ("最相关的是文档 2（相关性 8），其次是文档 1（相关性 5）。", {2: 8, 1: 5}),
        ("| 2 | 8 |\n| 1 | 3 |", {2: 8, 1: 3}),
        ("1. 9\n3: 4", {1: 9, 3: 4}),
        ("文档1和文档3", {1: 1, 3: 1}),
        ("1、3", {1: 1, 3: 1}),
        ("Doc: 9, Relevance: 7\nDoc: 0, Relevance: 7\nDoc: 2, Relevance: 6", {2: 6}),
        ("没有相关文档", {}),
        ("None of the 3 documents is relevant.", {}),
    ],
)
def test_choices_are_read_in_the_forms_in_which_models_answer(answer: str, wanted: dict[int, float]) -> None:
    numbers, scores = parse_choices(answer, 3)
    assert dict(zip(numbers, scores, strict=True)) == wanted


def test_an_unreadable_choice_keeps_everything_and_says_so() -> None:
    with pytest.warns(CncodingWarning, match="all are kept"):
        assert parse_choices("都可以", 2) == ([1, 2], [1.0, 1.0])
    with pytest.raises(ValueError, match="都可以"):
        parse_choices("都可以", 2, raise_error=True)


def test_llama_indexs_rerankers_and_retrievers_take_the_parser(emulator: Emulator) -> None:
    nodes = [TextNode(text=text) for text in ("猫", "狗")]
    emulator.script("say 文档：2，相关性：9\n---\nsay 文档：2，相关性：9", provider="kimi")
    rerank = LLMRerank(llm=Kimi(), parse_choice_select_answer_fn=parse_choices)
    found = rerank.postprocess_nodes([NodeWithScore(node=node) for node in nodes], QueryBundle("狗"))
    assert [node.node.get_content() for node in found] == ["狗"]
    index = SummaryIndex(nodes=nodes)
    retriever = SummaryIndexLLMRetriever(index, llm=Kimi(), parse_choice_select_answer_fn=parse_choices)
    assert [node.node.get_content() for node in retriever.retrieve("狗")] == ["狗"]


def test_a_missing_renderer_is_named(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(ConfigError, match=r'needs pypdfium2: pip install "cncoding\[pages\]"'):
        read_pages(report)


async def test_many_questions_at_once(report: Path, emulator: Emulator) -> None:
    engine = embedding_free_query_engine(read_pages(report, dpi=60), Kimi())
    answers = await asyncio.gather(*(engine.aquery(QUESTION) for _ in range(4)))
    assert all("4217" in str(answer) for answer in answers)
    assert "embedding" not in json.dumps([request.path for request in emulator.requests])
