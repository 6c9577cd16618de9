"""Errors learn what to do about them on their way out of a client."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, TypeVar

from cncoding.errors import CncodingError
from cncoding.hints.find import find_hint
from cncoding.hints.language import Language, translate
from cncoding.target import Target

Y = TypeVar("Y")
T = TypeVar("T")


def teach(flow: Generator[Y, Any, T], target: Target, language: Language) -> Generator[Y, Any, T]:
    """Run a flow; an error that leaves it carries its hint in `language`."""
    try:
        return (yield from flow)
    except CncodingError as error:
        if not isinstance(error.hint, str):
            error.hint = find_hint(error, target)
            translate(error, language)
        raise


class speaking(AbstractContextManager[None]):
    """Say the hints of errors from the block in a language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Translate the hint."""
        if isinstance(error, CncodingError):
            translate(error, self._language)
