"""`cncoding transcribe`: put speech into words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cncoding import ConfigError, Transcript
from cncoding_cli import memory, show
from cncoding_cli.named import open_media
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, Model, ProviderOption
from cncoding_cli.progress import Progress, clock


def transcribe(
    words: Annotated[list[str], typer.Argument(metavar="[PROVIDER] RECORDING", help="A provider, and a file or URL.")],
    provider: ProviderOption = None,
    model: Model = None,
    language: Annotated[str | None, typer.Option("--language", help="zh, en, ...")] = None,
    srt: Annotated[bool, typer.Option("--srt", help="Write subtitles as SubRip.")] = False,
    vtt: Annotated[bool, typer.Option("--vtt", help="Write subtitles as WebVTT.")] = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a recording into words. A long WAV or MP3 file is cut where it has to be."""
    asked = open_media(words, provider, model, endpoint, base_url)
    rest = asked.rest
    if len(rest) != 1:
        raise ConfigError("recording: name one file or URL after the provider")
    if "://" not in rest[0] and not Path(rest[0]).is_file():
        raise ConfigError(f"recording: {rest[0]}: no such file")
    if srt + vtt + as_json > 1:
        raise ConfigError("--srt, --vtt, --json: choose one of them")
    with asked.client as client, Progress("transcribing"):
        found = client.transcribe(rest[0], model=asked.model, language=language)
    if asked.name is None:
        memory.remember_provider(asked.client.provider_id)
    if found.note is not None:
        show.note(found.note)
    _warn(found)
    if as_json:
        show.data(found.to_json())
    elif srt or vtt:
        show.text(found.to_srt() if srt else found.to_vtt())
    else:
        show.answer(found.text)


def _warn(found: Transcript) -> None:
    for gap in found.gaps:
        show.warning(f"{clock(gap.start)} to {clock(gap.end)}", f"could not be put into words: {gap.error}")
