"""The commands."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cncoding import (
    Client,
    CncodingError,
    ConfigError,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    Warned,
)
from cncoding._version import __version__
from cncoding.registry import providers
from cncoding.types import ChatRequest, Media, Thinking, user
from cncoding_cli.media import COMMANDS

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Chinese coding-plan models from one command line.")
for command in COMMANDS:
    app.command()(command)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Provider = Annotated[str, typer.Argument(help="glm, kimi, minimax, qwen, deepseek, wcode or unified")]
Model = Annotated[str | None, typer.Option(help="Model id; the provider's default if not given.")]
EndpointName = Annotated[str | None, typer.Option("--endpoint", help="coding, coding-global, api, api-global, ...")]
BaseUrl = Annotated[str | None, typer.Option(help="Base URL, as the vendor's own SDK takes it.")]


def _fail(error: CncodingError) -> typer.Exit:
    errors.print(f"[red]{type(error).__name__}[/red]: {error}", soft_wrap=True)
    return typer.Exit(1)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        console.print(f"cncoding {__version__}")
        raise typer.Exit


@app.command()
def chat(
    provider: Provider,
    prompt: Annotated[str | None, typer.Argument(help="What to say; standard input if not given.")] = None,
    model: Model = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    image: Annotated[list[str] | None, typer.Option(help="An image: path or URL. May be repeated.")] = None,
    think: Annotated[bool | None, typer.Option(help="Switch thinking on or off.")] = None,
    effort: Annotated[str | None, typer.Option(help="low, high, max, ...")] = None,
    search: Annotated[bool, typer.Option(help="Let the vendor search the web.")] = False,
) -> None:
    """Ask a model and stream its reasoning and answer."""
    pictures = [Media("image", url=one) if "://" in one else Media("image", path=one) for one in image or []]
    request = ChatRequest(
        (user(prompt if prompt is not None else sys.stdin.read(), *pictures),),
        thinking=Thinking(enabled=think, effort=effort),
        search=search,
    )
    try:
        with Client(provider, model=model, endpoint=endpoint, base_url=base_url) as client:
            for event in client.stream(request):
                _show(event)
    except CncodingError as error:
        raise _fail(error) from error


def _show(event: Any) -> None:
    if isinstance(event, ReasoningDelta):
        console.print(event.text, end="", style="dim", markup=False, soft_wrap=True)
    elif isinstance(event, TextDelta):
        console.print(event.text, end="", markup=False, soft_wrap=True)
    elif isinstance(event, ToolCallDelta) and event.name:
        console.print(f"\n[cyan]calls {event.name}[/cyan]")
    elif isinstance(event, Warned):
        errors.print(f"[yellow]{event.setting}[/yellow]: {event.why}", soft_wrap=True)
    elif isinstance(event, Usage):
        console.print(f"\n[dim]{event.input} tokens in, {event.output} out[/dim]")


@app.command()
def models(provider: Provider, endpoint: EndpointName = None) -> None:
    """List the models that are known at an endpoint. Unknown ones work too."""
    try:
        found = providers().get(provider)
        if found is None:
            raise ConfigError(f"provider={provider!r}: unknown; there are {', '.join(providers())}")
        where = found.endpoint(endpoint)
    except CncodingError as error:
        raise _fail(error) from error
    table = Table(
        "model", "context", "output", "reads", "thinks", "tools", title=f"{found.title}, endpoint {where.name}"
    )
    for card in where.models:
        thinks = "no" if card.thinking is None else "/".join(card.thinking.levels) or "yes"
        numbers = [f"{number:,}" if number else "?" for number in (card.context, card.max_output)]
        table.add_row(card.id, *numbers, ", ".join(sorted(card.input)), thinks, "yes" if card.tools else "no")
    console.print(table)


@app.command()
def doctor() -> None:
    """Tell which providers are ready to use, and where their requests would go. Sends nothing."""
    table = Table("provider", "ready", "endpoint", "model", "goes to, or what is missing")
    for name in providers():
        try:
            with Client(name) as client:
                table.add_row(name, "[green]yes[/green]", client.endpoint_name, client.model, client.base_url)
        except ConfigError as error:
            table.add_row(name, "[red]no[/red]", "", "", str(error))
    console.print(table)
    proxies = [
        name
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        if os.environ.get(name) or os.environ.get(name.lower())
    ]
    if proxies:
        console.print(f"Requests go through the proxy of {', '.join(proxies)}.")


@app.command()
def emulator(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8900) -> None:
    """Serve a local stand-in for every vendor API."""
    try:
        from cncoding_emulator import serve
    except ImportError:
        errors.print('the emulator needs the extra "emulator": pip install "cncoding[emulator]"', markup=False)
        raise typer.Exit(1) from None
    serve(port)


@app.command()
def demo(
    live: Annotated[
        str | None, typer.Option(metavar="PROVIDER", help="Ask the real vendor, with a key from the environment.")
    ] = None,
) -> None:
    """Run a LangChain agent, a LlamaIndex agent and a fallback, against the emulator or a real vendor."""
    from cncoding_cli.demo import run

    try:
        run(live, console)
    except CncodingError as error:
        raise _fail(error) from error
