"""Find pages of documents without embeddings, for LlamaIndex: `PageRetriever` over a `cncoding.pages.Library`."""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms.llm import LLM
from llama_index.core.schema import NodeWithScore, QueryBundle
from typing_extensions import override

from cncoding.pages import Library
from llamaindex_cncoding._page_nodes import PageNode, make_nodes


class PageRetriever(BaseRetriever):
    """Find pages: by words alone without a model, with one also what words do not find."""

    def __init__(self, library: Library, llm: LLM | None = None, k: int = 8) -> None:
        """Make a retriever.

        Args:
            library: What to search.
            llm: Any model of LlamaIndex; None means words alone.
            k: Most pages.
        """
        super().__init__()
        self.library = library
        self.llm = llm
        self.k = k

    @override
    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return make_nodes(self.library.search(query_bundle.query_str, self.k))


__all__ = ["PageNode", "PageRetriever"]
