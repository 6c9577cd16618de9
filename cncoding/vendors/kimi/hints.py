"""What to do about errors of Kimi, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, AuthenticationError, ClientRefusedError, Hint, QuotaExhaustedError

# Plan: code docs 2026-09. Platform: its quick start 2026-09; the page abroad is named by public set-up guides of 2026.
KEY_PAGES = {
    "coding": "https://www.kimi.com/code/console",
    "coding-global": "https://www.kimi.com/code/console",
    "api": "https://platform.kimi.com/console/api-keys",
    "api-global": "https://platform.kimi.ai/console/api-keys",
}

ALSO_CALLED = ("moonshot", "月之暗面")

# Recorded and pasted error bodies, 2026.
PHRASES = (
    "The engine is currently overloaded",
    "request reached max request",
    "reached organization",
    "reasoning_content is missing in assistant tool call",
)

HINTS: Mapping[type[ApiError], Hint | str] = {
    ClientRefusedError: Hint(
        "Kimi Code did not accept this client. cncoding names itself truthfully in the User-Agent; user_agent=... "
        "or KIMI_USER_AGENT_VERSION (KimiCLI/<version>) sends another one, but Kimi's rules since 2026-06 call a "
        "false identity a violation that may suspend the plan. endpoint='api' with MOONSHOT_API_KEY has no gate",
        "Kimi Code 不接受当前客户端。cncoding 在 User-Agent 中如实标明身份；user_agent=... 或 "
        "KIMI_USER_AGENT_VERSION（KimiCLI/<版本>）可改变它，但 Kimi 自 2026-06 起将伪造客户端身份视为违反服务条款，"
        "可能停用套餐。endpoint='api' 配合 MOONSHOT_API_KEY 没有此限制",
    ),
    AuthenticationError: Hint(
        "keys of the plan (sk-kimi-, endpoint='coding') and of the platform in China ('api') and abroad "
        "('api-global') are three separate sets",
        "编程套餐（sk-kimi-，endpoint='coding'）、国内开放平台（'api'）与国际开放平台（'api-global'）的 API Key "
        "互不通用",
    ),
    QuotaExhaustedError: Hint(
        "the plan's windows are shared by all keys and devices; endpoint='api' is paid by use",
        "编程套餐的额度由所有 API Key 和设备共享；endpoint='api' 为按量付费",
    ),
}
