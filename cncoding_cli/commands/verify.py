"""`cncoding verify`: do the facts of the ledger still hold?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cncoding import Client, ConfigError
from cncoding.registry import find_provider
from cncoding_cli import show, terminal
from cncoding_cli.options import AsJson, EndpointName, Model, OneProvider, choose_provider
from cncoding_cli.verify.bench import Bench
from cncoding_cli.verify.evidence import write_evidence
from cncoding_cli.verify.report import write_report
from cncoding_cli.verify.run import Plan, Result, count_cost, find_drifts, list_wires, plan, run


def verify(
    provider: OneProvider = None,
    endpoint: EndpointName = None,
    model: Model = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the vendor, with your key; else the emulator.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it costs something.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Where the report goes; verify-PROVIDER-DATE.json if not said.")
    ] = None,
    to_spec: Annotated[
        Path | None, typer.Option("--to-spec", metavar="REPORT", help="Turn a report into files of spec/; asks nobody.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Probe a vendor: each fact, what was expected and what was seen; a report without keys is written."""
    if to_spec is not None:
        for file in write_evidence(_read(to_spec), Path()):
            show.line(str(file))
        return
    name, _ = choose_provider(None if provider is None else [provider], provider)
    with open_bench(name, endpoint, model, live=live) as bench:
        wires = list_wires(name, bench.settings["endpoint"])
        plans = plan(bench, wires)
        calls, tokens = count_cost(plans)
        show.note(f"{len(plans)} probes: at most {calls} calls and about {tokens:,} tokens of {_place(name, live)}")
        if live and not yes and not _agree():
            raise typer.Exit(1)
        results = _follow(plans, bench)
        client = bench.client(wires[0])
        text = write_report(name, client.endpoint_name, client.model, results, bench.keys)
    path = report or Path(f"verify-{name}-{date.today().isoformat()}.json")
    path.write_text(text, encoding="utf-8")
    if as_json:
        show.line(text)
    found = find_drifts(results)
    show.note(f"{len(results)} probes, {len(found)} findings; report: {path}")
    if found:
        raise typer.Exit(1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--to-spec {path}: cannot be read: {error}") from error


def _place(name: str, live: bool) -> str:
    return find_provider(name).title if live else "the emulator, which costs nothing"


def _agree() -> bool:
    if not terminal.is_interactive():
        raise ConfigError("verify: this costs something; say so with --yes where nobody can be asked")
    return typer.confirm("Ask the vendor?", default=False, err=True)


def _follow(plans: tuple[Plan, ...], bench: Bench) -> list[Result]:
    results: list[Result] = []
    for result in run(bench, plans):
        results.append(result)
        mark = "ok" if result.outcome.ok else "open" if result.is_open else "DRIFT"
        fact = f" [{result.facts[0]}]" if result.facts else ""
        show.note(f"{mark:5} {result.name}{fact}: expected {result.outcome.expected}; seen {result.outcome.seen}")
    return results


@contextmanager
def open_bench(provider: str, endpoint: str | None, model: str | None, *, live: bool) -> Iterator[Bench]:
    """Open a bench at the vendor, or at an emulator of this process."""
    if live:
        with Client(provider, model=model, endpoint=endpoint) as client:
            settings = {"model": model, "endpoint": client.endpoint_name}  # the key may decide which
        bench = Bench(provider, settings)
        try:
            yield bench
        finally:
            bench.close()
        return
    try:
        from cncoding_emulator import Emulator
    except ImportError:
        raise ConfigError('verify needs the extra "emulator", or --live: pip install "cncoding[emulator]"') from None
    place = find_provider(provider).endpoint(endpoint)
    with Emulator() as emulator:
        names = (entry.partition(":")[0] for entry in place.key_env)
        keys = emulator.env()
        key = next((keys[name] for name in names if name in keys), "emulator-key")
        places = {
            wire: {"base_url": emulator.base_url(provider, place.name, wire), "api_key": key}
            for wire in list_wires(provider, endpoint)
        }
        bench = Bench(provider, {"model": model, "endpoint": place.name}, places)
        try:
            yield bench
        finally:
            bench.close()
