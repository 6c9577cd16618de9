"""The pages on errors and settings, in English and Chinese, generated from the code; `tables.py` writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType

from vendor_pages import cell, speak_in

from cncoding.errors import ApiError, CncodingError, Hint
from cncoding.hints import table
from cncoding.hints.hint import Language
from cncoding.registry import own_providers
from cncoding.settings import LimitSettings, RequestSettings


def write_reference() -> dict[str, str]:
    """Return the pages on errors and settings by their path under `docs/`."""
    pages = {}
    for language, suffix in (("en", ""), ("zh", ".zh")):
        pages[f"troubleshooting{suffix}.md"] = "\n".join(_troubleshooting(speak_in(language), language)) + "\n"
        pages[f"settings{suffix}.md"] = "\n".join(_settings(language)) + "\n"
    return pages


# ---------------------------------------------------------------- troubleshooting

_TROUBLE = MappingProxyType(
    {
        "en": """# Troubleshooting

Look for the words of your error on this page (the search above finds them, in English and Chinese), or let the
program do it: `cncoding doctor --explain "TEXT"`. `cncoding doctor PROVIDER` checks key, proxy, clock, identity, models
and quota.
{made}

Every error carries its remedy in `error.hint`, in the language of `CNCODING_LANG` or `LANG`.

## By class

| class | what it is | what to do |
|---|---|---|""",
        "zh": """# 故障排查

在本页查找报错中的文字（可用上方的搜索，中英文均可），或者交给程序：`cncoding doctor --explain "报错原文"`。
`cncoding doctor PROVIDER` 会检查 API Key、代理、时钟、身份、模型与额度。{made}

每个错误都在 `error.hint` 中附带处理建议，语言由 `CNCODING_LANG` 或 `LANG` 决定。

## 按错误类型

| 类型 | 含义 | 处理建议 |
|---|---|---|""",
    }
)
_OWN = MappingProxyType(
    {
        "en": """
## By the words of our own errors

`*` stands for what differs.

| the text says | why | what to do |
|---|---|---|""",
        "zh": """
## 按本项目的报错文字

`*` 表示会变化的部分。

| 报错文字 | 原因 | 处理建议 |
|---|---|---|""",
    }
)
_SAYINGS: Sequence[tuple[str, Hint, Hint]] = (
    (
        "langchain-core >= 1.6 is not installed",
        Hint("the framework is missing or too old", "未安装框架，或版本过低"),
        Hint('`pip install --upgrade "cncoding[langchain]"`', '`pip install --upgrade "cncoding[langchain]"`'),
    ),
    (
        "llama-index-core >= 0.14.24 is not installed",
        Hint("the framework is missing or too old", "未安装框架，或版本过低"),
        Hint('`pip install --upgrade "cncoding[llamaindex]"`', '`pip install --upgrade "cncoding[llamaindex]"`'),
    ),
    (
        "needs a key for endpoint *",
        Hint("no key was given and none is in the environment", "没有传入 API Key，环境变量中也没有"),
        Hint("set the variable that the text names, or `api_key=`", "设置报错中列出的环境变量，或传入 `api_key=`"),
    ),
    (
        "does not belong to endpoint *",
        Hint("the key's beginning shows that it is of another endpoint", "API Key 的前缀表明它属于另一个接入点"),
        Hint("give the `endpoint=` that the text names", "改用报错中给出的 `endpoint=`"),
    ),
    (
        "unknown argument *; did you mean *",
        Hint("a setting is misspelled, or belongs to another package", "参数名拼写有误，或来自其他包"),
        Hint(
            "see [settings](settings.md) and [coming from another package](moving.md)",
            "见[参数](settings.md)与[迁移](moving.md)",
        ),
    ),
    (
        "reads text only",
        Hint("a picture was given to a model without eyes", "向不支持视觉的模型发送了图片"),
        Hint("take one of the models that the text names, or `vision=`", "改用报错中列出的视觉模型，或设置 `vision=`"),
    ),
    (
        "says how hard",
        Hint("`thinking=` switches, it has no levels", "`thinking=` 只控制开关，没有强度"),
        Hint("give `reasoning_effort=`", "思考强度请用 `reasoning_effort=`"),
    ),
    (
        "not a public address",
        Hint("a link leads into your own network", "链接指向内网地址"),
        Hint("name the host in `allow_hosts=`, if you mean it", "确认无误后将主机名加入 `allow_hosts=`"),
    ),
    (
        "leave '/chat/completions' out",
        Hint(
            "`base_url=` is what the vendor's SDK takes; the path is appended",
            "`base_url=` 与厂商 SDK 的写法相同，路径会自动追加",
        ),
        Hint("end `base_url=` before that path", "去掉 `base_url=` 末尾的路径"),
    ),
    (
        "the command line needs the extra",
        Hint("the command was installed without its extra", "未安装命令行的可选依赖"),
        Hint('`pip install "cncoding[cli]"`', '`pip install "cncoding[cli]"`'),
    ),
)


def _troubleshooting(say: Callable[..., str], language: Language) -> Iterator[str]:
    yield _TROUBLE[language].format(made=say("made"))
    for kind, remedy in table.REMEDIES.items():
        yield f"| `{kind.__name__}` | {cell(_meaning(kind).say(language))} | {cell(remedy.say(language))} |"
    yield _OWN[language]
    for words, why, what in _SAYINGS:
        yield f"| `{words}` | {why.say(language)} | {what.say(language)} |"
    title = {"en": "By the vendor's code or words", "zh": "按厂商的错误码或原文"}[language]
    head = {"en": "| code or words | class | window | known from |", "zh": "| 错误码或原文 | 类型 | 额度窗口 | 依据 |"}[
        language
    ]
    note = {
        "en": "Words are patterns (regular expressions) that are searched in the vendor's text.",
        "zh": "“原文”一栏为在厂商报错中查找的正则表达式。",
    }[language]
    yield f"\n## {title}\n\n{note}"
    for provider in own_providers().values():
        rows = [*provider.error_codes.items(), *((one.pattern, rule) for one, rule in provider.error_texts)]
        if not rows:
            continue
        yield f"\n### {provider.title}\n\n{head}\n|---|---|---|---|"
        for words, rule in rows:
            source = f"{cell(str(rule.source))} ({say(rule.source.kind)})" if rule.source else ""
            text = str(words).replace("|", "\\|")
            yield f"| `{text}` | `{rule.kind.__name__}` | {rule.window or ''} | {source} |"


def _meaning(kind: type[CncodingError] | type[ApiError]) -> Hint:
    for parent in kind.__mro__:
        if parent in table.MEANINGS:
            return table.MEANINGS[parent]
    raise KeyError(kind)


# ---------------------------------------------------------------- settings

_SETTINGS = MappingProxyType(
    {
        "en": """# Settings

