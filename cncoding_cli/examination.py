"""`cncoding doctor PROVIDER`: says what it will send, asks, looks, and tells."""

from __future__ import annotations

import sys
from dataclasses import asdict

import typer

from cncoding import Client, ConfigError
from cncoding_cli import show, terminal
from cncoding_cli.checks import PAID, TOKENS, Finding, examine, explain_refusal

_MARKS = {"ok": "ok", "warning": "look", "failed": "FAILED", "skipped": "-"}


def examine_provider(name: str, *, endpoint: str | None, model: str | None, base_url: str | None, yes: bool) -> None:
    """Examine one provider; exit code 1 if something failed."""
    try:
        client = Client(name, model=model, endpoint=endpoint, base_url=base_url, max_retries=0, timeout=60)
    except ConfigError as error:
        _report(name, [explain_refusal(error)])
        raise typer.Exit(1) from None
    show.note(f"{name}, endpoint {client.endpoint_name}, model {client.model}, {client.base_url}")
    paid = _agree(client.model, yes=yes)
    with client:
        findings = list(_follow(client, paid=paid))
    _report(name, findings)
    if any(one.state == "failed" for one in findings):
        raise typer.Exit(1)


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


def _report(name: str, findings: list[Finding]) -> None:
    if show.wants_json():
        show.data({"provider": name, "findings": [asdict(one) for one in findings]})
        return
    rows = [(one.name, _MARKS[one.state], one.detail, one.remedy) for one in findings]
    show.table(("check", "state", "found", "what to do"), rows, title=name)
