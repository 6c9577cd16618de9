"""Print what each integration does of the conformance suite: `python -m tests.llamaindex.compare`.

`OpenAILike` takes part where `llama-index-llms-openai-like` is installed. A behaviour counts for a provider when it
holds in every mode (sync and async, stream and whole) on the OpenAI wire, which is the one that both speak.

Options: `--providers glm,kimi`, `--wires openai,anthropic` (the second is only ours), `--write` the table to the docs.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import importlib.util
import logging
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from cncoding_emulator import Emulator
from tests.llamaindex.subjects import OPENAI_LIKE, OURS
from tests.llamaindex.suite import BEHAVIOURS, Behaviour, Door, Kit, Subject, doors

SECONDS = 20.0
"""After which a behaviour has failed."""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "llamaindex-comparison.md"
HEAD = """# What the usual LlamaIndex class does with these vendors

Made by `python -m tests.llamaindex.compare --write` (`make compare`): every row is a behaviour of the conformance
suite in `tests/llamaindex/suite`, run over sockets against this project's emulator of all providers, in every mode it
has: sync and async, stream and whole. A cell says at how many providers the behaviour held in all modes, of those to
which it can be put (models that think, see images, call tools). `OpenAILike` is set up by hand, as its users do, on
the OpenAI wire, which both speak. The emulator follows the vendors' documentation; a vendor may be more lenient.

"""


@dataclass(frozen=True)
class Row:
    """What one behaviour came to: failures by door for each party, "" where it held."""

    behaviour: Behaviour
    results: dict[str, dict[str, str]]

    def cell(self, party: Subject) -> str:
        """Return how many held of how many."""
        found = self.results[party.name].values()
        return f"{sum(not failure for failure in found)}/{len(found)}"


async def failure(party: Subject, behaviour: Behaviour, door: Door, emulator: Emulator) -> str:
    """Run a behaviour in all of its modes; return "" if it holds, else what failed first."""
    for mode in behaviour.modes:
        emulator.reset()
        try:
            await asyncio.wait_for(behaviour.run(Kit(party, emulator, door, mode)), SECONDS)
        except (Exception, asyncio.CancelledError) as error:  # whatever a peer fails with is a result
            return f"{mode.id}: {type(error).__name__}: {str(error).strip().partition(chr(10))[0][:90]}"
    return ""


def run(parties: list[Subject], places: list[Door], emulator: Emulator) -> list[Row]:
    """Put every behaviour to every party; print as it goes."""
    print(f"{'behaviour':<92}" + "".join(f"{party.name:>12}" for party in parties))
    rows = []
    for behaviour in BEHAVIOURS:
        row = Row(behaviour, {party.name: {} for party in parties})
        for party in parties:
            for door in places:
                if behaviour.fits(door) and door.wire in party.wires:
                    row.results[party.name][door.id] = asyncio.run(failure(party, behaviour, door, emulator))
        print(f"{behaviour.id:<5}{behaviour.title:<87}" + "".join(f"{row.cell(party):>12}" for party in parties))
        for party in parties:
            first = next(((door, what) for door, what in row.results[party.name].items() if what), None)
            if first:
                print(f"       {party.name}, {first[0]}, {first[1]}")
        rows.append(row)
    return rows


def totals(rows: list[Row], party: Subject) -> tuple[int, int]:
    """Return how many behaviours held at how many doors."""
    found = [failure for row in rows for failure in row.results[party.name].values()]
    return sum(not failure for failure in found), len(found)


def page(rows: list[Row], parties: list[Subject]) -> str:
    """Return the page for the docs."""
    versions = {OURS.name: "cncoding", OPENAI_LIKE.name: "llama-index-llms-openai-like"}
    names = [f"{versions[party.name]} {importlib.metadata.version(versions[party.name])}" for party in parties]
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(parties) + 1) + "|"]
    for row in rows:
        if any(row.results.values()):
            lines.append(f"| {row.behaviour.title} | " + " | ".join(row.cell(party) for party in parties) + " |")
    sums = " | ".join("**{}/{}**".format(*totals(rows, party)) for party in parties)
    return HEAD + "\n".join([*lines, f"| **all** | {sums} |"]) + "\n"


def main() -> int:
    """Run and print the table; return 1 if ours fails anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--providers", default="")
    parser.add_argument("--wires", default="openai")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    places = [door for door in doors() if door.wire in chosen.wires.split(",")]
    if chosen.providers:
        places = [door for door in places if door.provider in chosen.providers.split(",")]
    parties = [OURS, OPENAI_LIKE] if importlib.util.find_spec("llama_index.llms.openai_like") else [OURS]
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with Emulator(strict_reasoning="all") as emulator:
        os.environ.update(emulator.env())
        rows = run(parties, places, emulator)
    print(f"{'all':<92}" + "".join("{:>12}".format("{}/{}".format(*totals(rows, party))) for party in parties))
    if chosen.write:
        PAGE.write_text(page(rows, parties), encoding="utf-8")
    held, asked = totals(rows, OURS)
    return 0 if held == asked else 1


if __name__ == "__main__":
    sys.exit(main())
