"""The page on settings, in English and Chinese, generated from the code; `tables.py` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from chinese_settings import CHINESE
from vendor_pages import cell

from cncoding.hints.hint import Language
from cncoding.settings import LimitSettings, RequestSettings


def write_settings() -> dict[str, str]:
    """Return the page on settings by its path under `docs/`."""
    pages = {}
    for language, suffix in (("en", ""), ("zh", ".zh")):
        pages[f"settings{suffix}.md"] = "\n".join(_settings(language)) + "\n"
    return pages


# ---------------------------------------------------------------- settings

_SETTINGS = MappingProxyType(
    {
        "en": """# Settings

The same names in both frameworks, at a constructor, in `bind` and at a call; what is said at the call wins, and what is
not said is not sent. An unknown name is an error that names the nearest. This page is made from the code by
`docs/tables.py`.""",
        "zh": """# 参数

两个框架的参数同名，可用于构造函数、`bind` 与单次调用；单次调用的参数优先，没有指定的参数不会发送。
未知的参数会报错，并提示最接近的名称。本页由 `docs/tables.py` 根据代码生成。""",
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
    yield f"\n## {heads[0]} {{#client}}\n\n{heads[3]}\n|---|---|---|---|"
    for name, takes, default, text in _CLIENT_ROWS:
        row = f"| {', '.join(f'`{one}`' for one in name.split(', '))} | {_say(takes, language)} | "
        yield f"{row}{_say(default, language)} | {_say(text, language)} |"
    for title, anchor, model in ((heads[1], "request", RequestSettings), (heads[2], "limits", LimitSettings)):
        yield f"\n## {title} {{#{anchor}}}\n\n{heads[3]}\n|---|---|---|---|"
        for name, field in model.model_fields.items():
            default = "" if field.default is None else f"`{field.default!r}`"
            takes = cell(
                re.sub(r"typing\.|cncoding\.types\.|<class '|'>", "", str(field.annotation)).replace("NoneType", "None")
            )
            yield f"| `{name}` | `{_plain(takes)}` | {default} | {cell(_say(field.description or '', language))} |"
    frameworks = {
        "en": "\n## Of one framework {#framework}\n\nLangChain adds `streaming, stream_usage, output_version, profile, "
        "rate_limiter`; LlamaIndex `context_window, system_prompt, additional_kwargs, callback_manager, rate_limiter, "
        "structured_output_mode, promote_reasoning_when_empty`. Several models as one (`over`) take `order` "
        "(`listed`, `most_left`, `cheapest`) and `hedge_after` (seconds).",
        "zh": "\n## 单个框架特有的参数 {#framework}\n\n"
        "LangChain 另有 `streaming, stream_usage, output_version, profile, "
        "rate_limiter`；LlamaIndex 另有 `context_window, system_prompt, additional_kwargs, callback_manager, "
        "rate_limiter, structured_output_mode, promote_reasoning_when_empty`。"
        "多个模型合为一个（`over`）可用 `order`（`listed`、`most_left`、`cheapest`）与 `hedge_after`（秒）。",
    }
    yield frameworks[language]


def _say(text: str, language: Language) -> str:
    return CHINESE.get(text, text) if language == "zh" else text


def _plain(text: str) -> str:
    short = (
        text.replace("\\|", "or")
        .replace(" or None", "")
        .replace("Union[bool, Literal['open'], None]", "bool or 'open'")
    )
    return re.sub(r"Literal\[(.*?)\]", r"\1", short).replace("&lt;", "<").strip("[]" if short.startswith("[") else "")
