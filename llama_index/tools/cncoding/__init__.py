"""The tools of cncoding under LlamaIndex's own namespace."""

from llamaindex_cncoding.tool_spec import CNCodingToolSpec

__all__ = ["CNCodingToolSpec"]
