"""Errors learn what to do about them on their way out of a client."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from cncoding.errors import CncodingError
from cncoding.hints.find import find_hint
from cncoding.target import Target

Y = TypeVar("Y")
T = TypeVar("T")


def teach(flow: Generator[Y, Any, T], target: Target) -> Generator[Y, Any, T]:
    """Run a flow; an error that leaves it carries its hint, once."""
    try:
        return (yield from flow)
    except CncodingError as error:
        if not error.taught:
            error.hint = find_hint(error, target)
            error.taught = True
            error.note_help()
        raise
