"""The LLMs of cncoding under LlamaIndex's own namespace."""

from llamaindex_cncoding import (
    GLM,
    CNCodingLLM,
    DeepSeek,
    Kimi,
    MiniMax,
    PlansLLM,
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
    "PlansLLM",
    "Qwen",
    "StructuredOutputError",
    "Unified",
    "WCode",
]


def __getattr__(name: str) -> object:
    """Find the class of a provider that another package registers."""
    import llamaindex_cncoding

    return getattr(llamaindex_cncoding, name)
