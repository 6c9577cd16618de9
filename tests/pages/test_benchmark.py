"""The benchmark's parts on a small report: its figures come from the published sets, which tests do not download."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.pages.data import GOLD, NoDataError, read_news, read_report
from benchmarks.pages.questions import FOREIGN, QUESTIONS
from benchmarks.pages.scan import make_responder, make_scan
from benchmarks.pages.ways import HEAD, find_by_words, find_with_model, measure
from cncoding.pages import Library, Pdf
from cncoding_emulator import Emulator
from langchain_cncoding import ChatKimi


def test_a_scan_is_read_through_contact_sheets(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan, told = make_scan(report.read_bytes())
    with Pdf(scan, "scan.pdf") as pdf:
        assert [pdf.read_text(number) for number in range(1, len(pdf) + 1)] == [""] * 7
    library = Library()
    library.add(scan, name="scan.pdf")
    questions = [("年末共有员工多少人？", 4), ("第三季度的研发投入", 5)]
    with Emulator(responder=make_responder(told)) as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        row = measure("contact sheets", find_with_model(library, ChatKimi()), questions)
    assert row.recall(1) == 1.0 and (row.calls, row.pictures) == (1, 1)
    assert row.write().count("|") == HEAD.splitlines()[0].count("|")


def test_words_are_measured_without_a_model(report: Path) -> None:
    library = Library()
    library.add(report)
    row = measure("words only", find_by_words(library), [("员工", 4), ("没有这样的词", 1)])
    assert row.recall(5) == 0.5 and row.calls == 0


def test_missing_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        read_report(tmp_path)
    with pytest.raises(NoDataError):
        read_news(tmp_path)
    assert GOLD.is_file() and len(QUESTIONS) == 30 and len(FOREIGN) == 20
