"""`cncoding doctor`: what is ready to use, and what an error means."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cncoding import Client, ConfigError, providers
from cncoding.hints.hint import Language, choose_language
from cncoding_cli import show, terminal
from cncoding_cli.named import find_named
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, Model, OneProvider, choose_provider
from cncoding_cli.secrets import scrub

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def doctor(
    provider: OneProvider = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="TEXT", help="Say what a pasted error means; - reads standard input."),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="zh or en; by default as the environment says.")] = None,
    endpoint: EndpointName = None,
    model: Model = None,
    base_url: BaseUrl = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask the model too, without asking you first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell which providers are ready to use, and where their requests would go. Sends nothing.

    With a provider, or with --model and a name of cncoding.yaml: looks at key, proxy, reachability, clock, identity,
    models and quota at no cost, and, if you agree, asks small questions: an answer, a stream, a tool, a picture. It
    says beforehand what it will send.

    With --explain: an error in, be it JSON, an SDK's text, a traceback or a line of a log; out comes whose it is, what
    it means, when a spent plan fills again, and what to do.
    """
    language = _read_language(lang)
    if explain is not None:
        from cncoding_cli.explanation import print_explanation

        text = terminal.read_stdin() if explain == "-" else explain
        print_explanation(text, language)
        return
    if provider is None and (found := find_named(model)) is not None:
        from cncoding_cli.examination import examine_named

        examine_named(found, model, yes=yes)
        return
    if provider is not None:
        from cncoding_cli.examination import examine_provider

        name, _ = choose_provider([], provider)
        examine_provider(name, endpoint=endpoint, model=model, base_url=base_url, yes=yes)
        return
    _examine_all(as_json)


def _read_language(told: str | None) -> Language:
    if told is None:
        return choose_language(os.environ)
    if told.lower().startswith("zh"):
        return "zh"
    if told.lower().startswith("en"):
        return "en"
    raise ConfigError(f"--lang {told}: give zh or en")


def _examine_all(as_json: bool) -> None:
    found = [_examine(name) for name in providers()]
    proxies = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    if as_json:
        show.data({"providers": found, "proxies": proxies})
        return
    rows = [
        (one["provider"], one["ready"] or "no", one["endpoint"], one["model"], one["base_url"] or one["missing"])
        for one in found
    ]
    show.table(("provider", "ready", "endpoint", "model", "goes to, or what is missing"), rows)
    if proxies:
        show.note(f"Requests go through the proxy of {', '.join(proxies)}.")


def _examine(name: str) -> dict[str, str]:
    row = {"provider": name, "ready": "", "endpoint": "", "model": "", "base_url": "", "missing": ""}
    try:
        with Client(name) as client:
            return row | {
                "ready": "yes", "endpoint": client.endpoint_name, "model": client.model, "base_url": client.base_url,
            }  # fmt: skip
    except ConfigError as error:
        return row | {"missing": scrub(str(error))}
