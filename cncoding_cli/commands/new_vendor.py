"""`cncoding new-vendor`: begin a vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cncoding_cli import show
from cncoding_cli.new_vendor import Vendor, write_vendor
from cncoding_cli.options import AsJson


def new_vendor(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of the vendor, for example acme.")],
    host: Annotated[str, typer.Option("--host", help="Scheme and host of its API.")],
    model: Annotated[str, typer.Option("--model", "-m", help="Its default model.")],
    path: Annotated[str, typer.Option("--path", help="Before /chat/completions.")] = "/v1",
    title: Annotated[str | None, typer.Option("--title", help="Its name for readers.")] = None,
    key_env: Annotated[str | None, typer.Option("--key-env", help="Environment variable of its key.")] = None,
    root: Annotated[Path, typer.Option("--root", help="The checkout.")] = Path("."),
    as_json: AsJson = False,
) -> None:
    """Write the files of a new vendor, and list what is still unproven."""
    shown = title or name.title()
    class_name = "".join(letter for letter in shown if letter.isalnum())
    vendor = Vendor(name, shown, host, path, model, key_env or f"{name.upper()}_API_KEY", class_name)
    written, unproven = write_vendor(vendor, root)
    if as_json:
        show.data({"written": [str(file) for file in written], "unproven": list(unproven)})
        return
    for file in written:
        show.line(str(file))
    for one in unproven:
        show.note(f"unproven: {one}")
    show.note("next: python docs/tables.py, then CONTRIBUTING.md, Your first vendor")
