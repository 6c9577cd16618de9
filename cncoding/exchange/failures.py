"""What went wrong, in the vendor's words, as one of our errors.

Vendors put failures in HTTP errors, inside HTTP 200 and inside streams, as objects and as strings; and both a busy
server and a spent plan are HTTP 429. The code decides first, then the text, then the status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, Protocol

from cncoding.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContentBlockedError,
    ContextOverflowError,
    Hint,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
)
from cncoding.evidence import Source
from cncoding.exchange.halves import mend_text, mend_value
from cncoding.exchange.json_values import parse_json
from cncoding.exchange.quota_texts import find_reset_time, find_window
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Reply
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What an error code or text means."""

    kind: type[ApiError]
    window: str | None = None
    """Of a spent quota, where code or text says which."""
    source: Source | None = None
    vague: bool = False
    """Whether a code is used for several things, so that the text is asked first."""

    @property
    def yields(self) -> bool:
        """Whether the text may say more than the code: why, or which window is used up."""
        if issubclass(self.kind, QuotaExhaustedError):
            return self.vague or self.window is None
        return self.vague or issubclass(self.kind, (BadRequestError, PermissionDeniedError))


class FailureRules(Protocol):
    """What a vendor's failures mean: the part of a provider that this module reads."""

    @property
    def id(self) -> str:
        """The provider's id."""

    @property
    def error_codes(self) -> Mapping[str, ErrorRule]:
        """What its codes mean."""

    @property
    def error_texts(self) -> tuple[tuple[re.Pattern[str], ErrorRule], ...]:
        """What its texts mean, in order, where the code says nothing."""

    @property
    def code_patterns(self) -> tuple[re.Pattern[str], ...]:
        """Find the code inside a text; group 1 is the code."""

    @property
    def hints(self) -> Mapping[type[ApiError], Hint | str]:
        """A remedy by class of error."""


_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: PermissionDeniedError,
    408: ServerError,
    409: BadRequestError,
    413: BadRequestError,
    422: BadRequestError,
    429: RateLimitedError,
    501: NotFoundError,
}

_TEXTS: tuple[tuple[re.Pattern[str], ErrorRule], ...] = (
    (
        re.compile(
            r"maximum context|context (window|length)|context_length|prompt (is )?too long|exceeded model token limit"
            r"|range of input length|超出.*上下文|(input|context).*too long",
            re.I,
        ),
        ErrorRule(ContextOverflowError),
    ),
    (
        re.compile(r"insufficient balance|balance.*(insufficient|exhausted)|余额不足|欠费|arrear", re.I),
        ErrorRule(QuotaExhaustedError, "balance"),
    ),
    (
        re.compile(r"content exists risk|data.?inspection|inappropriate content|敏感", re.I),
        ErrorRule(ContentBlockedError),
    ),
)

_TYPES: dict[str, ErrorRule] = {
    "invalid_request_error": ErrorRule(BadRequestError),
    "request_too_large": ErrorRule(BadRequestError),
    "authentication_error": ErrorRule(AuthenticationError),
    "billing_error": ErrorRule(QuotaExhaustedError, "balance"),
    "permission_error": ErrorRule(PermissionDeniedError),
    "not_found_error": ErrorRule(NotFoundError),
    "rate_limit_error": ErrorRule(RateLimitedError),
    "timeout_error": ErrorRule(ServerError),
    "api_error": ErrorRule(ServerError),
    "overloaded_error": ErrorRule(ServerError),
}
"""Error types of the messages wire (documented by Anthropic); they decide where no HTTP status does, in a stream."""


def read_failure(reply: Reply, provider: FailureRules) -> ApiError | None:
    """Return the failure that `reply` reports, None if it is a success."""
    body = _decode(reply.body)
    if not (isinstance(body, dict) and reports_failure(body)):
        if reply.status < 300:
            return None
        if reply.status < 400:
            where = reply.headers.get("location", "").partition("?")[0]
            body = (
                f"redirected{f' to {where}' if where else ''}, which is not followed; set base_url to the right address"
            )
    return failure_of(body, provider, status=reply.status, reply=reply)


def reports_failure(body: JsonObject) -> bool:
    """Tell whether a body that came with a success status reports a failure.

    Documented: MiniMax `base_resp.status_code`, GLM `success: false` with `code`, DashScope `status_code`;
    wcode `error_message`; an `error` member is a failure everywhere.
    """
    if body.get("error") or body.get("error_message"):
        return True
    base = body.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in (0, "0", None, ""):
        return True
    if body.get("success") is False:
        return True
    return isinstance(body.get("status_code"), int) and body["status_code"] >= 400


def reports_bare_failure(body: JsonObject) -> bool:
    """Tell whether a chunk without choices is a failure that nothing else marks: a code and a message (DashScope)."""
    return isinstance(body.get("message"), str) and body.get("code") not in (None, "", 0, "0", 200, "200")


