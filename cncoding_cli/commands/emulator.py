"""`cncoding emulator`: a local stand-in for every vendor API."""

from __future__ import annotations

from typing import Annotated

import typer

from cncoding import ConfigError


def emulator(port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1.")] = 8900) -> None:
    """Serve a local stand-in for every vendor API."""
    try:
        from cncoding_emulator import serve
    except ImportError:
        raise ConfigError('the emulator needs the extra "emulator": pip install "cncoding[emulator]"') from None
    serve(port)
