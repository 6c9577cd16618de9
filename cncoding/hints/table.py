"""Every sentence, in both languages. Words in braces are filled in."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    BudgetExceededError,
    BudgetSpentError,
    ClientRefusedError,
    CncodingError,
    ConfigError,
    ConnectFailedError,
    ConnectionLostError,
    ContentBlockedError,
    ContextOverflowError,
    DeadlineExceededError,
    EmptyReplyError,
    Hint,
    JobCancelledError,
    JobDeadlineError,
    JobError,
    JobFailedError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    PurchaseDeclinedError,
    QuotaExhaustedError,
    RateLimitedError,
    ReplyTooLargeError,
    RequestTimeoutError,
    ServerError,
    StalledError,
    TooManyConnectionsError,
    TransportError,
    TruncatedStreamError,
    UnconfirmedPurchaseError,
)

MODEL = Hint(
    "the model asked for was {model!r}{near}; `cncoding models {provider} {where}` lists the known ones",
    "请求的模型是 {model!r}{near}；`cncoding models {provider} {where}` 可列出已知模型",
    "model-not-found",
)
NEAR = Hint(", the nearest known ones are {models}", "，相近的已知模型有 {models}")
KNOWN = Hint(", known ones are for example {models}", "，已知的有 {models} 等")
VOICE = Hint(
    "the voice asked for was {voice!r}{near}; `list_voices`, or `cncoding voice list {provider}`, names all",
    "请求的音色是 {voice!r}{near}；`list_voices` 或 `cncoding voice list {provider}` 可列出全部音色",
    "unknown-voice",
)
VOICE_UNLISTED = Hint(
    "the voice asked for was {voice!r}{near}; the vendor's page lists them, no API does",
    "请求的音色是 {voice!r}{near}；全部音色见厂商文档，没有可查询的 API",
    "unknown-voice",
)
ELSEWHERE = Hint("{model} is known at endpoint {endpoints}", "{model} 属于接入点 {endpoints}", "model-not-found")
URL = Hint(
    "the address asked was {url}: look at base_url, endpoint and wire",
    "请求地址是 {url}，请检查 base_url、endpoint 和 wire",
    "wrong-address",
)
KEY = Hint("keys are made at {page}", "API Key 在 {page} 创建")
"""No topic of its own: it follows a missing key and a refused one."""
KEY_MISSING = Hint("pass api_key or set {names}", "请传入 api_key，或设置环境变量 {names}", "missing-key")
READERS = Hint(
    "of {provider}, {models} read {kind}", "{provider} 中可读取 {kind} 的模型：{models}", "model-without-eyes"
)
EFFORT = Hint(
    "thinking switches it on or off: give reasoning_effort={value!r}",
    "thinking 只控制深度思考的开关；思考强度请用 reasoning_effort={value!r}",
    "thinking-effort",
)
BUDGET = Hint(
    "thinking switches it on or off: give thinking_budget={value}",
    "thinking 只控制深度思考的开关；思考 Token 上限请用 thinking_budget={value}",
    "thinking-effort",
)
PROVIDERS = Hint("there are {names}", "可用的厂商有 {names}", "unknown-provider")
ENDPOINTS = Hint("choose one of {names}", "可用的接入点有 {names}", "unknown-endpoint")
MEDIA_KEY = Hint(
    "for media set {names}, or pass endpoint={endpoint!r} with a key of it",
    "生成媒体请设置环境变量 {names}，或传入 endpoint={endpoint!r} 及其 API Key",
    "key-for-media",
)
RESET = Hint("it fills again at {time}", "额度将于 {time} 恢复", "quota-exhausted")


REMEDIES: Mapping[type[CncodingError], Hint] = {
    ConfigError: Hint(
        "nothing was sent; the text names the setting and what it takes",
        "请求尚未发出；报错中已指出参数名和可用取值",
    ),
    AuthenticationError: Hint(
        "check that the key is whole, of this vendor, and of this endpoint (plan or pay as you go, China or abroad)",
        "请检查 API Key 是否完整、是否属于该厂商和该接入点（编程套餐或按量付费，国内或国际）",
    ),
    ClientRefusedError: Hint(
        "the plan accepts only some clients; a pay-as-you-go endpoint takes any",
        "该编程套餐只接受部分客户端；按量付费接入点不限客户端",
    ),
    PermissionDeniedError: Hint(
        "the key is right but may not do this: look at the plan, the model's tier and the region",
        "API Key 有效但无权调用：请检查套餐、模型等级和地域",
    ),
    NotFoundError: Hint(
        "check the model id, the base URL and the endpoint",
        "请检查模型 ID、Base URL 和接入点",
    ),
    ContextOverflowError: Hint(
        "shorten the conversation, or choose a model with a larger window",
        "请缩短对话，或改用上下文窗口更大的模型",
    ),
    ContentBlockedError: Hint(
        "the vendor's moderation decided; say it differently, or ask another vendor",
        "触发了厂商的内容审核；请换一种表述，或改用其他厂商",
    ),
    BadRequestError: Hint(
        "the vendor does not take a field or a value; its text says which",
        "厂商不接受某个字段或取值，具体见其报错原文",
    ),
    QuotaExhaustedError: Hint(
        "trying again before then is useless; `cncoding quota` tells what is left, and another provider or endpoint "
        "may answer",
        "恢复前重试无效；`cncoding quota` 可查看剩余额度，也可改用其他厂商或接入点",
    ),
    RateLimitedError: Hint(
        "too many requests or a busy server: wait a moment and try again, with fewer at once",
        "触发限流或服务繁忙：请稍后重试，并降低并发",
    ),
    ServerError: Hint("the vendor failed: try again later", "厂商服务出错，请稍后重试"),
    ApiError: Hint(
        "the vendor refused in a way that no table knows; its text and `code` say more",
        "厂商以未知的方式拒绝了请求，详见其报错原文与 `code`",
    ),
    TooManyConnectionsError: Hint(
        "all connections were in use: start fewer calls at once, or raise CNCODING_MAX_CONNECTIONS",
        "连接已全部占用：请降低并发，或调大 CNCODING_MAX_CONNECTIONS",
    ),
    ConnectFailedError: Hint(
        "no connection was made: check the network, the proxy and base_url",
        "未能建立连接：请检查网络、代理和 base_url",
    ),
    DeadlineExceededError: Hint(
        "the whole call took longer than `deadline`: raise it, or ask for less",
        "整个调用超过了 `deadline`：请调大，或缩小请求",
    ),
    StalledError: Hint(
        "nothing but heartbeats came for `stall_after` seconds: raise it, or try again",
        "在 `stall_after` 秒内没有收到内容：请调大，或重试",
    ),
    RequestTimeoutError: Hint(
        "nothing came in time: raise timeout, or stream the reply",
        "超时未收到数据：请调大 timeout，或改用流式输出",
    ),
    ConnectionLostError: Hint("the connection broke: try again", "连接中断，请重试"),
    TransportError: Hint(
        "the network failed; `sent` says whether the vendor may have received the request",
        "网络出错；`sent` 表示厂商是否可能已收到请求",
    ),
    TruncatedStreamError: Hint(
        "the reply was cut; the error's `partial` holds what came: try again",
        "回复被截断；已收到的部分在错误对象的 `partial` 中，请重试",
    ),
    EmptyReplyError: Hint("the model said nothing: try again", "模型没有返回内容，请重试"),
    ReplyTooLargeError: Hint(
        "raise `max_reply_bytes` if a reply may be that large",
        "如确需如此大的回复，请调大 `max_reply_bytes`",
    ),
    ProtocolError: Hint(
        "what came is not the vendor's format: is base_url a proxy or a web page?",
        "返回内容不是该厂商的格式：base_url 是否指向了代理或网页？",
    ),
    JobDeadlineError: Hint(
        "the job may still finish: ask for it again with `cncoding job`",
        "任务可能仍在进行：可用 `cncoding job` 再次查询",
    ),
    BudgetSpentError: Hint(
        "the budget is your own: raise it, wait until it opens again, or ask another model",
        "这是您自己设定的预算：可调高预算、等待恢复，或改用其他模型",
    ),
    BudgetExceededError: Hint("raise budget= if more may be spent", "如需继续，请调高 budget="),
    PurchaseDeclinedError: Hint("nothing was bought", "未发生任何购买"),
    UnconfirmedPurchaseError: Hint(
        "look at the vendor's console; only a person should decide to pay again (again=True)",
        "请先在厂商控制台核对；是否再次付费应由人决定（again=True）",
    ),
    JobCancelledError: Hint("the job was cancelled", "任务已取消"),
    JobFailedError: Hint("the vendor gave up on the job; its text says why", "厂商未能完成任务，原因见其报错原文"),
    JobError: Hint("`job` can be asked for again; nothing is bought anew", "可用 `job` 再次查询，不会重复购买"),
}
"""What helps, by class; the first class of an error's family that stands here."""

