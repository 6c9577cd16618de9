"""What failures of GLM mean."""

from __future__ import annotations

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

_ERRORS = Source("documented", "docs.bigmodel.cn error page", "2026-07-11")
_AUTH = ErrorRule(AuthenticationError, source=_ERRORS)
_BAD = ErrorRule(BadRequestError, source=_ERRORS)
_BUSY = ErrorRule(RateLimitedError, source=_ERRORS)
_BROKEN = ErrorRule(ServerError, source=_ERRORS)
_GONE = ErrorRule(NotFoundError, source=_ERRORS)
_DENIED = ErrorRule(PermissionDeniedError, source=_ERRORS)
_SPENT_5H = ErrorRule(QuotaExhaustedError, "5h", _ERRORS)
_SPENT_WEEK = ErrorRule(QuotaExhaustedError, "week", _ERRORS)

# 1308 and 1310 are HTTP 429 like 1302, but waiting a second does not help.
CODES = {
    "1000": _AUTH, "1001": _AUTH, "1003": _AUTH, "1005": _AUTH, "401": _AUTH,
    "1113": ErrorRule(QuotaExhaustedError, "balance", _ERRORS),
    "1200": _BROKEN, "1230": _BROKEN, "1234": _BROKEN,
    "1210": _BAD, "1212": _BAD, "1213": _BAD, "1214": _BAD, "1215": _BAD,
    "1211": _GONE, "1221": _GONE, "1222": _GONE,
    "1220": _DENIED, "1309": _DENIED, "1311": _DENIED, "1313": _DENIED, "1314": _DENIED, "1315": _DENIED,
    "1261": ErrorRule(ContextOverflowError, source=_ERRORS),
    "1301": ErrorRule(ContentBlockedError, source=_ERRORS),
    "1302": _BUSY, "1305": _BUSY,
    "1312": ErrorRule(RateLimitedError, source=Source("inferred", "lists of z.ai; no status seen", "2026-07")),
    "1308": _SPENT_5H,
    # "Weekly/Monthly Limit Exhausted": the week's or the month's, which is not said; the reset time is right.
    "1310": ErrorRule(QuotaExhaustedError, source=Source("documented", "gabrielkoerich/orch 2844", "2026-09")),
    "1316": ErrorRule(QuotaExhaustedError, "5h", Source("documented", "LionSR/TeXRA 9865", "2026-09")),
    "1318": _SPENT_5H, "1320": _SPENT_5H,
    "1317": _SPENT_WEEK, "1319": _SPENT_WEEK, "1321": _SPENT_WEEK,
}  # fmt: skip
