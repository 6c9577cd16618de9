"""What failures of Kimi mean."""

from __future__ import annotations

import re

from cncoding.errors import (
    AuthenticationError,
    ClientRefusedError,
    ContentBlockedError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
)
from cncoding.evidence import Source
from cncoding.exchange.failures import ErrorRule

_ERRORS = Source("documented", "www.kimi.com/code/docs error reference; platform.kimi.com/docs", "2026-10")
_THREADS = Source("documented", "openclaw tests of Kimi; www.kimi.com/code/docs error reference", "2026-10")
_AUTH = ErrorRule(AuthenticationError, source=_ERRORS)
_BUSY = ErrorRule(RateLimitedError, source=_ERRORS)
_GUIDE = Source("documented", "public integration guide of Kimi For Coding", "2026-02-07")
_REFUSED = ErrorRule(ClientRefusedError, source=_GUIDE)
_BALANCE = ErrorRule(QuotaExhaustedError, "balance", _ERRORS)

CODES = {
    "access_terminated_error": _REFUSED,
    "auth_error": ErrorRule(AuthenticationError, source=_GUIDE),
    "invalid_authentication_error": _AUTH,
    "incorrect_api_key_error": _AUTH,
    "permission_denied_error": ErrorRule(PermissionDeniedError, source=_ERRORS),
    "resource_not_found_error": ErrorRule(NotFoundError, source=_ERRORS),
    "content_filter": ErrorRule(ContentBlockedError, source=_ERRORS),
    "engine_overloaded_error": _BUSY,
    "exceeded_current_quota_error": _BALANCE,
    "server_error": ErrorRule(ServerError, source=_ERRORS),
}


def _text(pattern: str, rule: ErrorRule) -> tuple[re.Pattern[str], ErrorRule]:
    return re.compile(pattern, re.I), rule


# The plan answers 403 (in another docs version 429) to spent windows and too many calls at once, so the text decides.
# `rate_limit_reached_error` has no row above for the same reason. "This billing cycle" names no window: it was sent for
# the 5-hour one with 80 % of the week left (MoonshotAI/kimi-code 2121); week, month and 5 hours are read off the text.
TEXTS = (
    _text(r"concurren(t|cy)", _BUSY),
    _text(
        r"\bTPD\b|tokens? per day",
        ErrorRule(QuotaExhaustedError, "day", Source("documented", "farion1231/cc-switch 240", "2026-08")),
    ),
    _text(r"exceeded (your )?current (token )?quota|account balance|recharge|in arrears", _BALANCE),
    _text(
        r"usage limit|quota|current window ends|for this period",
        ErrorRule(QuotaExhaustedError, source=_THREADS.annotate("kimi-code 2121; OmniRoute 10058")),
    ),
    _text(r"only available for coding agents|access (has been |was |is )?terminated", _REFUSED),
    _text(r"rate limit|too many requests", _BUSY),
    _text(r"verify (your )?membership", ErrorRule(PermissionDeniedError, source=_THREADS)),
)
