"""Plan, without a script, the tool calls that a question asks for.

A tool is called because the question names it or shares words with it; a question that shares nothing is answered in
words. Tools that run commands, write or delete are never called on the strength of words alone.
"""

from __future__ import annotations

import re
from collections import Counter

from . import framework_forms
from .request import ChatRequest, ToolSpec
from .schema_examples import PLACE, cities_in, example
from .tool_risk import has_side_effects
from .wires import Json

GREETING = re.compile(r"^\W*(hi|hello|hey|thanks|thank you|你好|您好|谢谢|早上好)\W*$", re.I)
REFUSE_TOOLS = re.compile(
    r"(do not|don't|without)\s+(use|call|using|calling)\s+(any\s+)?tools?|不要(使用|调用)工具", re.I
)
INSIST = re.compile(
    r"(?:\bmust\b|必须)[^.。\n]*(?:call|use|调用|使用)[^.。\n]*(?:tool|function|工具|函数)[^.。\n]*",
    re.I,
)
MUST_CALL = re.compile(r"\b(only|always|must)\b.{0,20}\bcall(ing)?\b.{0,30}\btools?\b|必须调用.{0,6}工具", re.I)
"""A system prompt that wants tool calls and no words, as is usual where `tool_choice` cannot be forced."""
SEVERAL = re.compile(r"\bboth\b|\ball (the )?tools\b|in parallel|两个工具|同时|并行", re.I)
IN_ORDER = re.compile(r"\bthen\b|\bafter that\b|然后|接着|之后", re.I)
USE_A_TOOL = re.compile(r"\b(use|call)\b.{0,20}\btools?\b|(使用|调用).{0,6}工具", re.I)
CHANGE_ASKED = re.compile(
    r"\b(delete|remove|erase|overwrite|rename|run|execute|write|edit|install|commit|push)\b"
    r"|删除|删掉|移除|覆盖|运行|执行|写入|修改|安装|提交",
    re.I,
)
"""Words for what only a tool with side effects could do; where one is offered, such a question is answered in words."""
SAME_THING = (
    "weather 天气 气温 temperature forecast", "time clock 时间 几点", "add sum plus 加 相加 求和", "multiply times 乘",
    "search find look 搜索 查找 查一下", "image picture draw paint 图片 画 图像", "video film 视频", "price cost 价格",
    "speech voice audio speak 语音 朗读", "translate 翻译", "news 新闻", "city place 城市", "stock share 股票",
    "calendar schedule meeting 日程 会议", "email mail 邮件", "book reserve reservation 预订 订",
    "read open show 读 打开 查看", "list 列出", "quota balance 额度 余额",
)  # fmt: skip
"""Words that mean one thing, so that a Chinese question finds an English tool."""

MANUAL, LEAD = 1200, 80
"""A coding agent's tools come with manuals, in which any word stands; then only the lead says what a tool is for."""

Plan = tuple[str, Json]


def plan(chat: ChatRequest, parallel_default: bool) -> list[Plan]:
    """Return the calls of this turn, none when it is to be answered in words."""
    if not chat.tools or chat.choice == "none":
        return []
    after_result = bool(chat.messages) and chat.messages[-1].role == "tool"
    if chat.choice in ("named", "required"):
        return [_force(chat, after_result)]
    left = _subtract_done(chat, plan_calls(chat))
    if not left and MUST_CALL.search(chat.system):
        tools = tuple(t for t in chat.tools if not has_side_effects(t))
        return [_force(chat, after_result)] if tools else []
    parallel = parallel_default if chat.parallel is None else chat.parallel
    one_by_one = not parallel or (len(_find_named(chat)) > 1 and bool(IN_ORDER.search(chat.question)))
    return left[:1] if one_by_one else left


def _force(chat: ChatRequest, after_result: bool) -> Plan:
    """Choose where the caller leaves no choice; a tool with side effects gets no words of the question."""
    if chat.choice == "named":
        tool = next(t for t in chat.tools if t.name == chat.chosen)
    else:
        called = {c.name for m in chat.loop for c in m.calls}
        fresh = tuple(t for t in chat.tools if t.name not in called) if after_result else ()
        # With a call forced after results, a structured-output tool is what is left to call.
        tools = fresh or chat.tools
        tool = choose_best(chat, tuple(t for t in tools if not has_side_effects(t)) or tools)
    if has_side_effects(tool):
        return tool.name, _as_object(example(tool.schema, ""))
    return tool.name, fill_arguments(chat, tool)


