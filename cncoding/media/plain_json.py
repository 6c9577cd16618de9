"""Whether plain JSON has the shape that was written: anybody may have changed it, and a vendor writes what it likes.

A shape says of every field what it may be; `values` has those of assets and jobs, `client/journal_rows.py` that of a
row of the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, TypeAlias, TypeGuard

Check: TypeAlias = Callable[[Any], bool]
Shape: TypeAlias = Mapping[str, Check]


def is_text(value: Any) -> bool:
    """Tell whether it is a text."""
    return isinstance(value, str)


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether it is a number that can be reckoned with."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:  # more digits than a float has
        return False


def is_moment(value: Any) -> bool:
    """Tell whether it is a time in seconds since the epoch, before the year 9999."""
    return is_number(value) and 0 <= value < 253_370_000_000


def is_object(value: Any) -> bool:
    """Tell whether it is an object."""
    return isinstance(value, Mapping)


def or_none(check: Check) -> Check:
    """Return the check that lets nothing pass, too."""
    return lambda value: value is None or check(value)


def one_of(words: Iterable[str]) -> Check:
    """Return the check of one of some words."""
    known = frozenset(words)
    return lambda value: isinstance(value, str) and value in known


def list_misfits(value: Mapping[str, Any], shape: Shape) -> list[str]:
    """Return the names of the fields that are there and are not what they may be."""
    return [name for name, check in shape.items() if name in value and not check(value[name])]
