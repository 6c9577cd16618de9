"""`cncoding facts`: what is stated of the vendors, and from where."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cncoding import Fact, list_facts
from cncoding_cli import show
from cncoding_cli.options import AsJson, OneProvider, ProviderOption, choose_provider


def facts(
    named: OneProvider = None,
    provider: ProviderOption = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="DAYS", help="Only facts whose source is older: 90d.")
    ] = None,
    inferred: Annotated[bool, typer.Option("--inferred", help="Only what was concluded, not read or seen.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is stated of a vendor, or of all: each fact with its source and date."""
    chosen = provider or named
    if chosen is not None:
        chosen, _ = choose_provider([], chosen)
    found = list_facts(chosen, older_than=older_than, inferred=inferred)
    if as_json:
        show.data([_as_object(fact) for fact in found])
        return
    rows = [
        (one.provider, one.subject, one.value, *((one.source.kind, str(one.source)) if one.source else ("", "")))
        for one in found
    ]
    show.table(("provider", "about", "fact", "kind", "source"), rows)
    show.note(f"{len(found)} facts")


def _as_object(fact: Fact) -> dict[str, Any]:
    source = fact.source
    return {
        "provider": fact.provider,
        "subject": fact.subject,
        "value": fact.value,
        "source": source
        and {"kind": source.kind, "where": source.where, "date": source.date, "note": source.note or None},
    }
