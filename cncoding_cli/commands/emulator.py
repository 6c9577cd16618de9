"""`cncoding emulator`: a local stand-in for every vendor API; its words are read by the emulator itself."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from cncoding import ConfigError


class _PassOn(TyperCommand):
    """Leaves every word to the command, the `--` before a program included."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = list(args)
        super().parse_args(ctx, [])
        ctx.args = words
        return words


SETTINGS = {"cls": _PassOn, "add_help_option": False}
"""What `app.command` is told beside the name."""


def emulator(ctx: typer.Context) -> None:
    """Serve a local stand-in for every vendor API, or run a program against it."""
    try:
        from cncoding_emulator import main
    except ImportError:
        raise ConfigError('the emulator needs the extra "emulator": pip install "cncoding[emulator]"') from None
    code = main(ctx.args)
    if code:
        raise typer.Exit(code)
