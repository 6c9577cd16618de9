"""What `image`, `video`, `speech` and `job` have in common: the journal, how far it is, where the files go."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace

from cncoding import (
    Asset,
    CallIdentity,
    Client,
    CncodingError,
    Estimate,
    Made,
    MediaEvent,
    MediaOrder,
    MediaPlace,
    MediaRequest,
)
from cncoding.client.journal import Journal
from cncoding.media.journal import FindPurchases, RecordPurchase
from cncoding_cli import memory, show
from cncoding_cli.progress import Progress
from cncoding_cli.saving import Place, describe, put_in_place

CONVERSATION = "command line"
"""Of all commands of this user: what was asked for and never answered is not bought again by the same words."""
Make = Callable[[MediaPlace, Callable[[MediaEvent], None]], Made]
"""Makes a medium in a folder and tells how far it is."""
Name = Callable[[Made, list[Asset], Place], None]
"""Says what was made and where it is."""


def open_journal() -> Journal:
    """Return the journal of what this user bought from the command line."""
    return Journal(memory.folder())


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
    """Have a medium made, and name its files."""
    with Progress(what) as progress:
        if place.file is None and not place.is_stdout:
            place.folder.mkdir(parents=True, exist_ok=True)
            made = work(MediaPlace(folder=str(place.folder)), progress.hear)
            assets = list(made.done.assets)
        else:
            with tempfile.TemporaryDirectory(prefix=".cncoding-", dir=place.parent) as folder:
                made = work(MediaPlace(folder=folder), progress.hear)
                assets = put_in_place(made.done.assets, place)
                _remember_places(made, assets, folder)
    memory.remember_provider(client.provider_id)
    if made.reused:
        show.note("made before; nothing was bought now")
    if made.purchase is not None and made.purchase.note is not None:
        show.note(made.purchase.note)
    (tell or _name_files)(made, assets, place)
    _refuse_missing(made, assets, place)


def _refuse_missing(made: Made, assets: list[Asset], place: Place) -> None:
    """Fail for what was made and is not where the person wanted it.

    Raises:
        CncodingError: Not every file was saved.
    """
    missing = [asset for asset in assets if asset.path is None]
    if place.is_stdout or not missing:
        return
    why = str(missing[0].metadata.get("not_saved") or missing[0].url)
    again = "" if made.purchase is None else f"; `cncoding job download {made.purchase.handle}` fetches it again"
    raise CncodingError(f"{len(missing)} of {len(assets)} made and paid for, and not saved: {why}{again}")


def _remember_places(made: Made, assets: list[Asset], folder: str) -> None:
    """Write down where files are that were on their way in a folder which is removed now."""
    was = [asset.path for asset in made.done.assets]
    if made.purchase is None or not any(path and path.startswith(os.path.abspath(folder)) for path in was):
        return
    there = [None if asset.path is None else os.path.abspath(asset.path) for asset in assets]
    journal = open_journal()
    # The row as it was written: what the vendor told may repeat the key, which the client took out of it.
    for known in journal.perform(FindPurchases(handle=made.purchase.handle, scope="anywhere")):
        moved = tuple(replace(one, path=path) for one, path in zip(known.assets, there, strict=True))
        journal.perform(RecordPurchase(replace(known, assets=moved)))


def _name_files(made: Made, assets: list[Asset], place: Place) -> None:
    handle = made.purchase.handle if made.purchase is not None else None
    if show.wants_json() and not place.is_stdout:
        job = replace(made.job, assets=None).to_json()
        files = [asset.to_json(with_data=False) for asset in assets]
        show.data({"handle": handle, "reused": made.reused, "job": job, "assets": files})
        return
    for asset in assets:
        if asset.path is not None:
            show.line(asset.path)
            for path in asset.metadata.get("subtitles", {}).values():
                show.line(path)
        show.note(describe(asset))
