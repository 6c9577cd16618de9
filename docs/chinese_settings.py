"""What each setting does, in Chinese, by what the code says of it in English; `settings_page.py` asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "str, SecretStr, function": "str、SecretStr、函数",
        "the key decides": "由 API Key 决定",
        "of the endpoint": "接入点的地址",
        "float, pair, httpx.Timeout": "float、二元组、httpx.Timeout",
        "httpx client": "httpx 客户端",
        "The key; without it the environment is asked.": "API Key；不传时读取环境变量。",
        "`coding`, `coding-global`, `api`, `api-global` and others of the provider.": (
            "`coding`、`coding-global`、`api`、`api-global` 以及该厂商的其他接入点。"
        ),
        "What the vendor's own SDK of that wire takes; no version is guessed.": (
            "与该协议的厂商 SDK 写法相同；不会猜测版本号。"
        ),
        "The protocol that is spoken.": "使用的协议。",
        "Seconds, or `(connect, read)`.": "秒数，或 `(连接, 读取)`。",
        "Tries again before the first byte of an answer only.": "只在收到回复的第一个字节之前重试。",
        "Sent with every request; values do not show in dumps.": "随每个请求发送；其值不会出现在序列化结果中。",
        "Who is asking. Plans have terms about false identities.": "客户端身份。套餐条款对伪造身份有规定。",
        "A client of your own: proxies, certificates, transports.": "自己的 HTTP 客户端：代理、证书、传输层。",
        "What becomes of a picture that the model cannot see.": "模型不支持视觉时如何处理图片。",
        "Name of the model; None is the endpoint's default one.": "模型名称；None 表示接入点的默认模型。",
        "How much chance there is in the answer.": "回答的随机程度。",
        "Only tokens of this share of the probability are drawn.": "只从累计概率达到该比例的 Token 中采样。",
        "Only so many of the likeliest tokens are drawn, where the vendor documents it.": (
            "只从概率最高的若干个 Token 中采样，限厂商有文档说明时。"
        ),
        "How much a token that has come often is avoided, where the vendor documents it.": (
            "对多次出现的 Token 的惩罚，限厂商有文档说明时。"
        ),
        "How much a token that has come at all is avoided, where the vendor documents it.": (
            "对出现过的 Token 的惩罚，限厂商有文档说明时。"
        ),
        "Tell how likely the tokens of the reply were, where the vendor documents it.": (
            "返回回复中各 Token 的对数概率，限厂商有文档说明时。"
        ),
        "So many alternatives are told for each token.": "每个 Token 返回的候选数量。",
        "Most tokens of the reply, reasoning included.": "回复的最大 Token 数，包含思考内容。",
        "Texts that end the reply.": "遇到即停止生成的文本。",
        "Number that makes the choice of tokens repeatable, as far as the vendor can.": (
            "随机种子，使采样在厂商支持的范围内可重复。"
        ),
        'Switch thinking on or off; None leaves it to the model. `{"type": "enabled"}` is understood too.': (
            '开启或关闭深度思考；None 由模型决定。也接受 `{"type": "enabled"}`。'
        ),
        "Most tokens to think with.": "思考内容的最大 Token 数。",
        "How hard to think, in one of the model's levels.": "思考强度，取该模型支持的级别之一。",
        "Let the vendor search the web for the answer.": "让厂商联网搜索后回答。",
        "Take `<think>` at the head of the content for reasoning, as models behind vLLM or Ollama write it; "
        '"open" where\nthe content begins inside it. None is what the vendor is known for.': (
            "把回答开头的 `<think>` 识别为思考内容（vLLM 或 Ollama 上的模型会这样写）；"
            "`open` 用于一开始就在思考内容之中。None 按该厂商的习惯处理。"
        ),
        "`auto` marks the beginning that calls have in common, where the vendor takes cache marks.": (
            "`auto` 会标记多次调用共有的开头，限厂商接受缓存标记时。"
        ),
        "Members merged into the request as they are.": "原样并入请求体的字段。",
        "Whether thinking may be off for a call whose forced tool choice the endpoint takes only then.": (
            "接入点只在不思考时接受强制工具选择的，是否允许为这次调用关闭思考。"
        ),
        "Seconds that a whole call may take: tries, pauses and reading.": (
            "整个调用允许的秒数：重试、等待与读取都计入。"
        ),
        "Seconds without content before giving up; heartbeats and comments are no content. None is 900.": (
            "没有收到内容多少秒后放弃；心跳与注释不算内容。None 为 900。"
        ),
        "Largest reply that is read, unpacked. None is 256 MB.": "解压后读取的最大回复。None 为 256 MB。",
        "`return` makes a message of what came before a reply broke off, with the finish reason `cut`.": (
            "`return` 会在回复中断时返回已收到的部分，结束原因为 `cut`。"
        ),
        "Continue an answer in words that broke off, where the vendor goes on from a given beginning.": (
            "文字回答中断时请求其余部分，限厂商支持续写时。"
        ),
        "Ask the vendor once which window of a plan is spent and when it fills again, where its error does not say.": (
            "报错没有说明时，向厂商查询一次哪个额度窗口已用完、何时恢复。"
        ),
        'How much may be spent, over all processes of this user: `NamedBudget("mine", calls=100, per="day")`.': (
            '最多可用多少，同一用户的所有进程共同计数：`NamedBudget("mine", calls=100, per="day")`。'
        ),
    }
)
