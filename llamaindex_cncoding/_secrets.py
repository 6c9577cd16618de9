"""Keep the headers of one call out of traces: events and spans of LlamaIndex hold the arguments of every call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from pydantic import SecretStr

_HEADERS = ("default_headers", "extra_headers")


def hide_headers(owner: type, names: Iterable[str]) -> None:
    """Have methods of a class put the values of headers into a wrapper before anything can note them.

    Args:
        owner: The class; its methods are already those that note their arguments.
        names: Of the methods.
    """
    for name in names:
        setattr(owner, name, _hide(getattr(owner, name)))


def _hide(method: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def acall(*args: Any, **kwargs: Any) -> Any:
            return await method(*args, **_wrap(kwargs))

        return acall

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **_wrap(kwargs))

    return call


def _wrap(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: _wrap_value(name, value) for name, value in kwargs.items()}


def _wrap_value(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if name == "llm_kwargs":
        return _wrap(dict(value))
    if name not in _HEADERS:
        return value
    return {key: one if isinstance(one, SecretStr) else SecretStr(str(one)) for key, one in value.items()}
