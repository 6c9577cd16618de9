"""A tool in the graph that runs it: which call of which conversation it is, who hears of progress, whom it asks."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from langchain_core.callbacks.manager import adispatch_custom_event, dispatch_custom_event
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, patch_config

from cncoding import CallIdentity, PurchaseDeclinedError, PurchaseQuestion, means_yes

Json = dict[str, Any]

EVENT = "cncoding_media"
"""Name of the progress events."""
_PROCESS = f"process-{uuid.uuid4().hex}"
"""Stands for the conversation of a call outside of any thread: it ends with the process."""
_CALL = "cncoding_tool_call_id"


def inner(config: RunnableConfig, run_manager: Any) -> RunnableConfig:
    """Return the config of what happens inside a tool's run: its events belong to that run."""
    if run_manager is None:
        return config
    return patch_config(config, callbacks=run_manager.get_child())


# ---------------------------------------------------------------- which call it is


def name_call(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Put the tool call's id where `find_identity` finds it."""
    config: RunnableConfig = ensure_config(kwargs.get("config"))
    config["configurable"] = {**config.get("configurable", {}), _CALL: kwargs.get("tool_call_id")}
    return {**kwargs, "config": config}


def find_identity(config: RunnableConfig, run_manager: Any) -> CallIdentity | None:
    """Return which call of which conversation this is, None for a call without an id.

    Outside of a thread the run tells one conversation from the next: some models count their calls in each anew.
    """
    known = config.get("configurable") or {}
    call = known.get(_CALL)
    if not call:
        return None
    if thread := known.get("thread_id"):
        return CallIdentity(str(thread), str(call))
    return CallIdentity(_PROCESS, f"{call} of {getattr(run_manager, 'parent_run_id', None)}")


# ---------------------------------------------------------------- progress


def tell(event: Json, config: RunnableConfig | None) -> None:
    """Report progress to whoever listens: LangChain's custom events and LangGraph's stream."""
    _write_to_graph(event, config)
    with contextlib.suppress(RuntimeError):  # outside of a run nobody can listen
        dispatch_custom_event(EVENT, event, config=config)


async def atell(event: Json, config: RunnableConfig | None) -> None:
    """Report progress in an event loop; see `tell`."""
    _write_to_graph(event, config)
    with contextlib.suppress(RuntimeError):
        await adispatch_custom_event(EVENT, event, config=config)


def _write_to_graph(event: Json, config: RunnableConfig | None) -> None:
    """Write to `stream_mode="custom"` of the LangGraph that runs the tool, if one does."""
    try:
        from langgraph.config import get_stream_writer
    except ImportError:
        return
    try:
        writer: Any = get_stream_writer()
    except (KeyError, RuntimeError):  # no graph; or Python 3.10 in a task, which sees the config only as an argument
        runtime = ((config or {}).get("configurable") or {}).get("__pregel_runtime")
        writer = getattr(runtime, "stream_writer", None)
    if writer is not None:
        writer({"name": EVENT, **event})


# ---------------------------------------------------------------- asking a person


def ask_person(question: PurchaseQuestion) -> bool:
    """Interrupt the graph that runs the tool, and return what it is resumed with.

    Raises:
        PurchaseDeclinedError: No graph with a checkpointer runs it, so that nobody can be asked.
    """
    try:
        from langgraph.types import interrupt
    except ImportError as error:
        raise PurchaseDeclinedError("confirm_above: needs langgraph to ask. Nothing was bought") from error
    try:
        answer = interrupt(question.to_json())
    except (KeyError, RuntimeError) as error:
        raise PurchaseDeclinedError(
            f"confirm_above: {question} Nobody can be asked outside of a graph with a checkpointer. Nothing was bought"
        ) from error
    return means_yes(answer)
