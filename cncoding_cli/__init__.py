"""The command line (extra `cli`), on top of everything.

`app.py` gathers the commands, one small file each in `commands/`; `options.py` holds what they share; `show.py`,
`terminal.py`, `answer.py` and `progress.py` are all that writes; `failures.py` maps errors to exit codes; `memory.py`
keeps the default provider and the last conversation. No policy of a request lives here.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say which extra is missing."""
    try:
        import prompt_toolkit  # noqa: F401  # only to see whether the extra is there
        import rich  # noqa: F401  # the same
        import typer  # noqa: F401  # the same
    except ImportError:
        from cncoding import ConfigError
        from cncoding.hints.links import MORE

        error = ConfigError('the command line needs the extra "cli": pip install "cncoding[cli]"')
        sys.exit(f"cncoding: {error}\n{MORE}{error.help_url}")
    from cncoding_cli.app import run

    run()
