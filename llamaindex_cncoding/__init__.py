"""Chinese coding-plan models for LlamaIndex: GLM, Kimi, MiniMax, Qwen, DeepSeek and two gateways."""

from typing import TYPE_CHECKING

import llamaindex_cncoding._framework  # first: says in one line what is missing
import llamaindex_cncoding._pretty  # noqa: F401  # says how `cncoding.pretty` reads chunks
from llamaindex_cncoding._errors import StructuredOutputError
from llamaindex_cncoding._events import MediaInProgressEvent, MediaProgressEvent
from llamaindex_cncoding._providers import GLM, DeepSeek, Kimi, MiniMax, Qwen, Unified, WCode
from llamaindex_cncoding.llm import CNCodingLLM
from llamaindex_cncoding.plans import PlansLLM
from llamaindex_cncoding.tool_spec import CNCodingToolSpec

if TYPE_CHECKING:
    from llamaindex_cncoding.pages import PageNode, PageQueryEngine, PageRetriever, PageToolSpec

__all__ = [
    "CNCodingLLM",
    "CNCodingToolSpec",
    "DeepSeek",
    "GLM",
    "Kimi",
    "MediaInProgressEvent",
    "MediaProgressEvent",
    "MiniMax",
    "PageNode",
    "PageQueryEngine",
    "PageRetriever",
    "PageToolSpec",
    "PlansLLM",
    "Qwen",
    "StructuredOutputError",
    "Unified",
    "WCode",
]


def __getattr__(name: str) -> object:
    """Import the names of `pages` when they are first asked for, and find the class of a registered provider."""
    if name in __all__:
        from llamaindex_cncoding import pages

        return getattr(pages, name)
    from cncoding import providers
    from llamaindex_cncoding._providers import find_llm_class

    for provider in providers().values():
        if name == provider.stem:
            return find_llm_class(provider)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
