r"""Scripted replies in plain text, in the spirit of kosong's echo language.

One command a line; lines that begin with a space continue the line before; ``#`` starts a comment line;
``---`` begins the next reply. A reply is consumed by one chat request. Text takes ``\\n`` as a line break.

Content, kept in order (think/say/think/call is allowed)::

    think 先想一想            reasoning
    signature abc             signature of the reasoning before (Anthropic wire)
    say 你好                  visible text
    call add {"a": 1}         a tool call; repeat for parallel calls; the rest of the line goes out as it is
    call add #my-id {"a": 1}  the same with a chosen id
    stall 2s                  silence at this place of the stream

Conditions, all of which must hold; a reply that does not fit a request waits for one that does::

    when tools                the request offers tools (also "no tools", "tool NAME", "stream", "after tool")
    when prompt ~ 标题|title   the last user message matches; also "system ~ ..."
    when model glm-*          the model fits the pattern; also "provider kimi"
    when nth 2                the second request that fits the conditions above
    times 3                   the reply serves three requests; "times any" serves them all

Figures: ``usage in=9 out=5 cached=4 reasoning=2``, ``finish length``.

Shape: ``interleave``, ``whole-args``, ``args-dict``, ``args-null``, ``no-index``, ``same-index``,
``repeat-name``, ``late-id``, ``snapshot``, ``no-done``, ``dup-done``, ``dup-finish``; on the Anthropic wire
``start-repeats``: a block starts with text that comes again.

Delivery: ``delay 0.2s``, ``rate 50`` (tokens a second), ``split 1``, ``cut after=37B``, ``cut after-event 3`` (add
``clean`` to end the body properly), ``keepalive 2``, ``blank-lines 3``, ``broken-json``, ``html``, ``empty``,
``header X-A: b``.

Failure: ``fault quota reset="2026-11-20 12:00:00"``, ``fault 429 code=1308 retry_after=3`` instead of a reply;
``error-in-stream overloaded`` after the content and before the end.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

from .conditions import read_condition
from .errors import Failure
from .reply import Call, Draft, Pause, Say, Shape, Think

SHAPES = {f.name.replace("_", "-"): f.name for f in fields(Shape)}
USAGE = {"in": "prompt", "out": "completion", "cached": "cached", "reasoning": "reasoning"}


class ScriptError(ValueError):
    """Raised for a script or fixture that cannot be read.

    Attributes:
        line: Line of the mistake, from 1; 0 when it is not known.
        column: Column of the mistake, from 1; 0 when it is not known.
        source: File of the mistake, "" for a text.
    """

    def __init__(self, problem: str, line: int = 0, column: int = 0, source: str = "") -> None:
        place = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{source + ': ' if source else ''}{place}{problem}")
        self.problem, self.line, self.column, self.source = problem, line, column, source


@dataclass(frozen=True)
class _Command:
    """A command with the place where it stands."""

    word: str
    rest: str
    line: int
    column: int


def parse(text: str, source: str = "") -> list[Draft]:
    """Read a script into replies.

    Args:
        text: The script.
        source: The file it is from, for error messages.

    Raises:
        ScriptError: A line is no command or has a bad value; names line and column.
    """
    replies: list[list[_Command]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() == "---":
            replies.append([])
        elif line[:1] in (" ", "\t") and replies[-1]:
            last = replies[-1][-1]
            replies[-1][-1] = replace(last, rest=f"{last.rest}\n{line.strip()}".lstrip("\n"))
        elif line.strip() and not line.startswith("#"):
            word, _, rest = line.strip().partition(" ")
            column = len(line) - len(line.lstrip()) + 1
            replies[-1].append(_Command(word, rest.strip(), number, column))
    return [_read_reply(commands, source) for commands in replies if commands]


def _read_reply(commands: list[_Command], source: str) -> Draft:
    draft = Draft(())
    for command in commands:
        if command.word in SHAPES:
            draft = replace(draft, shape=replace(draft.shape, **{SHAPES[command.word]: True}))
            continue
        if command.word not in COMMANDS:
            near = get_close_matches(command.word, [*COMMANDS, *SHAPES], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ScriptError(f"unknown command {command.word!r}{hint}", command.line, command.column, source)
        try:
            draft = COMMANDS[command.word](draft, command.rest)
        except ScriptError as error:
            column = command.column + len(command.word) + 1
            raise ScriptError(f"{command.word}: {error.problem}", command.line, column, source) from None
    return draft


def _text(rest: str) -> str:
    return rest.replace("\\n", "\n")


def _think(draft: Draft, rest: str) -> Draft:
    return replace(draft, segments=(*draft.segments, Think(_text(rest))))


def _signature(draft: Draft, rest: str) -> Draft:
    if not draft.segments or not isinstance(draft.segments[-1], Think):
        raise ScriptError("signature must follow think")
    return replace(draft, segments=(*draft.segments[:-1], replace(draft.segments[-1], signature=rest)))


def _say(draft: Draft, rest: str) -> Draft:
    return replace(draft, segments=(*draft.segments, Say(_text(rest))))


def _call(draft: Draft, rest: str) -> Draft:
    found = re.match(r"(\S+)(?:\s+#(\S+))?(?:\s(.*))?\Z", rest, re.S)
    if found is None:
        raise ScriptError("call needs a tool name")
    call = Call(found[1], (found[3] or "").strip(), found[2] or "")
    return replace(draft, segments=(*draft.segments, call))


def _seconds(text: str) -> float:
    try:
        return float(text.strip().removesuffix("s"))
    except ValueError:
        raise ScriptError(f"not a number of seconds: {text!r}") from None


def _stall(draft: Draft, rest: str) -> Draft:
    return replace(draft, segments=(*draft.segments, Pause(_seconds(rest))))


def _number(text: str) -> int:
    try:
        return int(text.strip().removesuffix("B"))
    except ValueError:
        raise ScriptError(f"not a number: {text!r}") from None


def _usage(draft: Draft, rest: str) -> Draft:
    pairs = [word.partition("=") for word in rest.split()]
    unknown = [key for key, _, _ in pairs if key not in USAGE]
    if unknown:
        raise ScriptError(f"usage knows {', '.join(USAGE)}, not {unknown[0]!r}")
    return replace(draft, usage={USAGE[key]: _number(value) for key, _, value in pairs})


def _finish(draft: Draft, rest: str) -> Draft:
    return replace(draft, finish=rest.strip())


def failure(rest: str) -> Failure:
    """Read ``[status] [preset] key=value ...``."""
    values: dict[str, Any] = {}
    kind = ""
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise ScriptError(str(error).lower()) from None
    for word in words:
        key, equals, value = word.partition("=")
        if not equals and word.isdigit():
            values["status"] = int(word)
        elif word == "framed":
            values["framed"] = True
        elif not equals:
            kind = word
        elif key in ("code", "type", "message", "reset"):
            values[key] = value
        elif key == "retry_after":
            values[key] = _seconds(value)
        else:
            raise ScriptError(f"fault knows code, type, message, reset, retry_after, not {key!r}")
    return Failure(kind, **values)


def _fault(draft: Draft, rest: str) -> Draft:
    return replace(draft, fault=failure(rest))


def _delivery(draft: Draft, **changes: Any) -> Draft:
    return replace(draft, delivery=replace(draft.delivery, **changes))


def _cut(draft: Draft, rest: str) -> Draft:
    found = re.fullmatch(r"after(?:=|-event[ =])(\d+)B?(\s+clean)?", rest.strip())
    if found is None:
        raise ScriptError(f"cut wants after=37B or after-event 3, not {rest!r}")
    key = "cut_events" if "event" in rest else "cut_bytes"
    return _delivery(draft, **{key: int(found[1]), "clean_cut": bool(found[2])})


def _header(draft: Draft, rest: str) -> Draft:
    name, colon, value = rest.partition(":")
    if not colon:
        raise ScriptError("header wants 'Name: value'")
    return _delivery(draft, headers=(*draft.delivery.headers, (name.strip(), value.strip())))


def _flag(name: str) -> Callable[[Draft, str], Draft]:
    return lambda draft, rest: _delivery(draft, **{name: True})


def _count(name: str) -> Callable[[Draft, str], Draft]:
    return lambda draft, rest: _delivery(draft, **{name: _number(rest or "1")})


def _when(draft: Draft, rest: str) -> Draft:
    try:
        return replace(draft, when=(*draft.when, read_condition(rest)))
    except ValueError as error:
        raise ScriptError(str(error)) from None


def _times(draft: Draft, rest: str) -> Draft:
    return replace(draft, times=None if rest.strip() == "any" else _number(rest))


def _rate(draft: Draft, rest: str) -> Draft:
    return _delivery(draft, rate=_seconds(rest))


COMMANDS: dict[str, Callable[[Draft, str], Draft]] = {
    "think": _think,
    "signature": _signature,
    "say": _say,
    "when": _when,
    "times": _times,
    "rate": _rate,
    "call": _call,
    "stall": _stall,
    "usage": _usage,
    "finish": _finish,
    "fault": _fault,
    "cut": _cut,
    "header": _header,
    "delay": lambda draft, rest: _delivery(draft, delay=_seconds(rest)),
    "split": _count("split"),
    "keepalive": _count("keepalive"),
    "blank-lines": _count("blank_lines"),
    "broken-json": _flag("broken_json"),
    "html": _flag("html"),
    "empty": _flag("empty"),
    "error-in-stream": lambda draft, rest: _delivery(draft, error=failure(rest or "server_error")),
}
