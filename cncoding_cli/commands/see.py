"""`cncoding see`: ask about an image."""

from __future__ import annotations

from typing import Annotated

import typer

from cncoding import Client, ConfigError
from cncoding_cli import memory, show
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    Model,
    ProviderOption,
    choose_provider,
    read_images,
)  # fmt: skip
from cncoding_cli.progress import Progress


def see(
    words: Annotated[
        list[str],
        typer.Argument(metavar="[PROVIDER] IMAGE [QUESTION]", help="A provider, a path or URL, and a question."),
    ],
    provider: ProviderOption = None,
    model: Model = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Ask about an image with the vendor's vision endpoint or a model that sees."""
    provider, rest = _choose(words, provider)
    if not 1 <= len(rest) <= 2:
        raise ConfigError("image: name one image after the provider, and a question in quotes")
    [picture] = read_images(rest[:1])
    with Client(provider, endpoint=endpoint, base_url=base_url) as client, Progress("looking"):
        answer = client.understand_image(picture, *rest[1:], model=model)
    memory.remember_provider(provider)
    if as_json:
        show.data({"provider": provider, "text": answer})
    else:
        show.answer(answer)


def _choose(words: list[str], option: str | None) -> tuple[str, list[str]]:
    """Choose the provider; the first of two words may be an image, because a question has a word of its own."""
    if option is None and len(words) == 2 and _is_source(words[0]):
        return choose_provider([])[0], words
    return choose_provider(words, option)


def _is_source(word: str) -> bool:
    from pathlib import Path

    return word == "-" or "://" in word or Path(word).is_file()
