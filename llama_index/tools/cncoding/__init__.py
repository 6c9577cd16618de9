"""The tools of cncoding under LlamaIndex's own namespace."""

from llamaindex_cncoding import CNCodingToolSpec, PageToolSpec

__all__ = ["CNCodingToolSpec", "PageToolSpec"]
