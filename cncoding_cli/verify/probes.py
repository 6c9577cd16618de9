"""What is asked of a vendor, and what must come back by the ledger of facts."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from cncoding import (
    ApiError,
    AuthenticationError,
    ChatRequest,
    ChatResponse,
    ContextOverflowError,
    Finish,
    JsonObject,
    Media,
    Message,
    NotFoundError,
    Reasoning,
    ResponseFormat,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolResult,
    Usage,
    user,
)
from cncoding.cards import thinks
from cncoding.dialects import OpenAIDialect
from cncoding.profile import WireName
from cncoding_cli.verify.bench import Bench

ADD = Tool(
    "add",
    "Add two numbers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)
ASK_ADD = "Use the add tool to add 17 and 25."
OFF, ON = Thinking(enabled=False), Thinking(enabled=True)
LIMIT = 2000
"""Tokens that an answer may have, thinking included."""
PRICE = 2600
"""Tokens that are announced for one such call."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe found."""

    expected: str
    seen: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to a vendor.

    Attributes:
        name: What is looked at.
        fact: What of the ledger it proves: a part of the subjects of `list_facts`.
        run: Asks and judges.
        applies: Whether the ledger says anything about it for this model.
        calls: How many requests it makes at most.
        tokens: How many tokens it uses at most.
        once: Whether it is asked on one wire only.
        field: Field of the dialect that states it; where its source is `inferred`, the answer settles a question.
    """

    name: str
    fact: str
    run: Callable[[Bench, WireName], Outcome]
    applies: Callable[[Bench, WireName], bool] = lambda bench, wire: True
    calls: int = 1
    tokens: int = PRICE
    once: bool = False
    field: str = ""

    def is_open(self, bench: Bench, wire: WireName) -> bool:
        """Tell whether the ledger has only concluded what this probe asks."""
        source = bench.dialect(wire).sources.get(self.field)
        return source is not None and source.kind == "inferred"


def _request(text: str, **more: object) -> ChatRequest:
    return replace(ChatRequest((user(text),), max_tokens=LIMIT), **more)  # type: ignore[arg-type]


def _judge(expected: str, seen: str, ok: bool) -> Outcome:
    return Outcome(expected, seen, ok)


def _name(error: ApiError | None) -> str:
    return "accepted" if error is None else f"{type(error).__name__} (HTTP {error.status}): {error.message[:120]}"


def _refused(error: ApiError | None, *statuses: int) -> Outcome:
    wanted = statuses or (400, 422)
    expected = f"refused with HTTP {' or '.join(map(str, wanted))}"
    return Outcome(expected, _name(error), error is not None and error.status in wanted)


# ---------------------------------------------------------------- talk


def _whole(bench: Bench, wire: WireName) -> Outcome:
    reply = bench.client(wire).chat(_request("Say hello in one word."))
    counted = reply.usage is not None and bool(reply.usage.input) and bool(reply.usage.output)
    ok = bool(reply.text.strip()) and reply.finish == "stop" and counted and bool(reply.id) and bool(reply.model)
    seen = f"finish {reply.finish}, usage {'told' if counted else 'not told'}, id {reply.id!r}, model {reply.model!r}"
    return _judge("an answer with finish stop, usage, id and model", seen, ok)


def _stream(bench: Bench, wire: WireName) -> Outcome:
    events = list(bench.client(wire).stream(_request("Count from one to ten in words.")))
    pieces = sum(isinstance(event, TextDelta) for event in events)
    counted = any(isinstance(event, Usage) and event.output for event in events)
    finish = next((event.reason for event in events if isinstance(event, Finish)), None)
    seen = f"{pieces} pieces, finish {finish}, usage {'told' if counted else 'not told'}"
    return _judge("several pieces, a finish and usage", seen, pieces > 1 and counted and finish == "stop")


def _cut(bench: Bench, wire: WireName) -> Outcome:
    asked = _request(
        "Count from one to five hundred in words, one per line.", max_tokens=24, thinking=_quiet(bench, wire)
    )
    reply = bench.client(wire).chat(asked)
    return _judge(
        "finish length at max_tokens", f"finish {reply.finish} ({reply.native_finish})", reply.finish == "length"
    )


def _quiet(bench: Bench, wire: WireName) -> Thinking:
    support = bench.card(wire).thinking
    return OFF if support is not None and support.can_disable else Thinking()


# ---------------------------------------------------------------- thinking


def _reasons(bench: Bench, wire: WireName) -> Outcome:
    reply = bench.client(wire).chat(_request("Is 91 a prime number?", thinking=ON))
    seen = f"{len(reply.reasoning or '')} characters of reasoning"
    return _judge("reasoning beside the answer", seen, bool(reply.reasoning))


def _stops(bench: Bench, wire: WireName) -> Outcome:
    reply = bench.client(wire).chat(_request("Is 91 a prime number?", thinking=OFF))
    seen = f"{len(reply.reasoning or '')} characters of reasoning"
    return _judge("no reasoning once it is switched off", seen, not reply.reasoning)


def _thinks(bench: Bench, wire: WireName) -> bool:
    return bench.card(wire).thinking is not None


def _can_stop(bench: Bench, wire: WireName) -> bool:
    support = bench.card(wire).thinking
    return support is not None and support.can_disable


def _takes_effort(bench: Bench, wire: WireName) -> bool:
    support = bench.card(wire).thinking
    return support is not None and bool(support.levels)


def _effort(bench: Bench, wire: WireName) -> Outcome:
    support = bench.card(wire).thinking
    assert support is not None
    level = next(level for level in support.levels if level != "none")
    reply = bench.client(wire).chat(_request("Say hello in one word.", thinking=Thinking(effort=level)))
    return _judge(f"effort {level!r} is taken", f"answered, finish {reply.finish}", bool(reply.text.strip()))


# ---------------------------------------------------------------- tools


def _call(bench: Bench, wire: WireName, thinking: Thinking) -> ChatResponse:
    return bench.client(wire).chat(_request(ASK_ADD, tools=(ADD,), thinking=thinking))


def _loop_of(reply: ChatResponse, message: Message) -> tuple[Message, ...]:
    results = tuple(Message("tool", (ToolResult(one.id, (Text("42"),), name=one.name),)) for one in reply.tool_calls)
    return (user(ASK_ADD), message, *results)


def _loops(bench: Bench, wire: WireName) -> Outcome:
    first = _call(bench, wire, ON if _thinks(bench, wire) else Thinking())
    if not first.tool_calls:
        return _judge("a call of add", f"no call; finish {first.finish}", False)
    given = json.loads(first.tool_calls[0].arguments)
    asked = _request(
        "", tools=(ADD,), messages=_loop_of(first, first.message), thinking=ON if first.reasoning else Thinking()
    )
    last = bench.client(wire).chat(asked)
    ok = given == {"a": 17, "b": 25} and first.finish == "tool_calls" and bool(last.text.strip())
    seen = f"add{given}, finish {first.finish}, then an answer of {len(last.text)} characters"
    return _judge("add(17, 25), finish tool_calls, and its result is taken back", seen, ok)


def _streams_call(bench: Bench, wire: WireName) -> Outcome:
    asked = _request(ASK_ADD, tools=(ADD,), thinking=_quiet(bench, wire))
    reply = bench.client(wire).stream(asked).drain()
    given = [json.loads(call.arguments or "null") for call in reply.tool_calls]
    return _judge("add(17, 25) streamed", f"{given}", given == [{"a": 17, "b": 25}])


def _wants_reasoning(bench: Bench, wire: WireName) -> bool:
    return bench.dialect(wire).backfill is not None and _thinks(bench, wire)


def _reasoning_is_wanted(bench: Bench, wire: WireName) -> Outcome:
    first = _call(bench, wire, ON)
    if not first.tool_calls:
        return _judge("a call of add", f"no call; finish {first.finish}", False)
    bare = replace(first.message, parts=tuple(part for part in first.message.parts if not isinstance(part, Reasoning)))
    asked = _request("", tools=(ADD,), messages=_loop_of(first, bare), thinking=ON)
    return _refused(bench.ask_raw(wire, asked, _drop_reasoning))


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
        and thinks(ON, bench.card(wire))
        and _thinks(bench, wire)
    )


def _forced_while_thinking(bench: Bench, wire: WireName) -> Outcome:
    asked = _request(ASK_ADD, tools=(ADD,), thinking=ON)
    return _refused(bench.ask_raw(wire, asked, lambda body: body.update(tool_choice=_named(wire))))


def _named(wire: WireName) -> JsonObject:
    if wire == "anthropic":
        return {"type": "any"}
    return {"type": "function", "function": {"name": "add"}}


def _can_force(bench: Bench, wire: WireName) -> bool:
    return not {"named", "required"}.isdisjoint(bench.client(wire).tool_choices(thinking=_quiet(bench, wire)))


def _forced(bench: Bench, wire: WireName) -> Outcome:
    quiet = _quiet(bench, wire)
    reply = bench.client(wire).chat(_request("Good morning.", tools=(ADD,), tool_choice="required", thinking=quiet))
    names = [call.name for call in reply.tool_calls]
    return _judge("a forced choice is obeyed", f"calls {names}", names[:1] == ["add"])


def _wants_types(bench: Bench, wire: WireName) -> bool:
    dialect = bench.dialect(wire)
    return isinstance(dialect, OpenAIDialect) and dialect.tool is not None


def _untyped(bench: Bench, wire: WireName) -> Outcome:
    def edit(body: JsonObject) -> None:
        body["tools"][0]["function"]["parameters"] = {"type": "object", "properties": {"a": {"title": "A"}}}

    return _refused(bench.ask_raw(wire, _request(ASK_ADD, tools=(ADD,)), edit))


# ---------------------------------------------------------------- forms


def _json(bench: Bench, wire: WireName) -> Outcome:
    asked = _request("Answer in JSON: the capital of France, under the key city.", thinking=_quiet(bench, wire))
    reply = bench.client(wire).chat(replace(asked, response_format=ResponseFormat("json_object")))
    return _judge("a JSON object", reply.text[:80], _is_object(reply.text))


def _schema(bench: Bench, wire: WireName) -> Outcome:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    asked = _request("What is the capital of France? Answer in JSON.", thinking=_quiet(bench, wire))
    reply = bench.client(wire).chat(replace(asked, response_format=ResponseFormat("json_schema", "place", schema)))
    return _judge("an object that fits the schema", reply.text[:80], '"city"' in reply.text and _is_object(reply.text))


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _wants_word(bench: Bench, wire: WireName) -> bool:
    dialect = bench.dialect(wire)
    return isinstance(dialect, OpenAIDialect) and dialect.json_word and "json_object" in bench.card(wire).structured


def _no_word(bench: Bench, wire: WireName) -> Outcome:
    asked = _request("The capital of France?", thinking=_quiet(bench, wire))
    return _refused(bench.ask_raw(wire, asked, lambda body: body.update(response_format={"type": "json_object"})))


# ---------------------------------------------------------------- sight


def draw_square() -> str:
    """Return a red picture of 64 by 64 pixels in Base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\xff\x00\x00" * 64) * 64
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def _sees(bench: Bench, wire: WireName) -> bool:
    return "image" in bench.card(wire).input


