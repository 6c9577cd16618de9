"""Answers are taken apart in the many forms in which models write them, whole and in pieces of every size."""

from __future__ import annotations

import pytest

from cncoding.pages.citations import Visible, drop_numbers, holds, read_claims, support_sentences
from cncoding.pages.prompts import is_denied, read_contents, read_keywords, read_pages

ANSWER = '员工 812 人 [1]，收入 3.2 亿元 [2]。\n\nQUOTES:\n[1] "年末共有员工 812 人"\n[2] "营业收入 3.2 亿元"'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "reply", [ANSWER, ANSWER.replace("QUOTES:", "**QUOTES:**"), ANSWER.replace("QUOTES:", "引文：")]
)
def test_quotes_are_held_back_wherever_the_stream_is_cut(reply: str, size: int) -> None:
    visible = Visible()
    shown = [visible.show(reply[at : at + size]) for at in range(0, len(reply), size)]
    assert "".join([*shown, visible.show(None)]).strip() == "员工 812 人 [1]，收入 3.2 亿元 [2]。"


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_denial_is_not_shown_and_a_second_answer_is_set_apart(size: int) -> None:
    def run(visible: Visible, reply: str) -> str:
        shown = [visible.show(reply[at : at + size]) for at in range(0, len(reply), size)]
        return "".join([*shown, visible.show(None)])

    denied = Visible()
    assert run(denied, "NOT IN THESE DOCUMENTS") == ""
    assert run(Visible(denied), "Quite so. [1]") == "Quite so. [1]"
    chinese = Visible()
    assert run(chinese, "资料中没有提及。") == "资料中没有提及。"
    assert run(Visible(chinese), "有的 [1]。") == "\n\n有的 [1]。"
    assert run(Visible(), "Quiet") == "Quiet" and run(Visible(), "NOT quite so") == "NOT quite so"


@pytest.mark.parametrize(
    ("reply", "numbers", "quotes"),
    [
        (ANSWER, [1, 2], ["年末共有员工 812 人", "营业收入 3.2 亿元"]),
        ("A【1】B［2, 3］", [1, 2, 3], [None, None, None]),
        ("x [1][2]\nQuotes:\n- [2]: “abc”", [1, 2], [None, "abc"]),
        ("nothing cited", [], []),
    ],
)
def test_claims_are_read(reply: str, numbers: list[int], quotes: list[str | None]) -> None:
    _, claims = read_claims(reply)
    assert [one.number for one in claims] == numbers and [one.quote for one in claims] == quotes


def test_quotes_hold_whatever_their_spelling() -> None:
    page = "公司全年实现營業收入\n３．２ 億元，同比增長 12.5%。\n华东地区贡献了其中的一半。"
    assert holds("营业收入3.2亿元", page) and holds("全年实现…一半", page) and holds("增长12.5 %", page)
    assert not holds("营业收入 3.3 亿元", page) and not holds("一半…全年实现", page) and not holds("……", page)


def test_statements_without_quotes_need_their_figures_on_the_page() -> None:
    page = "年末共有员工 812 人，比上年增加 57 人"
    assert support_sentences("员工共有 812 人 [1]。", 1, page) == page
    assert support_sentences("员工共有 813 人 [1]。", 1, page) is None
    assert support_sentences("火星上有水 [1]。", 1, page) is None


def test_what_does_not_hold_is_taken_out_of_the_text() -> None:
    assert drop_numbers("甲 [1]。乙 [1, 2]，丙 [2]。", {2}) == "甲 [1]。乙 [1]，丙。"


def test_choices_and_contents_are_read_in_many_forms() -> None:
    assert read_pages("PAGES: D1: 12, D1: 40-42, D2: 3") == ((1, 12), (1, 40), (1, 41), (1, 42), (2, 3))
    assert read_pages("页码：12、40") == ((1, 12), (1, 40)) and read_pages("PAGES: none") == ()
    assert read_keywords("KEYWORDS: 员工, 人数；staff、“headcount”") == ("员工", "人数", "staff", "headcount")
    assert read_keywords("关键词：现金流") == ("现金流",)
    told = '33: 现金流图\n**34** - 柱状图\n第35页：blank\n- Page 36: a map\n99: other\n37) 表\n"38": 文'
    assert read_contents(told, range(33, 49)) == {
        33: "现金流图",
        34: "柱状图",
        35: "blank",
        36: "a map",
        37: "表",
        38: "文",
    }


@pytest.mark.parametrize(
    "reply", ["NOT IN THESE DOCUMENTS", "not in these documents.", "这些文件中没有提及此事。", "", "QUOTES:"]
)
def test_denials(reply: str) -> None:
    assert is_denied(reply)
    assert not is_denied("员工 812 人 [1]；其余文件中没有提及 [2]。")
