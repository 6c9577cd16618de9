"""Numbers of jobs and files, as the vendors give them: what is none leads a request nowhere else."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from cncoding.errors import ConfigError

_LONGEST_ID = 1000
"""Characters of an id; those of the vendors have 64 at most."""


def quote_id(task: str) -> str:
    """Return a task id as one step of a path, whatever is in it.

    Raises:
        ConfigError: It is none, see `check_id`.
    """
    check_id(task)
    return quote(task, safe="")


def check_id(task: str) -> None:
    """Refuse what is no id: what a host that reads `%2F` as a slash would take for another path, and no text.

    Raises:
        ConfigError: It is none.
    """
    steps = re.split(r"[/\\]", unquote(task, errors="replace"))
    if len(task) > _LONGEST_ID or not task.isprintable() or not all(step.strip(".") for step in steps):
        raise ConfigError(f"job: {task[:80]!r} is no number of a job")
