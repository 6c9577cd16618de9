"""`cncoding config`: look at cncoding.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cncoding import Configuration, Entry, load_configuration, reveal_entry, show_configuration
from cncoding_cli import show
from cncoding_cli.options import AsJson

config = typer.Typer(no_args_is_help=True, help="Look at cncoding.yaml: named models, fallback, budgets, secrets.")
File = Annotated[Path | None, typer.Argument(help="The file; by default the nearest cncoding.yaml from here up.")]


@config.command()
def check(file: File = None, as_json: AsJson = False) -> None:
    """Check the file: every mistake names line, column and field; secrets are looked up, not shown."""
    found = load_configuration(file)
    for entry in found.entries.values():
        _look_up(entry, found)
    if as_json:
        show.data({"file": str(found.path), "models": len(found.entries), "default": found.default})
        return
    show.line(f"{found.path}: {len(found.entries)} models, default {found.default}")


def _look_up(entry: Entry, found: Configuration) -> None:
    """Look the secrets of a model up; whether its budget counts chat or media, its use decides."""
    only_media = entry.budget is not None and entry.budget.calls is None and entry.budget.tokens is None
    reveal_entry(entry, found, "media" if only_media else "chat")


@config.command(name="show")
def show_file(file: File = None, as_json: AsJson = False) -> None:
    """Show the models of the file, without secrets."""
    found = show_configuration(load_configuration(file))
    if as_json:
        show.data(found)
        return
    rows = [
        (name + (" *" if name == found["default"] else ""), _write(one), _write_budget(one.get("budget")))
        for name, one in found["models"].items()
    ]
    if "budget" in found:
        rows.append(("all together", "", _write_budget(found["budget"])))
    show.table(("model", "settings", "budget used"), rows, title=found["file"])


def _write(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items() if key != "budget")


def _write_budget(budget: Mapping[str, Any] | None) -> str:
    if budget is None:
        return ""
    units = {"calls": "calls", "tokens": "tokens", "amount": budget.get("currency", "")}
    parts = [
        f"{budget[name]['used']:,} of {budget[name]['limit']:,} {unit}"
        for name, unit in units.items()
        if name in budget
    ]
    return f"{', '.join(parts)} in {'an' if budget['per'] == 'hour' else 'a'} {budget['per']}"