MEANINGS: Mapping[type[CncodingError], Hint] = {
    ConfigError: Hint("a setting or an input is wrong", "参数或输入有误"),
    AuthenticationError: Hint("the key was not accepted", "API Key 无效"),
    ClientRefusedError: Hint("the plan does not accept this client", "套餐不接受当前客户端"),
    PermissionDeniedError: Hint("the key may not do this", "没有权限"),
    NotFoundError: Hint("no such model, route or object", "模型、接口或对象不存在"),
    ContextOverflowError: Hint("the conversation is longer than the window", "超出上下文窗口"),
    ContentBlockedError: Hint("the vendor's moderation blocked it", "触发内容审核"),
    BadRequestError: Hint("the vendor found the request malformed", "请求格式或参数不被接受"),
    QuotaExhaustedError: Hint("the plan's window or the balance is used up", "额度已用完"),
    RateLimitedError: Hint("too many requests, or a busy server", "触发限流或服务繁忙"),
    BudgetSpentError: Hint("a budget of your own is used up", "您自己设定的预算已用完"),
    ServerError: Hint("the vendor failed", "厂商服务出错"),
    ApiError: Hint("the vendor refused the request", "厂商拒绝了请求"),
    TooManyConnectionsError: Hint("all connections were in use", "连接已全部占用"),
    ConnectFailedError: Hint("no connection was made", "连接失败"),
    DeadlineExceededError: Hint("the whole call took too long", "整个调用超时"),
    StalledError: Hint("the reply stood still", "回复停滞"),
    RequestTimeoutError: Hint("nothing came in time", "请求超时"),
    ConnectionLostError: Hint("the connection broke", "连接中断"),
    TransportError: Hint("the network failed", "网络出错"),
    TruncatedStreamError: Hint("the stream was cut", "流式输出被截断"),
    EmptyReplyError: Hint("the reply was empty", "回复为空"),
    ReplyTooLargeError: Hint("the reply is too large", "回复过大"),
    ProtocolError: Hint("the reply cannot be read", "回复无法解析"),
    JobDeadlineError: Hint("the job was not done in time", "任务未按时完成"),
    JobCancelledError: Hint("the job was cancelled", "任务已取消"),
    JobFailedError: Hint("the job failed", "任务失败"),
    UnconfirmedPurchaseError: Hint("it may have been bought before", "可能已经购买过"),
    BudgetExceededError: Hint("the budget is spent", "预算已用完"),
    PurchaseDeclinedError: Hint("a person said no", "用户拒绝了购买"),
    JobError: Hint("a media job went wrong", "媒体任务出错"),
    CncodingError: Hint("an error", "出错"),
}
"""What a class of errors is, in a few words."""
