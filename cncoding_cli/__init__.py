"""The command line: `cncoding demo | chat | models | doctor | emulator ...` (extra `cli`)."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say which extra is missing."""
    try:
        import typer  # noqa: F401  # only to see whether the extra is there
    except ImportError:
        sys.exit('cncoding: the command line needs the extra "cli": pip install "cncoding[cli]"')
    from cncoding_cli.app import app

    app()
