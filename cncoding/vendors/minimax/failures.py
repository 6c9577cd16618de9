"""What failures of MiniMax mean."""

from __future__ import annotations

import re

from cncoding.errors import (
    AuthenticationError,
    BadRequestError,
    ContentBlockedError,
    ContextOverflowError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
)
from cncoding.evidence import Source
from cncoding.exchange.failures import ErrorRule

_ERRORS = Source("documented", "platform.minimax.io error codes; OpenAPI pages; probes", "2026-08")
_AUTH = ErrorRule(AuthenticationError, source=_ERRORS)
_BAD = ErrorRule(BadRequestError, source=_ERRORS)
_BUSY = ErrorRule(RateLimitedError, source=_ERRORS)
_BROKEN = ErrorRule(ServerError, source=_ERRORS)
_DENIED = ErrorRule(PermissionDeniedError, source=_ERRORS)
_BLOCKED = ErrorRule(ContentBlockedError, source=_ERRORS)
_BALANCE = ErrorRule(QuotaExhaustedError, "balance", _ERRORS)
_SPENT = ErrorRule(QuotaExhaustedError, source=_ERRORS)

CODES = {
    "1000": _BROKEN, "1001": _BROKEN, "1013": _BROKEN, "1024": _BROKEN, "1033": _BROKEN,
    # HTTP 529 that advertises an upgrade: overloaded, not spent.
    "2064": ErrorRule(ServerError, source=Source("documented", "public logs of HTTP 529", "2026-10")),
    "1002": _BUSY, "1041": _BUSY, "2045": _BUSY,
    # A limit of tokens, sent for an input of 400k: asking again does not help.
    "1039": ErrorRule(ContextOverflowError, source=Source("documented", "MiniMax-AI/MiniMax-01 15", "2026-08")),
    "1004": _AUTH, "2049": _AUTH,
    "1008": _BALANCE,
    "1026": _BLOCKED, "1027": _BLOCKED,
    "1042": _BAD, "1043": _BAD, "1044": _BAD, "2013": _BAD, "20132": _BAD, "2037": _BAD, "2039": _BAD, "2048": _BAD,
    "2054": ErrorRule(BadRequestError, source=Source("documented", "Kochava-Studios/witsy 478", "2025-11")),
    "2038": _DENIED, "2042": _DENIED, "2061": _DENIED, "2062": _DENIED,
    # "not coding plan token", at HTTP 200.
    "2057": ErrorRule(PermissionDeniedError, source=Source("documented", "hAcKlyc/MyAgents 8", "2026-08")),
    "2056": _SPENT,
    # Types of the OpenAI route, for failures inside a stream that bring no number.
    "bad_request_error": _BAD, "authorized_error": _AUTH, "insufficient_balance_error": _BALANCE,
    "unprocessable_entity_error": _BAD, "server_error": _BROKEN,
}  # fmt: skip

_CAPTURE = Source("captured", "terrylica/cc-skills, error and reply bodies", "2026-04-28")
TEXTS = (
    (re.compile(r"unknown model"), ErrorRule(NotFoundError, source=_CAPTURE)),  # 400 and 2013
    (re.compile(r"usage limit exceeded", re.I), _SPENT),
)
