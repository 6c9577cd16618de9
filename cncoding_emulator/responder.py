"""Answer, without a script, as a vendor's model would; users put their own responder in this one's place.

Emulator(responder=lambda prompt: f"You said: {prompt.chat.question}")
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from . import framework_forms, numbered_sources, page_prompts, tool_calls
from .reply import Call, Draft, Say, Segment, Think
from .request import ChatRequest
from .schema_examples import example
from .vision import Seen

QUOTE_ME = re.compile(
    r"(?:\b(?:say|reply|respond|answer|repeat|output|print|echo)\b|说|回复|回答|输出)[^\"“'「]{0,40}[\"“'「](.{1,200}?)[\"”'」]",
    re.I | re.S,
)
JUST = re.compile(r"(?:reply|respond|answer) with (?:just|only|exactly)(?: the word)?:? ([\w-]+)\W*$", re.I)
NAME_ASKED = re.compile(r"(what is|what's|remember|know) my name|我叫什么|我的名字", re.I)
NAME_TOLD = re.compile(r"(?:my name is|I am called|I'm|我叫|我的名字是)\s*([\w\u4e00-\u9fff]+)", re.I)
SUM = re.compile(r"(-?\d+(?:\.\d+)?)\s*([-+*/×÷])\s*(-?\d+(?:\.\d+)?)")
READ_AT_MOST = 20_000
"""Characters of a message that are looked at for its meaning; patterns over megabytes would hold every stream."""
PLAN_AT_MOST = 6_000
"""The same for the choice of a tool."""
TALK_AT_MOST = 2_000
"""The same for small talk."""


@dataclass(frozen=True)
class Prompt:
    """What a responder has to answer.

    Attributes:
        chat: The request as read off its wire.
        thinking: The model thinks for this request, so a `Think` segment is due.
        images: What was seen in the images that the model sees, in order.
        parallel_default: The vendor makes several calls at once unless told otherwise.
    """

    chat: ChatRequest
    thinking: bool = False
    images: tuple[Seen, ...] = ()
    parallel_default: bool = True


Responder = Callable[[Prompt], Draft | str | None]
"""Returns a reply, the text of one, or None to leave the request to :func:`improvise`."""


def respond(responder: Responder | None, prompt: Prompt) -> Draft:
    """Ask a user's responder, then improvise."""
    answer = responder(prompt) if responder is not None else None
    if isinstance(answer, str):
        return Draft((*_think(prompt, "I can answer now."), Say(answer)))
    return improvise(prompt) if answer is None else answer


def improvise(prompt: Prompt) -> Draft:
    """Return the reply of a model that means well: tools first, then their results, else text."""
    whole, prompt = prompt.chat, _shorten(prompt)
    planned = tool_calls.plan(prompt.chat.shorten(PLAN_AT_MOST), prompt.parallel_default)
    if planned:
        calls = tuple(Call(name, json.dumps(args, ensure_ascii=False)) for name, args in planned)
        names = "、".join(sorted({c.name for c in calls}))
        return Draft((*_think(prompt, f"I will call {names}."), *calls))
    text = page_prompts.answer(whole, prompt.images) or _write_text(prompt)
    return Draft((*_think(prompt, "I can answer now."), Say(text)))


def _shorten(prompt: Prompt) -> Prompt:
    return Prompt(prompt.chat.shorten(READ_AT_MOST), prompt.thinking, prompt.images, prompt.parallel_default)


def _think(prompt: Prompt, plan: str) -> tuple[Segment, ...]:
    """Reason in a few words that differ from turn to turn, in two languages and two lines."""
    if not prompt.thinking:
        return ()
    messages = prompt.chat.messages
    digest = sha256("\0".join(m.role + m.text for m in messages).encode("utf-8", "replace")).hexdigest()[:6]
    asked = " ".join(prompt.chat.question[:200].split())[:48]
    return (Think(f"用户问：{asked}\n(step {len(messages)}, {digest}) {plan}"),)


def _write_text(prompt: Prompt) -> str:
    chat, images = prompt.chat, list(prompt.images)
    for form in (_answer_format(chat), numbered_sources.answer(chat, images), framework_forms.answer(chat)):
        if form:
            return form
    results = [m for m in chat.loop if m.role == "tool"]
    described = _describe_images(images)
    if results:
        quoted = "；".join(m.text for m in results)
        return f"根据工具结果 (from the tool results): {quoted}{described and ' ' + described}"
    return described or _talk(chat)


def _describe_images(images: list[Seen]) -> str:
    if not images:
        return ""
    head = "图片里是 I see 1 image: " if len(images) == 1 else f"图片里是 I see {len(images)} images: "
    return head + "; ".join(s.words() for s in images) + "."


def _answer_format(chat: ChatRequest) -> str | None:
    """Answer in the ``response_format`` (OpenAI) or ``output_config.format`` (Anthropic) asked for."""
    wanted = chat.body.get("response_format") or (chat.body.get("output_config") or {}).get("format") or {}
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "json_schema":
        schema = (wanted.get("json_schema") or {}).get("schema") or wanted.get("schema") or {}
        return json.dumps(example(schema, chat.question), ensure_ascii=False)
    return framework_forms.write_object(chat) if kind == "json_object" else None


def _talk(chat: ChatRequest) -> str:
    question = chat.shorten(TALK_AT_MOST).question.strip()
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
