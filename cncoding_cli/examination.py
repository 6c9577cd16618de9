"""`cncoding doctor PROVIDER`: says what it will send, asks, looks, and tells."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import typer

from cncoding import Client, ConfigError, Configuration
from cncoding_cli import show, terminal
from cncoding_cli.checks import PAID, TOKENS, Finding, examine, explain_refusal
from cncoding_cli.named import list_members, open_single

_MARKS = {"ok": "ok", "warning": "look", "failed": "FAILED", "skipped": "-"}


def examine_provider(name: str, *, endpoint: str | None, model: str | None, base_url: str | None, yes: bool) -> None:
    """Examine one provider; exit code 1 if something failed."""
    found = _examine(
        name,
        lambda: Client(name, model=model, endpoint=endpoint, base_url=base_url, max_retries=0, timeout=60),
        yes=yes,
    )
    _report([(name, found)])


def examine_named(configuration: Configuration, model: str | None, *, yes: bool) -> None:
    """Examine every model that a name of cncoding.yaml stands for; exit code 1 if something failed."""
    found = []
    for entry in list_members(configuration, configuration.entry(model)):
        make = partial(open_single, configuration, entry, max_retries=0, timeout=60)
        found.append((entry.name, _examine(entry.name, make, yes=yes)))
    _report(found)


def _examine(name: str, make: Callable[[], Client], *, yes: bool) -> list[Finding]:
    try:
        client = make()
    except ConfigError as error:
        return [explain_refusal(error)]
    where = f"{client.provider_id}, endpoint {client.endpoint_name}, model {client.model}, {client.base_url}"
    show.note(where if name == client.provider_id else f"{name}: {where}")
    paid = _agree(client.model, yes=yes)
    with client:
        return list(_follow(client, paid=paid))


def _agree(model: str, *, yes: bool) -> bool:
    """Say what will be sent, and ask whether it may be."""
    show.note(
        "Sent at no cost: a HEAD request without the key, the model list, the quota. "
        f"Paid: {PAID} small questions to {model}, about {TOKENS:,} tokens together."
    )
    if yes or not terminal.is_interactive():
        return yes
    sys.stderr.write("Ask them? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _follow(client: Client, *, paid: bool) -> list[Finding]:
    findings = []
    for finding in examine(client, paid=paid):
        findings.append(finding)
        if terminal.is_watched() and not show.wants_json():
            show.note(f"{finding.name}: {_MARKS[finding.state]}")
    return findings


def _report(several: list[tuple[str, list[Finding]]]) -> None:
    told = [{"provider": name, "findings": [asdict(one) for one in findings]} for name, findings in several]
    if show.wants_json():
        show.data(told[0] if len(told) == 1 else told)
    else:
        for name, findings in several:
            rows = [(one.name, _MARKS[one.state], one.detail, one.remedy) for one in findings]
            show.table(("check", "state", "found", "what to do"), rows, title=name)
    if any(one.state == "failed" for _, findings in several for one in findings):
        raise typer.Exit(1)
