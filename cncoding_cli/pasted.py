"""What a pasted error holds: JSON, a status, a code, addresses, class names. Nothing here knows a vendor."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cncoding.errors import (
    CncodingError,
    ConnectFailedError,
    ConnectionLostError,
    ProtocolError,
    RequestTimeoutError,
)
from cncoding.exchange.failures import reports_bare_failure, reports_failure

_OURS = re.compile(
    r"(?P<provider>[a-z][\w-]*) (?P<status>\d{3})(?: \[(?P<code>[^\]]+)\])?: "
    r"(?P<message>[^\n]*?)(?: \([^()]*\)|（.*）)?$",
    re.M,
)
"""The text of our own errors."""

_STATUS = (
    re.compile(r"HTTP_STATUS/(\d{3})"),
    re.compile(r"(?:^|[\s:])([45]\d\d)\s*(?=[{<\"]|$)", re.M),
    re.compile(r"^\s*([45]\d\d)\s+\w", re.M),
    re.compile(r"\bHTTP(?:/\d(?:\.\d)?)?[\s:]+(?:status\s+)?([1-5]\d\d)\b", re.I),
    re.compile(r"(?:status(?:[_ -]?code)?|error code|状态码)[\"']?\s*[:=]?\s*[\"']?([1-5]\d\d)\b", re.I),
    re.compile(
        r"\b([45]\d\d)\b[\s:-]+(?:Too Many|Unauthorized|Forbidden|Bad |Not Found|Payment|Internal|Service|Gateway"
        r"|Unproc|Client Error|Server Error)",
        re.I,
    ),
)
_CODE = re.compile(
    r"(?:\bcode|错误码|error_code|status_code)[\"']?\s*[:=：]?\s*[\"']?([A-Za-z]*\d{3,6}|[A-Z][\w.]{4,})\b", re.I
)
_RETRY_AFTER = re.compile(r"retry[-_]after[\"']?\s*[:=]\s*[\"']?(\d+(?:\.\d+)?)", re.I)
_REQUEST_ID = re.compile(r"(?:request[-_ ]?id|x-request-id|x-log-id|trace-id)[\"']?\s*[:=]\s*[\"']?([\w-]{8,})", re.I)

_SDK_STATUS: Mapping[str, int] = {
    "RateLimitError": 429, "AuthenticationError": 401, "PermissionDeniedError": 403, "NotFoundError": 404,
    "BadRequestError": 400, "UnprocessableEntityError": 422, "InternalServerError": 500, "APIReachLimitError": 429,
    "APIAuthenticationError": 401, "APIRequestFailedError": 400, "APIInternalError": 500,
    "APIServerFlowExceedError": 503, "OverloadedError": 529, "ConflictError": 409,
}  # fmt: skip
"""Classes of the `openai`, `anthropic`, `zhipuai` and `zai` SDKs, by the status that they mean (their code, 2026)."""

_NETWORK: tuple[tuple[re.Pattern[str], type[CncodingError]], ...] = (
    (
        re.compile(r"ReadTimeout|APITimeoutError|ReadTimeoutError|\btimed out\b|RequestTimeoutError", re.I),
        RequestTimeoutError,
    ),
    (
        re.compile(
            r"ConnectError|ConnectTimeout|Connection ?refused|NameResolution|gaierror|getaddrinfo|SSLCertVerif"
            r"|CERTIFICATE_VERIFY_FAILED|APIConnectionError|ConnectFailedError|ProxyError|ECONNREFUSED|ENOTFOUND",
            re.I,
        ),
        ConnectFailedError,
    ),
    (
        re.compile(
            r"RemoteProtocolError|ConnectionReset|IncompleteRead|ChunkedEncodingError|peer closed|socket hang up"
            r"|ECONNRESET|ConnectionLostError",
            re.I,
        ),
        ConnectionLostError,
    ),
    (re.compile(r"JSONDecodeError|Unexpected token .* JSON|text/html|<html", re.I), ProtocolError),
)
_LONGEST = 200_000
_TRIES = 200
"""So many braces are tried as the beginning of an object."""


@dataclass(frozen=True)
class Pasted:
    """An error as somebody pasted it."""

    text: str

    @cached_property
    def body(self) -> Any:
        """The JSON of a failure that the text holds, else None."""
        found = [one for one in _find_objects(self.text[:_LONGEST]) if _is_failure(one)]
        return _unwrap(found[-1]) if found else None

    @cached_property
    def own(self) -> Mapping[str, str | None] | None:
        """Provider, status, code and message, where the text is of one of our own errors."""
        found = list(_OURS.finditer(self.text))
        return found[-1].groupdict() if found else None

    @cached_property
    def status(self) -> int | None:
        """The HTTP status, or the one that an SDK's class means."""
        if self.own is not None and self.own["status"]:
            return int(self.own["status"])
        for pattern in _STATUS:
            if found := pattern.search(self.text):
                return int(found.group(1))
        return next((status for name, status in _SDK_STATUS.items() if re.search(rf"\b{name}\b", self.text)), None)

    @cached_property
    def code(self) -> str | None:
        """A vendor's code in the words of the text, where there is no JSON."""
        if self.own is not None:
            return self.own["code"]
        found = _CODE.search(self.text)
        return found.group(1) if found else None

    @property
    def message(self) -> str:
        """What the text says, where there is no JSON."""
        if self.own is not None and self.own["message"]:
            return self.own["message"]
        lines = [line.strip() for line in self.text.strip().splitlines() if line.strip()]
        return lines[-1][:2000] if lines else ""

    @property
    def retry_after(self) -> float | None:
        """Seconds that a header of the text asks to wait."""
        found = _RETRY_AFTER.search(self.text)
        return float(found.group(1)) if found else None

    @property
    def request_id(self) -> str | None:
        """What the vendor's support asks for."""
        found = _REQUEST_ID.search(self.text)
        return found.group(1) if found else None

    @property
    def network(self) -> type[CncodingError] | None:
        """The class of a failure of the network that a traceback names."""
        return next((kind for pattern, kind in _NETWORK if pattern.search(self.text)), None)


