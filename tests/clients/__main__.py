"""Foreign programs against the emulator: `python -m tests.clients [--write] [--here] [NAME ...]`."""

from __future__ import annotations

import argparse
import base64
import sys
import time

from cncoding_emulator import Emulator
from tests.clients import agents, driving
from tests.clients.catalogue import PROGRAMS
from tests.clients.driving import Outcome
from tests.clients.environments import InstallError, read_versions
from tests.clients.report import find_surprises, write_page
from tests.langchain.conftest import png


def _show(found: list[Outcome], seconds: float) -> None:
    marks = " ".join(f"{one.doing}:{'failed' if one.error else 'ok'}" for one in found)
    print(f"{found[0].program:<26}{found[0].vendor:<10}{marks}  {seconds:.1f} s", flush=True)
    for one in found:
        if one.error:
            print(f"    {one.doing}: {one.error}", flush=True)


def _try_all(names: list[str], *, here: bool) -> tuple[list[Outcome], dict[str, str]]:
    picture = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    outcomes: list[Outcome] = []
    missing: dict[str, str] = {}
    with Emulator() as emulator:
        tries = [
            (
                program.name,
                vendor,
                lambda program=program, vendor=vendor: driving.run(emulator, program, vendor, picture),
            )
            for program in PROGRAMS
            for vendor in program.vendors
            if program.here or not here
        ]
        tries += [
            (agent.name, vendor, lambda agent=agent, vendor=vendor: agents.run(emulator, agent, vendor))
            for agent in agents.AGENTS
            for vendor in agent.vendors
            if not here
        ]
        for name, _, attempt in tries:
            if (names and name not in names) or name in missing:
                continue
            began = time.monotonic()
            try:
                found = attempt()
            except InstallError as error:
                missing[name] = str(error)
                print(f"{name:<26}cannot be installed here: {error}", flush=True)
                continue
            _show(found, time.monotonic() - began)
            outcomes += found
    return outcomes, missing


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients")
    parser.add_argument("names", nargs="*", help="programs; all by default")
    parser.add_argument("--here", action="store_true", help="only those that the test environment has")
    parser.add_argument("--write", action="store_true", help="write docs/clients.md")
    chosen = parser.parse_args(words)
    outcomes, missing = _try_all(chosen.names, here=chosen.here)
    surprises = find_surprises(outcomes)
    for surprise in surprises:
        print(f"not explained: {surprise}")
    if chosen.write:
        write_page(outcomes, missing, read_versions())
    failed = sum(1 for one in outcomes if one.error)
    print(f"{failed} of {len(outcomes)} refused or failed, {len(surprises)} of them not explained")
    print(f"{len(outcomes) - len(surprises)} passed, {len(surprises)} failed")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
