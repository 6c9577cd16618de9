"""What a probe is, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cncoding import (
    ApiError,
    ChatRequest,
    Thinking,
    Tool,
    user,
)
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
OFF = Thinking(enabled=False)
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
        fact: What of the ledger it proves: a part of the subjects of `list_facts`, `model` for the row of the model,
            or `=` and the value of the facts.
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


def ask(text: str, **more: object) -> ChatRequest:
    """Return a request with a bounded answer."""
    return replace(ChatRequest((user(text),), max_tokens=LIMIT), **more)  # type: ignore[arg-type]


def judge(expected: str, seen: str, ok: bool) -> Outcome:
    """Return what a probe found."""
    return Outcome(expected, seen, ok)


def describe(error: ApiError | None) -> str:
    """Say in a line what the vendor answered."""
    return "accepted" if error is None else f"{type(error).__name__} (HTTP {error.status}): {error.message[:120]}"


def expect_refusal(error: ApiError | None, *statuses: int) -> Outcome:
    """Judge what must be refused as a bad request."""
    wanted = statuses or (400, 422)
    expected = f"refused with HTTP {' or '.join(map(str, wanted))}"
    return Outcome(expected, describe(error), error is not None and error.status in wanted)


def be_quiet(bench: Bench, wire: WireName) -> Thinking:
    """Return thinking switched off where the model can do without, else at its lowest."""
    support = bench.card(wire).thinking
    if support is None:
        return Thinking()
    return OFF if support.can_disable else Thinking(effort=_lowest(bench, wire))


def think_little(bench: Bench, wire: WireName) -> Thinking:
    """Return thinking switched on, at its lowest: an answer must fit into what is announced."""
    return Thinking(enabled=True, effort=_lowest(bench, wire))


def _lowest(bench: Bench, wire: WireName) -> str | None:
    support = bench.card(wire).thinking
    return next((level for level in support.levels if level != "none"), None) if support is not None else None


def can_think(bench: Bench, wire: WireName) -> bool:
    """Tell whether the model thinks at all."""
    return bench.card(wire).thinking is not None
