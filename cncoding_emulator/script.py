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

Figures: ``usage in=9 out=5 cached=4 reasoning=2``, ``finish length``.

Shape: ``interleave``, ``whole-args``, ``args-dict``, ``args-null``, ``no-index``, ``same-index``,
``repeat-name``, ``late-id``, ``snapshot``, ``no-done``, ``dup-done``, ``dup-finish``; on the Anthropic wire
``start-repeats``: a block starts with text that comes again.

Delivery: ``delay 0.2s``, ``split 1``, ``cut after=37B``, ``cut after-event 3`` (add ``clean`` to end the body
properly), ``keepalive 2``, ``blank-lines 3``, ``broken-json``, ``html``, ``empty``, ``header X-A: b``.

Failure: ``fault quota reset="2026-11-20 12:00:00"``, ``fault 429 code=1308 retry_after=3`` instead of a reply;
``error-in-stream overloaded`` after the content and before the end.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from .errors import Failure
from .reply import Call, Draft, Pause, Say, Shape, Think

SHAPES = {f.name.replace("_", "-"): f.name for f in fields(Shape)}
USAGE = {"in": "prompt", "out": "completion", "cached": "cached", "reasoning": "reasoning"}


class ScriptError(ValueError):
    """Raised for a line that is no command."""


def parse(text: str) -> list[Draft]:
    """Read a script into replies; raises :class:`ScriptError`."""
    replies: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip() == "---":
            replies.append([])
        elif line[:1] in (" ", "\t") and replies[-1]:
            replies[-1][-1] += "\n" + line.strip()
        elif line.strip() and not line.startswith("#"):
            replies[-1].append(line.rstrip())
    return [_reply(lines) for lines in replies if lines]


def _reply(lines: list[str]) -> Draft:
    draft = Draft(())
    for line in lines:
        word, _, rest = line.partition(" ")
        word, _, below = word.partition("\n")
        rest = rest if not below else f"{below} {rest}".strip()
        if word in SHAPES:
            draft = replace(draft, shape=replace(draft.shape, **{SHAPES[word]: True}))
        elif word in COMMANDS:
            draft = COMMANDS[word](draft, rest)
        else:
            raise ScriptError(f"unknown command {word!r} in {line!r}")
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
    for word in shlex.split(rest):
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


COMMANDS: dict[str, Callable[[Draft, str], Draft]] = {
    "think": _think,
    "signature": _signature,
    "say": _say,
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
