"""`cncoding demo`: agents of both frameworks."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cncoding import ConfigError


def demo(
    live: Annotated[
        str | None,
        typer.Option("--live", metavar="PROVIDER", help="Ask the real vendor, with a key from the environment."),
    ] = None,
) -> None:
    """Run a LangChain agent, a LlamaIndex agent and a fallback, against the emulator or a real vendor."""
    try:
        from cncoding_cli.demonstration import run
    except ImportError as error:
        raise ConfigError(f'the demo needs {error.name}: pip install "cncoding[all]"') from None
    run(live, Console(highlight=False))
