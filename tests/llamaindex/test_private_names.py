"""The names of LlamaIndex that are not promised and that we use all the same: a new version may lack them."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

import llamaindex_cncoding
import llamaindex_cncoding.pages
from llamaindex_cncoding import rag
from llamaindex_cncoding.mcp import McpTool

CORE = "llama_index.core"
NAMES: dict[str, tuple[str, ...]] = {
    f"{CORE}.llms.llm:LLM._extend_messages": ("messages",),
    f"{CORE}.llms.llm:LLM._structured_stream_call": ("output_cls", "prompt", "llm_kwargs"),
    f"{CORE}.llms.llm:LLM._structured_astream_call": ("output_cls", "prompt", "llm_kwargs"),
    f"{CORE}.llms.function_calling:FunctionCallingLLM._prepare_chat_with_tools": (
        "tools", "user_msg", "chat_history", "verbose", "allow_parallel_tool_calls", "tool_required",
    ),
    f"{CORE}.llms.function_calling:FunctionCallingLLM.predict_and_call": (
        "tools", "user_msg", "chat_history", "verbose", "allow_parallel_tool_calls", "error_on_no_tool_call",
    ),
    f"{CORE}.base.llms.generic_utils:chat_to_completion_decorator": ("func",),
    f"{CORE}.base.llms.generic_utils:achat_to_completion_decorator": ("func",),
    f"{CORE}.base.llms.generic_utils:stream_chat_to_completion_decorator": ("func",),
    f"{CORE}.base.llms.generic_utils:astream_chat_to_completion_decorator": ("func",),
    f"{CORE}.program.utils:create_flexible_model": ("model",),
    f"{CORE}.program.utils:FlexibleModel": (),
    f"{CORE}.base.base_retriever:BaseRetriever._retrieve": ("query_bundle",),
    f"{CORE}.base.base_retriever:BaseRetriever._aretrieve": ("query_bundle",),
    f"{CORE}.base.base_query_engine:BaseQueryEngine._query": ("query_bundle",),
    f"{CORE}.base.base_query_engine:BaseQueryEngine._aquery": ("query_bundle",),
    f"{CORE}.prompts.mixin:PromptMixin._get_prompts": (),
    f"{CORE}.prompts.mixin:PromptMixin._update_prompts": (),
    f"{CORE}.prompts.mixin:PromptMixin._get_prompt_modules": (),
    f"{CORE}.schema:BaseComponent.custom_model_dump": ("handler", "info"),
    f"{CORE}.async_utils:asyncio_run": ("coro",),
    "llama_index_instrumentation:get_dispatcher": ("name",),
    "workflows.runtime.types.results:StepWorkerContext": ("event",),
    "workflows.runtime.types.results:StepWorkerStateContextVar": (),
    "workflows.runtime.types.results:WaitingForEvent": (),
    "workflows.runtime.types.results:StepWorkerState": ("collected_waiters",),
    "workflows.runtime.types.results:StepWorkerWaiter": ("waiter_id", "resolved_event"),
    "workflows.errors:ContextStateError": (),
}  # fmt: skip


def find(path: str) -> Any:
    module, _, names = path.partition(":")
    found: Any = importlib.import_module(module)
    for name in names.split("."):
        found = inspect.getattr_static(found, name) if inspect.isclass(found) else getattr(found, name)
    return found


@pytest.mark.parametrize("path", NAMES)
def test_the_name_is_still_there(path: str) -> None:
    try:
        found = find(path)
    except (ImportError, AttributeError):
        pytest.fail(f"LlamaIndex has {path} no longer, and llamaindex_cncoding uses it")
    found = getattr(found, "wrapped", found)
    if not NAMES[path]:
        return
    missing = set(NAMES[path]) - set(inspect.signature(found).parameters)
    assert not missing, f"{path} has no argument {missing} any more"


def overridden() -> list[tuple[type, str]]:
    """The private methods of LlamaIndex's classes that ours have too, with the class that has them first."""
    public = (getattr(llamaindex_cncoding, name) for name in llamaindex_cncoding.__all__)
    ours = [kind for kind in (*public, rag.LexicalRetriever, McpTool) if inspect.isclass(kind)]
    kinds = {
        base for kind in ours for base in inspect.getmro(kind) if base.__module__.startswith("llamaindex_cncoding")
    }
    found = []
    for kind in kinds:
        theirs = [base for base in inspect.getmro(kind) if base.__module__.startswith("llama_index.")]
        for name in (name for name in vars(kind) if name.startswith("_") and not name.startswith("__")):
            holders = [base for base in theirs if callable(vars(base).get(name))]
            found += [(base, name) for base in holders[:1]]
    return found


def test_the_list_is_complete() -> None:
    assert overridden()
    for base, name in overridden():
        assert any(path.endswith(f":{base.__name__}.{name}") for path in NAMES), f"{base.__name__}.{name} is not listed"