def failure_of(body: Any, provider: FailureRules, *, status: int, reply: Reply | None = None) -> ApiError:
    """Make the error that a body means.

    Args:
        body: Decoded JSON, or the text of something else.
        provider: Whose tables decide.
        status: HTTP status, 200 for a failure inside a success.
        reply: The reply that the body came with, for its headers.
    """
    code, message = _code_and_message(body, provider)
    rule = _classify(code, message, status, provider)
    details: dict[str, Any] = {
        "provider": provider.id,
        "status": status,
        "code": code,
        "body": body,
        "request_id": (reply.request_id if reply else None) or _request_id(body),
        "retry_after": _retry_after(reply),
        "hint": _find_hint(rule.kind, provider),
    }
    if issubclass(rule.kind, QuotaExhaustedError):
        resets_at = None if rule.window == "balance" else find_reset_time(message)
        return rule.kind(message, window=rule.window or find_window(message), resets_at=resets_at, **details)
    return rule.kind(message, **details)


def find_rule(body: Any, provider: FailureRules, *, status: int) -> ErrorRule:
    """Return the rule that decides what a body means, with its source; see `failure_of`."""
    code, message = _code_and_message(body, provider)
    return _classify(code, message, status, provider)


def _find_hint(kind: type[ApiError], provider: FailureRules) -> Hint | None:
    hint = next((hint for one, hint in provider.hints.items() if issubclass(kind, one)), None)
    return Hint(hint, hint) if isinstance(hint, str) else hint


@contextmanager
def name_model(model: str, known: Iterable[str] = ()) -> Iterator[None]:
    """Tell the vendor's errors from the block which model was asked, and which others there are."""
    try:
        yield
    except ApiError as error:
        error.model = error.model or model
        error.known_models = error.known_models or tuple(known)
        raise


def _decode(body: bytes) -> Any:
    """Return the JSON of a body, also of one that is framed as an event, as DashScope sends failures of streams."""
    text = body.decode("utf-8", errors="replace").strip()
    if _FRAMED.match(text):
        decoder = SSEDecoder()
        frames = [*decoder.feed(f"{text}\n\n".encode()), *decoder.finish()]
        text = next((frame.data for frame in frames if frame.data.strip()), text)
    try:
        return mend_value(parse_json(text))
    except (RecursionError, ValueError):
        return text


_LONGEST, _LONGEST_CODE = 4000, 200
"""Characters of a vendor's message and code that are kept: agents read them, and logs hold them."""
_FRAMED = re.compile(r"(id|event|data|retry)?:")


def _code_and_message(body: Any, provider: FailureRules) -> tuple[str | None, str]:
    code: Any = None
    message: Any = None
    if isinstance(body, dict):
        error = body.get("error")
        base = body.get("base_resp")
        if isinstance(error, dict):
            code = error.get("code") or error.get("type")
            message = error.get("message") or error.get("msg")
        elif isinstance(error, str) and error:
            message = error
        elif isinstance(base, dict) and base.get("status_code"):
            code, message = base["status_code"], base.get("status_msg")
        if message is None:
            message = body.get("message") or body.get("msg") or body.get("error_message")
            code = code or body.get("code") or body.get("error_code") or body.get("status_code")
    elif isinstance(body, str):
        message = body[:500]
    message = str(message) if message else "the vendor gave no reason"
    for pattern in provider.code_patterns:
        if found := pattern.search(message):
            code = found.group(1)
            break
    return (None if code is None else mend_text(str(code))[:_LONGEST_CODE]), message[:_LONGEST]


def _classify(code: str | None, message: str, status: int, provider: FailureRules) -> ErrorRule:
    rule = provider.error_codes.get(code) if code else None
    if rule is not None and not rule.yields:
        return rule
    for pattern, by_text in (*provider.error_texts, *_TEXTS):
        if pattern.search(message):
            return by_text
    if rule is not None:
        return rule
    if status < 400 and code in _TYPES:
        return _TYPES[code]
    if status in _STATUS:
        kind = _STATUS[status]
        return ErrorRule(kind, "balance" if kind is QuotaExhaustedError else None)
    return ErrorRule(ServerError if status >= 500 else BadRequestError if status >= 400 else ApiError)


def _retry_after(reply: Reply | None) -> float | None:
    """Read Retry-After in seconds or as a date, the latter against the reply's own Date header.

    One of nothing, less than nothing or in the past asks for no pause that would help: ours holds then.
    """
    if reply is None:
        return None
    value = next((told for name in _WAIT_HEADERS if (told := reply.headers.get(name, "").strip())), "")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return seconds if isfinite(seconds) and seconds > 0 else None
    try:
        then = parsedate_to_datetime(value)
        now = parsedate_to_datetime(reply.headers["date"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    seconds = (then - now).total_seconds()
    return seconds if seconds > 0 else None


_WAIT_HEADERS = ("retry-after", "x-retry-after", "msh-cooldown-seconds")
"""The last two are Kimi's, beside the first (recorded 2026-09)."""


def _request_id(body: Any) -> str | None:
    """Return the id that a body names; Alibaba's maas host puts it into the error (recorded 2026-08)."""
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    inner = error if isinstance(error, dict) else {}
    found = body.get("request_id") or body.get("id") or inner.get("request_id") or inner.get("id")
    return str(found) if found else None
