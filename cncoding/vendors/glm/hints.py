"""What to do about errors of GLM, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, AuthenticationError, Hint, QuotaExhaustedError

# Both pages are named by many public set-up guides of 2026; the first by the vendor's quick start.
KEY_PAGES = {
    "coding": "https://bigmodel.cn/usercenter/proj-mgmt/apikeys",
    "coding-global": "https://z.ai/manage-apikey/apikey-list",
    "api": "https://bigmodel.cn/usercenter/proj-mgmt/apikeys",
    "api-global": "https://z.ai/manage-apikey/apikey-list",
}

ALSO_CALLED = ("zhipu", "bigmodel", "z.ai", "zai", "智谱")

HINTS: Mapping[type[ApiError], Hint | str] = {
    AuthenticationError: Hint(
        "keys of bigmodel.cn and z.ai are apart: endpoint='coding' or 'api' is the former, "
        "'coding-global' or 'api-global' the latter",
        "bigmodel.cn 与 z.ai 的 API Key 不通用：endpoint='coding' 或 'api' 对应前者，"
        "'coding-global' 或 'api-global' 对应后者",
    ),
    QuotaExhaustedError: Hint(
        "a plan key pays nothing on endpoint='api'; a pay-as-you-go balance nothing on 'coding'",
        "编程套餐的额度不能用于 endpoint='api'，按量付费的余额也不能用于 'coding'",
    ),
}
