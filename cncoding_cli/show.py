"""What is written, and where: the answer on standard output, everything about it on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cncoding import MediaJob
from cncoding.hints.links import MORE
from cncoding_cli import terminal
from cncoding_cli.secrets import hide_keys, scrub
from cncoding_cli.terminal import clean

_state = {"json": False}


def choose_json(wanted: bool) -> bool:
    """Remember whether the command was asked for JSON."""
    _state["json"] = wanted
    return wanted


def wants_json() -> bool:
    """Tell whether the command was asked for JSON."""
    return _state["json"]


def stdout() -> Console:
    """Make a console on standard output that takes no markup."""
    return Console(highlight=False, markup=False, emoji=False)


def stderr() -> Console:
    """Make a console on standard error that takes no markup."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def error(name: str, text: str) -> None:
    """Print an error."""
    stderr().print(Text.assemble((name, "red"), f": {text}"), soft_wrap=True)


def more(url: str) -> None:
    """Print where the documentation says more about an error."""
    stderr().print(Text(f"{MORE}{url}", "dim"), soft_wrap=True)


def note(text: str) -> None:
    """Print a line about what is going on, on standard error."""
    stderr().print(Text(scrub(clean(text)), "dim"), soft_wrap=True)


def warning(setting: str, why: str) -> None:
    """Print a warning, on standard error."""
    stderr().print(Text.assemble((clean(setting), "yellow"), f": {clean(why)}"), soft_wrap=True)


def job(value: MediaJob) -> None:
    """Print a job as JSON on standard error, so that it can be asked for again."""
    sys.stderr.write(f"job: {encode(replace(value, assets=None).to_json())}\n")
    sys.stderr.flush()


def answer(text: str) -> None:
    """Print a whole answer: as Markdown for a person, as it is for a program."""
    text = clean(text)
    if terminal.is_watched():
        from rich.markdown import Markdown

        stdout().print(Markdown(text))
    else:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def text(whole: str) -> None:
    """Print a text that another program reads, as it is."""
    sys.stdout.write(clean(whole))
    sys.stdout.flush()


def line(text: str) -> None:
    """Print one line of the answer."""
    stdout().print(Text(clean(text)), soft_wrap=True)


def data(value: Any) -> None:
    """Print JSON: indented for a person, one line for a program."""
    indent = 2 if terminal.is_watched() else None
    sys.stdout.write(encode(value, indent) + "\n")
    sys.stdout.flush()


_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Characters that JSON leaves as they are and that drive a terminal, or turn its lines around."""


def encode(value: Any, indent: int | None = None) -> str:
    """Return JSON without keys and without what drives a terminal; a vendor may have written some of it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", hide_keys(text))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """Print a table.

    A program gets every cell whole, separated by tabs, below a line of names. A person gets a table where it fits, and
    one short list per row where the window is too narrow for it.
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    if not terminal.is_watched():
        for row in (columns, *cells):
            sys.stdout.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
        sys.stdout.flush()
        return
    if title:
        stdout().print(Text(clean(title), "bold"))
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in cells:
        grid.add_row(*(Text(cell) for cell in row))
    if _fits(columns, cells):
        stdout().print(grid)
    else:
        _print_records(columns, cells)


def _fits(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    from rich.cells import cell_len

    widths = [max(cell_len(row[place]) for row in (columns, *rows)) + 2 for place in range(len(columns))]
    longest = max(widths)
    room = terminal.width() - (sum(widths) - longest)
    return room >= min(longest, 24) and sum(widths) - longest < terminal.width()


def _print_records(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    console = stdout()
    for row in rows:
        console.print(Text(row[0], "bold"))
        for name, cell in zip(columns[1:], row[1:], strict=True):
            if cell:
                console.print(Text.assemble(("  " + name + ": ", "dim"), cell))
