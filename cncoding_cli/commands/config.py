"""`cncoding config`: look at cncoding.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cncoding import Configuration, load_configuration, reveal_entry, show_configuration
from cncoding.settings import LimitSettings, RequestSettings
from cncoding_cli import show
from cncoding_cli.options import AsJson

config = typer.Typer(no_args_is_help=True, help="Look at cncoding.yaml: named models, lists for fallback, secrets.")
File = Annotated[Path | None, typer.Argument(help="The file; by default the nearest cncoding.yaml from here up.")]
_CONNECTION = (
    "endpoint", "base_url", "wire", "timeout", "max_retries", "default_headers", "user_agent", "api_key", "provider",
    "streaming", "stream_usage", "output_version", "context_window", "system_prompt", "structured_output_mode",
    "vision",
)  # fmt: skip


def load_file(file: Path | None) -> Configuration:
    """Read a configuration file."""
    return load_configuration((*RequestSettings.model_fields, *LimitSettings.model_fields, *_CONNECTION), file)


@config.command()
def check(file: File = None) -> None:
    """Check the file: every mistake names line, column and field; secrets are looked up, not shown."""
    found = load_file(file)
    for entry in found.entries.values():
        reveal_entry(entry, found)
    show.line(f"{found.path}: {len(found.entries)} models, default {found.default}")


@config.command(name="show")
def show_file(file: File = None, as_json: AsJson = False) -> None:
    """Show the models of the file, without secrets."""
    found = show_configuration(load_file(file))
    if as_json:
        show.data(found)
        return
    rows = [
        [name + (" *" if name == found["default"] else ""), ", ".join(f"{key}={value}" for key, value in one.items())]
        for name, one in found["models"].items()
    ]
    show.table(("model", "settings"), rows, title=found["file"])
