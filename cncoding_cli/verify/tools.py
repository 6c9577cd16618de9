"""Probes of tools and of forms of answers."""

from __future__ import annotations

import json
from dataclasses import replace

from cncoding import (
    ChatResponse,
    JsonObject,
    Message,
    Reasoning,
    ResponseFormat,
    Text,
    Thinking,
    ToolResult,
    user,
)
from cncoding.cards import thinks
from cncoding.dialects import OpenAIDialect
from cncoding.profile import WireName
from cncoding_cli.verify.bench import Bench
from cncoding_cli.verify.probe import (
    ADD,
    ASK_ADD,
    PRICE,
    Outcome,
    Probe,
    ask,
    be_quiet,
    can_think,
    expect_refusal,
    judge,
    think_little,
)

# ---------------------------------------------------------------- tools


def _call(bench: Bench, wire: WireName, thinking: Thinking) -> ChatResponse:
    return bench.client(wire).chat(ask(ASK_ADD, tools=(ADD,), thinking=thinking))


def _loop_of(reply: ChatResponse, message: Message) -> tuple[Message, ...]:
    results = tuple(Message("tool", (ToolResult(one.id, (Text("42"),), name=one.name),)) for one in reply.tool_calls)
    return (user(ASK_ADD), message, *results)


def _loops(bench: Bench, wire: WireName) -> Outcome:
    first = _call(bench, wire, think_little(bench, wire) if can_think(bench, wire) else Thinking())
    if not first.tool_calls:
        return judge("a call of add", f"no call; finish {first.finish}", False)
    given = json.loads(first.tool_calls[0].arguments)
    thinking = think_little(bench, wire) if first.reasoning else Thinking()
    asked = ask("", tools=(ADD,), messages=_loop_of(first, first.message), thinking=thinking)
    last = bench.client(wire).chat(asked)
    ok = given == {"a": 17, "b": 25} and first.finish == "tool_calls" and bool(last.text.strip())
    seen = f"add{given}, finish {first.finish}, then an answer of {len(last.text)} characters"
    return judge("add(17, 25), finish tool_calls, and its result is taken back", seen, ok)


def _streams_call(bench: Bench, wire: WireName) -> Outcome:
    asked = ask(ASK_ADD, tools=(ADD,), thinking=be_quiet(bench, wire))
    reply = bench.client(wire).stream(asked).drain()
    given = [json.loads(call.arguments or "null") for call in reply.tool_calls]
    return judge("add(17, 25) streamed", f"{given}", given == [{"a": 17, "b": 25}])


def _in_parallel(bench: Bench, wire: WireName) -> Outcome:
    text = "Use the add tool twice at once: for 17 and 25, and for 3 and 4."
    reply = bench.client(wire).chat(ask(text, tools=(ADD,), thinking=be_quiet(bench, wire)))
    ids = [call.id for call in reply.tool_calls]
    return judge("calls with ids of their own", f"{len(ids)} calls, ids {ids}", bool(ids) and len(set(ids)) == len(ids))


def _wants_reasoning(bench: Bench, wire: WireName) -> bool:
    return bench.dialect(wire).backfill is not None and can_think(bench, wire)


def _reasoning_is_wanted(bench: Bench, wire: WireName) -> Outcome:
    first = _call(bench, wire, think_little(bench, wire))
    if not first.tool_calls:
        return judge("a call of add", f"no call; finish {first.finish}", False)
    bare = replace(first.message, parts=tuple(part for part in first.message.parts if not isinstance(part, Reasoning)))
    asked = ask("", tools=(ADD,), messages=_loop_of(first, bare), thinking=think_little(bench, wire))
    return expect_refusal(bench.ask_raw(wire, asked, _drop_reasoning))


def _drop_reasoning(body: JsonObject) -> None:
    for message in body["messages"]:
        if message["role"] != "assistant":
            continue
        for name in ("reasoning_content", "reasoning", "reasoning_details"):
            message.pop(name, None)
        if isinstance(message.get("content"), list):
            message["content"] = [one for one in message["content"] if one.get("type") != "thinking"]


_LEFT_OPEN = frozenset({"auto", "none"})


