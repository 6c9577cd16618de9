"""Arguments of the constructor and of one call: which there are, and what a wrong one means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from langchain_cncoding._errors import CNCodingConfigError

ALIASES = {
    "model_name": "model",
    "request_timeout": "timeout",
    "stop_sequences": "stop",
    "max_completion_tokens": "max_tokens",
    "extra_headers": "default_headers",
}
"""Names that other chat models use for ours."""

REQUEST_FIELDS = (
    "model", "temperature", "top_p", "max_tokens", "stop", "seed", "thinking", "thinking_budget", "reasoning_effort",
    "search", "extra_body", "vision",
)  # fmt: skip
"""Fields that say what is asked; every one may be given per call too."""
CLIENT_FIELDS = ("endpoint", "base_url", "wire", "timeout", "max_retries", "user_agent", "default_headers")
"""Fields that say whom is asked and how; every one may be given per call too."""
CALL_ONLY = (
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "strict",
    "response_format",
    "stream_usage",
    "output_version",
)
"""Arguments of a call, or of `bind`, that are no fields or steer the form of the reply."""
_FRAMEWORK = frozenset({"stream", "stream_options", "structured_output_format"})
"""Arguments that LangChain hands down for its own sake; also all that begin with `ls_` or `lc_`."""

_ELSEWHERE = {
    "model_kwargs": "give vendor fields in extra_body=",
    "api_key": "the key belongs to the object: model.model_copy(update={'api_key': ...})",
    "n": "one reply is made per call; use batch()",
    "openai_api_key": "the key is api_key=",
    "openai_api_base": "the address is base_url=",
    "api_base": "the address is base_url=",
    "enable_thinking": "that is thinking=True or False",
    "enable_search": "that is search=True",
    "reasoning": "that is thinking=, thinking_budget= and reasoning_effort=",
}


def rename(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings under our names."""
    if not settings.keys() & ALIASES.keys():
        return dict(settings)
    renamed = {name: value for name, value in settings.items() if name not in ALIASES}
    for alias, name in ALIASES.items():
        if alias in settings:
            renamed.setdefault(name, settings[alias])
    return renamed


_VENDORS = "vendor fields go into extra_body="


def refuse_unknown(given: Iterable[str], known: Iterable[str], where: str, otherwise: str = _VENDORS) -> None:
    """Refuse names that mean nothing, with the nearest name that does.

    Args:
        given: The names.
        known: Those that mean something.
        where: What they were given to.
        otherwise: What to say where no known name is near.

    Raises:
        CNCodingConfigError: For the first unknown name.
    """
    names = set(known)
    for name in given:
        if name in names:
            continue
        hint = _ELSEWHERE.get(name)
        if hint is None:
            near = difflib.get_close_matches(name, names | ALIASES.keys(), n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else otherwise
        raise CNCodingConfigError(f"{where} got an unknown argument {name!r}; {hint}")


def call_arguments(kwargs: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the arguments of one call under our names, without those that are LangChain's own.

    Raises:
        CNCodingConfigError: An argument is unknown.
    """
    if not kwargs:
        return {}
    ours = {
        name: value for name, value in kwargs.items() if name not in _FRAMEWORK and not name.startswith(("ls_", "lc_"))
    }
    ours = rename(ours)
    refuse_unknown(ours, (*REQUEST_FIELDS, *CLIENT_FIELDS, *CALL_ONLY), f"a call of {where}")
    return ours


def explain(error: ValidationError, where: str) -> str:
    """Name the wrong fields without their values: one may be a key."""
    wrong = "; ".join(f"{'.'.join(str(step) for step in item['loc'])}: {item['msg']}" for item in error.errors())
    return f"{where} got a wrong argument: {wrong}"
