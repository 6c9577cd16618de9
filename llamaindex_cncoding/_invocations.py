"""A tool call of an agent runs once, even where its workflow starts it twice.

An answer of a person (`HumanResponseEvent`) wakes every waiter of the run that it fits, the one of a tool that was
answered before and is still at work included: its step is started a second time beside the first. An agent counts
results, so that the second result of one tool would stand in the place of another tool's first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from llama_index.core.workflow import Context, Event
from workflows.runtime.types.results import AddWaiter, WaitingForEvent

from llamaindex_cncoding._steps import find_item, find_step, find_tool_call

_RUNS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""By the store of the run: the step that works on each of its work items, or has."""


class NeverEvent(Event):
    """What a step waits for that has nothing to do any more; nobody sends it."""


@dataclass(slots=True)
class Invocation:
    """One start of an agent's step for a tool call; as a context manager, the time of its work.

    Raises:
        WaitingForEvent: Another start works on the same call, or has: this one leaves without a result.
    """

    context: Context
    step: Any = field(default_factory=find_step)

    def __enter__(self) -> None:
        if (name := self._item) is None:
            return
        steps = _RUNS.setdefault(self.context.store, {})
        if steps.setdefault(name, self.step) is not self.step:
            waiter: AddWaiter[Any] = AddWaiter(
                waiter_id=f"again-{name}", requirements={}, timeout=None, event_type=NeverEvent
            )
            raise WaitingForEvent(waiter)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and (issubclass(kind, WaitingForEvent) or not issubclass(kind, Exception)):
            _RUNS.get(self.context.store, {}).pop(self._item or "", None)  # it left without a result, and may come back

    @property
    def _item(self) -> str | None:
        """The name of what the step works on, where it is a tool call of an agent and the workflow tells it."""
        return None if find_tool_call(self.step) is None else find_item(self.step)