def _sight(bench: Bench, wire: WireName) -> Outcome:
    picture = Media("image", data=draw_square(), media_type="image/png")
    asked = replace(_request(""), messages=(user(picture, "Which colour has this picture? One word."),))
    reply = bench.client(wire).chat(replace(asked, thinking=_quiet(bench, wire)))
    return _judge("the colour red", reply.text[:80], "red" in reply.text.lower())


def _takes_no_urls(bench: Bench, wire: WireName) -> bool:
    return _sees(bench, wire) and not bench.dialect(wire).image_urls


def _url(bench: Bench, wire: WireName) -> Outcome:
    picture = Media("image", data=draw_square(), media_type="image/png")
    asked = replace(_request(""), messages=(user(picture, "Which colour?"),))

    def edit(body: JsonObject) -> None:
        for part in body["messages"][0]["content"]:
            if "image_url" in part:
                part["image_url"] = {"url": "https://example.com/red.png"}
            if part.get("type") == "image":
                part["source"] = {"type": "url", "url": "https://example.com/red.png"}

    return _refused(bench.ask_raw(wire, asked, edit))


# ---------------------------------------------------------------- settings


def _fixes_temperature(bench: Bench, wire: WireName) -> bool:
    return "temperature" in bench.card(wire).omits and wire == "openai"


