"""Ask pages and images without an embedding model: words find candidates, the model looks at them, answers, cites.

Coding plans sell chat models and no embeddings. The recipe here needs only the LLM:

1. `read_pages` renders a PDF to page images and keeps the text that the PDF holds;
2. `LexicalRetriever` finds pages by their words (BM25, Chinese included) and adds the pages that have none;
3. LlamaIndex's `LLMRerank` shows the candidates, images included, to the model and lets it choose;
4. LlamaIndex's `CitationQueryEngine` has the model answer from the chosen pages and cite them.

```python
engine = embedding_free_query_engine(read_pages("report.pdf"), llm=GLM(model="glm-5.3v"))
response = engine.query("第三季度的收入是多少？")
print(response, [source.page for source in cited_sources(response)])
```
"""

from __future__ import annotations

import base64
import math
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms.llm import LLM
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle

from cncoding import CncodingWarning, ConfigError
from cncoding.pages import render_pages
from llamaindex_cncoding._page_nodes import PageNode

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[.\-][^\W_{_HAN}]+)*")
_K1, _B = 1.5, 0.75
"""The usual constants of BM25."""
WORDLESS = 12
"""A page with fewer tokens cannot be found by words; a scan or a chart has that few."""
MOST_WORDLESS = 24
_PAGE_TOKENS = 16_000
"""Citation chunks hold a page whole: its text and an image."""


# ---------------------------------------------------------------- pages


def read_pages(pdf: str | Path, dpi: int = 150, folder: str | Path | None = None) -> list[PageNode]:
    """Make one node of every page of a PDF: its image and the text that the PDF holds, often none.

    Args:
        pdf: Path of the file.
        dpi: Resolution of the images.
        folder: Where to keep the images as files; None keeps them in the nodes.

    Returns:
        Nodes with metadata `file_name` and `page_label`, counted from 1.

    Raises:
        ConfigError: pypdfium2 is not installed (extra `pdf`), or this is not a PDF.
    """
    path = Path(pdf)
    nodes = []
    for page in render_pages(path, dpi):
        picture = page.picture
        fields: dict[str, Any] = {"metadata": {"file_name": path.name, "page_label": str(page.number)}}
        if folder is not None:
            file = Path(folder) / f"{path.stem}-{page.number:04}.{picture.media_type.partition('/')[2]}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture.data)
            fields["image_path"] = str(file)
        else:
            fields["image"] = base64.b64encode(picture.data).decode()
        nodes.append(PageNode(text=page.text, image_mimetype=picture.media_type, **fields))
    return nodes


def read_images(paths: Iterable[str | Path]) -> list[PageNode]:
    """Make one node of every image file; the files are read when the model looks at them."""
    fields: list[dict[str, Any]] = [
        {"image_path": str(path), "metadata": {"file_name": Path(path).name}} for path in paths
    ]
    return [PageNode(text="", **named) for named in fields]


# ---------------------------------------------------------------- words


def chinese_tokens(text: str) -> list[str]:
    """Cut text into search tokens: Chinese into pairs of characters, the rest into lower-case words.

    Full-width letters and digits count as their usual forms. A single Chinese character stands for itself.
    """
    tokens: list[str] = []
    for found in _TOKEN.findall(unicodedata.normalize("NFKC", text).lower()):
        if re.match(rf"[{_HAN}]", found) and len(found) > 1:
            tokens += [found[place : place + 2] for place in range(len(found) - 1)]
        else:
            tokens.append(found)
    return tokens


class LexicalRetriever(BaseRetriever):
    """Find nodes by their words with BM25; nodes that have next to no words are always candidates."""

    def __init__(
        self,
        nodes: Sequence[BaseNode],
        similarity_top_k: int = 8,
        tokenizer: Callable[[str], list[str]] = chinese_tokens,
    ) -> None:
        """Index the nodes.

        Args:
            nodes: What to search.
            similarity_top_k: How many nodes found by words to return at most.
            tokenizer: Cuts texts and queries into tokens.

        Raises:
            ConfigError: There are no nodes.
        """
        if not nodes:
            raise ConfigError("nodes: there is nothing to search; give at least one node")
        super().__init__()
        self._nodes = list(nodes)
        self._top_k = similarity_top_k
        self._tokenizer = tokenizer
        self._counts = [Counter(tokenizer(node.get_content(metadata_mode=MetadataMode.NONE))) for node in nodes]
        self._lengths = [counts.total() for counts in self._counts]
        self._mean = sum(self._lengths) / len(nodes) or 1.0
        holders = Counter(token for counts in self._counts for token in counts)
        self._weights = {
            token: math.log(1 + (len(nodes) - held + 0.5) / (held + 0.5)) for token, held in holders.items()
        }

    def _score(self, place: int, query: list[str]) -> float:
        counts = self._counts[place]
        damp = _K1 * (1 - _B + _B * self._lengths[place] / self._mean)
        return sum(
            self._weights[token] * counts[token] * (_K1 + 1) / (counts[token] + damp)
            for token in query
            if token in counts
        )

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = self._tokenizer(query_bundle.query_str)
        scored = [(self._score(place, query), place) for place in range(len(self._nodes))]
        hits = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[: self._top_k]
        seen = {place for _, place in hits}
        wordless = [
            (0.0, place) for place, length in enumerate(self._lengths) if length < WORDLESS and place not in seen
        ]
        return [NodeWithScore(node=self._nodes[place], score=score) for score, place in hits + wordless[:MOST_WORDLESS]]


