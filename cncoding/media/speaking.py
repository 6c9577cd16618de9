"""Make a medium; speech that is longer than its model takes is made in pieces and joined into one file.

Every piece is a purchase of its own under one order: whoever asks again for the order buys the pieces that are missing.
The pieces lie in a folder beside the journal until they are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cncoding.errors import CncodingError, ProtocolError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import DropFolder, Exists, JoinFiles, MakeFolder, Now, ReadFile, Saved, Tell, WriteSidecar
from cncoding.media import jobs, saving
from cncoding.media.buying import Part, buy, confirm, estimate_prepared, estimate_request, intend, open_purchase
from cncoding.media.journal import CallIdentity, FindPurchases, MakePieceFolder, Purchase, record
from cncoding.media.leaving import leave, let_go
from cncoding.media.long_text import split_request
from cncoding.media.make import describe, finish, forget_file, make, name_place, save_all, watch
from cncoding.media.orders import Made, MediaEvent, Order, Place
from cncoding.media.prices import Estimate
from cncoding.media.sound.segments import Segment, read_segments, shift_segments
from cncoding.media.subtitles import save_subtitles
from cncoding.media.values import Asset, Done, MediaJob, MediaRequest, Running
from cncoding.target import Setup
from cncoding.types import JsonObject

_LARGEST = 4 << 30
"""Bytes of a joined file: as many as a WAV file can have."""


def make_any(order: Order, place: Place, setup: Setup, *, journal: bool) -> Flow[Made]:
    """Buy a medium, wait for it and put it in its place; a long text is spoken in pieces.

    Raises:
        As `make`; after an error in the middle of a long text the same order goes on where it was left.
    """
    requests = split_request(order.request, setup.target.provider)
    if len(requests) == 1:
        return (yield from make(replace(order, request=requests[0]), place, setup, journal=journal))
    work = _Work(order, place, setup, journal, requests, (yield from _prepare(requests, setup)))
    purchase, made = yield from _open_order(work)
    if made is not None:
        return made
    folder: str = (yield MakePieceFolder(purchase.handle)) if journal else (yield MakeFolder())
    pieces: list[Asset] = []
    try:
        reused = yield from _get_pieces(work, purchase, folder, pieces)
        return (yield from _finish_order(work, purchase, tuple(pieces), folder, reused=reused))
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from _leave_order(error, purchase, len(pieces), folder, journal=journal)
        raise


def estimate(request: MediaRequest, setup: Setup) -> Flow[Estimate]:
    """Check a request as if it were to be sent, and return what it would cost, all pieces together.

    Raises:
        ConfigError: The request cannot be sent, by the page of its model.
    """
    requests = split_request(request, setup.target.provider)
    if len(requests) == 1:
        return (yield from estimate_request(requests[0], setup))
    return _add((yield from _prepare(requests, setup)), setup)


@dataclass(frozen=True, slots=True)
class _Work:
    order: Order
    place: Place
    setup: Setup
    journal: bool
    requests: tuple[MediaRequest, ...]
    prepared: tuple[jobs.Prepared, ...]


def _prepare(requests: Sequence[MediaRequest], setup: Setup) -> Flow[tuple[jobs.Prepared, ...]]:
    """Check every piece before the first one is paid for."""
    prepared: list[jobs.Prepared] = []
    for request in requests:
        prepared.append((yield from jobs.prepare(request, setup)))
    return tuple(prepared)


def _add(prepared: Sequence[jobs.Prepared], setup: Setup) -> Estimate:
    found = [estimate_prepared(one, setup) for one in prepared]
    amounts = [one.amount for one in found if one.amount is not None]
    if len(amounts) < len(found):
        return next(one for one in found if one.amount is None)
    return replace(found[0], amount=sum(amounts), why=f"{len(found)} calls; the first: {found[0].why}")


# ---------------------------------------------------------------- the order


def _open_order(work: _Work) -> Flow[tuple[Purchase, Made | None]]:
    """Write the order down, or find it, whole or begun."""
    order, setup, first = work.order, work.setup, work.prepared[0]
    whole = replace(first, request=order.request)
    price = _add(work.prepared, setup)
    wanted = replace(
        intend(order, whole, setup, (yield Now())),
        state="submitted", pieces=len(work.requests), cost=price.amount, currency=price.currency,
        priced_by=None if price.source is None else str(price.source),
    )  # fmt: skip
    purchase = (yield from _find_same(order, wanted)) if work.journal else None
    if purchase is None:
        yield from confirm(order, whole, wanted, setup, journal=work.journal)
        if not work.journal:
            return wanted, None
        purchase = yield from open_purchase(order, whole, wanted)
    if purchase.state != "done":
        return purchase, None
    yield DropFolder((yield MakePieceFolder(purchase.handle)))
    return purchase, (yield from finish(purchase, work.place, setup, order.listener, reused=True))


def _find_same(order: Order, wanted: Purchase) -> Flow[Purchase | None]:
    """Return what the same text made before, where that is good enough."""
    if not order.reuse:
        return None
    found: tuple[Purchase, ...] = yield FindPurchases(digest=wanted.digest, states=("done",))
    return found[0] if found else None


def _leave_order(error: BaseException, purchase: Purchase, made: int, folder: str, *, journal: bool) -> Flow[None]:
    """Leave an order so that it can go on, and say how far it is."""
    if journal:
        yield from record(replace(purchase, error=str(error)[:500], owner=None))
    else:
        yield DropFolder(folder)
    if isinstance(error, CncodingError) and error.args and isinstance(error.args[0], str):
        kept = "are made and kept; the same order goes on there" if journal else "were made, and are lost"
        error.args = (f"{error.args[0]}. Of {purchase.pieces} pieces of the text {made} {kept}", *error.args[1:])


# ---------------------------------------------------------------- the pieces


def _get_pieces(work: _Work, purchase: Purchase, folder: str, pieces: list[Asset]) -> Flow[bool]:
    """Add every piece as a file, and return whether all of them had been paid for before."""
    known = True
    for number, request in enumerate(work.requests):
        ahead = tuple(estimate_prepared(one, work.setup) for one in work.prepared[number + 1 :])
        identity = _identify(work.order, purchase, number)
        order = replace(work.order, request=request, identity=identity, listener=None, confirm_above=None)
        part = Part(purchase.handle, ahead)
        piece, reused = yield from buy(order, work.setup, work.place.patience, journal=work.journal, part=part)
        known = known and reused
        pieces.append((yield from _get_piece(piece, work, folder, number)))
        yield from _tell(work, purchase, number + 1)
    return known


def _identify(order: Order, purchase: Purchase, number: int) -> CallIdentity | None:
    """Return the name of a piece: of the call that ordered it, or of the order where the call has no name."""
    if order.identity is not None:
        return CallIdentity(order.identity.thread, f"{order.identity.call}#{number + 1}")
    return CallIdentity(f"order {purchase.handle}", f"#{number + 1}") if purchase.handle else None


def _get_piece(purchase: Purchase, work: _Work, folder: str, number: int) -> Flow[Asset]:
    """Wait for one piece and put it into the folder of the pieces, unless it lies there."""
    place = replace(work.place, folder=folder, name=f"{number + 1:04d}")
    try:
        if purchase.state == "done" and purchase.assets:
            kept = purchase.assets[0]
            if kept.path is not None and (yield Exists(kept.path)):
                yield from let_go(purchase)
                return kept
            asset = forget_file(kept, purchase)
        else:
            done = yield from watch(purchase, place, work.setup, None)
            asset = done.assets[0]
        asset = yield from saving.download(asset, folder, work.setup, name=place.name, max_bytes=_LARGEST)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from leave(error, purchase, work.setup, cancel=place.cancel)
        raise
    if purchase.handle:
        yield from record(replace(purchase, state="done", assets=(asset,), owner=None))
    return asset


def _tell(work: _Work, purchase: Purchase, made: int) -> Flow[None]:
    if work.order.listener is not None:
        status = Running(f"piece {made} of {len(work.requests)}", made / len(work.requests))
        event = MediaEvent(purchase.handle or None, _make_job(work, purchase, ()), status)
        yield Tell(work.order.listener, event)


def _make_job(work: _Work, purchase: Purchase, assets: tuple[Asset, ...]) -> MediaJob:
    """Return a job that stands for all pieces: it is done as soon as it is one."""
    first = work.prepared[0]
    return MediaJob(
        provider=purchase.provider,
        endpoint=purchase.endpoint,
        kind="speech",
        model=first.model,
        id="",
        route=first.route.name,
        submitted_at=purchase.created_at,
        assets=assets,
        usage={"pieces": len(work.requests), "characters": sum(len(one.prompt) for one in work.requests)},
    )


# ---------------------------------------------------------------- one file


def _finish_order(
    work: _Work, purchase: Purchase, pieces: tuple[Asset, ...], folder: str, *, reused: bool
) -> Flow[Made]:
    """Join the pieces, put the file in its place, and forget the pieces."""
    place = name_place(work.place, purchase)
    try:
        assets = yield from _join(pieces, place, folder, work)
    except ProtocolError as error:
        assets = yield from _keep_apart(pieces, place, folder, work, error)
    job = _make_job(work, purchase, assets)
    if place.folder is not None:
        for asset in assets:
            if asset.path is not None:
                yield WriteSidecar(asset.path, describe(asset, replace(purchase, job=job)))
    purchase = replace(purchase, state="done", job=job, assets=assets, usage=job.usage, error=None, owner=None)
    if work.journal:
        purchase = yield from record(purchase)
    yield DropFolder(folder)
    done = Done(assets, usage=job.usage, job=job, cost=purchase.price)
    return Made(done, job, purchase if work.journal else None, reused)


def _join(pieces: tuple[Asset, ...], place: Place, folder: str, work: _Work) -> Flow[tuple[Asset, ...]]:
    first = pieces[0]
    if place.folder is None and place.keep:
        place = replace(place, folder=(yield MakeFolder()))
    step = JoinFiles(
        tuple(str(one.path) for one in pieces), first.media_type, place.folder or folder,
        saving.safe_name(place.name or "speech"), saving.look_at(first), _LARGEST,
    )  # fmt: skip
    saved: Saved = yield step
    whole = saving.put(Asset("audio", provider=first.provider, model=first.model, metadata=_sum_up(pieces)), saved)
    if whole.duration is None and all(one.duration is not None for one in pieces):
        whole = replace(whole, duration=sum(one.duration or 0.0 for one in pieces))
    if place.folder is not None:
        return ((yield from save_subtitles(whole, work.setup)),)
    data: bytes = yield ReadFile(saved.path, _LARGEST)
    return (replace(whole, path=None, data=data),)


def _sum_up(pieces: tuple[Asset, ...]) -> JsonObject:
    """Return what is known of the pieces together: how many, and what is said when."""
    segments: list[Segment] = []
    at = 0.0
    for piece in pieces:
        segments += shift_segments(read_segments(piece.metadata.get("segments")), at)
        at += piece.duration or 0.0
    timed = {"segments": [one.to_json() for one in segments]} if segments else {}
    return {"pieces": len(pieces), **timed}


def _keep_apart(
    pieces: tuple[Asset, ...], place: Place, folder: str, work: _Work, error: ProtocolError
) -> Flow[tuple[Asset, ...]]:
    """Save pieces that cannot be joined as files of their own: they are paid for."""
    found: list[Asset] = []
    for number, piece in enumerate(pieces, 1):
        data: bytes = yield ReadFile(str(piece.path), _LARGEST)
        note = {**piece.metadata, "not_joined": str(error), "piece": number}
        found.append(replace(piece, path=None, url=None, data=data, metadata=note))
    return (yield from save_all(tuple(found), place, work.setup))