def _temperature(bench: Bench, wire: WireName) -> Outcome:
    return _refused(bench.ask_raw(wire, _request("Say hello."), lambda body: body.update(temperature=0.3)))


# ---------------------------------------------------------------- failures


def _wrong_key(bench: Bench, wire: WireName) -> Outcome:
    key = bench.client(wire).target.api_key
    wrong = f"{key[:8]}invalid{'0' * 24}"
    return _expect(lambda: bench.client(wire, api_key=wrong).chat(_request("hello")), AuthenticationError)


def _wrong_model(bench: Bench, wire: WireName) -> Outcome:
    return _expect(lambda: bench.client(wire, model="no-such-model-9").chat(_request("hello")), NotFoundError)


def _knows_window(bench: Bench, wire: WireName) -> bool:
    return bench.card(wire).input_limit is not None


def _too_long(bench: Bench, wire: WireName) -> Outcome:
    limit = bench.card(wire).input_limit or 0
    text = "one two three four " * (limit // 3)
    return _expect(lambda: bench.client(wire).chat(_request(text)), ContextOverflowError)


def _expect(ask: Callable[[], object], kind: type[ApiError]) -> Outcome:
    try:
        ask()
    except ApiError as error:
        return Outcome(kind.__name__, _name(error), isinstance(error, kind))
    return Outcome(kind.__name__, "accepted", False)


# ---------------------------------------------------------------- accounts


def _lists(bench: Bench, wire: WireName) -> Outcome:
    client = bench.client(wire)
    found = client.models()
    listed = [one.id for one in found if one.listed]
    ok = not listed or client.model.lower() in {one.lower() for one in listed}
    return _judge(f"{client.model} among the listed models", f"{len(listed)} listed: {', '.join(listed[:6])}", ok)


def _tells_quota(bench: Bench, wire: WireName) -> bool:
    target = bench.client(wire).target
    return target.provider.quota is not None and target.endpoint.name in target.provider.quota.asks


def _quota(bench: Bench, wire: WireName) -> Outcome:
    found = bench.client(wire).quota()
    seen = f"windows {[one.name for one in found.windows]}, balances {[one.currency for one in found.balances]}"
    return _judge("windows or balances", seen, bool(found.windows or found.balances))


PROBES = (
    Probe("a whole reply", "wire", _whole),
    Probe("a streamed reply", "wire", _stream),
    Probe("a reply cut by max_tokens", "max_tokens", _cut),
    Probe("reasoning", "thinking", _reasons, _thinks),
    Probe("thinking switched off", "thinking", _stops, _can_stop),
    Probe("an effort level", "thinking", _effort, _takes_effort),
    Probe("a tool loop", "tool", _loops, calls=2, tokens=2 * PRICE),
    Probe("a streamed tool call", "tool_stream", _streams_call),
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
    Probe("a forced tool", "tool_choice", _forced, _can_force),
    Probe("a schema without types", "tool", _untyped, _wants_types),
    Probe("json_object", "model", _json, lambda bench, wire: "json_object" in bench.card(wire).structured),
    Probe("json_schema", "model", _schema, lambda bench, wire: "json_schema" in bench.card(wire).structured),
    Probe("json_object without the word", "json_word", _no_word, _wants_word),
    Probe("sight", "media_part", _sight, _sees),
    Probe("an image by URL", "image_urls", _url, _takes_no_urls),
    Probe("a temperature of one's own", "model", _temperature, _fixes_temperature),
    Probe("a wrong key", "error", _wrong_key, tokens=0),
    Probe("a wrong model", "error", _wrong_model, tokens=0),
    Probe("an input that is too long", "model", _too_long, _knows_window, tokens=0),
    Probe("the list of models", "endpoint", _lists, tokens=0, once=True),
    Probe("what is left", "quota", _quota, _tells_quota, tokens=0, calls=2, once=True),
)
