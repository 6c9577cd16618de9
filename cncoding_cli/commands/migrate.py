"""`cncoding migrate`: other packages' chat classes become ours."""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from cncoding import ConfigError
from cncoding_cli import show, terminal
from cncoding_cli.options import AsJson


def migrate(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Python files, folders of them, or - for standard input.")
    ],
    write: Annotated[
        bool, typer.Option("--write", "-w", help="Change the files; without it, show what would.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rewrite ChatOpenAI, ChatTongyi, OpenAILike, DashScope, ... as this package's classes.

    Without --write a diff goes to standard output, and nothing is changed.
    """
    from cncoding_cli.migrate import migrate as rewrite

    if files == ["-"]:
        sys.stdout.write(rewrite(terminal.read_stdin()))
        return
    changed = []
    for path in _find_files(files):
        before = _read(path)
        after = rewrite(before)
        if after == before:
            continue
        changed.append(path)
        if write:
            _write(path, after)
        elif not as_json:
            _print_diff(path, before, after)
    if as_json:
        show.data({"changed": [str(path) for path in changed], "written": write})
    else:
        verb = "changed" if write else "would change"
        show.note(f"{len(changed)} {verb}: {', '.join(map(str, changed)) or 'nothing of another package is used'}")


def _find_files(names: list[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*.py") if not any(part.startswith(".") for part in one.parts))
        elif path.is_file():
            yield path
        else:
            raise ConfigError(f"file {name}: there is none; name Python files or folders of them")


def _read(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"file {path}: cannot be read ({error}); it is to be Python text in UTF-8") from error


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the rights that it had."""
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.chmod(fresh, path.stat().st_mode)
    os.replace(fresh, path)


def _print_diff(path: Path, before: str, after: str) -> None:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    for line in lines:
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n")
