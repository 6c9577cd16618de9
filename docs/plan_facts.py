"""What the plans cost and limit, as their pages showed it: for the page on plans and the page of each vendor.

Prices and limits are facts of documentation, not of the client: nothing in the code depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cncoding.errors import Hint
from cncoding.hints.hint import Language


@dataclass(frozen=True)
class Plan:
    """One way to pay, with its price and limits.

    Attributes:
        provider: Id of the provider.
        name: What the vendor calls it.
        endpoints: Where its key works.
        price: What it costs.
        limits: What it allows.
        source: Which page says so.
        date: When.
    """

    provider: str
    name: Hint
    endpoints: str
    price: Hint
    limits: Hint
    source: str
    date: str


_BY_USE = Hint("pay as you go", "按量付费")
_UNRECORDED = Hint("not recorded here", "此处未收录")

PLANS: tuple[Plan, ...] = (
    Plan(
        "kimi",
        Hint("Kimi Code", "Kimi Code"),
        "coding, coding-global",
        Hint(
            "CNY 99, 199, 699 a month (Plus, Pro, Max; Go has no coding); older memberships 49, 99, 199, 699",
            "每月 99、199、699 元（Plus、Pro、Max；Go 不含编程）；旧会员 49、99、199、699 元",
        ),
        Hint(
            "rolling 5 hours, about 300 to 1,200 requests; a month shared with the membership; a week for older "
            "memberships; at most 30 at once (20 was seen). All keys and devices share",
            "滚动 5 小时约 300 至 1,200 次请求；月额度与会员共用；旧会员另有周额度；最多 30 个并发（也见过 20）。"
            "所有 API Key 与设备共享",
        ),
        "www.kimi.com/code/docs",
        "2026-09",
    ),
    Plan(
        "kimi",
        Hint("Moonshot platform", "Kimi 开放平台"),
        "api, api-global",
        _BY_USE,
        Hint(
            "by what was topped up: tier 0 takes 1 at once, 3 requests and 500,000 tokens a minute; tier 5 takes 100, "
            "300 and 5,000,000. Tokens count input and `max_completion_tokens`",
            "按累计充值分级：Tier 0 并发 1，每分钟 3 次请求、500,000 Token；Tier 5 为 100、300 与 5,000,000。"
            "Token 按输入加 `max_completion_tokens` 计算",
        ),
        "platform.kimi.com/docs",
        "2026-09",
    ),
    Plan(
        "glm",
        Hint("GLM Coding Plan", "GLM Coding Plan"),
        "coding, coding-global",
        _UNRECORDED,
        Hint(
            "credits in 5 hours / a week: Lite 2,000 / 10,000, Pro 12,000 / 60,000, Max 28,000 / 140,000; half as much "
            "is counted outside Mon-Fri 14:00-18:00 UTC+8",
            "5 小时 / 每周额度（credits）：Lite 2,000 / 10,000，Pro 12,000 / 60,000，Max 28,000 / 140,000；"
            "周一至周五 14:00–18:00（UTC+8）以外减半计量",
        ),
        "docs.z.ai devpack overview",
        "2026-10",
    ),
    Plan(
        "glm",
        Hint("BigModel, Z.ai", "BigModel、Z.ai"),
        "api, api-global",
        _BY_USE,
        Hint(
            "requests at once and their frequency, by account (code 1302; no figures seen); images, videos, speech and "
            "search are paid here only",
            "按账户限制并发与频率（错误码 1302，未见具体数字）；图片、视频、语音与搜索只能在此付费",
        ),
        "docs.bigmodel.cn OpenAPI document",
        "2026-07",
    ),
    Plan(
        "minimax",
        Hint("M Plan (before it Token Plan, Coding Plan)", "M Plan（之前为 Token Plan、Coding Plan）"),
        "coding, coding-global",
        Hint("not recorded here; tiers Go, Explore, Build", "此处未收录；分为 Go、Explore、Build"),
        Hint(
            "Explore allows 3 times and Build 7.5 times of Go; 5 hours (all but video) and 7 days (all), each from the "
            "first use; shown as percentages",
            "Explore 为 Go 的 3 倍，Build 为 7.5 倍；5 小时窗口（视频除外）与 7 天窗口（全部），均从首次使用开始；"
            "以百分比显示",
        ),
        "platform.minimax.io m-plan, usage rules",
        "2026",
    ),
    Plan(
        "minimax",
        Hint("MiniMax platform", "MiniMax 开放平台"),
        "api, api-global",
        _BY_USE,
        Hint(
            "requests / tokens a minute: M3 200 / 10 million, M2.x 500 / 20 million (free: 20 / 1 million); images 10, "
            "speech 20, videos 20 requests a minute",
            "每分钟请求数 / Token 数：M3 200 / 1,000 万，M2.x 500 / 2,000 万（免费：20 / 100 万）；图片 10、语音 20、"
            "视频 20 次请求",
        ),
        "platform.minimax.io rate limits",
        "2026-07-31",
    ),
    Plan(
        "qwen",
        Hint("Coding Plan Pro", "Coding Plan Pro"),
        "coding, coding-global",
        Hint("CNY 200 a month (abroad USD 50)", "每月 200 元（国际版 50 美元）"),
        Hint(
            "6,000 calls in 5 hours, 45,000 a week, 90,000 a month; every call counts 1. Lite is closed to new buyers "
            "since 2026-03-20",
            "每 5 小时 6,000 次、每周 45,000 次、每月 90,000 次，每次模型调用计 1 次。Lite 自 2026-03-20 起停止新购",
        ),
        "help.aliyun.com coding-plan",
        "2026-10",
    ),
    Plan(
        "qwen",
        Hint("Token Plan (Lite, Essential, Standard, Pro)", "Token Plan（Lite、Essential、Standard、Pro）"),
        "token-plan, token-plan-global",
        Hint("CNY 39, 79, 139, 499 a month", "每月 39、79、139、499 元"),
        Hint(
            "11,500, 25,500, 45,000, 180,000 credits a month; no weekly limit since 2026-09-22",
            "每月 11,500、25,500、45,000、180,000 credits；2026-09-22 起取消每周上限",
        ),
        "help.aliyun.com token plan",
        "2026-09",
    ),
    Plan(
        "qwen",
        Hint("Model Studio", "阿里云百炼"),
        "api, api-global",
        _BY_USE,
        Hint("requests and tokens a minute by model", "按模型限制每分钟请求数与 Token 数"),
        "help.aliyun.com model-studio/rate-limit",
        "2026-11",
    ),
    Plan(
        "deepseek",
        Hint("DeepSeek", "DeepSeek"),
        "api, beta",
        Hint(
            "pay as you go, for 1 million tokens (input cached / input / output), off-peak: `deepseek-flash` CNY "
            "0.02 / 1 / 4, `deepseek-v4-pro` CNY 0.15 / 4.5 / 13.5. In USD peak hours (Mon-Fri 9-12 and 14-18 UTC+8) "
            "cost twice as much: `deepseek-flash` 0.003 / 0.15 / 0.60 and 0.006 / 0.30 / 1.20",
            "按量付费，每百万 Token（缓存命中输入 / 输入 / 输出），非高峰：`deepseek-flash` 0.02 / 1 / 4 元，"
            "`deepseek-v4-pro` 0.15 / 4.5 / 13.5 元。美元价格在高峰时段（周一至周五 9–12 与 14–18，UTC+8）为两倍："
            "`deepseek-flash` 0.003 / 0.15 / 0.60 与 0.006 / 0.30 / 1.20",
        ),
        Hint(
            "2,500 (`deepseek-flash`) and 500 (`deepseek-v4-pro`) requests at once, by account",
            "每个账户并发 2,500（`deepseek-flash`）与 500（`deepseek-v4-pro`）",
        ),
        "api-docs.deepseek.com pricing",
        "2026-11-15",
    ),
    Plan(
        "wcode",
        Hint("wcode.net", "wcode.net"),
        "api",
        Hint(
            "pay as you go; its pages contradict each other (for 1,000 or 1,000,000 tokens), so none is given here",
            "按量付费；其页面互相矛盾（每 1,000 或每 100 万 Token），因此不列价格",
        ),
        Hint("no page tells them", "没有页面说明"),
        "wcode.net model pages",
        "2026",
    ),
    Plan(
        "unified",
        Hint("Unified gateway", "聚合网关"),
        "api",
        Hint("not published", "未公布"),
        Hint("not published", "未公布"),
        "opcdoc.ntzq.tech/model-examples.html",
        "2026-05",
    ),
)

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "personal, interactive use; batch scripts and other unattended use are out of scope and belong to the "
        "platform": ("限个人交互式使用；批量脚本等无人值守场景不在范围内，请用开放平台"),
        "interactive coding tools only; no scripts, no application back ends, no batch": (
            "仅限交互式编程工具；不可用于脚本、应用后端与批量任务"
        ),
        "only inside the coding tools that the vendor lists; applications of one's own belong to the standard API": (
            "仅限厂商列出的编程工具使用；自行开发的应用请用标准 API"
        ),
    }
)
"""What the code says of a plan's terms, in Chinese."""

_HEAD = Hint(
    "| Plan | Endpoint | Price | Limits | Source, date |",
    "| 套餐 | 接入点 | 价格 | 限额 | 来源与日期 |",
)


def write_plans(language: Language, provider: str | None = None) -> str:
    """Return the table of plans, of all vendors or of one."""
    rows = [_row(one, language, provider is None) for one in PLANS if provider in (None, one.provider)]
    return "\n".join([_HEAD.say(language), "|---|---|---|---|---|", *rows])


def _row(plan: Plan, language: Language, linked: bool) -> str:
    name = plan.name.say(language)
    if linked:
        name = f"[{name}](providers/{plan.provider}.md)"
    where = ", ".join(f"`{one}`" for one in plan.endpoints.split(", "))
    comma = "，" if language == "zh" else ", "
    cells = (name, where, plan.price.say(language), plan.limits.say(language), f"{plan.source}{comma}{plan.date}")
    return f"| {' | '.join(cells)} |"
