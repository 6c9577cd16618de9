"""A library: add, find, filter, look, remove, keep; with bad files named and many threads at once."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from cncoding import CncodingWarning, ConfigError
from cncoding.pages import Library
from cncoding_emulator import image_marks as marks
from tests.llamaindex.pdf import make_pdf

HEAD = "示例股份有限公司 2025 年年度报告"
PAGES = [
    "2025 年度报告\n成都示例公司",
    "第一节 释义\n本报告中下列词语具有如下含义",
    "一、营业收入\n公司全年实现营业收入 3.2 亿元，同比增长 12.5%",
    "二、人员\n年末共有员工 812 人，比上年增加 57 人，其中研发人员占四成",
    "三、研发\n第三季度研发投入 45,000,000 元，用于 GPT-4o 类模型",
    "附录\n术语表",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pages = [f"{HEAD}\n{text}\n{number} / 6" for number, text in enumerate(PAGES, start=1)]
    return make_pdf(tmp_path_factory.mktemp("pdf") / "report.pdf", pages, {6: marks.draw("CHART 6")})


@pytest.fixture(scope="module")
def library(report: Path) -> Library:
    library = Library()
    library.add(report)
    return library


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("营业收入是多少？", 3),
        ("營業收入增長了多少？", 3),
        ("收入 32,000 万元", 3),
        ("增长百分之十二点五", 3),
        ("有多少员工", 4),
        ("Q3 的研发投入", 5),
        ("gpt4o", 5),
        ("0.45亿元", 5),
        ("第六页讲了什么？", 6),
        ("What is on page 6?", 6),
        ("见第4页", 4),
    ],
)
def test_words_numbers_and_page_numbers_are_found_in_their_spellings(
    library: Library, question: str, page: int
) -> None:
    assert library.search(question)[0].page == page


def test_hits_carry_their_page(library: Library) -> None:
    hit = library.search("员工人数", k=1)[0]
    assert (hit.document, hit.page) == ("report.pdf", 4) and "812" in hit.text and hit.score > 0
    picture = hit.image()
    assert picture is not None and Image.open(io.BytesIO(picture.data)).size == (picture.width, picture.height)
    page = library.page(6)
    shown = page.image(dpi=100)
    assert shown is not None and marks.read(Image.open(io.BytesIO(shown.data)).convert("RGB")) == "CHART 6"
    assert page.text.splitlines()[1] == "附录"


def test_a_chart_under_a_running_header_counts_as_wordless(library: Library) -> None:
    assert [entry.number for entry in library.catalogue().entries if entry.wordless] == [1, 6]


def test_nothing_found_has_a_reason(library: Library) -> None:
    hits = library.search("quantum chromodynamics")
    assert hits == [] and "no word of the question stands on any of 6 pages; 2 of them have no words" in str(
        hits.reason
    )
    assert "empty" in str(Library().search("x").reason)


def test_filters(library: Library, report: Path) -> None:
    both = Library()
    both.add(report, metadata={"year": 2025})
    both.add("去年共有员工 755 人".encode(), name="old.txt", metadata={"year": 2024})
    assert {hit.document for hit in both.search("员工")} == {"report.pdf", "old.txt"}
    assert {hit.document for hit in both.search("员工", where={"year": 2024})} == {"old.txt"}
    assert {hit.document for hit in both.search("员工", where=lambda given: given["year"] > 2024)} == {"report.pdf"}
    assert both.search("员工", document="report.pdf", pages=(1, 3)) == []
    assert "filter" in str(both.search("员工", pages=(90, 99)).reason)
    for wrong in ({"document": "none.pdf"}, {"pages": (3, 1)}, {"k": 0}):
        with pytest.raises(ConfigError):
            both.search("员工", **wrong)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ConfigError, match="several documents; say which"):
        both.page(1)
    with pytest.raises(ConfigError, match="has pages 1 to 6"):
        both.page(7, "report.pdf")


def test_a_library_is_kept_and_grows(report: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "kept") as first:
        first.add(report)
        first.add(make_pdf(tmp_path / "b.pdf", ["火星探测"]).read_bytes(), name="b.pdf")
        first.note_seen([(first.find_document("report.pdf").id, 6, "柱状图：各季度现金流")])
        assert first.page(1, "b.pdf").image() is not None
    with Library(tmp_path / "kept") as again:
        assert [one.name for one in again.documents] == ["report.pdf", "b.pdf"]
        assert again.search("火星")[0].document == "b.pdf"
        assert again.search("现金流")[0].page == 6
        assert again.page(1, "b.pdf").image(dpi=40) is not None
        assert again.add(report)[0].pages == 6 and len(again) == 7
        again.remove("b.pdf")
        assert again.search("火星") == [] and len(again) == 6
    with Library(tmp_path / "kept") as third:
        assert [one.name for one in third.documents] == ["report.pdf"]


def test_a_changed_file_replaces_itself(tmp_path: Path) -> None:
    library = Library()
    path = make_pdf(tmp_path / "a.pdf", ["火星探测"])
    library.add(path)
    make_pdf(path, ["木星探测", "第二页"])
    library.add(path)
    assert [one.pages for one in library.documents] == [2]
    assert library.search("火星") == [] or "木星" in library.search("火星")[0].text


def test_bad_files_are_named_and_the_others_added(tmp_path: Path, report: Path) -> None:
    (tmp_path / "good.md").write_text("# 标题\n正文说明", encoding="utf-8")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "word.docx").write_bytes(b"no zip at all")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "real.txt").write_bytes(report.read_bytes())
    library = Library()
    with pytest.warns(CncodingWarning):
        added = library.add(tmp_path)
    assert sorted(one.name for one in added) == ["good.md", "real.txt"]
    assert library.find_document("real.txt").kind == "pdf", "bytes count more than suffixes"
    assert sorted(problem.split(": ")[1] for problem in library.problems) == ["bad.pdf", "empty.txt", "word.docx"]
    for wrong in (tmp_path / "none.pdf", b"\x00\x01\x02\x03", b"PK\x03\x04rest"):
        with pytest.raises(ConfigError, match="documents:"):
            library.add(wrong)


def test_two_hundred_questions_from_threads_and_tasks(library: Library) -> None:
    def ask(number: int) -> int:
        hit = library.search(("员工", "营业收入", "第5页")[number % 3], k=1)[0]
        picture = hit.image(dpi=30)
        return hit.page if picture else 0

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(200))) == [(4, 3, 5)[number % 3] for number in range(200)]

    async def run() -> list[int]:
        return await asyncio.gather(*(asyncio.to_thread(ask, number) for number in range(64)))

    assert asyncio.run(run()) == [(4, 3, 5)[number % 3] for number in range(64)]


def test_adding_and_searching_at_once() -> None:
    library = Library()
    library.add("开头".encode(), name="0.txt")

    def work(number: int) -> int:
        library.add(f"第{number}号文件 主题{number}".encode(), name=f"{number}.txt")
        return len(library.search(f"主题{number}", k=1))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(1, 40)))
    assert len(library.documents) == 40


def test_the_name_of_the_company_chooses_the_document_and_not_the_page(tmp_path: Path) -> None:
    library = Library()
    for company, staff in (("金宇生物技术股份有限公司", 812), ("四方科技集团股份有限公司", 755)):
        cover = f"{company}\n2020 年年度报告"
        other = [f"{company}的第{number}项声明，{company}及{company}的董事" for number in range(12)]
        pages = [cover, *other, f"年末共有员工 {staff} 人，其中硕士 40 人", "附录"]
        library.add(make_pdf(tmp_path / f"{staff}.pdf", pages))
    for company, name in (("金宇生物技术股份有限公司", "812.pdf"), ("四方科技集团股份有限公司", "755.pdf")):
        hit = library.search(f"请提供{company}2020年的员工人数，保留两位小数")[0]
        assert (hit.document, hit.page) == (name, 14)


def test_one_file_added_by_many_threads_is_one_document(report: Path) -> None:
    library = Library()
    data = report.read_bytes()
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda _: library.add(data, name="report.pdf")[0], range(8)))
    assert {one.name for one in added} == {"report.pdf"} and len(library.documents) == 1
