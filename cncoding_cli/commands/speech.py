"""`cncoding speech`: speak a text."""

from __future__ import annotations

from typing import Annotated

import typer

from cncoding import MediaRequest
from cncoding_cli.making import make, open_journal
from cncoding_cli.named import open_media
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    EstimateOnly,
    Force,
    Model,
    Output,
    ProviderOption,
    Reuse,
    Words,
    read_prompt,
)  # fmt: skip
from cncoding_cli.saving import find_place


def speech(
    words: Words = None,
    provider: ProviderOption = None,
    model: Model = None,
    voice: Annotated[str | None, typer.Option("--voice", help="The vendor's name of a voice.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="mp3, wav, ...")] = None,
    speed: Annotated[float | None, typer.Option("--speed", help="1 is as usual.")] = None,
    output: Output = None,
    force: Force = False,
    reuse: Reuse = False,
    estimate: EstimateOnly = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Speak a text and save the sound; `-o -` writes it to standard output."""
    asked = open_media(words, provider, model, endpoint, base_url, journal=open_journal())
    place = find_place(output, force=force)
    with asked.client as client:
        text = read_prompt(asked.rest, "text")
        make(
            client,
            MediaRequest("speech", text, model=asked.model, voice=voice, format=form, speed=speed),
            place,
            reuse=reuse,
            estimate=estimate,
        )
