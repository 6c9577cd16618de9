"""What to do about errors of Qwen, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, AuthenticationError, ClientRefusedError, Hint, QuotaExhaustedError

# Named by public set-up guides and clients of 2026 (plan pages: qwen-code); the token plan's own page was not seen.
KEY_PAGES = {
    "coding": "https://bailian.console.aliyun.com/?tab=model#/efm/coding_plan",
    "coding-global": "https://modelstudio.console.alibabacloud.com/?tab=dashboard#/efm/coding_plan",
    "api": "https://bailian.console.aliyun.com/?tab=model#/api-key",
    "api-global": "https://modelstudio.console.alibabacloud.com/?tab=playground#/api-key",
    "token-plan": "https://bailian.console.aliyun.com",
    "token-plan-global": "https://modelstudio.console.alibabacloud.com",
}

# The last is how DashScope frames an HTTP error as a stream (pasted in public, 2026).
ALSO_CALLED = ("dashscope", "bailian", "aliyun", "alibaba", "model studio", "百炼", "通义", "千问", ":HTTP_STATUS/")

# Error page and pasted error bodies, 2026.
PHRASES = ("Range of input length should be", "InternalError.Algo", "allocated quota")

HINTS: Mapping[type[ApiError], Hint | str] = {
    ClientRefusedError: Hint(
        "the coding plan is for interactive coding tools and did not recognise this client; its rule is not "
        "published, and trying again is useless. cncoding names itself truthfully in the User-Agent, which "
        "user_agent=... changes; endpoint='api' with DASHSCOPE_API_KEY takes any client and is paid by use",
        "Coding Plan 仅限交互式编程工具使用，未识别当前客户端；其规则未公开，重试无效。cncoding 在 User-Agent "
        "中如实标明身份，可用 user_agent=... 修改；endpoint='api' 配合 DASHSCOPE_API_KEY 不限客户端，按量付费",
    ),
    AuthenticationError: Hint(
        "plan keys (sk-sp-) work at the plan endpoints only, general keys at 'api' and 'api-global' of their region",
        "套餐 Key（sk-sp-）只能用于套餐接入点，通用 Key 只能用于所属地域的 'api' 或 'api-global'",
    ),
    QuotaExhaustedError: Hint(
        "a spent plan never falls over to paying by use; endpoint='api' does that",
        "套餐额度用完后不会自动转为按量付费；按量付费请用 endpoint='api'",
    ),
}
