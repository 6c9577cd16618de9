"""Run the probes of one provider, in the order in which they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cncoding import CncodingError, Fact, list_facts
from cncoding.profile import WireName
from cncoding.registry import find_provider
from cncoding_cli.verify.bench import Bench, Exchange, OverBudgetError
from cncoding_cli.verify.probe import Outcome, Probe
from cncoding_cli.verify.probes import PROBES


@dataclass(frozen=True, slots=True)
class Plan:
    """A probe on a wire."""

    probe: Probe
    wire: WireName

    @property
    def name(self) -> str:
        """Name of the probe and the wire."""
        return self.probe.name if self.probe.once else f"{self.probe.name}, {self.wire}"


@dataclass(frozen=True, slots=True)
class Result:
    """What a probe found, and what went over the wire."""

    name: str
    facts: tuple[str, ...]
    outcome: Outcome
    is_open: bool
    """Whether the ledger has only concluded what was asked: the answer settles it and is no drift."""
    exchanges: tuple[Exchange, ...]


def plan(bench: Bench, wires: tuple[WireName, ...]) -> tuple[Plan, ...]:
    """Return the probes that the ledger says something about."""
    return tuple(
        Plan(probe, wire)
        for place, wire in enumerate(wires)
        for probe in PROBES
        if (place == 0 or not probe.once) and probe.applies(bench, wire)
    )


def find_drifts(results: Iterable[Result]) -> tuple[Result, ...]:
    """Return the findings that contradict the ledger."""
    return tuple(one for one in results if not one.outcome.ok and not one.is_open)


def list_wires(provider: str, endpoint: str | None) -> tuple[WireName, ...]:
    """Return the wires that an endpoint speaks."""
    found = find_provider(provider).endpoint(endpoint).wires
    return tuple(name for name in ("openai", "anthropic") if name in found)


def count_cost(plans: tuple[Plan, ...]) -> tuple[int, int]:
    """Return how many calls and tokens the probes take at most."""
    return sum(one.probe.calls for one in plans), sum(one.probe.tokens for one in plans)


def run(bench: Bench, plans: tuple[Plan, ...]) -> Iterator[Result]:
    """Run the probes and yield what each found; one that fails to run is a finding, too."""
    ledger = list_facts(bench.provider)
    for one in plans:
        bench.recorder.allow(one.probe.calls, one.probe.tokens)
        try:
            outcome = one.probe.run(bench, one.wire)
        except (CncodingError, OverBudgetError) as error:
            outcome = Outcome("the probe runs", f"{type(error).__name__}: {error}"[:300], False)
        except (LookupError, TypeError, ValueError) as error:
            outcome = Outcome("a reply that can be read", f"{type(error).__name__}: {error}"[:300], False)
        model = bench.client(one.wire).model
        facts = tuple(fact.subject for fact in ledger if _concerns(fact, one, model))
        yield Result(one.name, facts, outcome, one.probe.is_open(bench, one.wire), tuple(bench.recorder.exchanges))


def _concerns(fact: Fact, one: Plan, model: str) -> bool:
    """Tell whether a probe proves a fact: one of the model, one of that value, or one of the wire."""
    wanted = one.probe.fact
    if wanted == "model":
        return fact.subject.startswith(f"model {model} (")
    if wanted.startswith("="):
        return fact.value.startswith(wanted[1:])
    if fact.subject.startswith(("openai wire", "anthropic wire")) and not fact.subject.startswith(one.wire):
        return False
    return wanted in fact.subject and not fact.subject.startswith("model ")
