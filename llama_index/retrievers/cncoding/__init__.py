"""The page retriever of cncoding, and what is built on it, under LlamaIndex's own namespace."""

from llamaindex_cncoding import PageNode, PageQueryEngine, PageRetriever

__all__ = ["PageNode", "PageQueryEngine", "PageRetriever"]
