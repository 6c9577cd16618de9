"""Decide, without a script, what a sensible model would answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256

from . import framework_forms, numbered_sources
from .reply import Call, Draft, Say, Segment, Think
from .request import ChatRequest, ToolSpec
from .schema_examples import PLACE, cities_in, example
from .vision import Seen
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
QUOTE_ME = re.compile(
    r"(?:\b(?:say|reply|respond|answer|repeat|output|print|echo)\b|说|回复|回答|输出)[^\"“'「]{0,40}[\"“'「](.{1,200}?)[\"”'」]",
    re.I | re.S,
)
JUST = re.compile(r"(?:reply|respond|answer) with (?:just|only|exactly)(?: the word)?:? ([\w-]+)\W*$", re.I)
NAME_ASKED = re.compile(r"(what is|what's|remember|know) my name|我叫什么|我的名字", re.I)
NAME_TOLD = re.compile(r"(?:my name is|I am called|I'm|我叫|我的名字是)\s*([\w\u4e00-\u9fff]+)", re.I)
SUM = re.compile(r"(-?\d+(?:\.\d+)?)\s*([-+*/×÷])\s*(-?\d+(?:\.\d+)?)")

Planned = tuple[str, Json]


def decide(chat: ChatRequest, thinking: bool, seen: list[Seen], parallel_default: bool) -> Draft:
    """Return the reply of a model that means well: tools first, then their results, else text."""
    planned = _tool_calls(chat, parallel_default)
    if planned:
        calls = tuple(Call(name, json.dumps(args, ensure_ascii=False)) for name, args in planned)
        names = "、".join(sorted({c.name for c in calls}))
        return Draft((*_think(chat, thinking, f"I will call {names}."), *calls))
    return Draft((*_think(chat, thinking, "I can answer now."), Say(_write_text(chat, seen))))


def _think(chat: ChatRequest, thinking: bool, plan: str) -> tuple[Segment, ...]:
    """Reason in a few words that differ from turn to turn, in two languages and two lines."""
    if not thinking:
        return ()
    digest = sha256("\0".join(m.role + m.text for m in chat.messages).encode()).hexdigest()[:6]
    asked = " ".join(chat.question.split())[:48]
    return (Think(f"用户问：{asked}\n(step {len(chat.messages)}, {digest}) {plan}"),)


# --- tools ---------------------------------------------------------------------------------------------


def _tool_calls(chat: ChatRequest, parallel_default: bool) -> list[Planned]:
    if not chat.tools or chat.choice == "none":
        return []
    after_result = bool(chat.messages) and chat.messages[-1].role == "tool"
    if chat.choice in ("named", "required"):
        tool = _choose_forced(chat, after_result)
        return [(tool.name, _fill_arguments(chat, tool))]
    urged = bool(MUST_CALL.search(chat.system))
    parallel = parallel_default if chat.parallel is None else chat.parallel
    left = _subtract_done(chat, plan_calls(chat))
    if not left and urged:
        tool = _choose_forced(chat, after_result)
        return [(tool.name, _fill_arguments(chat, tool))]
    if not left:
        return []
    one_by_one = not parallel or (len(_find_named(chat)) > 1 and bool(IN_ORDER.search(chat.question)))
    return left[:1] if one_by_one else left


def _choose_forced(chat: ChatRequest, after_result: bool) -> ToolSpec:
    if chat.choice == "named":
        return next(t for t in chat.tools if t.name == chat.chosen)
    called = {c.name for m in chat.loop for c in m.calls}
    fresh = [t for t in chat.tools if t.name not in called] if after_result else []
    # With a call forced after results, a structured-output tool is what is left to call.
    return _choose_best(chat, tuple(fresh) or chat.tools)


def plan_calls(chat: ChatRequest) -> list[Planned]:
    """Return the calls that the last user message asks for."""
    question = chat.question
    told = INSIST.search(f"{chat.system}\n{question}")
    if told:
        ordered = [t for t in chat.tools if t.name in told.group()]
        tool = ordered[0] if len(ordered) == 1 else _choose_best(chat, tuple(ordered) or chat.tools)
        return [(tool.name, _fill_arguments(chat, tool))]
    if GREETING.match(question) or REFUSE_TOOLS.search(question):
        return []
    named = _find_named(chat)
    if len(named) > 1:
        return _fill_in_turn(chat, named)
    if SEVERAL.search(question) and len(chat.tools) > 1 and len(cities_in(question)) < 2:
        return _fill_in_turn(chat, list(chat.tools[:2]))
    tool = named[0] if named else _choose_best(chat, chat.tools)
    cities = cities_in(question)
    if len(cities) > 1 and any(PLACE.search(n) for n in tool.schema.get("properties") or {}):
        return [(tool.name, _as_object(example(tool.schema, question, city))) for city in cities]
    return [(tool.name, _fill_arguments(chat, tool))]


def _subtract_done(chat: ChatRequest, plan: list[Planned]) -> list[Planned]:
    """Take away what the running loop has already called."""
    done = Counter(c.name for m in chat.loop for c in m.calls)
    left = []
    for name, args in plan:
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


def _choose_best(chat: ChatRequest, tools: tuple[ToolSpec, ...]) -> ToolSpec:
    """Choose the tool whose name and description share most words with the question."""
    asked = _read_words(chat.question)

    def score(tool: ToolSpec) -> float:
        name = _read_words(tool.name.replace("_", " "))
        return 3 * len(asked & name) + len(asked & _read_words(tool.description)) - ("handoff" in tool.name) * 0.5

    return max(tools, key=score)


def _read_words(text: str) -> set[str]:
    lower = text.lower()
    words = {w[:-1] if w.endswith("s") and len(w) > 3 else w for w in re.findall(r"[a-z]{3,}", lower)}
    chinese = re.sub(r"[^\u4e00-\u9fff]", "", lower)
    return (words | {chinese[i : i + 2] for i in range(len(chinese) - 1)}) - framework_forms.COMMON


def _fill_arguments(chat: ChatRequest, tool: ToolSpec) -> Json:
    if tool.name == "magic_function" and not re.search(r"\d", chat.question):
        return {"input": 3}
    return _name_agent(chat, tool, _as_object(example(tool.schema, chat.question)))


def _name_agent(chat: ChatRequest, tool: ToolSpec, args: Json) -> Json:
    """Name an agent that the description of a handoff tool lists (LlamaIndex ``AgentWorkflow``)."""
    listed = re.findall(r"[\"']?(\w+)[\"']?: ", tool.description.partition("available agents:")[2])
    if "to_agent" not in args or not listed:
        return args
    return {**args, "to_agent": next((name for name in listed if name in chat.question), listed[0])}


def _fill_in_turn(chat: ChatRequest, tools: list[ToolSpec]) -> list[Planned]:
    """Give each tool the part of the question that follows its name."""
    planned = []
    for i, tool in enumerate(tools):
        start = max(0, chat.question.find(tool.name))
        later = [chat.question.find(t.name) for t in tools[i + 1 :]]
        end = min([p for p in later if p > start], default=len(chat.question))
        own = chat.question[start + len(tool.name) : end] if start or i == 0 else chat.question
        args = _as_object(example(tool.schema, own or chat.question))
        planned.append((tool.name, _name_agent(chat, tool, args)))
    return planned


def _as_object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


# --- text ----------------------------------------------------------------------------------------------


def _write_text(chat: ChatRequest, seen: list[Seen]) -> str:
    formatted = _answer_format(chat)
    if formatted is not None:
        return formatted
    special = numbered_sources.answer(chat, seen)
    if special is None:
        special = framework_forms.answer(chat)
    if special:
        return special
    results = [m for m in chat.loop if m.role == "tool"]
    pictures = _describe_pictures(seen)
    if results:
        quoted = "；".join(m.text for m in results)
        return f"根据工具结果 (from the tool results): {quoted}{pictures and ' ' + pictures}"
    return pictures or _talk(chat)


def _describe_pictures(seen: list[Seen]) -> str:
    if not seen:
        return ""
    head = "图片里是 I see 1 image: " if len(seen) == 1 else f"图片里是 I see {len(seen)} images: "
    return head + "; ".join(s.words() for s in seen) + "."


def _answer_format(chat: ChatRequest) -> str | None:
    """Answer in the ``response_format`` (OpenAI) or ``output_config.format`` (Anthropic) asked for."""
    wanted = chat.body.get("response_format") or (chat.body.get("output_config") or {}).get("format") or {}
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "json_schema":
        schema = (wanted.get("json_schema") or {}).get("schema") or wanted.get("schema") or {}
        return json.dumps(example(schema, chat.question), ensure_ascii=False)
    if kind == "json_object":
        return framework_forms.json_object(chat)
    return None


def _talk(chat: ChatRequest) -> str:
    question = chat.question.strip()
    quoted = QUOTE_ME.search(question) or JUST.search(question)
    if quoted:
        return quoted.group(1)
    if NAME_ASKED.search(question):
        told = [n for m in chat.messages if m.role == "user" for n in NAME_TOLD.findall(m.text)]
        if told:
            return f"你的名字是 {told[-1]}. Your name is {told[-1]}."
    calculation = SUM.search(question)
    if calculation:
        return f"{calculation.group(0)} = {_calculate(*calculation.groups())}"
    asked = question if len(question) <= 160 else question[:160] + "…"
    return f"这是 {chat.model} 的模拟回答 (emulated). The question was: {asked}"


def _calculate(left: str, sign: str, right: str) -> str:
    a, b = float(left), float(right)
    if sign in "/÷" and b == 0:
        return "undefined"
    results = {"+": a + b, "-": a - b, "*": a * b, "×": a * b}
    value = results[sign] if sign in results else a / b
    return f"{value:g}" if value != int(value) else str(int(value))
