"""A page for each vendor, in English and Chinese, generated from the code; `tables.py` writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType

from plan_facts import TERMS, write_plans
from quirk_words import QUIRKS

from cncoding.cards import ModelCard
from cncoding.errors import Hint
from cncoding.evidence import Source
from cncoding.facts import list_facts
from cncoding.hints.hint import Language
from cncoding.hints.links import name_topic
from cncoding.media.routes import MediaRoute, SpeechRoute
from cncoding.media.selection import media_routes
from cncoding.profile import Provider, Terms
from cncoding.registry import own_providers

_WORDS = MappingProxyType(
    {
        "made": Hint("This page is made from the code by `docs/tables.py`.", "本页由 `docs/tables.py` 根据代码生成。"),
        "docs": Hint("Its own documentation", "厂商文档"),
        "begin": Hint("Begin", "开始使用"),
        "keys": Hint("Keys and endpoints", "API Key 与接入点"),
        "key_head": Hint(
            "| endpoint | key from the environment | where to make one | base URL, by wire |",
            "| 接入点 | 环境变量 | API Key 创建页面 | 各协议的 Base URL |",
        ),
        "base": Hint("give `base_url=` or `{name}`", "请设置 `base_url=` 或 `{name}`"),
        "override": Hint(
            "`{name}` in the environment replaces the address; the first endpoint is the default.",
            "环境变量 `{name}` 可替换地址；第一个接入点为默认值。",
        ),
        "plans": Hint("Plans, prices and limits", "套餐、价格与限额"),
        "plans_note": Hint(
            "As the pages showed them on the date given; look at them before you buy. `cncoding plan` shows what is "
            "left of yours, [plans](../plans.md) all vendors.",
            "以所注日期的页面为准，购买前请核对。`cncoding plan` 可查看剩余额度，各厂商对比见[套餐](../plans.md)。",
        ),
        "terms": Hint("Terms", "服务条款"),
        "terms_note": Hint(
            "What the pages say, in short; no legal advice. Every request says truthfully who is asking.",
            "页面说明的摘要，不构成法律意见。每个请求都会如实标明身份。",
        ),
        "terms_head": Hint("| endpoint | what the pages say | known from |", "| 接入点 | 页面说明 | 依据 |"),
        "codes": Hint(
            "Its codes and texts: [troubleshooting](../troubleshooting.md#codes-{id}).",
            "错误码与原文见[故障排查](../troubleshooting.md#codes-{id})。",
        ),
        "errors": Hint("When it refuses", "厂商拒绝请求时"),
        "error_head": Hint("| error | what helps |", "| 错误 | 处理建议 |"),
        "models": Hint("Models", "模型"),
        "model_head": Hint(
            "| model | context | output | reads | thinking | known from |",
            "| 模型 | 上下文窗口 | 最大输出 | 输入 | 深度思考 | 依据 |",
        ),
        "card_head": Hint(
            "| model | context | output | reads | thinking | `response_format` | known from |",
            "| 模型 | 上下文窗口 | 最大输出 | 输入 | 深度思考 | `response_format` | 依据 |",
        ),
        "none": Hint("none", "无"),
        "at": Hint("Endpoints {names}:", "接入点 {names}："),
        "media": Hint("Media", "媒体"),
        "media_note": Hint(
            "What it makes; see [media](../media.md) for tools, sight, search, transcripts, prices and jobs.",
            "可生成的内容；工具、看图、搜索、语音识别、价格与任务见[媒体](../media.md)。",
        ),
        "media_head": Hint("| kind | models | known from |", "| 类型 | 模型 | 依据 |"),
        "image": Hint("pictures", "图片"),
        "video": Hint("films", "视频"),
        "speech": Hint("speech", "语音合成"),
        "voice": Hint("voice", "音色"),
        "files": Hint("Files and large inputs", "文件与过大的输入"),
        "files_note": Hint(
            "What it keeps for requests, and how inputs of its media travel; see "
            "[media](../media.md#inputs-too-large-for-a-request).",
            "为请求保存的文件，以及媒体输入的传送方式（取值保留原文）；见"
            "[媒体](../media.md#inputs-too-large-for-a-request)。",
        ),
        "files_head": Hint("| for | takes | known from |", "| 用途 | 限制 | 依据 |"),
        "kept": Hint("any model: {where}", "任一模型：{where}"),
        "inputs": Hint("inputs of `{name}`", "`{name}` 的输入"),
        "quirks": Hint("Quirks", "特性与限制"),
        "quirk_note": Hint(
            "What the code knows and obeys; also `cncoding facts {id}`.",
            "代码所依据的事实；取值与依据保留原文，也可用 `cncoding facts {id}` 查看。",
        ),
        "quirk_head": Hint("| wire, endpoints | what | value | known from |", "| 协议与接入点 | 内容 | 取值 | 依据 |"),
        "never": Hint("no", "不支持"),
        "on": Hint("on", "默认开启"),
        "off": Hint("off", "默认关闭"),
        "stop": Hint(", can stop", "，可关闭"),
        "always": Hint(", always", "，不可关闭"),
        "inferred": Hint("inferred", "推断"),
        "documented": Hint("documented", "有文档"),
        "captured": Hint("captured", "录制"),
    }
)


def write_vendors() -> dict[str, str]:
    """Return the page of each vendor by its path under `docs/`."""
    pages = {}
    for language, suffix in (("en", ""), ("zh", ".zh")):
        say = speak_in(language)
        for provider in own_providers().values():
            pages[f"providers/{provider.id}{suffix}.md"] = "\n".join(_provider(provider, say, language)) + "\n"
    return pages


def speak_in(language: Language) -> Callable[..., str]:
    """Return a function that says words of this file in a language."""

    def say(word: str, /, **values: str) -> str:
        return (_WORDS[word].fill(**values) if values else _WORDS[word]).say(language)

    return say


def _provider(provider: Provider, say: Callable[..., str], language: Language) -> Iterator[str]:
    yield f"# {provider.title}\n"
    yield f"{say('made')} [{say('docs')}]({provider.docs})\n"
    yield f"## {say('begin')} {{#begin}}\n"
    name = re.split("[:!]", provider.endpoints[0].key_env[0])[0]
    yield f"```sh\nexport {name}=...\n```\n"
    yield f"```python\nfrom langchain_cncoding import Chat{provider.stem}"
    yield f"from llamaindex_cncoding import {provider.stem}"
    yield f'\nprint(Chat{provider.stem}().invoke("你好").text)\nprint({provider.stem}().complete("你好"))\n```\n'
    yield f"## {say('keys')} {{#keys}}\n"
    yield f"{say('key_head')}\n|---|---|---|---|"
    for one in provider.endpoints:
        keys = ", ".join(f"`{re.split('[:!]', entry)[0]}`" for entry in one.key_env)
        page = provider.key_pages.get(one.name)
        where = "<br>".join(f"{wire}: `{one.host}{path.path}`" for wire, path in one.wires.items())
        if not one.host:
            where = say("base", name=provider.base_url_env)
        yield f"| `{one.name}` | {keys} | {f'<{page}>' if page else ''} | {where} |"
    yield f"\n{say('override', name=provider.base_url_env)}\n"
    yield f"## {say('plans')} {{#plans}}\n\n{say('plans_note')}\n"
    yield write_plans(language, provider.id) + "\n"
    yield from _terms(provider, say, language)
    if provider.hints:
        yield f"## {say('errors')} {{#errors}}\n"
        yield f"{say('error_head')}\n|---|---|"
        for kind, hint in provider.hints.items():
            text = hint.say(language) if isinstance(hint, Hint) else hint
            link = f"../troubleshooting.md#{name_topic(kind.__name__)}"
            yield f"| [`{kind.__name__}`]({link}) | {cell(text)} |"
        yield ""
    if provider.error_codes or provider.error_texts:
        yield say("codes", id=provider.id) + "\n"
    yield f"## {say('models')} {{#models}}\n"
    yield from _models(provider, say)
    yield from _media(provider, say)
    yield from _files(provider, say)
    yield f"## {say('quirks')} {{#quirks}}\n\n{say('quirk_note', id=provider.id)}\n"
    yield f"{say('quirk_head')}\n|---|---|---|---|"
    for fact in list_facts(provider.id):
        if fact.source and fact.value and " wire (" in fact.subject:
            where, field = fact.subject.rsplit(": ", 1)
            what = QUIRKS[field].say(language) if field in QUIRKS else f"`{field}`"
            known = f"{cell(str(fact.source))} ({say(fact.source.kind)})"
            yield f"| {where.replace(' wire', '')} | {what} | {cell(str(fact.value))} | {known} |"


def _media(provider: Provider, say: Callable[..., str]) -> Iterator[str]:
    routes = [route for route in media_routes(provider) if route.models]
    if not routes:
        return
    yield f"## {say('media')} {{#media}}\n\n{say('media_note')}\n\n{say('media_head')}\n|---|---|---|"
    for route in routes:
        names = ", ".join(f"`{model.id}`" for model in route.models)
        known = f"{cell(str(route.source))} ({say(route.source.kind)})" if route.source else ""
        yield f"| {say(route.kind)} | {names} | {known} |"
    yield ""


def _files(provider: Provider, say: Callable[..., str]) -> Iterator[str]:
    """Write what the vendor keeps, and how inputs reach its routes."""
    rows: list[tuple[str, str, Source]] = []
    kept = provider.files
    if kept is not None:
        purposes = [(f"`{purpose}`", rule) for purpose, rule in kept.purposes.items()]
        source = kept.source or kept.rule.source
        for name, rule in purposes or [(say("kept", where=kept.where), kept.rule)]:
            if (known := rule.source or source) is not None:
                rows.append((name, rule.describe(), known))
    for route in (*provider.routes(MediaRoute), *provider.routes(SpeechRoute)):
        if route.carriage is not None:
            rows.append((say("inputs", name=route.name), route.carriage.describe(), route.carriage.source))
    if not rows:
        return
    yield f"## {say('files')} {{#files}}\n\n{say('files_note')}\n\n{say('files_head')}\n|---|---|---|"
    for name, takes, known in rows:
        yield f"| {name} | {cell(takes)} | {cell(str(known))} ({say(known.kind)}) |"
    yield ""


def _terms(provider: Provider, say: Callable[..., str], language: Language) -> Iterator[str]:
    stated: dict[Terms, list[str]] = {}
    for one in provider.endpoints:
        if one.terms:
            stated.setdefault(replace(one.terms, allowed=""), []).append(f"`{one.name}`")
    if not stated:
        return
    yield f"## {say('terms')} {{#terms}}\n\n{say('terms_note')}\n\n{say('terms_head')}\n|---|---|---|"
    for terms, names in stated.items():
        text = TERMS.get(terms.text, terms.text) if language == "zh" else terms.text
        yield f"| {', '.join(names)} | {cell(text)} | {cell(str(terms.source))} ({say(terms.source.kind)}) |"
    yield ""


def _models(provider: Provider, say: Callable[..., str]) -> Iterator[str]:
    groups: dict[tuple[ModelCard, ...], list[str]] = {}
    for one in provider.endpoints:
        groups.setdefault(one.models, []).append(f"`{one.name}`")
    for cards, names in groups.items():
        yield say("at", names=", ".join(names)) + "\n"
        yield f"{say('model_head')}\n|---|---|---|---|---|---|"
        for card in cards:
            sizes = [f"{size:,}" if size else "?" for size in (card.context or card.max_input, card.max_output)]
            source = card.source
            known = f"{cell(str(source))} ({say(source.kind)})" if source else ""
            reads = ", ".join(sorted(card.input))
            yield f"| `{card.id}` | {sizes[0]} | {sizes[1]} | {reads} | {describe_thinking(card, say)} | {known} |"
        yield ""


def describe_thinking(card: ModelCard, say: Callable[..., str]) -> str:
    """Return whether and how hard a model thinks, in a few words."""
    if card.thinking is None:
        return say("never")
    state = say("on" if card.thinking.default else "off") + say("stop" if card.thinking.can_disable else "always")
    return state + (f" ({', '.join(card.thinking.levels)})" if card.thinking.levels else "")


def cell(text: str) -> str:
    """Return a text as it can stand in a cell: code stays as it is, what looks like HTML outside of it does not."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))