# ---------------------------------------------------------------- choices

_DOC = r"(?:doc(?:ument)?s?|文档|文件|资料|来源|页面|编号|序号|选项|choice|number|第)"
_SCORE = r"(?:relevance|score|rating|相关性|相关度|相关程度|评分|得分|分数|分值|打分)"
_GLUE = r"[\s\"'*_:=#()\[\]号页份个为是]*"
_PAIR = re.compile(rf"{_DOC}{_GLUE}(\d+)[^\d\n]{{0,40}}?{_SCORE}[^\d\n]{{0,12}}?(\d+(?:\.\d+)?)", re.I)
_LINE = re.compile(
    rf"^\W*(?:{_DOC}{_GLUE})?(\d+)\s*[页号份个]?\s*[.:|)\-—–][^\d\n]{{0,40}}?(\d+(?:\.\d+)?)\s*(?:分|/\s*10)?\W*$",
    re.I | re.M,
)
_DENIAL = re.compile(r"^\W*无\W*$|没有|无相关|均不|都不|无关|\bnone\b|\bno (?:relevant )?doc", re.I)


def parse_choices(answer: str, num_choices: int, raise_error: bool = False) -> tuple[list[int], list[float]]:
    """Read which documents a model chose, in the many forms in which models answer, Chinese ones included.

    To be given to `LLMRerank` and `SummaryIndexLLMRetriever` as `parse_choice_select_answer_fn`; LlamaIndex's own
    function reads only `Doc: 1, Relevance: 9` and drops everything else without a word.

    Args:
        answer: For example `文档：1，相关性：9`, `**Doc 3** (relevance 7/10)`, a JSON list, or `1、3`.
        num_choices: How many documents there were; other numbers are ignored.
        raise_error: Raise for an unreadable answer instead of choosing everything with a warning.

    Returns:
        Numbers from 1 and their scores, in the order of the answer; empty if the model said that none fits.

    Raises:
        ValueError: The answer is unreadable and `raise_error` is set.
    """
    text = unicodedata.normalize("NFKC", answer)
    pairs = [(int(number), float(score)) for number, score in _PAIR.findall(text) or _LINE.findall(text)]
    if not pairs and not _DENIAL.search(text):
        pairs = [(int(number), 1.0) for number in re.findall(r"\d+", text)]
        if not pairs:
            if raise_error:
                raise ValueError(f"no document numbers in {answer[:200]!r}")
            warnings.warn(
                f"rerank: no document numbers in {answer[:80]!r}; all are kept", CncodingWarning, stacklevel=2
            )
            pairs = [(number, 1.0) for number in range(1, num_choices + 1)]
    chosen: dict[int, float] = {}
    for number, score in pairs:
        if 1 <= number <= num_choices:
            chosen.setdefault(number, score)
    return list(chosen), list(chosen.values())


# ---------------------------------------------------------------- questions


def embedding_free_query_engine(
    nodes: Sequence[BaseNode], llm: LLM, similarity_top_k: int = 8, top_n: int = 3, choice_batch_size: int = 4
) -> CitationQueryEngine:
    """Make a query engine over pages and images that uses no embedding model.

    Args:
        nodes: For example of `read_pages` and `read_images`; text nodes work, too.
        llm: A model that takes images, if there are images.
        similarity_top_k: How many pages found by words the model may look at.
        top_n: How many pages the answer is made from.
        choice_batch_size: How many pages the model looks at in one call while choosing.
    """
    rerank = LLMRerank(
        llm=llm, top_n=top_n, choice_batch_size=choice_batch_size, parse_choice_select_answer_fn=parse_choices
    )
    return CitationQueryEngine(
        retriever=LexicalRetriever(nodes, similarity_top_k),
        llm=llm,
        node_postprocessors=[rerank],
        citation_chunk_size=_PAGE_TOKENS,
        citation_chunk_overlap=0,
        multimodal=True,
    )


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A source that an answer cites: its number in the answer, and where it comes from."""

    number: int
    file: str | None
    page: str | None


def cited_sources(response: Any) -> list[CitedSource]:
    """Return the sources that the answer of a `CitationQueryEngine` cites with `[1]`, `[1, 2]` or `【1】`."""
    found = re.findall(r"[\[【]([\d,，、\s]+)[\]】]", str(response))
    numbers = dict.fromkeys(int(number) for group in found for number in re.findall(r"\d+", group))
    nodes = response.source_nodes
    return [
        CitedSource(number, metadata.get("file_name"), metadata.get("page_label"))
        for number in numbers
        if 1 <= number <= len(nodes)
        for metadata in [nodes[number - 1].node.metadata]
    ]
