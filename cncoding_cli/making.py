"""What `image`, `video`, `speech` and `job` have in common: the journal, how far it is, where the files go."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from cncoding import Asset, CallIdentity, Client, Estimate, Made, MediaEvent, MediaOrder, MediaPlace, MediaRequest
from cncoding_cli import memory, show
from cncoding_cli.keeping import explain_unsaved, refuse_missing, remember_places
from cncoding_cli.progress import Progress
from cncoding_cli.saving import Place, describe, open_folder, put_in_place

CONVERSATION = "command line"
"""Of all commands of this user: what was asked for and never answered is not bought again by the same words."""
Make = Callable[[MediaPlace, Callable[[MediaEvent], None]], Made]
"""Makes a medium in a folder and tells how far it is."""
Name = Callable[[Made, list[Asset], Place], None]
"""Says what was made and where it is."""


def make(client: Client, request: MediaRequest, place: Place, *, reuse: bool = False, estimate: bool = False) -> None:
    """Make a medium and save it; Ctrl-C cancels the job where that can be done, and prints it."""
    if estimate:
        tell_price(client.estimate(request))
        return
    order = name_order(request, reuse=reuse)
    finish(
        client,
        request.kind,
        place,
        lambda where, listener: client.make(replace(order, listener=listener), where),
    )


def name_order(request: MediaRequest, *, reuse: bool = False) -> MediaOrder:
    """Return an order of a medium, a purchase of its own."""
    return MediaOrder(request, CallIdentity(CONVERSATION, uuid.uuid4().hex), reuse=reuse)


def tell_price(price: Estimate) -> None:
    """Say what something would cost, and how that was reckoned."""
    if show.wants_json():
        show.data({"amount": price.amount, "currency": price.currency, "why": price.why})
    else:
        show.line(f"{price}: {price.why}")


def finish(client: Client, what: str, place: Place, work: Make, tell: Name | None = None) -> None:
    """Have a medium made, and name its files.

    Raises:
        NotSavedError: It was made and is paid for, and not all of it is in its place.
    """
    with Progress(what) as progress, explain_unsaved():
        made, assets = _make_there(place, work, progress.hear)
    memory.remember_provider(client.provider_id)
    if made.reused:
        show.note("made before; nothing was bought now")
    if made.purchase is not None and made.purchase.note is not None:
        show.note(made.purchase.note)
    (tell or _name_files)(made, assets, place)
    refuse_missing(made, assets)


def _make_there(place: Place, work: Make, listener: Callable[[MediaEvent], None]) -> tuple[Made, list[Asset]]:
    """Have a medium made and put in its place, on its way in a folder beside that if the person gave it a name."""
    with open_folder(place) as folder:
        made = work(MediaPlace(folder=folder), listener)
        if not place.is_named:
            return made, list(made.done.assets)
        assets = put_in_place(made.done.assets, place, folder)
        remember_places(made, assets, folder)
        return made, assets


def _name_files(made: Made, assets: list[Asset], place: Place) -> None:
    handle = made.purchase.handle if made.purchase is not None else None
    if show.wants_json() and not place.is_stdout:
        job = replace(made.job, assets=None).to_json()
        files = [asset.to_json(with_data=False) for asset in assets]
        show.data({"handle": handle, "reused": made.reused, "job": job, "assets": files})
        return
    for asset in assets:
        if "not_saved" in asset.metadata and asset.path is None:
            continue  # its error comes at the end
        if asset.path is not None:
            show.line(asset.path)
            for path in asset.metadata.get("subtitles", {}).values():
                show.line(path)
        show.note(describe(asset))
