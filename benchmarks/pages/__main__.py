"""Print how well pages are found, and for how much: `python -m benchmarks.pages [--finglm CLONE] [--crud CLONE]`.

Words-only rows need no model. In the others the model is the emulator, or with `--model kimi` (and its key) a real one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.pages.data import NoDataError, read_news, read_report
from benchmarks.pages.questions import FOREIGN, QUESTIONS
from benchmarks.pages.scan import make_responder, make_scan
from benchmarks.pages.ways import (
    HEAD,
    Row,
    find_by_llama_index,
    find_by_page_index,
    find_by_words,
    find_with_model,
    measure,
)
from cncoding.pages import AnswerSettings, Library
from cncoding.pages.ranking import WordIndex
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, create_page_qa_chain
from llamaindex_cncoding import CNCodingLLM

PROVIDER = "kimi"


@contextmanager
def open_models(provider: str | None, told: dict[str, str]) -> Iterator[tuple[Any, Any, Any]]:
    """Give a LangChain model, a LlamaIndex LLM and the requests so far."""
    if provider:
        yield ChatCNCoding(provider=provider), CNCodingLLM(provider=provider), list
        return
    with Emulator(responder=make_responder(told)) as emulator, mock.patch.dict("os.environ", emulator.env()):
        yield (
            ChatCNCoding(provider=PROVIDER, thinking=False),
            CNCodingLLM(provider=PROVIDER, thinking=False),
            lambda: emulator.requests,
        )


def measure_report(clone: Path | None, provider: str | None) -> list[Row]:
    """Measure every way on the annual report, and contact sheets on a scan of it."""
    report = read_report(clone)
    began = time.perf_counter()
    library = Library()
    library.add(report, name="600201-2020.pdf")
    library.search("收入")
    took = time.perf_counter() - began
    rows = [measure("words only", find_by_words(library), QUESTIONS, f"indexed in {took:.1f} s")]
    scan, told = make_scan(report)
    scanned = Library()
    scanned.add(scan, name="scan.pdf")
    texts = [entry.text for entry in library.catalogue().entries]
    with open_models(provider, told) as (model, llm, read_requests):
        rows.append(measure("words and model", find_with_model(library, model), QUESTIONS))
        note = "a scan of the report: no text layer"
        rows.append(measure("contact sheets", find_with_model(scanned, model), QUESTIONS, note))
        rows.append(measure_whole(library, model))
        note = "its default tokenizer leaves Chinese uncut"
        peer = find_by_llama_index(texts, llm, read_requests)
        rows.append(measure("LlamaIndex BM25 + LLMRerank", peer, QUESTIONS, note))
        note = "" if provider else "the emulator writes no contents: the first words of the pages stand for them"
        rows.append(measure("PageIndex's method", find_by_page_index(texts, llm), QUESTIONS, note))
    return rows


def measure_foreign(clone: Path | None) -> list[Row]:
    """Measure words alone on questions in FinGLM's own words."""
    row = Row("words only")
    for code in dict.fromkeys(code for code, _, _ in FOREIGN):
        library = Library()
        library.add(read_report(clone, code), name=f"{code}.pdf")
        asked = [(question, pages) for one, question, pages in FOREIGN if one == code]
        measure(row.way, find_by_words(library), asked, row=row)
    return [row]


def measure_whole(library: Library, model: Any) -> Row:
    """Read the report whole; a question counts where the answer cites its page."""
    chain = create_page_qa_chain(model, library, settings=AnswerSettings(mode="whole"))
    row, cached = Row("whole"), 0
    for question, page in QUESTIONS:
        reply = chain.invoke(question)
        cited = [one["page"] for one in reply["citations"]]
        row.ranks.append(cited.index(page) if page in cited else 1 << 30)
        row.calls += reply["metadata"]["calls"]
        row.tokens += reply["metadata"]["input_tokens"]
        cached += reply["metadata"]["cached_tokens"]
    share = f"{cached / row.tokens:.0%} of the tokens cached" if cached else "no cached tokens were told"
    row.note = f"pages cited; {share}"
    return row


def measure_news(clone: Path | None) -> list[Row]:
    """Measure words alone on the news."""
    news = read_news(clone)
    began = time.perf_counter()
    index = WordIndex.of_texts(news.items)
    note = f"{len(news.items)} items, indexed in {time.perf_counter() - began:.0f} s"

    def find(question: str) -> tuple[list[int], dict[str, Any]]:
        return [one.place for one in index.rank(question, 10)], {}

    named = [one for one, names in zip(news.questions, news.naming, strict=True) if names]
    return [
        measure(f"words only, {len(named)} questions that name their subject", find, named, note),
        measure(f"words only, all {len(news.questions)} questions", find, news.questions, note),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--finglm", type=Path, help="a clone of MetaGLM/FinGLM")
    parser.add_argument("--crud", type=Path, help="a clone of IAAR-Shanghai/CRUD_RAG")
    parser.add_argument("--model", help="provider of a real model, for example kimi; its key is in the environment")
    given = parser.parse_args()
    sets = (
        (f"Annual report, 195 pages, {len(QUESTIONS)} questions", lambda: measure_report(given.finglm, given.model)),
        (
            f"Two annual reports, {len(FOREIGN)} questions that name company and year",
            lambda: measure_foreign(given.finglm),
        ),
        ("News", lambda: measure_news(given.crud)),
    )
    missing = 0
    for title, run in sets:
        try:
            rows = run()
        except NoDataError as error:
            print(f"{title}: {error}", file=sys.stderr)
            missing += 1
            continue
        print(f"\n{title}\n\n{HEAD}")
        for row in rows:
            print(row.write())
    return 1 if missing == len(sets) else 0


if __name__ == "__main__":
    sys.exit(main())
