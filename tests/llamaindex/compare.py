"""Print what each integration does of the conformance suite: `python -m tests.llamaindex.compare`.

`OpenAILike` takes part where `llama-index-llms-openai-like` is installed. A behaviour counts for a provider when it
holds in every mode (sync and async, stream and whole) on the OpenAI wire, which is the one that both speak.

Options: `--providers glm,kimi` and `--wires openai,anthropic` (the second is only ours).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import os
import sys
import warnings

from cncoding_emulator import Emulator
from tests.llamaindex.subjects import OPENAI_LIKE, OURS
from tests.llamaindex.suite import BEHAVIOURS, Behaviour, Door, Kit, Subject, doors

SECONDS = 20.0
"""After which a behaviour has failed."""


async def holds(subject: Subject, behaviour: Behaviour, door: Door, emulator: Emulator) -> str:
    """Run a behaviour in all of its modes; return "" if it holds, else the first failure."""
    for mode in behaviour.modes:
        emulator.reset()
        try:
            await asyncio.wait_for(behaviour.run(Kit(subject, emulator, door, mode)), SECONDS)
        except (Exception, asyncio.CancelledError) as error:  # any failure of a peer is a result
            return f"{mode.id}: {type(error).__name__}: {str(error).strip().partition(chr(10))[0][:90]}"
    return ""


def subjects() -> list[Subject]:
    """List who takes part."""
    found = importlib.util.find_spec("llama_index.llms.openai_like")
    return [OURS, OPENAI_LIKE] if found else [OURS]


def main() -> int:
    """Run and print the table; return 1 if ours fails anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--providers", default="")
    parser.add_argument("--wires", default="openai")
    chosen = parser.parse_args()
    places = [door for door in doors() if door.wire in chosen.wires.split(",")]
    if chosen.providers:
        places = [door for door in places if door.provider in chosen.providers.split(",")]
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with Emulator() as emulator:
        os.environ.update(emulator.env())
        return report(subjects(), places, emulator)


def report(parties: list[Subject], places: list[Door], emulator: Emulator) -> int:
    """Print one line for each behaviour: on how many doors it holds, and the first failure of a peer."""
    print(f"{'behaviour':<92}" + "".join(f"{party.name:>12}" for party in parties))
    totals = {party.name: [0, 0] for party in parties}
    for behaviour in BEHAVIOURS:
        fitting = [door for door in places if behaviour.fits(door)]
        cells, notes = "", []
        for party in parties:
            able = [door for door in fitting if door.wire in party.wires]
            failures = {door.id: asyncio.run(holds(party, behaviour, door, emulator)) for door in able}
            held = sum(not failure for failure in failures.values())
            totals[party.name][0] += held
            totals[party.name][1] += len(able)
            cells += f"{f'{held}/{len(able)}':>12}"
            notes += [f"      {party.name} {door}: {failure}" for door, failure in failures.items() if failure][:1]
        print(f"{behaviour.id} {behaviour.title:<88}{cells}", *notes, sep="\n")
    print(f"{'all':<92}" + "".join(f"{f'{held}/{asked}':>12}" for held, asked in totals.values()))
    held, asked = totals[OURS.name]
    return 0 if held == asked else 1


if __name__ == "__main__":
    sys.exit(main())
