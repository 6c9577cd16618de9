"""`cncoding see`: ask about an image or a film."""

from __future__ import annotations

from typing import Annotated

import typer

from cncoding import ConfigError
from cncoding_cli import memory, show
from cncoding_cli.named import Asked, find_named, open_media
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    Model,
    ProviderOption,
    choose_provider,
    read_films,
    read_images,
)  # fmt: skip
from cncoding_cli.progress import Progress

_FILMS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".mpeg", ".mpg", ".wmv", ".flv", ".3gp", ".m4v")


def see(
    words: Annotated[
        list[str],
        typer.Argument(metavar="[PROVIDER] IMAGE [QUESTION]", help="A provider, a path or URL, and a question."),
    ],
    film: Annotated[bool, typer.Option("--video", help="It is a film, whatever its name.")] = False,
    provider: ProviderOption = None,
    model: Model = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Ask about an image or a film with the vendor's vision endpoint or a model that sees."""
    asked = _open(words, provider, model, endpoint, base_url)
    rest = asked.rest
    if not 1 <= len(rest) <= 2:
        raise ConfigError("image: name one image after the provider, and a question in quotes")
    is_film = film or rest[0].partition("?")[0].lower().endswith(_FILMS)
    [seen] = read_films(rest[:1]) if is_film else read_images(rest[:1])
    with asked.client as client, Progress("watching" if is_film else "looking"):
        ask = client.understand_video if is_film else client.understand_image
        answer = ask(seen, *rest[1:], model=asked.model)
    if asked.name is None:
        memory.remember_provider(asked.client.provider_id)
    if as_json:
        show.data({"provider": asked.client.provider_id, "text": answer})
    else:
        show.answer(answer)


def _open(
    words: list[str], provider: str | None, model: str | None, endpoint: str | None, base_url: str | None
) -> Asked:
    """Return who is asked; the first of two words may be an image, because a question has a word of its own."""
    if provider is None and find_named(model, words) is None and len(words) == 2 and _is_source(words[0]):
        provider = choose_provider([])[0]
    return open_media(words, provider, model, endpoint, base_url, sight=True)


def _is_source(word: str) -> bool:
    from pathlib import Path

    return word == "-" or "://" in word or Path(word).is_file()
