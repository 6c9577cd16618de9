"""The page retriever of cncoding under LlamaIndex's own namespace."""

from llamaindex_cncoding.pages import PageNode, PageRetriever

__all__ = ["PageNode", "PageRetriever"]