def _find_objects(text: str) -> Iterator[dict[str, Any]]:
    """Find the outermost objects of a text, as JSON or as Python writes them, also in quotes with backslashes."""
    place = text.find("{")
    for _ in range(_TRIES):
        if place < 0:
            break
        found, end = _read_object(text, place)
        if isinstance(found, dict):
            yield found
        place = text.find("{", end)
    if '\\"' in text:
        yield from _find_objects(text.replace('\\"', '"').replace("\\\\", "\\"))


def _read_object(text: str, place: int) -> tuple[Any, int]:
    try:
        found, length = json.JSONDecoder().raw_decode(text[place:])
        return found, place + length
    except (ValueError, RecursionError):
        pass
    end = _match_brace(text, place)
    if end is None:
        return None, place + 1
    try:
        return ast.literal_eval(text[place:end]), end
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None, place + 1


def _match_brace(text: str, place: int) -> int | None:
    depth, quote, index = 0, "", place
    while index < len(text):
        character = text[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return index + 1
        index += 1
    return None


def _is_failure(value: dict[str, Any]) -> bool:
    if reports_failure(value) or reports_bare_failure(value):
        return True
    if isinstance(value.get("body"), (dict, str)):
        return True
    return bool(value.keys() & {"code", "type", "error_code"} and value.keys() & {"message", "msg", "error_message"})


def _unwrap(value: dict[str, Any]) -> Any:
    """Return the body inside an object that holds one, as log lines and SDK errors do."""
    inner = value.get("body")
    if isinstance(inner, str) and inner.lstrip().startswith("{"):
        try:
            inner = json.loads(inner)
        except ValueError:
            return value
    return inner if isinstance(inner, dict) and inner else value