def _is_forced_only_quiet(bench: Bench, wire: WireName) -> bool:
    dialect = bench.dialect(wire)
    return (
        dialect.thinking_tool_choice == frozenset({"auto", "none"})
        and thinks(think_little(bench, wire), bench.card(wire))
        and can_think(bench, wire)
    )


def _forced_while_thinking(bench: Bench, wire: WireName) -> Outcome:
    asked = ask(ASK_ADD, tools=(ADD,), thinking=think_little(bench, wire))
    return expect_refusal(bench.ask_raw(wire, asked, lambda body: body.update(tool_choice=_named(wire))))


def _named(wire: WireName) -> JsonObject:
    if wire == "anthropic":
        return {"type": "any"}
    return {"type": "function", "function": {"name": "add"}}


def _can_force(bench: Bench, wire: WireName) -> bool:
    return not {"named", "required"}.isdisjoint(bench.client(wire).tool_choices(thinking=be_quiet(bench, wire)))


def _forced(bench: Bench, wire: WireName) -> Outcome:
    quiet = be_quiet(bench, wire)
    reply = bench.client(wire).chat(ask("Good morning.", tools=(ADD,), tool_choice="required", thinking=quiet))
    names = [call.name for call in reply.tool_calls]
    return judge("a forced choice is obeyed", f"calls {names}", names[:1] == ["add"])


def _wants_types(bench: Bench, wire: WireName) -> bool:
    dialect = bench.dialect(wire)
    return isinstance(dialect, OpenAIDialect) and dialect.tool is not None


def _untyped(bench: Bench, wire: WireName) -> Outcome:
    def edit(body: JsonObject) -> None:
        body["tools"][0]["function"]["parameters"] = {"type": "object", "properties": {"a": {"title": "A"}}}

    return expect_refusal(bench.ask_raw(wire, ask(ASK_ADD, tools=(ADD,)), edit))


# ---------------------------------------------------------------- forms


def _json(bench: Bench, wire: WireName) -> Outcome:
    asked = ask("Answer in JSON: the capital of France, under the key city.", thinking=be_quiet(bench, wire))
    reply = bench.client(wire).chat(replace(asked, response_format=ResponseFormat("json_object")))
    return judge("a JSON object", reply.text[:80], _is_object(reply.text))


def _schema(bench: Bench, wire: WireName) -> Outcome:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    asked = ask("What is the capital of France? Answer in JSON.", thinking=be_quiet(bench, wire))
    reply = bench.client(wire).chat(replace(asked, response_format=ResponseFormat("json_schema", "place", schema)))
    return judge("an object that fits the schema", reply.text[:80], '"city"' in reply.text and _is_object(reply.text))


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _wants_word(bench: Bench, wire: WireName) -> bool:
    dialect = bench.dialect(wire)
    return isinstance(dialect, OpenAIDialect) and dialect.json_word and "json_object" in bench.card(wire).structured


def _no_word(bench: Bench, wire: WireName) -> Outcome:
    asked = ask("The capital of France?", thinking=be_quiet(bench, wire))
    return expect_refusal(bench.ask_raw(wire, asked, lambda body: body.update(response_format={"type": "json_object"})))


PROBES = (
    Probe("a tool loop", "model", _loops, calls=2, tokens=2 * PRICE),
    Probe("a streamed tool call", "model", _streams_call),
    Probe("parallel tool calls", "model", _in_parallel),
    Probe(
        "a tool loop without its reasoning",
        "backfill",
        _reasoning_is_wanted,
        _wants_reasoning,
        2,
        2 * PRICE,
        field="backfill",
    ),
    Probe(
        "a forced tool while thinking",
        "thinking_tool_choice",
        _forced_while_thinking,
        _is_forced_only_quiet,
        field="thinking_tool_choice",
    ),
    Probe("a forced tool", ": tool_choice", _forced, _can_force),
    Probe("a schema without types", ": tool", _untyped, _wants_types),
    Probe("json_object", "model", _json, lambda bench, wire: "json_object" in bench.card(wire).structured),
    Probe("json_schema", "model", _schema, lambda bench, wire: "json_schema" in bench.card(wire).structured),
    Probe("json_object without the word", "json_word", _no_word, _wants_word),
)
