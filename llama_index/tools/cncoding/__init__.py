"""The tools of cncoding under LlamaIndex's own namespace."""

from llamaindex_cncoding import CNCodingToolSpec, MediaInProgressEvent, MediaProgressEvent, PageToolSpec

__all__ = ["CNCodingToolSpec", "MediaInProgressEvent", "MediaProgressEvent", "PageToolSpec"]
