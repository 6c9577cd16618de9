"""What a client must never tell: its key and the headers that its user gave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
MASK = "***"
_SHORTEST = 8
"""A shorter text is no secret, and taking it out of every message would spoil them."""
_HARMLESS = {"accept", "accept-language", "content-type", "user-agent", "x-title", "http-referer"}


class Hidden(Generic[T]):
    """A value that does not show in traces."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        """Show nothing."""
        return "Hidden()"


E = TypeVar("E", bound=BaseException)


def forget_frames(error: E) -> E:
    """Return an exception without the frames that it passed, whose variables may hold a key."""
    one: BaseException | None = error
    while one is not None:
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    return error


class Secrets:
    """Texts that are taken out of every exception that leaves the client."""

    def __init__(self, keys: Iterable[str | None], headers: Mapping[str, str]) -> None:
        found = {key for key in keys if key}
        for name, value in headers.items():
            if name.lower() not in _HARMLESS and isinstance(value, str):
                found |= {value, *value.split()}
        found = {one for one in found if len(one) >= _SHORTEST}
        self._texts = sorted(found, key=len, reverse=True)

    def scrub_text(self, text: str) -> str:
        """Return a text without secrets."""
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, MASK)
        return text

    def scrub(self, value: Any, depth: int = 6) -> Any:
        """Return JSON-like data without secrets."""
        if isinstance(value, str):
            return self.scrub_text(value)
        if isinstance(value, bytes):
            return value if not self._occurs(value) else self.scrub_text(value.decode("latin-1")).encode("latin-1")
        if depth == 0:
            return value
        if isinstance(value, dict):
            return {self.scrub(key, depth - 1): self.scrub(one, depth - 1) for key, one in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self.scrub(one, depth - 1) for one in value)
        return value

    def _occurs(self, value: bytes) -> bool:
        return any(secret.encode() in value for secret in self._texts)

    def clean(self, error: BaseException) -> None:
        """Take the secrets out of an exception, its notes and all that it came from."""
        seen: set[int] = set()
        found: list[BaseException | None] = [error]
        while found:
            one = found.pop()
            if one is None or id(one) in seen:
                continue
            seen.add(id(one))
            found += [one.__cause__, one.__context__]
            one.args = self.scrub(one.args)
            for name, value in list(vars(one).items()):
                scrubbed = self.scrub(value)
                if scrubbed is not value and scrubbed != value:
                    setattr(one, name, scrubbed)

    def __enter__(self) -> None:
        """Begin a block whose exceptions are cleaned."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clean what leaves the block."""
        if error is not None and not isinstance(error, (GeneratorExit, StopIteration)):
            self.clean(error)
