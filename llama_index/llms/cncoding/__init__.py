"""The LLMs of cncoding under LlamaIndex's own namespace."""

from llamaindex_cncoding import (
    GLM,
    CNCodingLLM,
    DeepSeek,
    Kimi,
    MiniMax,
    Qwen,
    StructuredOutputError,
    Unified,
    WCode,
)

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
