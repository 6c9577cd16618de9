"""Answer prompts of the frameworks that want a set form, and only those: ReAct, CodeAct, rerank, selectors, RAG, JSON.

The forms are those of llama-index-core 0.14 and langchain-core 1.x, read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from .request import ChatRequest, ToolSpec
from .schema_examples import example
from .wires import Json

COMMON = {
    "the", "and", "for", "you", "are", "use", "using", "with", "what", "this", "that", "tool", "from", "please",
    "how", "can", "your", "all", "any", "user", "have", "has", "was", "his", "her", "its", "not", "but", "get",
    "which", "when", "where", "who", "about", "into", "them", "then", "following", "given", "value",
}  # fmt: skip
TOOL_LINE = re.compile(
    r"> Tool Name: (?P<name>\S+)\s*\nTool Description: (?P<about>.*?)\nTool Args: (?P<args>\{.*?\})\s*\n",
    re.S,
)
REFINE = re.compile(r"New Context: (.*?)\nQuery: (.*?)\nOriginal Answer: (.*?)\nNew Answer:", re.S)
DASHES = re.compile(r"-{10,}")
CALLABLE = re.compile(r"^(?:async )?def (\w+)\((.*?)\)", re.M)


def answer(chat: ChatRequest) -> str | None:
    """Return the answer in the form the prompt wants, or None when the prompt is an ordinary one."""
    return next((text for form in FORMS if (text := form(chat)) is not None), None)


def words(text: str) -> set[str]:
    """Return the content words of a text; Chinese by pairs of characters."""
    lower = text.lower()
    chinese = re.findall(r"[\u4e00-\u9fff]", lower)
    return (set(re.findall(r"[a-z0-9]{3,}", lower)) | {a + b for a, b in pairwise(chinese)}) - COMMON


def _react(chat: ChatRequest) -> str | None:
    everything = f"{chat.system}\n{chat.question}"
    if "Action Input:" not in everything or "Thought:" not in everything or "Action:" not in everything:
        return None
    tools = [(m["name"], m["about"], m["args"]) for m in TOOL_LINE.finditer(everything)]
    turns = [m for m in chat.messages if m.role in ("user", "assistant")]
    asked_at = max(
        (i for i, m in enumerate(turns) if m.role == "user" and not m.text.startswith("Observation:")),
        default=0,
    )
    question = turns[asked_at].text if turns else ""
    called = [n for m in turns[asked_at:] for n in re.findall(r"^Action: (\S+)", m.text, re.M)]
    seen = [m.text.partition(":")[2].strip() for m in turns[asked_at:] if m.text.startswith("Observation:")]
    wanted = [t for t in tools if re.search(rf"(?<!\w){re.escape(t[0])}(?!\w)", question)]
    if not wanted and tools:
        wanted = [max(tools, key=lambda t: len(words(question) & words(t[0].replace("_", " ") + " " + t[1])))]
    left = [t for t in wanted if t[0] not in called]
    if left:
        args = json.dumps(example(_schema(left[0][2]), question), ensure_ascii=False)
        head = "Thought: The current language of the user is: 中文/English. I need to use a tool to help me."
        return f"{head}\nAction: {left[0][0]}\nAction Input: {args}"
    told = "；".join(seen) or question
    return f"Thought: I can answer without using any more tools. I'll use the user's language to answer\nAnswer: {told}"


def _schema(text: str) -> Json:
    try:
        schema = json.loads(text)
    except ValueError:
        return {}
    return schema if isinstance(schema, dict) else {}


def _code_act(chat: ChatRequest) -> str | None:
    if "<execute>" not in chat.system or "</execute>" not in chat.system:
        return None
    results = [m.text for m in chat.messages if m.text.startswith("Result of executing the code given:")]
    if results and chat.messages[-1].text == results[-1]:
        return "结果是 The result is: " + results[-1].partition("\n\n")[2].strip()
    functions = [f for f in CALLABLE.findall(chat.system) if f[0] != "calculate_area"]
    if not functions:
        return f"<execute>\nprint({chat.question[:80]!r})\n</execute>"
    name, parameters = max(functions, key=lambda f: len(words(chat.question) & words(f[0].replace("_", " "))))
    properties = {}
    for parameter in filter(None, (p.strip() for p in parameters.split(","))):
        label, _, kind = parameter.partition(":")
        named = {"int": "integer", "float": "number", "bool": "boolean"}.get(kind.split("=")[0].strip(), "string")
        properties[label.strip()] = {"type": named}
    values = example({"type": "object", "properties": properties}, chat.question)
    arguments = ", ".join(f"{k}={v!r}" for k, v in values.items())
    return f"<execute>\nprint({name}({arguments}))\n</execute>"


def _choice_select(chat: ChatRequest) -> str | None:
    if "Doc: 9, Relevance: 7" not in chat.question:
        return None
    tail = chat.question.rpartition("Let's try this now:")[2] or chat.question
    query = tail.rpartition("Question:")[2].partition("\nAnswer:")[0]
    found = re.findall(r"Document (\d+):\n(.*?)(?=\nDocument \d+:|\nQuestion:|\Z)", tail, re.S)
    scores = sorted(((len(words(query) & words(text)), int(n)) for n, text in found), key=lambda s: (-s[0], s[1]))
    hits = [(n, score) for score, n in scores if score] or [(n, 1) for _, n in scores[:1]]
    return "\n".join(f"Doc: {n}, Relevance: {min(10, 4 + score)}" for n, score in hits)


def _selector(chat: ChatRequest) -> str | None:
    text = chat.question
    if "Some choices are given below" not in text or "choice" not in text:
        return None
    question = re.search(r"relevant to the question: '(.*?)'\n", text, re.S)
    choices = re.findall(r"^\((\d+)\) (.*?)(?=^\(\d+\) |^-{10,}|\Z)", text, re.S | re.M)
    asked = words(question[1] if question else "")
    ranked = sorted(choices, key=lambda c: (-len(asked & words(c[1])), int(c[0])))
    many = re.search(r"no more than (\d+)", text)
    hits = [c for c in ranked if asked & words(c[1])] if many else []
    picked = (hits or ranked[:1])[: int(many[1]) if many else 1]
    return json.dumps([{"choice": int(n), "reason": "shares words with the question"} for n, _ in picked])


def _keywords(chat: ChatRequest) -> str | None:
    if "KEYWORDS:" not in chat.question:
        return None
    parts = DASHES.split(chat.question)
    text = parts[1] if len(parts) > 1 else chat.question
    found = re.findall(r"[A-Za-z][A-Za-z0-9-]{3,}|[\u4e00-\u9fff]{2,4}", text)
    unique = [w for w in dict.fromkeys(found) if w.lower() not in COMMON]
    return "KEYWORDS: " + ", ".join(unique[:10])


def _sub_questions(chat: ChatRequest) -> str | None:
    if "sub_question" not in chat.question or "<Tools>" not in chat.question:
        return None
    tail = chat.question.rpartition("<Tools>")[2]
    tools = re.search(r"```json\n(\{.*?\})\n```", tail, re.S)
    query = tail.rpartition("<User Question>")[2].partition("<Output>")[0].strip()
    names = list(_schema(tools[1])) if tools else ["tool"]
    items = [{"sub_question": f"{query} ({name})", "tool_name": name} for name in names]
    return "```json\n" + json.dumps({"items": items}, ensure_ascii=False, indent=4) + "\n```"


def _context(chat: ChatRequest) -> str | None:
    """Answer a retrieval prompt with the sentences of its context that match the query."""
    text = f"{chat.system}\n{chat.question}"
    refining = REFINE.search(chat.question)
    if refining:
        return f"{refining[3].strip()} {_best_sentences(refining[1], refining[2])}"
    if "ontext information" not in text and "<context>" not in text and "New Context" not in text:
        return None
    asked = re.search(r"(?:Query|Question|问题|original query is as follows): *(.*?)(?:\nAnswer|\n\n|\Z)", text, re.S)
    query = asked[1] if asked else chat.question
    parts = DASHES.split(text)
    context = "\n".join(parts[1:-1]) if len(parts) > 2 else text
    before = re.search(r"existing answer: *(.*?)\n", text)
    return " ".join([*([before[1]] if before else []), _best_sentences(context, query)])


def _best_sentences(context: str, query: str) -> str:
    """Return the two sentences of a context that share most words with a query."""
    sentences = [s.strip() for s in re.split(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+", context) if s.strip()]
    ranked = sorted(sentences, key=lambda s: -len(words(query) & words(s)))
    return " ".join([s for s in ranked[:2] if words(query) & words(s)] or ranked[:1])


def _schema_prompt(chat: ChatRequest) -> str | None:
    """Answer prompts that carry a JSON Schema and want JSON back (pydantic output parsers)."""
    text = f"{chat.system}\n{chat.question}"
    if '"properties"' not in text or not re.search(r"json", text, re.I):
        return None
    # LlamaIndex escapes the braces of the schema and never unescapes them.
    text = text.replace("{{", "{").replace("}}", "}") if '{{"' in text else text
    schemas = [s for s in _objects(text) if isinstance(s.get("properties"), dict)]
    wanted = [s for s in schemas if "foo" not in s["properties"]]
    if not wanted:
        return None
    head = chat.question.partition("Here's a JSON schema")[0].partition("The output should be formatted")[0]
    return json.dumps(example(wanted[-1], head.strip() or chat.question), ensure_ascii=False)


def _objects(text: str) -> Iterator[Json]:
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at != -1:
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            at = text.find("{", at + 1)
            continue
        if isinstance(value, dict):
            yield value
        at = text.find("{", end)


def write_object(chat: ChatRequest) -> str:
    """Return a JSON object with the keys that the prompt names."""
    text = f"{chat.system}\n{chat.question}"
    from_schema = _schema_prompt(chat)
    if from_schema is not None:
        return from_schema
    keys = re.findall(r"[\"'`](\w{1,40})[\"'`]", text)
    listed = re.search(r"(?:keys?|fields?|字段|键)[^\w]{0,4}((?:\w+(?:, ?|、| and | 和 )?)+)", text)
    if not keys and listed:
        keys = [k for k in re.split(r", ?|、| and | 和 |\s", listed[1]) if k]
    properties = {key: {"type": "string"} for key in dict.fromkeys(keys or ["answer"])}
    filled = example({"type": "object", "properties": properties}, chat.question)
    return json.dumps(filled, ensure_ascii=False)


def is_handoff(tool: ToolSpec) -> bool:
    """Tell whether a tool passes the conversation on (LlamaIndex ``AgentWorkflow``)."""
    return "handoff" in tool.name


def name_agent(question: str, tool: ToolSpec, args: Json) -> Json:
    """Name an agent that the description of a handoff tool lists (LlamaIndex ``AgentWorkflow``)."""
    agents = re.findall(r"[\"']?(\w+)[\"']?: ", tool.description.partition("available agents:")[2])
    if "to_agent" not in args or not agents:
        return args
    return {**args, "to_agent": next((name for name in agents if name in question), agents[0])}


FORMS: tuple[Callable[[ChatRequest], str | None], ...] = (
    _react, _code_act, _choice_select, _selector, _keywords, _sub_questions, _schema_prompt, _context,
)  # fmt: skip
