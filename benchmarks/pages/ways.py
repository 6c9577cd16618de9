"""The ways to find a page, each a function from a question to pages, best first, and what that cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.llms.llm import LLM

from cncoding.pages import Library
from langchain_cncoding import PageRetriever

Find = Callable[[str], tuple[list[int], dict[str, Any]]]


@dataclass
class Row:
    """What a way found and cost, over all questions of a set."""

    way: str
    ranks: list[int] = field(default_factory=list)
    calls: int = 0
    pictures: int = 0
    bytes: int = 0
    tokens: int = 0
    note: str = ""

    def recall(self, k: int) -> float:
        return sum(rank < k for rank in self.ranks) / max(1, len(self.ranks))

    def write(self) -> str:
        each = max(1, len(self.ranks))
        figures = [f"{self.recall(k):.2f}" for k in (1, 5, 10)]
        costs = [f"{self.calls / each:.2f}", f"{self.pictures / each:.2f}", f"{self.bytes / each / 1000:.0f}"]
        tokens = f"{self.tokens / each:.0f}" if self.tokens else "0"
        return f"| {self.way} | {' | '.join([*figures, *costs, tokens])} | {self.note} |"


HEAD = (
    "| Way | recall@1 | @5 | @10 | calls a question | pictures | KB of pictures | tokens | note |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def measure(
    way: str, find: Find, questions: Sequence[tuple[str, int | tuple[int, ...]]], note: str = "", row: Row | None = None
) -> Row:
    """Ask every question; where several pages answer, the first that is found counts."""
    row = row or Row(way, note=note)
    for question, answering in questions:
        found, cost = find(question)
        pages = (answering,) if isinstance(answering, int) else answering
        row.ranks.append(min([found.index(page) for page in pages if page in found], default=1 << 30))
        row.calls += cost.get("calls", 0)
        row.pictures += cost.get("pictures", 0)
        row.bytes += cost.get("bytes", 0)
        row.tokens += cost.get("input_tokens", 0) + cost.get("output_tokens", 0)
    return row


def find_by_words(library: Library) -> Find:
    """Words alone."""

    def find(question: str) -> tuple[list[int], dict[str, Any]]:
        return [hit.page for hit in library.search(question, k=10)], {}

    return find


def find_with_model(library: Library, model: Any) -> Find:
    """The whole ladder."""
    retriever = PageRetriever(library=library, model=model, k=10)

    def find(question: str) -> tuple[list[int], dict[str, Any]]:
        found = retriever.invoke(question)
        return [one.metadata["page"] for one in found], found[0].metadata["trail"] if found else {}

    return find


# ---------------------------------------------------------------- peers


def find_by_llama_index(texts: Sequence[str], llm: LLM, read_requests: Callable[[], list[Any]]) -> Find:
    """LlamaIndex's BM25 (its default, English tokenizer) and `LLMRerank` over its ten best."""
    from llama_index.core.postprocessor import LLMRerank
    from llama_index.core.schema import QueryBundle, TextNode
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes = [TextNode(text=text or " ", metadata={"page": number}) for number, text in enumerate(texts, start=1)]
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=10)
    rerank = LLMRerank(llm=llm, top_n=10, choice_batch_size=5)

    def find(question: str) -> tuple[list[int], dict[str, Any]]:
        before = len(read_requests())
        found = retriever.retrieve(question)
        try:
            found = rerank.postprocess_nodes(found, QueryBundle(question)) if found else []
        except (IndexError, ValueError):  # its parser does not read every answer
            found = []
        return [int(one.node.metadata["page"]) for one in found], {"calls": len(read_requests()) - before}

    return find


_GROUP = 20


def find_by_page_index(texts: Sequence[str], llm: LLM) -> Find:
    """PageIndex's method: the model writes a table of contents of the whole document, then chooses from it."""
    contents: list[str] = []
    calls = 0
    for start in range(0, len(texts), _GROUP):
        pages = "\n".join(
            f"D1: {start + place}: {' '.join(text.split())[:300]}"
            for place, text in enumerate(texts[start : start + _GROUP], start=1)
        )
        reply = llm.complete(
            "Write a table of contents of these pages, one line `D1: page: heading and subject` for each page, "
            f"and nothing else.\n{pages}"
        )
        calls += 1
        lines = [line for line in str(reply).splitlines() if re.match(r"\W*D1: \d+:", line)]
        # A model that writes no lines in the form asked for leaves the pages' first words.
        contents += lines or [line[:90] for line in pages.splitlines()]
    spent = [calls]

    def find(question: str) -> tuple[list[int], dict[str, Any]]:
        prompt = (
            "You choose the pages of documents that most likely hold the answer to a question. Answer with one line: "
            "PAGES: D1: 12, D1: 40-42 (best first), or PAGES: none.\n----------\n"
            + "\n".join(contents)
            + f"\n----------\nQuestion: {question}\nPAGES:"
        )
        reply = str(llm.complete(prompt))
        found = [int(number) for number in re.findall(r"D1:\s*(\d+)", reply)]
        cost = {"calls": 1 + spent[0]}
        spent[0] = 0
        return found, cost

    return find
