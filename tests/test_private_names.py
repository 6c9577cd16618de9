"""Private names of the frameworks that we build on. When a new version lacks one, the failing test says which."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import langchain_cncoding
import llamaindex_cncoding

CHAT = "langchain_core.language_models.chat_models:BaseChatModel"
FUNCTION = "llama_index.core.llms.function_calling:FunctionCallingLLM"
NAMES = [
    *((CHAT, name) for name in (
        "_generate", "_agenerate", "_stream", "_astream", "_llm_type", "_identifying_params", "_get_ls_params",
        "_get_llm_string", "_get_invocation_params", "_resolve_model_profile", "_serialized", "_add_version",
    )),
    ("langchain_core.tools:BaseTool", "_run"),
    ("langchain_core.tools:BaseTool", "_arun"),
    ("langchain_core.tools:BaseTool", "_parse_input"),
    ("langchain_core.retrievers:BaseRetriever", "_get_relevant_documents"),
    ("langchain_core.retrievers:BaseRetriever", "_aget_relevant_documents"),
    *((FUNCTION, name) for name in (
        "_prepare_chat_with_tools", "_structured_stream_call", "_structured_astream_call",
    )),
    ("llama_index.core.prompts.mixin:PromptMixin", "_get_prompt_modules"),
    ("llama_index.core.prompts.mixin:PromptMixin", "_get_prompts"),
    ("llama_index.core.prompts.mixin:PromptMixin", "_update_prompts"),
    ("llama_index.core.base.base_retriever:BaseRetriever", "_retrieve"),
    ("llama_index.core.base.base_retriever:BaseRetriever", "_aretrieve"),
    ("llama_index.core.base.base_query_engine:BaseQueryEngine", "_query"),
    ("llama_index.core.base.base_query_engine:BaseQueryEngine", "_aquery"),
    ("llama_index.core.postprocessor.types:BaseNodePostprocessor", "_postprocess_nodes"),
]  # fmt: skip
"""Where a name stands, as `module:class`, and the name."""
NOT_OURS = ("_abc_", "_step_functions")
"""What a metaclass puts on every class: that of abstract classes, and that of LlamaIndex's workflows."""
FRAMEWORKS = frozenset({"langchain_core", "langchain", "langgraph", "llama_index"})
LOOKED_UP = [
    ("langchain_core.language_models.chat_models", "_stream_chat_model_events"),
    ("langchain_core.language_models.chat_models", "_astream_chat_model_events"),
]
"""Names of ours that a framework looks up, and the module that does."""


@pytest.mark.parametrize(("place", "name"), NAMES)
def test_the_framework_has(place: str, name: str) -> None:
    module, _, owner = place.partition(":")
    assert hasattr(getattr(importlib.import_module(module), owner), name), f"{place} has no {name} any more"


@pytest.mark.parametrize(("module", "name"), LOOKED_UP)
def test_the_framework_looks_up(module: str, name: str) -> None:
    assert name in inspect.getsource(importlib.import_module(module)), f"{module} does not look {name} up any more"


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("deepagents"):
            yield importlib.import_module(found.name)


def overrides(package: ModuleType) -> Iterator[tuple[type, str]]:
    """Yield the class of the framework and the private name that a class of ours overrides."""
    for module in modules(package):
        for kind in vars(module).values():
            if not inspect.isclass(kind) or kind.__module__ != module.__name__:
                continue
            private = [name for name in vars(kind) if name.startswith("_") and not name.startswith(("__", *NOT_OURS))]
            theirs = [base for base in kind.__mro__[1:] if base.__module__.partition(".")[0] in FRAMEWORKS]
            yield from ((base, name) for name in private for base in theirs if name in vars(base))


@pytest.mark.parametrize("package", [langchain_cncoding, llamaindex_cncoding], ids=lambda package: package.__name__)
def test_the_list_is_complete(package: ModuleType) -> None:
    def load(place: str) -> Any:
        module, _, owner = place.partition(":")
        return getattr(importlib.import_module(module), owner)

    listed = {(name, base) for place, name in NAMES for base in load(place).__mro__}
    found = set(overrides(package))
    missing = {f"{base.__module__}:{base.__name__} {name}" for base, name in found if (name, base) not in listed}
    assert found and missing == set()
