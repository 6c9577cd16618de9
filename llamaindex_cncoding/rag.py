"""The former names of what `llamaindex_cncoding.pages` does: kept so that old programs run, thin, and no longer grown.

```python
engine = embedding_free_query_engine(read_pages("report.pdf"), llm=GLM(model="glm-5.3v"))
response = engine.query("第三季度的收入是多少？")
print(response, [source.page for source in cited_sources(response)])
```
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms.llm import LLM
from llama_index.core.schema import BaseNode, ImageNode, MetadataMode, NodeWithScore, QueryBundle

from cncoding import ConfigError
from cncoding.pages import AnswerSettings, FindSettings, Library, WordIndex
from llamaindex_cncoding._choices import parse_choices
from llamaindex_cncoding._page_nodes import PageNode, read_images, read_pages
from llamaindex_cncoding.pages import PageQueryEngine

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[.\-][^\W_{_HAN}]+)*")
WORDLESS = 12
"""A node with fewer tokens cannot be found by words; a scan or a chart has that few."""


def chinese_tokens(text: str) -> list[str]:
    """Cut text into search tokens: Chinese into pairs of characters, the rest into lower-case words."""
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
        texts = [node.get_content(metadata_mode=MetadataMode.NONE) for node in nodes]
        self._index = WordIndex.of_texts(texts, tokenizer)
        self._wordless = [place for place, text in enumerate(texts) if len(tokenizer(text)) < WORDLESS]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = [(one.score, one.place) for one in self._index.rank(query_bundle.query_str, self._top_k)]
        seen = {place for _, place in hits}
        hits += [(0.0, place) for place in self._wordless if place not in seen]
        return [NodeWithScore(node=self._nodes[place], score=score) for score, place in hits]


def embedding_free_query_engine(
    nodes: Sequence[BaseNode], llm: LLM, similarity_top_k: int = 8, top_n: int = 3, choice_batch_size: int = 4
) -> PageQueryEngine:
    """Make a query engine over pages and images that uses no embedding model: a `PageQueryEngine` over their library.

    Args:
        nodes: For example of `read_pages` and `read_images`; text nodes work, too.
        llm: Any LLM.
        similarity_top_k: How many pages the model is shown, where that is more than `top_n`.
        top_n: How many pages the model is shown at least.
        choice_batch_size: No longer of effect: pages are chosen without a request for each few of them.

    Raises:
        ConfigError: There are no nodes, or the file of an image is lost.
    """
    if not nodes:
        raise ConfigError("nodes: there is nothing to search; give at least one node")
    library = Library()
    for name, group in groupby(nodes, key=lambda node: str(node.metadata.get("file_name") or node.node_id)):
        library.add_pages([_read_node(node) for node in group], name)
    find = FindSettings(k=max(similarity_top_k, top_n))
    return PageQueryEngine(library, llm, settings=AnswerSettings(find=find, mode="search"))


def _read_node(node: BaseNode) -> tuple[str, bytes | None]:
    text = node.get_content(metadata_mode=MetadataMode.NONE)
    if not isinstance(node, ImageNode):
        return text, None
    if node.image:
        return text, base64.b64decode(node.image)
    if node.image_path and not Path(node.image_path).is_file():
        raise ConfigError(f"nodes: there is no file {node.image_path!r}; read the images again")
    return text, Path(node.image_path).read_bytes() if node.image_path else None


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


__all__ = [
    "CitedSource",
    "LexicalRetriever",
    "PageNode",
    "chinese_tokens",
    "cited_sources",
    "embedding_free_query_engine",
    "parse_choices",
    "read_images",
    "read_pages",
]
