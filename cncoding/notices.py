"""Warnings of the core, shown at the line of the user that caused them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from types import FrameType

from cncoding.errors import CncodingWarning
from cncoding.types import Warned

_BETWEEN = frozenset(
    {
        "cncoding", "cncoding_cli", "langchain_cncoding", "llamaindex_cncoding", "langchain_core", "langchain",
        "langgraph", "deepagents", "llama_index", "workflows", "llama_index_instrumentation", "pydantic", "tenacity",
        "asyncio", "concurrent", "threading", "contextlib", "contextvars", "functools", "anyio", "nest_asyncio",
    }
)  # fmt: skip
"""Packages that stand between the user's line and ours."""


def show_warning(warned: Warned) -> None:
    """Show a warning of a request or a reply to the user, at the line that made the call."""
    text = f"{warned.setting}: {warned.why}"
    frame = _find_caller(sys._getframe(1))
    if frame is None:
        warnings.warn(text, CncodingWarning, stacklevel=2)
        return
    module = str(frame.f_globals.get("__name__") or "<unknown>")
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(
        text, CncodingWarning, frame.f_code.co_filename, frame.f_lineno, module=module, registry=registry
    )


def show_warnings(several: Iterable[Warned]) -> None:
    """Show several warnings."""
    for warned in several:
        show_warning(warned)


def _find_caller(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame that is of no library between the user and us, None in a thread without one."""
    while frame is not None:
        if str(frame.f_globals.get("__name__") or "").partition(".")[0] not in _BETWEEN:
            return frame
        frame = frame.f_back
    return None
