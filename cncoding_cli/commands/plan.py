"""`cncoding plan`: every plan of the environment at a glance."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cncoding import ConfigError, PlanPanel, read_plans
from cncoding.plans.panel import COLUMNS, PlanWindow
from cncoding_cli import show, terminal
from cncoding_cli.options import AsJson, OneProvider, choose_provider
from cncoding_cli.secrets import scrub
from cncoding_cli.termination import Terminated


def plan(
    provider: OneProvider = None,
    watch: Annotated[
        float | None, typer.Option("--watch", "-w", min=5, help="Ask again every so many seconds, until Ctrl-C.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every plan and balance that the environment has a key for: used, burn rate, when it runs out, next reset."""
    if provider is not None:
        provider, _ = choose_provider([], provider)
    panel = read_plans(provider)
    if not panel:
        what = provider or "plan"
        raise ConfigError(f"{what}: there is no key in the environment; `cncoding doctor` names the variables")
    if as_json:
        show.data([account.to_json() for account in panel])
    elif not terminal.is_watched():
        show.table(COLUMNS, panel.list_rows())
    elif watch is None:
        show.stdout().print(_draw(panel))
    else:
        _follow(panel, watch, provider)


def _follow(panel: PlanPanel, seconds: float, provider: str | None) -> None:
    with Live(_draw(panel), console=show.stdout(), auto_refresh=False, vertical_overflow="visible") as live:
        try:
            while True:
                time.sleep(seconds)
                live.update(_draw(read_plans(provider)), refresh=True)
        except Terminated:
            raise
        except KeyboardInterrupt:
            return


def _draw(panel: PlanPanel) -> Group:
    told = _draw_grid(panel) if terminal.width() >= _WIDE else _draw_list(panel)
    silent = [account for account in panel if account.problem is not None]
    reasons = [Text(f"{one.provider} {one.endpoint}: {scrub(str(one.problem))}", "dim") for one in silent]
    return Group(told, *reasons, Text(panel.title, "dim"))


_WIDE = 112
"""Columns that the table wants."""


def _draw_grid(panel: PlanPanel) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("provider", "plan", "window", "", "used", "per hour", "runs out", "resets"):
        grid.add_column(column, no_wrap=True)
    for row, window in _list_rows(panel):
        cells = [Text(cell) for cell in row]
        grid.add_row(*cells[:3], _draw_bar(window), *cells[3:])
    return grid


def _draw_list(panel: PlanPanel) -> Group:
    """Draw two lines for each window, which fit into a narrow terminal."""
    lines: list[RenderableType] = []
    before = None
    for row, window in _list_rows(panel):
        provider, plan, name, used, burn, runs_out, resets = row
        if (provider, plan) != before:
            before = (provider, plan)
            lines.append(Text(f"{provider} {plan}", "bold"))
        line = Table.grid(padding=(0, 1))
        line.add_row(Text(f"  {name}"), _draw_bar(window), Text(used))
        lines.append(line)
        ends = runs_out if runs_out in ("", "lasts") else f"runs out {runs_out}"
        said = [burn and f"{burn} per hour", ends, resets and f"resets {resets}"]
        if any(said):
            lines.append(Padding(Text("; ".join(filter(None, said)), "dim"), (0, 0, 0, 4)))
    return Group(*lines)


def _list_rows(panel: PlanPanel) -> Iterator[tuple[tuple[str, ...], PlanWindow | None]]:
    for account in panel:
        if account.problem is None:
            yield from zip(account.list_rows(), (*account.windows, *(None for _ in account.balances)), strict=True)


def _draw_bar(window: PlanWindow | None) -> ProgressBar | Text:
    share = window.used_share if window is not None else None
    return Text("") if share is None else ProgressBar(100, share * 100, width=12)
