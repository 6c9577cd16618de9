"""Warnings of the core, shown at the line of the user that caused them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType
from typing import Any

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
    line = _caller.get() or _read_line(_find_caller(sys._getframe(1)) or _find_main_caller())
    if line is None:
        warnings.warn(text, CncodingWarning, stacklevel=2)
        return
    registry = line.names.setdefault("__warningregistry__", {})
    warnings.warn_explicit(text, CncodingWarning, line.file, line.number, module=line.module, registry=registry)


@contextmanager
def remember_caller() -> Iterator[None]:
    """Keep the user's line for warnings of the block, where a framework goes on in other tasks and threads."""
    token = _caller.set(_read_line(_find_caller(sys._getframe(1))))
    try:
        yield
    finally:
        _caller.reset(token)


@dataclass(frozen=True, slots=True)
class _Line:
    file: str
    number: int
    module: str
    names: dict[str, Any]


_caller: ContextVar[_Line | None] = ContextVar("cncoding_caller", default=None)


def _read_line(frame: FrameType | None) -> _Line | None:
    if frame is None:
        return None
    return _Line(frame.f_code.co_filename, frame.f_lineno, _name(frame) or "<unknown>", frame.f_globals)


def show_warnings(several: Iterable[Warned]) -> None:
    """Show several warnings."""
    for warned in several:
        show_warning(warned)


def _find_caller(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame that is of no library between the user and us, None in a thread without one."""
    while frame is not None:
        if _name(frame).partition(".")[0] not in _BETWEEN:
            return frame
        frame = frame.f_back
    return None


def _find_main_caller() -> FrameType | None:
    """Return where the program waits for a framework's threads: `batch` and parallel branches run in such."""
    for frame in sys._current_frames().values():
        outer: FrameType | None = frame
        while outer is not None:
            if _name(outer) == "__main__":
                return _find_caller(frame)
            outer = outer.f_back
    return None


def _name(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__") or "")
