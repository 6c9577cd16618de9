"""The troubleshooting page, in English and Chinese, made from the tables of hints and causes; `tables.py` writes it.

Each page holds the words of both languages, because an error shows one of them and its reader searches for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import MappingProxyType

from vendor_pages import cell, speak_in

from cncoding import errors
from cncoding.errors import ApiError, CncodingError, Hint
from cncoding.hints import table
from cncoding.hints.causes import CAUSES
from cncoding.hints.find import meaning, remedy
from cncoding.hints.hint import Language
from cncoding.hints.links import Cause, name_topic
from cncoding.registry import own_providers

_PAGE = MappingProxyType(
    {
        "en": """# Troubleshooting

Look for the words of your error on this page (the search above finds them, in English and Chinese), or let the
program do it: `cncoding doctor --explain "TEXT"`. `cncoding doctor PROVIDER` checks key, proxy, clock, identity, models
and quota.

Every error carries its remedy in `error.hint` and the address of its entry here in `error.help_url`, in the language of
`CNCODING_LANG` or `LANG`; a traceback (Python 3.11 and newer) and the command line end with it.

{made}
""",
        "zh": """# 故障排查

在本页查找报错中的文字（可用上方的搜索，中英文均可），或者交给程序：`cncoding doctor --explain "报错原文"`。
`cncoding doctor PROVIDER` 会检查 API Key、代理、时钟、身份、模型与额度。

每个错误都在 `error.hint` 中附带处理建议，在 `error.help_url` 中附带本页对应条目的地址，语言由 `CNCODING_LANG` 或 `LANG`
决定；traceback（Python 3.11 及以上）与命令行会在末尾显示该地址。

{made}
""",
    }
)
_WORDS = MappingProxyType(
    {
        "causes": Hint(
            "## By the words of our own errors {#by-words}\n\n`*` stands for what differs.",
            "## 按本项目的报错文字 {#by-words}\n\n`*` 表示会变化的部分。报错正文为英文，括号中的提示为中文或英文。",
        ),
        "classes": Hint("## By class {#by-class}", "## 按错误类型 {#by-class}"),
        "codes": Hint(
            "## By the vendor's code or words {#by-code}\n\n"
            "Words are patterns (regular expressions) that are searched in the vendor's text.",
            "## 按厂商的错误码或原文 {#by-code}\n\n“原文”一栏为在厂商报错中查找的正则表达式。",
        ),
        "code_head": Hint(
            "| code or words | class | window | known from |",
            "| 错误码或原文 | 类型 | 额度窗口 | 依据 |",
        ),
        "says": Hint("The text says", "报错文字"),
        "hint": Hint("Its hint", "提示"),
        "do": Hint("What to do", "处理建议"),
        "other": Hint("中文", "English"),
        "known": Hint("the text says what happened", "原因见报错原文"),
    }
)


def write_troubleshooting() -> dict[str, str]:
    """Return the pages by their path under `docs/`."""
    pages: tuple[tuple[Language, str], ...] = (("en", ""), ("zh", ".zh"))
    return {f"troubleshooting{suffix}.md": "\n".join(_write(language)) + "\n" for language, suffix in pages}


def _write(language: Language) -> Iterator[str]:
    say = speak_in(language)
    yield _PAGE[language].format(made=say("made"))
    yield _WORDS["causes"].say(language)
    for cause in CAUSES:
        yield from _cause(cause, language)
    yield "\n" + _WORDS["classes"].say(language)
    for kind in list_classes():
        yield from _class(kind, language)
    yield "\n" + _WORDS["codes"].say(language)
    yield from _codes(say, language)


def list_classes() -> list[type[CncodingError]]:
    """Return the classes of errors, in the order of their file."""
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, CncodingError)]


def list_hints(topic: str) -> list[Hint]:
    """Return the sentences of the table of hints that lead to an entry."""
    return [one for one in vars(table).values() if isinstance(one, Hint) and one.topic == topic]


def _cause(cause: Cause, language: Language) -> Iterator[str]:
    title = cause.title.say(language)
    if cause.says:
        yield f"\n### `{cause.says[0]}`{'：' if language == 'zh' else ': '}{title} {{#{cause.topic}}}\n"
        yield f"- {_label('says', language)}{_join([f'`{one}`' for one in cause.says], language)}"
    else:
        yield f"\n### {_upper(title)} {{#{cause.topic}}}\n"
    yield from _hints(cause.topic, language)
    yield f"- {_label('do', language)}{cause.remedy.say(language)}"
    other = _other(language)
    yield f"- {_label('other', language)}{cause.title.say(other)}; {_unlink(cause.remedy.say(other))}"


def _class(kind: type[CncodingError], language: Language) -> Iterator[str]:
    topic = name_topic(kind.__name__)
    helps = remedy(kind) or _WORDS["known"]
    yield f"\n### {kind.__name__}{'：' if language == 'zh' else ': '}{meaning(kind).say(language)} {{#{topic}}}\n"
    yield f"- {_label('do', language)}{helps.say(language)}"
    yield from _hints(topic, language)
    other = _other(language)
    what, then = meaning(kind).say(other), helps.say(other)
    yield f"- {_label('other', language)}{then if then.startswith(what) else f'{what}; {then}'}"
    for provider in own_providers().values():
        for one, hint in provider.hints.items():
            if one is kind:
                both = hint if isinstance(hint, Hint) else Hint(hint, hint)
                name = f"[{provider.title}](providers/{provider.id}.md)"
                yield f"- {name}{'：' if language == 'zh' else ': '}{_escape(both.say(language))}"
                yield f"    - {_label('other', language)}{_escape(both.say(other))}"


def _hints(topic: str, language: Language) -> Iterator[str]:
    for hint in list_hints(topic):
        both = [f"`{re.sub(r'{.*?}', '*', hint.say(one)).replace('`', '')}`" for one in (language, _other(language))]
        yield f"- {_label('hint', language)}{_join(both, language)}"


def _codes(say: Callable[..., str], language: Language) -> Iterator[str]:
    for provider in own_providers().values():
        rows = [*provider.error_codes.items(), *((one.pattern, rule) for one, rule in provider.error_texts)]
        if not rows:
            continue
        yield f"\n### {provider.title} {{#codes-{provider.id}}}\n"
        yield f"{_WORDS['code_head'].say(language)}\n|---|---|---|---|"
        for words, rule in rows:
            source = f"{cell(str(rule.source))} ({say(rule.source.kind)})" if rule.source else ""
            text = str(words).replace("|", "\\|")
            yield f"| `{text}` | {_link(rule.kind)} | {rule.window or ''} | {source} |"


def _link(kind: type[ApiError]) -> str:
    return f"[`{kind.__name__}`](#{name_topic(kind.__name__)})"


def _other(language: Language) -> Language:
    return "en" if language == "zh" else "zh"


def _label(word: str, language: Language) -> str:
    return f"{_WORDS[word].say(language)}{'：' if language == 'zh' else ': '}"


def _join(parts: list[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(parts)


def _upper(text: str) -> str:
    return text if text.startswith("`") else text[0].upper() + text[1:]


def _unlink(text: str) -> str:
    """Return a text without links: the other language's names of pages lead nowhere here."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)


def _escape(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")
