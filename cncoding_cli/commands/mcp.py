"""`cncoding mcp`: the media, sight and search tools of every provider with a key, for any MCP client."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cncoding import (
    AsyncClient,
    Budget,
    CncodingError,
    ConfigError,
    Journal,
    MediaToolSettings,
    as_budget,
    providers,
)
from cncoding.media.money import as_limit
from cncoding_cli import show
from cncoding_cli.mcp_server import Catalogue, Provided, build_server, serve_http, serve_stdio
from cncoding_cli.options import has_key

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]{3})")


def mcp(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Only these providers, as --provider.")
    ] = None,
    provider: Annotated[
        list[str] | None, typer.Option("--provider", "-p", help="Only these providers; repeatable.")
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP on 127.0.0.1 instead of stdio.")] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of --http.")] = 8765,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the files and the journal.")] = Path(
        "cncoding-media"
    ),
    read: Annotated[
        list[Path] | None, typer.Option("--read", help="A folder whose files tools may use, too; repeatable.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", metavar="TOOL=MODEL", help="For example glm_generate_image=cogview-4."),
    ] = None,
    budget: Annotated[
        str | None, typer.Option("--budget", help="What may be bought: 5 (purchases) or 20CNY, in --per.")
    ] = None,
    per: Annotated[str, typer.Option("--per", help="kit (this run of the server) or day (24 hours).")] = "kit",
    confirm_above: Annotated[
        float | None,
        typer.Option("--confirm-above", metavar="AMOUNT", help="Ask a person before what costs more, or is unpriced."),
    ] = None,
    reuse: Annotated[bool, typer.Option("--reuse", help="Take what was made before by the same request.")] = False,
    show_pictures: Annotated[bool, typer.Option("--show", help="Send a small picture of every picture made.")] = False,
    consent: Annotated[
        str | None,
        typer.Option("--consent", help="Who agreed that their voice is cloned, how and when; offers tools for voices."),
    ] = None,
    journal: Annotated[bool, typer.Option("--journal/--no-journal", help="Remember what was bought.")] = True,
) -> None:
    """Serve the media, sight and search tools of every provider with a key to an MCP client."""
    if not journal and (budget is not None or reuse):
        raise ConfigError("--no-journal: --budget and --reuse need a journal; leave one of them out")
    common: dict[str, Any] = {
        "folder": str(output), "read_folders": tuple(str(one) for one in read or ()), "reuse": reuse,
        "show": show_pictures, "budget": read_budget(budget, per), "since": time.time(),
        "confirm_above": as_limit(confirm_above, "--confirm-above"), "consent": consent,
    }  # fmt: skip
    models = _read_models(model)
    found: dict[str, Provided] = {}
    provider = list(dict.fromkeys((*(provider or ()), *(words or ()))))
    for name in provider or [one for one in providers() if has_key(one)]:
        settings = MediaToolSettings(models=models.pop(name, {}), **common)
        try:
            client = AsyncClient(name, journal=Journal(output) if journal else None)
            tools = client.list_tools(settings)
        except CncodingError as error:
            if provider:
                raise
            show.note(f"{name} is left out: {error}")
            continue
        _check_tools(name, settings.models, tools)
        found[name] = Provided(client, settings)
    for name in models:
        raise ConfigError(f"--model {name}_...: no such provider is served; there are {', '.join(found) or 'none'}")
    catalogue = Catalogue(found, journal=journal)
    if not catalogue.names:
        raise ConfigError("mcp: no provider with tools has a key in the environment; `cncoding doctor` says which")
    server = build_server(catalogue)
    if http:
        show.note(f"{len(catalogue.names)} tools of {', '.join(found)} at http://127.0.0.1:{port}/mcp")
        serve_http(server, port)
    else:
        serve_stdio(server)


def read_budget(text: str | None, per: str) -> Budget | None:
    """Return the budget that an option means.

    Raises:
        ConfigError: It is none.
    """
    if per not in ("kit", "day"):
        raise ConfigError(f"--per {per}: give kit (this run of the server) or day (24 hours)")
    if text is None:
        return None
    if found := _AMOUNT.fullmatch(text.strip()):
        return as_budget({"amount": float(found[1]), "currency": found[2].upper(), "per": per})
    if not text.strip().isdecimal():
        raise ConfigError(f"--budget {text}: give a number of purchases such as 5, or an amount such as 20CNY")
    return as_budget({"calls": int(text), "per": per})


def _read_models(given: list[str] | None) -> dict[str, dict[str, str]]:
    models: dict[str, dict[str, str]] = {}
    for one in given or ():
        name, _, model = one.partition("=")
        provider, _, tool = name.partition("_")
        if not (tool and model):
            raise ConfigError(f"--model {one}: give TOOL=MODEL, for example glm_generate_image=cogview-4")
        models.setdefault(provider, {})[tool] = model
    return models


def _check_tools(provider: str, models: Mapping[str, str], tools: Sequence[str]) -> None:
    """Refuse a model for a tool that is not offered.

    Raises:
        ConfigError: There is one.
    """
    for tool in models:
        if tool not in tools:
            near = difflib.get_close_matches(tool, tools, n=1, cutoff=0.8)
            there = f"did you mean {provider}_{near[0]}?" if near else f"{provider} has {', '.join(tools)}"
            raise ConfigError(f"--model {provider}_{tool}=...: there is no such tool; {there}")
