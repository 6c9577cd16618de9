"""`cncoding plan`: every plan of the environment at a glance."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cncoding import ConfigError
from cncoding_cli import show, terminal
from cncoding_cli.options import AsJson, OneProvider, choose_provider
from cncoding_cli.plan_panel import Account, Window, ask_all, find_doors

_COLUMNS = ("provider", "plan", "window", "used", "per hour", "runs out", "resets")


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
    doors = find_doors(provider)
    if not doors:
        what = provider or "plan"
        raise ConfigError(f"{what}: there is no key in the environment; `cncoding doctor` names the variables")
    accounts = ask_all(doors)
    if as_json:
        show.data([account.to_json() for account in accounts])
    elif watch is None or not terminal.is_watched():
        _print(accounts)
    else:
        _follow(accounts, watch, provider)


def _follow(accounts: list[Account], seconds: float, provider: str | None) -> None:
    with Live(_draw(accounts), console=show.stdout(), auto_refresh=False) as live:
        try:
            while True:
                time.sleep(seconds)
                live.update(_draw(ask_all(find_doors(provider))), refresh=True)
        except KeyboardInterrupt:
            return


def _print(accounts: list[Account]) -> None:
    if terminal.is_watched() and terminal.width() >= 112:
        show.stdout().print(_draw(accounts))
        return
    rows = [row for account in accounts for row in _list_rows(account)]
    show.table(_COLUMNS, rows)


def _list_rows(account: Account) -> list[tuple[str, ...]]:
    head = (account.provider, account.plan or account.endpoint)
    if account.problem is not None:
        return [(*head, "", account.problem, "", "", "")]
    rows: list[tuple[str, ...]] = [(*head, *_describe(window)) for window in account.windows]
    return rows + [(*head, "balance", f"{one.total:g} {one.currency} left", "", "", "") for one in account.balances]


def _describe(window: Window) -> tuple[str, str, str, str, str]:
    share, burn, runs_out = window.used_share, window.burn, window.runs_out_at
    return (
        window.quota.name,
        "unlimited" if window.quota.unlimited else "?" if share is None else f"{share:.0%}",
        "" if burn is None else f"{burn:.1%}",
        _describe_moment(runs_out) if runs_out else "lasts" if burn is not None else "",
        _describe_moment(window.quota.resets_at),
    )


def _draw(accounts: list[Account]) -> Group:
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("provider", "plan", "window", "", "used", "per hour", "runs out", "resets"):
        grid.add_column(column, no_wrap=True)
    silent = [account for account in accounts if account.problem is not None]
    for account in accounts:
        for row, window in zip(_list_rows(account), (*account.windows, *[None] * 9), strict=False):
            if account.problem is None:
                cells = [Text(cell) for cell in row]
                grid.add_row(*cells[:3], _draw_bar(window), *cells[3:])
    reasons = [Text(f"{one.provider} {one.endpoint}: {one.problem}", "dim") for one in silent]
    return Group(grid, *reasons, Text(f"asked at {datetime.now():%H:%M:%S}", "dim"))


def _draw_bar(window: Window | None) -> ProgressBar | Text:
    share = window.used_share if window is not None else None
    return Text("") if share is None else ProgressBar(100, share * 100, width=12)


def _describe_moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    hours = (moment - datetime.now(timezone.utc)).total_seconds() / 3600
    distance = f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
    return f"{moment.astimezone():%m-%d %H:%M}, {distance}"