def plan_calls(chat: ChatRequest) -> list[Plan]:
    """Return the calls that the last user message asks for."""
    question = chat.question
    tools = tuple(t for t in chat.tools if not has_side_effects(t))
    if not tools:
        return []
    insisted = INSIST.search(f"{chat.system}\n{question}")
    if insisted:
        named = [t for t in tools if t.name in insisted.group()]
        if not named and any(t.name in insisted.group() for t in chat.tools):
            return []
        tool = named[0] if len(named) == 1 else choose_best(chat, tuple(named) or tools)
        return [(tool.name, fill_arguments(chat, tool))]
    if GREETING.match(question) or REFUSE_TOOLS.search(question):
        return []
    named = [t for t in _find_named(chat) if t in tools]
    if not named and len(tools) < len(chat.tools) and CHANGE_ASKED.search(question):
        return []
    if len(named) > 1:
        return _fill_in_turn(chat, named)
    if SEVERAL.search(question) and len(tools) > 1 and len(cities_in(question)) < 2:
        return _fill_in_turn(chat, list(tools[:2]))
    tool = named[0] if named else choose_best(chat, tools)
    if not named and not _is_asked_for(question, tool):
        return []
    cities = cities_in(question)
    if len(cities) > 1 and any(PLACE.search(n) for n in tool.schema.get("properties") or {}):
        return [(tool.name, _as_object(example(tool.schema, question, city))) for city in cities]
    return [(tool.name, fill_arguments(chat, tool))]


def _subtract_done(chat: ChatRequest, planned: list[Plan]) -> list[Plan]:
    """Take away what the running loop has already called."""
    done = Counter(c.name for m in chat.loop for c in m.calls)
    left = []
    for name, args in planned:
        if done[name] > 0:
            done[name] -= 1
        else:
            left.append((name, args))
    return left


def _find_named(chat: ChatRequest) -> list[ToolSpec]:
    """Return the tools that the question mentions by name, in order of mention."""
    found = []
    for tool in chat.tools:
        at = re.search(rf"(?<!\w){re.escape(tool.name)}(?!\w)", chat.question)
        if at:
            found.append((at.start(), tool))
    return [tool for _, tool in sorted(found, key=lambda pair: pair[0])]


def choose_best(chat: ChatRequest, tools: tuple[ToolSpec, ...]) -> ToolSpec:
    """Choose the tool whose name and description share most words with the question."""
    asked = read_words(chat.question)
    return max(tools, key=lambda tool: _score(asked, tool))


def _score(asked: set[str], tool: ToolSpec) -> float:
    name = read_words(_spell_out(tool.name))
    shared = 3 * len(asked & name) + len(asked & read_words(tool.description))
    return shared - framework_forms.is_handoff(tool) * 0.5


def _is_asked_for(question: str, tool: ToolSpec) -> bool:
    """Tell whether a question shares a word, a place or a labelled value with a tool, or wants any tool used."""
    properties = tool.schema.get("properties") or {}
    spoken = f"{_spell_out(tool.name)} {tool.description} {' '.join(map(_spell_out, properties))}"
    about = " ".join(str(p.get("description", "")) for p in properties.values() if isinstance(p, dict))
    if len(spoken) + len(about) > MANUAL:
        spoken, about = f"{_spell_out(tool.name)} {tool.description[:LEAD]}", ""
    if read_words(question) & read_words(f"{spoken} {about}"):
        return True
    if USE_A_TOOL.search(question):
        return True
    return any(PLACE.search(name) for name in properties) and bool(cities_in(question))


def _spell_out(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_.-]", " ", name)


def read_words(text: str) -> set[str]:
    """Return the content words of a text; Chinese by pairs of characters, synonyms as one."""
    lower = text.lower()
    words = {w[:-1] if w.endswith("s") and len(w) > 3 else w for w in re.findall(r"[a-z]{3,}", lower)}
    chinese = re.sub(r"[^\u4e00-\u9fff]", "", lower)
    found = (words | {chinese[i : i + 2] for i in range(len(chinese) - 1)}) - framework_forms.COMMON
    for number, group in enumerate(SAME_THING):
        if any(w in found or (not w.isascii() and w in chinese) for w in group.split()):
            found.add(f"#{number}")
    return found


def fill_arguments(chat: ChatRequest, tool: ToolSpec) -> Json:
    """Fill the schema of a tool from the question."""
    filled = _as_object(example(tool.schema, chat.question))
    return framework_forms.name_agent(chat.question, tool, filled)


def _fill_in_turn(chat: ChatRequest, tools: list[ToolSpec]) -> list[Plan]:
    """Give each tool the part of the question that follows its name."""
    planned = []
    for i, tool in enumerate(tools):
        start = max(0, chat.question.find(tool.name))
        later = [chat.question.find(t.name) for t in tools[i + 1 :]]
        end = min([p for p in later if p > start], default=len(chat.question))
        own = chat.question[start + len(tool.name) : end] if start or i == 0 else chat.question
        args = _as_object(example(tool.schema, own or chat.question))
        planned.append((tool.name, framework_forms.name_agent(chat.question, tool, args)))
    return planned


def _as_object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
