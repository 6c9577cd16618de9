"""Remind a program that nobody watches of what the pages of a plan say about unattended use."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable

from cncoding.notices import show_warning
from cncoding.target import Target
from cncoding.types import Warned

_reminded: set[tuple[str, str]] = set()
"""Providers and endpoints of which this process was told."""


def remind_of_terms(targets: Iterable[Target]) -> None:
    """Warn once for each plan whose terms say interactive use only, where there is neither terminal nor notebook."""
    for target in targets:
        terms = target.endpoint.terms
        name = (target.provider.id, target.endpoint.name)
        if terms is None or not terms.interactive_only or name in _reminded or _has_user():
            continue
        _reminded.add(name)
        why = (
            f"{name[0]} {name[1]}: {terms.text} ({terms.source}); this program has no terminal, "
            f"and unattended use belongs to endpoint={terms.allowed!r}"
        )
        show_warning(Warned("terms", why))


def _has_user() -> bool:
    if hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__"):
        return True
    return any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
