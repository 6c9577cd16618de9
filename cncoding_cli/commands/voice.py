"""`cncoding voice`: the voices of an account: list, clone, design, delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cncoding import (
    Asset,
    CallIdentity,
    Client,
    ConfigError,
    Made,
    Media,
    MediaEvent,
    MediaOrder,
    MediaPlace,
    VoiceRequest,
    check_consent,
)
from cncoding_cli import memory, show
from cncoding_cli.keeping import open_journal
from cncoding_cli.making import CONVERSATION, finish, tell_price
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    EstimateOnly,
    Force,
    Model,
    OneProvider,
    Output,
    ProviderOption,
    choose_provider,
    read_prompt,
)
from cncoding_cli.saving import Place, describe, find_place

voice = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List voices, clone one from a recording, design one, delete one."
)
Preview = Annotated[str | None, typer.Option("--preview", help="Words that the new voice speaks, to be heard.")]


@voice.command("list")
def list_voices(
    name: OneProvider = None,
    provider: ProviderOption = None,
    kind: Annotated[str | None, typer.Option("--kind", help="system, cloned or designed.")] = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the voices that the vendor has for this key. MiniMax names a cloned one only after it spoke."""
    provider, _ = choose_provider([name] if name else [], provider)
    with Client(provider, endpoint=endpoint, base_url=base_url) as client:
        found = [one for one in client.list_voices() if kind in (None, one.kind)]
    memory.remember_provider(provider)
    if as_json:
        show.data([{"id": one.id, "name": one.name, "kind": one.kind} for one in found])
    else:
        show.table(("voice", "name", "kind"), [(one.id, one.name, one.kind) for one in found])


@voice.command("clone")
def clone_voice(
    words: Annotated[list[str], typer.Argument(metavar="[PROVIDER] RECORDING", help="A provider, and a file.")],
    name: Annotated[str, typer.Option("--name", "-n", help="Of the new voice; at MiniMax its id, new for good.")],
    consent: Annotated[
        str | None, typer.Option("--consent", help="Who agreed that their voice is cloned, how and when.")
    ] = None,
    preview: Preview = None,
    transcript: Annotated[str | None, typer.Option("--transcript", help="What is said in the recording.")] = None,
    provider: ProviderOption = None,
    model: Model = None,
    output: Output = None,
    force: Force = False,
    estimate: EstimateOnly = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a voice that sounds like the one of a recording, whose owner must have agreed. Prints the voice's id."""
    check_consent(consent)
    provider, rest = choose_provider(words, provider)
    if len(rest) != 1:
        raise ConfigError("recording: name one file after the provider")
    if not Path(rest[0]).is_file():
        raise ConfigError(f"recording: {rest[0]}: no such file")
    request = VoiceRequest(
        "voice", name, model, (Media("audio", path=rest[0]),), voice=name, preview=preview, transcript=transcript,
        consent=consent,
    )  # fmt: skip
    place = find_place(output, force=force)
    with Client(provider, endpoint=endpoint, base_url=base_url, journal=open_journal()) as client:
        _make(client, request, place, estimate=estimate)


@voice.command("design")
def design_voice(
    words: Annotated[list[str], typer.Argument(metavar="[PROVIDER] DESCRIPTION", help="How the voice sounds.")],
    preview: Preview = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Of the new voice; else the vendor's own.")] = None,
    provider: ProviderOption = None,
    output: Output = None,
    force: Force = False,
    estimate: EstimateOnly = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a voice that sounds as the words say. Prints the voice's id."""
    provider, rest = choose_provider(words, provider)
    request = VoiceRequest("voice", read_prompt(rest, "description"), voice=name, preview=preview)
    place = find_place(output, force=force)
    with Client(provider, endpoint=endpoint, base_url=base_url, journal=open_journal()) as client:
        _make(client, request, place, estimate=estimate)


@voice.command("delete")
def delete_voice(
    words: Annotated[list[str], typer.Argument(metavar="[PROVIDER] VOICE", help="A provider, and a voice's id.")],
    kind: Annotated[str | None, typer.Option("--kind", help="cloned or designed, if the vendor lists it not.")] = None,
    provider: ProviderOption = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Delete a voice that was cloned or designed, for good."""
    provider, rest = choose_provider(words, provider)
    if len(rest) != 1:
        raise ConfigError("voice: name one voice after the provider; `cncoding voice list` shows them")
    with Client(provider, endpoint=endpoint, base_url=base_url) as client:
        client.delete_voice(rest[0], kind=kind)
    memory.remember_provider(provider)
    if as_json:
        show.data({"provider": provider, "deleted": rest[0]})
    else:
        show.line(f"{rest[0]} is deleted")


def _make(client: Client, request: VoiceRequest, place: Place, *, estimate: bool) -> None:
    if estimate:
        tell_price(client.estimate(request))
        return
    order = MediaOrder(request, CallIdentity(CONVERSATION, uuid.uuid4().hex))

    def work(where: MediaPlace, listener: Callable[[MediaEvent], None]) -> Made:
        return client.make(replace(order, listener=listener), where)

    finish(client, "voice", place, work, _tell)


def _tell(made: Made, assets: list[Asset], place: Place) -> None:
    told = made.job.extra
    if show.wants_json() and not place.is_stdout:
        handle = made.purchase.handle if made.purchase is not None else None
        voice = {"id": told["voice"], "name": told["voice_name"], "kind": told["voice_kind"]}
        files = [asset.to_json(with_data=False) for asset in assets]
        show.data({"handle": handle, "reused": made.reused, "voice": voice, "preview": files})
        return
    if not place.is_stdout:
        show.line(str(told["voice"]))
    for asset in assets:
        if asset.path is not None or not place.is_stdout:
            show.note(f"preview: {asset.path or asset.url} ({describe(asset)})")
