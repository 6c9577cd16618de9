"""Conditions of scripted replies, so that a request for a title does not eat the tool call meant for the agent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .request import ChatRequest

Test = Callable[[ChatRequest, str], bool]


@dataclass(frozen=True)
class Condition:
    """One condition: its words and its test of a request and the provider's id.

    Attributes:
        nth: Holds only for the n-th request that meets the other conditions.
    """

    words: str
    test: Test = lambda chat, provider: True
    nth: int | None = None


def _after_tool(chat: ChatRequest, provider: str) -> bool:
    return bool(chat.messages) and chat.messages[-1].role == "tool"


PLAIN: dict[str, Test] = {
    "tools": lambda chat, provider: bool(chat.tools),
    "no tools": lambda chat, provider: not chat.tools,
    "stream": lambda chat, provider: chat.stream,
    "no stream": lambda chat, provider: not chat.stream,
    "images": lambda chat, provider: bool(chat.pictures),
    "after tool": _after_tool,
}


def read_condition(text: str) -> Condition:
    """Read the words after ``when``.

    Raises:
        ValueError: There is no such condition, or its pattern is broken.
    """
    words = " ".join(text.split())
    if words in PLAIN:
        return Condition(words, PLAIN[words])
    matched = re.fullmatch(r"(prompt|system)\s*~\s*(.+)", words)
    if matched is not None:
        return Condition(words, _match_text(matched[1], matched[2]))
    name, _, value = words.partition(" ")
    if name in ("model", "provider", "tool") and value:
        return Condition(words, _match_name(name, value))
    if name == "nth" and value.isdigit() and int(value) > 0:
        return Condition(words, nth=int(value))
    known = ", ".join(PLAIN)
    raise ValueError(
        f"there is no condition {text!r}; there are {known}, prompt ~ PATTERN, system ~ PATTERN, model NAME, "
        "provider NAME, tool NAME, nth N"
    )


def _match_text(where: str, pattern: str) -> Test:
    try:
        compiled = re.compile(pattern, re.I)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from None
    if where == "prompt":
        return lambda chat, provider: bool(compiled.search(chat.question))
    return lambda chat, provider: bool(compiled.search(chat.system))


def _match_name(name: str, wanted: str) -> Test:
    if name == "model":
        return lambda chat, provider: fnmatchcase(chat.model, wanted)
    if name == "provider":
        return lambda chat, provider: provider == wanted
    return lambda chat, provider: any(tool.name == wanted for tool in chat.tools)
