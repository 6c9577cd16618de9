"""`cncoding speech`: speak a text."""

from __future__ import annotations

from typing import Annotated

import typer

from cncoding import Client, ConfigError, MediaRequest
from cncoding_cli.keeping import open_journal
from cncoding_cli.making import make, name_order
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
from cncoding_cli.playing import speak
from cncoding_cli.saving import Place, find_place


def speech(
    words: Words = None,
    provider: ProviderOption = None,
    model: Model = None,
    voice: Annotated[str | None, typer.Option("--voice", help="The vendor's name of a voice.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="mp3, wav, ...")] = None,
    speed: Annotated[float | None, typer.Option("--speed", help="1 is as usual.")] = None,
    subtitles: Annotated[
        bool, typer.Option("--subtitles", help="Write .srt and .vtt files beside the sound (MiniMax).")
    ] = False,
    play: Annotated[bool, typer.Option("--play", help="Play it while it arrives; without -o nothing is kept.")] = False,
    output: Output = None,
    force: Force = False,
    reuse: Reuse = False,
    estimate: EstimateOnly = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Speak a text and save the sound; `-o -` writes it to standard output while it arrives."""
    if subtitles and (play or output == "-"):
        raise ConfigError("--subtitles: they come with a file; leave out --play, or name a file or folder with -o")
    asked = open_media(words, provider, model, endpoint, base_url, journal=open_journal())
    place = find_place(output, force=force, beside=(".srt", ".vtt") if subtitles else ())
    with asked.client as client:
        text = read_prompt(asked.rest, "text")
        request = MediaRequest(
            "speech", text, model=asked.model, voice=voice, format=form, speed=speed, subtitles=subtitles or None
        )
        live = (play or place.is_stdout) and not estimate and not reuse
        if not (live and _hear(client, request, None if output is None else place, plays=play)):
            make(client, request, place, reuse=reuse, estimate=estimate)


def _hear(client: Client, request: MediaRequest, place: Place | None, *, plays: bool) -> bool:
    """Speak while it is made; return False where that is not needed and cannot be done.

    Raises:
        ConfigError: It is needed, and cannot; nothing was sent.
    """
    if plays and place is not None and place.file is None and not place.is_stdout:
        raise ConfigError("--play: name a file with -o, not a folder")
    try:
        speak(client, name_order(request), place, plays=plays)
    except ConfigError:
        if plays:
            raise
        return False  # it is written when it is whole
    return True
