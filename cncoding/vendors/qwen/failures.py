"""What failures of Alibaba Cloud Bailian mean."""

from __future__ import annotations

import re
from dataclasses import replace

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
from cncoding.vendors.qwen.models import FAQ_PAGE, SITE

_ERRORS = Source("documented", f"{SITE}error-code", "2026-10")
_THROTTLE = Source("documented", "help.aliyun.com/en/model-studio/rate-limit; can1357/oh-my-pi 8476", "2026-08-13")
_SPENT_PLAN = Source("documented", "Wei-Shaw/sub2api 6748", "2026-08")
_AUTH = ErrorRule(AuthenticationError, source=_ERRORS)
_BUSY = ErrorRule(RateLimitedError, source=_ERRORS)
_BROKEN = ErrorRule(ServerError, source=_ERRORS)
_BALANCE = ErrorRule(QuotaExhaustedError, "balance", _ERRORS)
_SPENT = ErrorRule(QuotaExhaustedError, source=_ERRORS)
_GONE = ErrorRule(NotFoundError, source=_ERRORS)
_BLOCKED = ErrorRule(ContentBlockedError, source=_ERRORS)

# The OpenAI and the native spelling of each.
CODES = {
    "invalid_api_key": _AUTH, "InvalidApiKey": _AUTH,
    "model_not_found": _GONE, "ModelNotFound": _GONE, "model_not_supported": _GONE,
    "data_inspection_failed": _BLOCKED, "DataInspectionFailed": _BLOCKED,
    "Arrearage": _BALANCE, "PrepaidBillOverdue": _BALANCE, "PostpaidBillOverdue": _BALANCE,
    "CommodityNotPurchased": ErrorRule(PermissionDeniedError, source=_ERRORS),
    "AllocationQuota.FreeTierOnly": _SPENT,
    "Throttling": _BUSY, "Throttling.RateQuota": _BUSY, "Throttling.BurstRate": _BUSY,
    "limit_requests": _BUSY, "limit_burst_rate": _BUSY,
    "internal_error": _BROKEN, "InternalError": _BROKEN, "InternalError.Timeout": _BROKEN, "SystemError": _BROKEN,
    "ModelServiceFailed": _BROKEN, "RequestTimeOut": _BROKEN, "ResponseTimeout": _BROKEN,
    "ModelServingError": _BROKEN, "ModelUnavailable": _BROKEN,
}  # fmt: skip


def _text(pattern: str, rule: ErrorRule) -> tuple[re.Pattern[str], ErrorRule]:
    return re.compile(pattern, re.I), rule


# "usage" is a burst of a minute to an hour, the others wait for their window, of which week and month are read off the
# text by the core.
TEXTS = (
    _text(
        r"only available for coding agents",
        ErrorRule(ClientRefusedError, source=Source("documented", "block/goose 8005; AionUi 2555", "2026-04-28")),
    ),
    _text(r"(usage|concurrency) allocated quota exceeded", replace(_BUSY, source=FAQ_PAGE)),
    _text(r"hour allocated quota exceeded", ErrorRule(QuotaExhaustedError, "5h", FAQ_PAGE)),
    _text(r"(week|month|free) allocated quota exceeded", replace(_SPENT, source=FAQ_PAGE)),
    _text(r"free ?tier.*(exhausted|only)", _SPENT),
    _text(r"invalid access token|incorrect api.?key|(invalid|no) api-key", _AUTH),
    _text(r"model '[^']*' (is )?not (supported|found)", replace(_GONE, source=FAQ_PAGE)),
)


def _bare(rule: ErrorRule) -> tuple[dict[str, ErrorRule], tuple[tuple[re.Pattern[str], ErrorRule], ...]]:
    """Say what a quota text means that names no window: one thing on a plan, another where one pays by use."""
    codes = dict.fromkeys(("insufficient_quota", "Throttling.AllocationQuota"), replace(rule, vague=True))
    return codes, (_text(r"allocated quota exceeded|exceeded your current quota", rule),)


# A plan is spent; pay as you go is over its tokens a minute, and recovers "within one minute".
PLAN_CODES, PLAN_TEXTS = _bare(ErrorRule(QuotaExhaustedError, source=_SPENT_PLAN))
API_CODES, API_TEXTS = _bare(ErrorRule(RateLimitedError, source=_THROTTLE))
