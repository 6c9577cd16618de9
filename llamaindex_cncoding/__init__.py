"""Chinese coding-plan models for LlamaIndex: GLM, Kimi, MiniMax, Qwen, DeepSeek and two gateways."""

from llamaindex_cncoding._errors import StructuredOutputError
from llamaindex_cncoding.llm import GLM, CNCodingLLM, DeepSeek, Kimi, MiniMax, Qwen, Unified, WCode
from llamaindex_cncoding.tool_spec import CNCodingToolSpec

__all__ = [
    "CNCodingLLM",
    "CNCodingToolSpec",
    "DeepSeek",
    "GLM",
    "Kimi",
    "MiniMax",
    "Qwen",
    "StructuredOutputError",
    "Unified",
    "WCode",
]
