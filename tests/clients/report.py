"""The matrix as a page: what each foreign program does, and for each failure whose fault it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.clients.catalogue import DOINGS, KNOWN
from tests.clients.driving import Outcome

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
HEAD = """# Foreign programs against the emulator

Made by `make clients`. Programs of other people, each in an environment of its own, talk to the emulator: they know the
vendors and nothing of this project. A failure that the real vendor would answer with, too, says whose fault it is.
*Tools* is a loop in which a thinking model calls a tool and answers with its result; a coding agent reads a file.
What instructor returns is an object: its *tools* is a forced call. Coding agents stream whatever they do.

| Program | Vendor | Chat | Stream | Tools | Image |
|---|---|---|---|---|---|
"""


def find_surprises(outcomes: Iterable[Outcome]) -> list[str]:
    """List the failures that nobody has explained, and explained ones that no longer happen."""
    surprises = []
    for one in outcomes:
        known = KNOWN.get((one.program, one.vendor, one.doing))
        if one.error and (known is None or known.says not in one.error):
            surprises.append(f"{one.program}, {one.vendor}, {one.doing}: {one.error}")
        elif known and not one.error:
            surprises.append(f"{one.program}, {one.vendor}, {one.doing}: went well, although it is listed as failing")
    return surprises


def write_page(outcomes: list[Outcome], missing: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """Write docs/clients.md and return its text."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    notes: list[str] = []
    for one in outcomes:
        cell = "yes"
        known = KNOWN.get((one.program, one.vendor, one.doing))
        if one.error and known:
            note = f"{known.fault} ({known.evidence})"
            if note not in notes:
                notes.append(note)
            cell = f"no [{notes.index(note) + 1}]"
        elif one.error:
            cell = "**no**"
        rows.setdefault((one.program, one.vendor), {})[one.doing] = cell
    lines = [
        f"| {program} {versions.get(program, '')} | {vendor} | {' | '.join(row.get(name, '-') for name in DOINGS)} |"
        for (program, vendor), row in rows.items()
    ]
    lines += [f"| {program} | - | not tried: {why} | - | - | - |" for program, why in missing.items()]
    listed = [f"{number}. {note}" for number, note in enumerate(notes, start=1)]
    text = HEAD + "\n".join(lines) + "\n\n## Whose fault\n\n" + "\n".join(listed) + "\n"
    PAGE.write_text(text, "utf-8")
    return text
