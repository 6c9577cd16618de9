"""What to do about errors of MiniMax, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, AuthenticationError, Hint, NotFoundError, QuotaExhaustedError

# platform.minimax.io quick start, 2026; the pages of minimaxi.com have the same paths (plan page inferred).
KEY_PAGES = {
    "coding": "https://platform.minimaxi.com/user-center/payment/token-plan",
    "coding-global": "https://platform.minimax.io/user-center/payment/token-plan",
    "api": "https://platform.minimaxi.com/user-center/basic-information/interface-key",
    "api-global": "https://platform.minimax.io/user-center/basic-information/interface-key",
}

ALSO_CALLED = ("minimaxi", "abab", "海螺")

HINTS: Mapping[type[ApiError], Hint | str] = {
    AuthenticationError: Hint(
        "key and host must be of one region: try endpoint='coding-global' or set MINIMAX_API_HOST",
        "API Key 与域名须属于同一地域：可改用 endpoint='coding-global'，或设置 MINIMAX_API_HOST",
    ),
    NotFoundError: Hint("model ids are case-sensitive, for example MiniMax-M3", "模型 ID 区分大小写，例如 MiniMax-M3"),
    QuotaExhaustedError: Hint(
        "plan keys (sk-cp-) and pay-as-you-go keys (sk-api-) are billed apart",
        "套餐 Key（sk-cp-）与按量付费 Key（sk-api-）分别计费",
    ),
}
