"""What a vendor sent, in the shape that is read here.

Absent, null and empty are nothing. What should hold the answer and has another shape is a `ProtocolError`, never an
`AttributeError` out of the middle of a decoder.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

from cncoding.errors import ConfigError, ProtocolError
from cncoding.exchange.halves import may_hold_halves, mend_value
from cncoding.exchange.steps import Reply
from cncoding.types import JsonObject


def parse_json(text: str | bytes, *, strict: bool = True, finite: bool = False) -> Any:
    """Parse JSON.

    Args:
        text: What to parse.
        strict: Whether raw control characters in strings are refused.
        finite: Whether what nobody can reckon with or write as JSON again (`NaN`, `1e999`) becomes None.

    Raises:
        ValueError: It is none, or is nested deeper than Python can follow.
    """
    try:
        if finite:
            return json.loads(text, strict=strict, parse_float=_read_float, parse_constant=lambda word: None)
        return json.loads(text, strict=strict)
    except RecursionError as error:
        raise ValueError("nested deeper than Python can follow") from error


def load_json(text: str | bytes, what: str, provider: str | None = None) -> Any:
    """Parse what a vendor sent as JSON; a number that is none is None.

    Raises:
        ProtocolError: It is none, or is nested deeper than Python can follow.
    """
    try:
        return parse_json(text, finite=True)
    except ValueError as error:
        payload = text[:2000].decode("utf-8", errors="replace") if isinstance(text, bytes) else text
        raise ProtocolError(f"{what} is not JSON: {error}", provider=provider, payload=payload) from error


def _read_float(digits: str) -> float | None:
    value = float(digits)
    return value if isfinite(value) else None


MAX_DEPTH = 200
"""Brackets inside each other that tool arguments may have: Python follows a thousand, and not everywhere."""


def parse_arguments(text: str, *, strict: bool = False) -> Any:
    """Parse the JSON text of tool arguments; raw control characters in strings pass unless it is `strict`.

    Raises:
        json.JSONDecodeError: It is no JSON.
        ValueError: It is, but deeper than `MAX_DEPTH` or with a number of thousands of digits: nobody can use it.
    """
    if text.count("{") + text.count("[") > MAX_DEPTH and _measure_depth(text) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return parse_json(text, strict=strict)


_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{\]}]', re.S)


def _measure_depth(text: str) -> int:
    deepest = depth = 0
    for found in _BRACKETS.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def as_object(value: Any, name: str) -> JsonObject:
    """Return `value` as an object.

    Raises:
        ProtocolError: It is something else.
    """
    if isinstance(value, dict):
        return value
    if not value:
        return {}
    raise ProtocolError(f"{name} is not an object", payload=repr(value))


def as_list(value: Any, name: str) -> list[Any]:
    """Return `value` as a list.

    Raises:
        ProtocolError: It is something else.
    """
    if isinstance(value, list):
        return value
    if not value:
        return []
    raise ProtocolError(f"{name} is not a list", payload=repr(value))


def as_text(value: Any) -> str:
    """Return `value` as text: the texts of a list of parts, JSON of anything else that is not text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(as_text(part.get("text")) if isinstance(part, dict) else as_text(part) for part in value)
    return json.dumps(value, ensure_ascii=False)


def as_name(value: Any) -> str | None:
    """Return an id or a name as text, None if there is none."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def as_details(value: Any) -> JsonObject:
    """Return an object that only adds details, nothing for any other shape."""
    return value if isinstance(value, dict) else {}


def read_json(reply: Reply, provider: str | None = None) -> JsonObject:
    """Return the JSON object of a whole reply, with whole characters only.

    Raises:
        ProtocolError: It is none.
    """
    body = load_json(reply.body, "the reply", provider)
    if not isinstance(body, dict):
        raise ProtocolError("the reply is not a JSON object", provider=provider, payload=str(body))
    if not may_hold_halves(reply.body):
        return body
    try:
        whole: JsonObject = mend_value(body)
    except RecursionError as error:
        raise ProtocolError("the reply is nested deeper than Python can follow", provider=provider) from error
    return whole


def write_json(body: JsonObject, text: str, rest: str) -> bytes:
    """Write the body of a request.

    Args:
        body: What to write.
        text: The argument whose text it holds, as an error names it.
        rest: What else of it comes from the user.

    Raises:
        ConfigError: It holds half a character, or what is no JSON.
    """
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"{text}: {error.object[max(error.start - 20, 0) : error.start]!r} is followed by half a character "
            "(a lone surrogate), which no request can carry; read the text with errors='replace'"
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the request is not JSON: {error}; look at {rest}") from error
