"""`cncoding video`: make videos."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from cncoding import MediaRequest
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
    read_films,
    read_images,
    read_prompt,
)  # fmt: skip
from cncoding_cli.saving import find_place


def video(
    words: Words = None,
    provider: ProviderOption = None,
    model: Model = None,
    images: Images = None,
    references: Annotated[
        list[str] | None, typer.Option("--reference", "-r", help="A picture of what shall appear; repeatable.")
    ] = None,
    films: Annotated[list[str] | None, typer.Option("--video", help="A film to change: path or URL.")] = None,
    duration: Annotated[int | None, typer.Option("--duration", help="Seconds.")] = None,
    resolution: Annotated[str | None, typer.Option("--resolution", help="720P, 1080P, ...")] = None,
    size: Annotated[str | None, typer.Option("--size", help="1280x720, 16:9, ...")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="For the same video again.")] = None,
    output: Output = None,
    force: Force = False,
    reuse: Reuse = False,
    estimate: EstimateOnly = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a video, from words, images and films, and save it. Ctrl-C cancels the job, and prints it."""
    asked = open_media(words, provider, model, endpoint, base_url, journal=open_journal())
    place = find_place(output, force=force)
    with asked.client as client:
        named = (replace(one, options={"role": "reference"}) for one in read_images(references))
        inputs = (*read_images(images), *named, *read_films(films))
        request = MediaRequest("video", read_prompt(asked.rest), inputs=inputs)
        request = replace(request, model=asked.model, duration=duration, resolution=resolution, size=size, seed=seed)
        make(client, request, place, reuse=reuse, estimate=estimate)
