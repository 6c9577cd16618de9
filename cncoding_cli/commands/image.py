"""`cncoding image`: make or change images."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from cncoding import ConfigError, MediaRequest
from cncoding_cli.keeping import open_journal
from cncoding_cli.making import make
from cncoding_cli.named import open_media
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    EstimateOnly,
    Force,
    Images,
    Model,
    Output,
    ProviderOption,
    Reuse,
    Words,
    read_images,
    read_prompt,
)  # fmt: skip
from cncoding_cli.saving import find_place


def image(
    words: Words = None,
    provider: ProviderOption = None,
    model: Model = None,
    images: Images = None,
    edit: Annotated[
        list[str] | None, typer.Option("--edit", help="A picture to change: path, URL, or -; repeatable.")
    ] = None,
    mask: Annotated[
        str | None, typer.Option("--mask", help="With --edit: what is white in this picture is changed.")
    ] = None,
    size: Annotated[str | None, typer.Option("--size", help="1024x1024, 16:9, 2K, ...")] = None,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="How many.")] = None,
    negative: Annotated[str | None, typer.Option("--negative", help="What not to show.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="For the same image again.")] = None,
    output: Output = None,
    force: Force = False,
    reuse: Reuse = False,
    estimate: EstimateOnly = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make images, from words and other images, and save them; their paths go to standard output."""
    if mask is not None and not edit:
        raise ConfigError("--mask: needs --edit with the picture to change")
    asked = open_media(words, provider, model, endpoint, base_url, journal=open_journal())
    place = find_place(output, force=force, count=count or 1)
    with asked.client as client:
        masks = (replace(one, options={"role": "mask"}) for one in read_images([mask] if mask else None))
        inputs = (*read_images(edit), *read_images(images), *masks)
        request = MediaRequest("image", read_prompt(asked.rest), inputs=inputs)
        request = replace(request, model=asked.model, size=size, n=count, negative_prompt=negative, seed=seed)
        make(client, request, place, reuse=reuse, estimate=estimate)
