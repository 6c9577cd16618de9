"""The panel of all plans, drawn again and again in a notebook."""

from __future__ import annotations

import time
from importlib import import_module
from itertools import count
from typing import Any

from cncoding.client.panel import read_plans
from cncoding.errors import ConfigError


def watch_plans(provider: str | None = None, *, every: float = 60.0, times: int | None = None) -> None:
    """Show what every plan of the environment has left, and ask again until the cell is interrupted.

    Outside of a notebook each panel is printed; `cncoding plan --watch 60` draws one in a terminal.

    Args:
        provider: Only this one.
        every: Seconds from one look to the next, at least 5.
        times: How many looks; None goes on until it is interrupted.

    Raises:
        ConfigError: `every` is too small.
    """
    if isinstance(every, bool) or not isinstance(every, int | float) or not every >= 5:
        raise ConfigError(f"every={every!r}: give seconds, at least 5")
    handle: Any = None
    try:
        for look in count(1):
            panel = read_plans(provider)
            handle = _draw(panel, handle)
            if look == times:
                return
            time.sleep(every)
    except KeyboardInterrupt:
        return


def _draw(panel: Any, handle: Any) -> Any:
    try:
        shown = import_module("IPython.display")
        if import_module("IPython").get_ipython() is None:
            raise ModuleNotFoundError
    except ModuleNotFoundError:
        print(repr(panel))
        return None
    if handle is None:
        return shown.display(panel, display_id=True)
    handle.update(panel)
    return handle
