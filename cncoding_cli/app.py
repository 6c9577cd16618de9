"""The frame: which commands there are."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cncoding import CncodingWarning, __version__
from cncoding_cli import show, terminal
from cncoding_cli.failures import exit_codes

COMMANDS = (
    ("chat", "chat"),
    ("see", "see"),
    ("search", "search"),
    ("image", "image"),
    ("video", "video"),
    ("speech", "speech"),
    ("voice", "voice"),
    ("transcribe", "transcribe"),
    ("job", "job"),
    ("mcp", "mcp"),
    ("models", "models"),
    ("quota", "quota"),
    ("plan", "plan"),
    ("config", "config"),
    ("doctor", "doctor"),
    ("facts", "facts"),
    ("migrate", "migrate"),
    ("verify", "verify"),
    ("new-vendor", "new_vendor"),
    ("emulator", "emulator"),
    ("demo", "demo"),
)
"""Name of a command and of its module in `commands/`, in the order of `--help`."""


class _Commands(TyperGroup):
    """The group; an error of any command becomes a line and an exit code here."""

    def invoke(self, ctx: Any) -> Any:
        with exit_codes():
            return super().invoke(ctx)


def build(words: Sequence[str] = ()) -> typer.Typer:
    """Gather the commands: the one that `words` name, or all of them."""
    show.choose_json("--json" in words)  # known before the words are read, because they may be wrong
    app = typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Chinese coding-plan models from one command line.",
    )
    app.callback(invoke_without_command=True)(_version)
    asked = next((word for word in words if not word.startswith("-")), None)
    found_one = [pair for pair in COMMANDS if pair[0] == asked]
    for name, module in found_one or COMMANDS:
        found = importlib.import_module(f"cncoding_cli.commands.{module}")
        command = getattr(found, module)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name, **getattr(found, "SETTINGS", {}))(command)
    return app


def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        sys.stdout.write(f"cncoding {__version__}\n")
        raise typer.Exit


def _show_warning(message: Warning | str, category: type[Warning], *place: Any) -> None:
    """Print a warning of ours as one of the command line, without the place in the program."""
    if issubclass(category, CncodingWarning):
        setting, _, why = str(message).partition(": ")
        show.warning(setting, why)
    else:
        _SHOW(message, category, *place)


_SHOW = warnings.showwarning


def run() -> None:
    """Run the words of the command line."""
    terminal.speak_utf8()
    warnings.showwarning = _show_warning  # type: ignore[assignment]  # the place in the program is passed on as it comes
    sys.argv[1:] = [terminal.decode_argument(word) for word in sys.argv[1:]]
    words = () if any(name.endswith("_COMPLETE") for name in os.environ) else sys.argv[1:]
    build(words)(prog_name="cncoding")
