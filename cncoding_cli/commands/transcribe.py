"""`cncoding transcribe`: put speech into words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cncoding import Client, ConfigError
from cncoding_cli import memory, show
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, Model, ProviderOption, choose_provider
from cncoding_cli.progress import Progress


def transcribe(
    words: Annotated[list[str], typer.Argument(metavar="[PROVIDER] RECORDING", help="A provider, and a file or URL.")],
    provider: ProviderOption = None,
    model: Model = None,
    language: Annotated[str | None, typer.Option("--language", help="zh, en, ...")] = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a recording into words."""
    provider, rest = choose_provider(words, provider)
    if len(rest) != 1:
        raise ConfigError("recording: name one file or URL after the provider")
    if "://" not in rest[0] and not Path(rest[0]).is_file():
        raise ConfigError(f"recording: {rest[0]}: no such file")
    with Client(provider, endpoint=endpoint, base_url=base_url) as client, Progress("transcribing"):
        found = client.transcribe(rest[0], model=model, language=language)
    memory.remember_provider(provider)
    if as_json:
        show.data({"text": found.text, "language": found.language, "model": found.model, "raw": found.raw})
    else:
        show.answer(found.text)
