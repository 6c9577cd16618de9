"""What to do about errors of DeepSeek, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, AuthenticationError, Hint, QuotaExhaustedError

# api-docs.deepseek.com, 2026.
KEY_PAGES = {name: "https://platform.deepseek.com/api_keys" for name in ("api", "beta")}

ALSO_CALLED = ("深度求索",)

# Recorded error bodies (0xPlaygrounds/rig, 2026-08) and the error page, 2026.
PHRASES = (
    "Insufficient Balance",
    "Content Exists Risk",
    "Failed to deserialize the JSON body",
    "supported API model names are",
    "Thinking mode does not support",
)

HINTS: Mapping[type[ApiError], Hint | str] = {
    QuotaExhaustedError: Hint(
        "DeepSeek has no plan: top up the balance of the account", "DeepSeek 没有编程套餐：请为账户充值"
    ),
    AuthenticationError: Hint(
        "there is one kind of key only, and no coding plan", "DeepSeek 只有一种 API Key，没有编程套餐"
    ),
}
