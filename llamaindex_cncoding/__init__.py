"""Chinese coding-plan models for LlamaIndex: GLM, Kimi, MiniMax, Qwen, DeepSeek and two gateways."""

from llamaindex_cncoding._errors import StructuredOutputError
from llamaindex_cncoding.llm import GLM, CNCodingLLM, DeepSeek, Kimi, MiniMax, Qwen, Unified, WCode

__all__ = [
    "GLM",
    "CNCodingLLM",
    "DeepSeek",
    "Kimi",
    "MiniMax",
    "Qwen",
    "StructuredOutputError",
    "Unified",
    "WCode",
]
