"""Probes of plain answers and of thinking."""

from __future__ import annotations

from cncoding import (
    Finish,
    Message,
    Text,
    TextDelta,
    Thinking,
    Usage,
    user,
)
from cncoding.dialects import OpenAIDialect
from cncoding.profile import WireName
from cncoding_cli.verify.bench import Bench
from cncoding_cli.verify.probe import (
    OFF,
    PRICE,
    Outcome,
    Probe,
    ask,
    be_quiet,
    can_think,
    judge,
    think_little,
)

# ---------------------------------------------------------------- talk


def _whole(bench: Bench, wire: WireName) -> Outcome:
    reply = bench.client(wire).chat(ask("Say hello in one word.", thinking=be_quiet(bench, wire)))
    counted = reply.usage is not None and bool(reply.usage.input) and bool(reply.usage.output)
    ok = bool(reply.text.strip()) and reply.finish == "stop" and counted and bool(reply.id) and bool(reply.model)
    seen = f"finish {reply.finish}, usage {'told' if counted else 'not told'}, id {reply.id!r}, model {reply.model!r}"
    return judge("an answer with finish stop, usage, id and model", seen, ok)


def _stream(bench: Bench, wire: WireName) -> Outcome:
    events = list(bench.client(wire).stream(ask("Count from one to ten in words.", thinking=be_quiet(bench, wire))))
    pieces = sum(isinstance(event, TextDelta) for event in events)
    counted = any(isinstance(event, Usage) and event.output for event in events)
    finish = next((event.reason for event in events if isinstance(event, Finish)), None)
    seen = f"{pieces} pieces, finish {finish}, usage {'told' if counted else 'not told'}"
    return judge("several pieces, a finish and usage", seen, pieces > 1 and counted and finish == "stop")


def _cut(bench: Bench, wire: WireName) -> Outcome:
    asked = ask("Count from one to five hundred in words, one per line.", max_tokens=24, thinking=be_quiet(bench, wire))
    reply = bench.client(wire).chat(asked)
    return judge(
        "finish length at max_tokens", f"finish {reply.finish} ({reply.native_finish})", reply.finish == "length"
    )


def _has_prefix(bench: Bench, wire: WireName) -> bool:
    dialect = bench.dialect(wire)
    return isinstance(dialect, OpenAIDialect) and dialect.prefix is not None and dialect.prefix_endpoint is None


def _continues(bench: Bench, wire: WireName) -> Outcome:
    begun = Message("assistant", (Text("One, two, three,"),), prefix=True)
    asked = ask("", messages=(user("Count to five in words."), begun), thinking=be_quiet(bench, wire))
    reply = bench.client(wire).chat(asked)
    ok = bool(reply.text.strip()) and not reply.text.lower().lstrip().startswith("one, two, three, one")
    return judge("the turn is continued", reply.text[:80], ok)


def _caches(bench: Bench, wire: WireName) -> bool:
    return bench.dialect(wire).cache != "none"


def _reads_cache(bench: Bench, wire: WireName) -> Outcome:
    system = Message("system", (Text("You answer in one word. " + "These words only fill the prompt. " * 300),))
    client = bench.client(wire)
    for word in ("hello", "goodbye"):
        asked = ask("", messages=(system, user(f"Say {word}.")), prompt_cache="auto", thinking=be_quiet(bench, wire))
        reply = client.chat(asked)
    read = reply.usage.cache_read if reply.usage else None
    return judge("the second call tells what it read from the cache", f"cache_read {read}", read is not None)


# ---------------------------------------------------------------- thinking


def _reasons(bench: Bench, wire: WireName) -> Outcome:
    reply = bench.client(wire).chat(ask("Is 91 a prime number?", thinking=think_little(bench, wire)))
    seen = f"{len(reply.reasoning or '')} characters of reasoning"
    return judge("reasoning beside the answer", seen, bool(reply.reasoning))


def _stops(bench: Bench, wire: WireName) -> Outcome:
    reply = bench.client(wire).chat(ask("Is 91 a prime number?", thinking=OFF))
    seen = f"{len(reply.reasoning or '')} characters of reasoning"
    return judge("no reasoning once it is switched off", seen, not reply.reasoning)


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
    reply = bench.client(wire).chat(ask("Say hello in one word.", thinking=Thinking(effort=level)))
    return judge(f"effort {level!r} is taken", f"answered, finish {reply.finish}", bool(reply.text.strip()))


PROBES = (
    Probe("a whole reply", "wire", _whole),
    Probe("a streamed reply", "wire", _stream),
    Probe("a reply cut by max_tokens", "max_tokens", _cut),
    Probe("a turn that is continued", "prefix", _continues, _has_prefix),
    Probe("the prompt cache", "cache", _reads_cache, _caches, calls=2, tokens=4 * PRICE),
    Probe("reasoning", "thinking", _reasons, can_think),
    Probe("thinking switched off", "thinking", _stops, _can_stop),
    Probe("an effort level", "thinking", _effort, _takes_effort),
)
