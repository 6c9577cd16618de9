"""What the running step of a workflow tells of itself, as far as the installed release tells it."""

from __future__ import annotations

from typing import Any

from llama_index.core.agent.workflow import ToolCall
from workflows.runtime.types.results import StepWorkerStateContextVar


def find_step() -> Any:
    """Return the step that runs, None outside of a workflow."""
    return StepWorkerStateContextVar.get(None)


def find_tool_call(step: Any) -> str | None:
    """Return the id of the tool call that an agent's step works on; a resumed workflow runs the step with the same."""
    event = getattr(step, "event", None)  # llama-index-workflows before 2.22 does not tell
    return event.tool_id if isinstance(event, ToolCall) else None


def names_tool(step: Any, tool: str) -> bool:
    """Tell whether an agent's step works on a call of the tool of that name, not on one of another that uses it."""
    event = getattr(step, "event", None)
    return isinstance(event, ToolCall) and event.tool_name in (tool, f"a{tool}")


def find_item(step: Any) -> str | None:
    """Return what a step works on; a resumed one works on the same.

    A step that is run for another event, or by another run of the context, works on something else.
    """
    return getattr(getattr(step, "state", None), "work_item_id", None)  # before 2.24 it does not tell
