"""What tools remember in the context of a workflow, so that a run that is resumed knows it, too."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from llama_index.core.workflow import Context

_HERE: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""By the store of the run: what a state of the user's own class has no place for. It is gone with the process."""


async def recall(context: Context, name: str) -> Any:
    """Return what was remembered under a name, None if nothing was."""
    found = await context.store.get(name, default=None)
    return _HERE.get(context.store, {}).get(name) if found is None else found


async def remember(context: Context, name: str, value: Any) -> None:
    """Keep a plain value under a name."""
    try:
        await context.store.set(name, value)
    except ValueError:  # pydantic's: the state is of a class that has no such field
        _HERE.setdefault(context.store, {})[name] = value
