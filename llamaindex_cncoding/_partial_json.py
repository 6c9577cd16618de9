"""Read JSON objects while they are still being written.

A streamed tool call arrives as thousands of pieces of JSON text, and agents ask after each piece what the arguments
are so far. `PartialObject` reads every character once, keeps its place, and shows open strings as they grow.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, TypeAlias

from cncoding import parse_arguments

JsonObject: TypeAlias = dict[str, Any]

_PLAIN = re.compile(r'[^"\\]*')
_GAP = re.compile(r"[\s,:]*")
_WORD = re.compile(r'[^\s,:\[\]{}"]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEEPEST = 200
"""Brackets inside each other, behind which nothing is read any more."""
_WORDS = {"true": True, "false": False, "null": None}


class _Nothing:
    """The mark for "no value yet", which None cannot be."""


_NOTHING = _Nothing()


class _Open:
    """A container that is not closed yet, and the key that waits for its value."""

    __slots__ = ("key", "values")

    def __init__(self, values: JsonObject | list[Any]) -> None:
        self.values = values
        self.key: str | None = None

    def put(self, value: Any) -> None:
        if isinstance(self.values, list):
            self.values.append(value)
        elif self.key is None:
            self.key = value if isinstance(value, str) else str(value)
        else:
            self.values[self.key] = value
            self.key = None

    def show(self, pending: Any) -> JsonObject | list[Any]:
        """Copy the container, with the unfinished value `pending` in its place."""
        if isinstance(self.values, list):
            return self.values.copy() if pending is _NOTHING else [*self.values, pending]
        if pending is _NOTHING or self.key is None:
            return self.values.copy()
        return {**self.values, self.key: pending}


class PartialObject:
    """Read one JSON object, piece by piece, at a cost linear in its length.

    What stands before the first `{` (prose, a code fence) and after the matching `}` is skipped. Trailing commas,
    raw control characters inside strings and unquoted words pass.

    Attributes:
        length: Characters read so far.
        closed: Whether the object is complete.
    """

    __slots__ = ("_deaf", "_held", "_root", "_stack", "_text", "_word", "closed", "length")

    def __init__(self) -> None:
        self.length = 0
        self.closed = False
        self._stack: list[_Open] = []
        self._root: JsonObject = {}
        self._text: str | None = None
        """The open string, None outside of strings."""
        self._word = ""
        """An open number or word."""
        self._held = ""
        """The beginning of an escape whose end has not arrived."""
        self._deaf: bool | None = None
        """Whether this is JSON inside a JSON string, which only `read_object` unwraps; None before it begins."""

    def feed(self, piece: str) -> None:
        """Read the next piece of text."""
        self.length += len(piece)
        if self._deaf is None and (begun := piece.lstrip()):
            self._deaf = begun[0] == '"'
        if self.closed or self._deaf:
            return
        text, at = self._held + piece, 0
        self._held = ""
        while at < len(text) and not (self.closed or self._deaf):
            at = self._outside(text, at) if self._text is None else self._inside(text, at)

    def value(self) -> JsonObject:
        """Return a copy of what is known so far; later pieces do not change it."""
        pending: Any = _NOTHING
        if self._text is not None and self._stack:
            inner = self._stack[-1]
            pending = self._text if isinstance(inner.values, list) or inner.key is not None else _NOTHING
        for frame in reversed(self._stack):
            pending = frame.show(pending)
        return pending if isinstance(pending, dict) else dict(self._root)

    def _inside(self, text: str, at: int) -> int:
        """Read on inside a string."""
        assert self._text is not None
        end = _PLAIN.match(text, at).end()  # type: ignore[union-attr]  # the pattern matches the empty string
        if end > at:
            self._text += text[at:end]
        if end == len(text):
            return end
        if text[end] == '"':
            self._close_text()
            return end + 1
        return self._escape(text, end)

    def _escape(self, text: str, at: int) -> int:
        """Read the escape that begins at `at`, or hold it until the rest arrives."""
        assert self._text is not None
        mark = text[at + 1 : at + 2]
        if not mark or (mark == "u" and len(text) < at + 6):
            self._held = text[at:]
            return len(text)
        if mark != "u":
            self._text += _ESCAPES.get(mark, mark)
            return at + 2
        code = _read_code(text, at)
        if code is None:
            self._text += "\\u"
            return at + 2
        if not 0xD800 <= code < 0xE000:
            self._text += chr(code)
            return at + 6
        return self._surrogate(text, at, code)

    def _surrogate(self, text: str, at: int, high: int) -> int:
        assert self._text is not None
        if high < 0xDC00 and len(text) < at + 12 and "\\u".startswith(text[at + 6 : at + 8]):
            self._held = text[at:]
            return len(text)
        low = _read_code(text, at + 6) if text[at + 6 : at + 8] == "\\u" else None
        if high >= 0xDC00 or low is None or not 0xDC00 <= low < 0xE000:
            self._text += "\ufffd"
            return at + 6
        self._text += chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        return at + 12

    def _outside(self, text: str, at: int) -> int:
        """Read on between strings."""
        if not self._stack:
            return self._seek(text, at)
        if (end := _WORD.match(text, at).end()) > at:  # type: ignore[union-attr]
            self._word += text[at:end]
            return end
        self._close_word()
        if (end := _GAP.match(text, at).end()) > at:  # type: ignore[union-attr]
            return end
        mark = text[at]
        if mark == '"':
            self._text = ""
        elif mark in "{[":
            self._deaf = len(self._stack) >= _DEEPEST
            self._stack.append(_Open({} if mark == "{" else []))
        else:
            self._close_container(mark)
        return at + 1

    def _seek(self, text: str, at: int) -> int:
        start = text.find("{", at)
        if start < 0:
            return len(text)
        self._stack.append(_Open({}))
        return start + 1

    def _close_text(self) -> None:
        text, self._text = self._text, None
        self._stack[-1].put(text)

    def _close_word(self) -> None:
        if self._word:
            word, self._word = self._word, ""
            self._stack[-1].put(_read_word(word))

    def _close_container(self, mark: str) -> None:
        if isinstance(self._stack[-1].values, list) != (mark == "]"):
            return
        values = self._stack.pop().values
        if self._stack:
            self._stack[-1].put(values)
        elif isinstance(values, dict):
            self._root, self.closed = values, True


def _read_code(text: str, at: int) -> int | None:
    digits = text[at + 2 : at + 6]
    if len(digits) < 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return None
    return int(digits, 16)


def _read_word(word: str) -> Any:
    if word in _WORDS:
        return _WORDS[word]
    for number in (int, float):
        try:
            found = number(word)
        except ValueError:
            continue
        return found if isfinite(found) else word
    return word


def read_object(text: str) -> JsonObject | None:
    """Read the first complete JSON object in `text`, tolerating what `PartialObject` tolerates.

    Returns:
        The object, or None when none is complete. Numbers and strings are read exactly.
    """
    try:
        found = parse_arguments(text)
    except json.JSONDecodeError:
        partial = PartialObject()
        partial.feed(text)
        return partial.value() if partial.closed else None
    except ValueError:
        return None  # deeper or longer than anybody can use
    if isinstance(found, str):
        return read_object(found)
    return found if isinstance(found, dict) else None


def read_arguments(arguments: Any) -> JsonObject | None:
    """Read finished tool arguments: nothing and `null` mean an empty object, JSON inside a JSON string is unwrapped.

    Returns:
        The arguments, or None when they are not a complete JSON object.
    """
    if arguments is None:
        return {}
    if isinstance(arguments, dict):
        return arguments
    if not isinstance(arguments, str):
        return None
    return {} if arguments.strip() in ("", "null", '""') else read_object(arguments)
