"""Asking a person before something is bought, by LlamaIndex's events, one question at a time.

Every `HumanResponseEvent` answers all waiters of a run at once, so that two tools that ask together would both take the
first answer. A second question is therefore asked when the first is answered, also in a process that resumes the run.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from workflows.runtime.types.results import WaitingForEvent

from cncoding import PurchaseQuestion, means_yes
from llamaindex_cncoding._memory import recall, remember
from llamaindex_cncoding._steps import find_step

_OURS = "cncoding-"
_PAUSE = 0.1
"""Seconds between two looks whether it is our turn."""


@dataclass(slots=True)
class _Turns:
    """The questions of one run."""

    current: str | None = None
    answered: set[str] = field(default_factory=set)


_RUNS: WeakKeyDictionary[Any, _Turns] = WeakKeyDictionary()
"""By the store of the run, which is another one in each."""


def make_asker(context: Context, call: str) -> Callable[[PurchaseQuestion], Any]:
    """Return the function that asks whether a call may buy; the step is left, and run again when there is an answer."""

    async def ask(question: PurchaseQuestion) -> bool:
        text = f"{question} (yes/no)"
        name = _OURS + hashlib.sha256(f"{call} {text}".encode()).hexdigest()[:32]
        if (known := await recall(context, name)) is not None:
            # A step that is run again for the answer to a later question asks its earlier ones again, and every answer
            # of the run would be one to them.
            return bool(known)
        turns = _RUNS.setdefault(context.store, _Turns())
        await _wait_for_turn(turns, name)
        try:
            asked = InputRequiredEvent(**{"prefix": text, **question.to_json()})
            answer = await context.wait_for_event(HumanResponseEvent, waiter_id=name, waiter_event=asked)
        except WaitingForEvent:
            raise
        except BaseException:
            _leave(turns, name)
            raise
        agreed = means_yes(answer.response)
        await remember(context, name, agreed)
        _leave(turns, name)
        return agreed

    return ask


async def _wait_for_turn(turns: _Turns, name: str) -> None:
    if turns.current is None:
        turns.current = next((one for one in _list_waiting() if one != name and one not in turns.answered), None)
    while turns.current not in (None, name):
        await asyncio.sleep(_PAUSE)
    turns.current = name


def _list_waiting() -> list[str]:
    """Return the names of the questions that were asked before this step began, by a process that is gone."""
    step = find_step()
    waiters = step.state.collected_waiters if step is not None else []
    return [one.waiter_id for one in waiters if one.waiter_id.startswith(_OURS) and one.resolved_event is None]


def _leave(turns: _Turns, name: str) -> None:
    turns.answered.add(name)
    if turns.current == name:
        turns.current = None