The same names in both frameworks, at a constructor, in `bind` and at a call; what is said at the call wins, and what is
not said is not sent. An unknown name is an error that names the nearest. This page is made from the code by
`docs/tables.py`.""",
        "zh": """# 参数

两个框架的参数同名，可用于构造函数、`bind` 与单次调用；单次调用的参数优先，没有指定的参数不会发送。
未知的参数会报错，并提示最接近的名称。本页由 `docs/tables.py` 根据代码生成，说明为代码中的英文原文。""",
    }
)
_CLIENT_ROWS = (
    ("api_key", "str, SecretStr, function", "", "The key; without it the environment is asked."),
    (
        "endpoint",
        "str",
        "the key decides",
        "`coding`, `coding-global`, `api`, `api-global` and others of the provider.",
    ),
    ("base_url", "str", "of the endpoint", "What the vendor's own SDK of that wire takes; no version is guessed."),
    ("wire", "`openai`, `anthropic`", "`openai`", "The protocol that is spoken."),
    ("timeout", "float, pair, httpx.Timeout", "", "Seconds, or `(connect, read)`."),
    ("max_retries", "int", "2", "Tries again before the first byte of an answer only."),
    ("default_headers", "dict", "", "Sent with every request; values do not show in dumps."),
    ("user_agent", "str", "`cncoding/<version>`", "Who is asking. Plans have terms about false identities."),
    ("http_client, http_async_client", "httpx client", "", "A client of your own: proxies, certificates, transports."),
    ("vision", "`vlm`, `native`, `error`", "", "What becomes of a picture that the model cannot see."),
)


def _settings(language: Language) -> Iterator[str]:
    heads = {
        "en": ("The client", "The request", "Limits", "| name | takes | default | what it does |"),
        "zh": ("客户端", "请求", "限制", "| 名称 | 取值 | 默认值 | 说明 |"),
    }[language]
    yield _SETTINGS[language]
    yield f"\n## {heads[0]}\n\n{heads[3]}\n|---|---|---|---|"
    for name, takes, default, text in _CLIENT_ROWS:
        yield f"| {', '.join(f'`{one}`' for one in name.split(', '))} | {takes} | {default} | {text} |"
    for title, model in ((heads[1], RequestSettings), (heads[2], LimitSettings)):
        yield f"\n## {title}\n\n{heads[3]}\n|---|---|---|---|"
        for name, field in model.model_fields.items():
            default = "" if field.default is None else f"`{field.default!r}`"
            takes = cell(
                re.sub(r"typing\.|cncoding\.types\.|<class '|'>", "", str(field.annotation)).replace("NoneType", "None")
            )
            yield f"| `{name}` | `{_plain(takes)}` | {default} | {cell(field.description or '')} |"
    frameworks = {
        "en": "\n## Of one framework\n\nLangChain adds `streaming, stream_usage, output_version, profile, "
        "rate_limiter`; LlamaIndex `context_window, system_prompt, additional_kwargs, callback_manager, rate_limiter, "
        "structured_output_mode, promote_reasoning_when_empty`. Several models as one (`over`) take `order` "
        "(`listed`, `most_left`, `cheapest`).",
        "zh": "\n## 单个框架特有的参数\n\nLangChain 另有 `streaming, stream_usage, output_version, profile, "
        "rate_limiter`；LlamaIndex 另有 `context_window, system_prompt, additional_kwargs, callback_manager, "
        "rate_limiter, structured_output_mode, promote_reasoning_when_empty`。"
        "多个模型合为一个（`over`）可用 `order`（`listed`、`most_left`、`cheapest`）。",
    }
    yield frameworks[language]


def _plain(text: str) -> str:
    short = (
        text.replace("\\|", "or")
        .replace(" or None", "")
        .replace("Union[bool, Literal['open'], None]", "bool or 'open'")
    )
    return re.sub(r"Literal\[(.*?)\]", r"\1", short).replace("&lt;", "<").strip("[]" if short.startswith("[") else "")
