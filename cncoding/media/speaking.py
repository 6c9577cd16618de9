"""Speak a text that is longer than its model takes: in pieces, joined into one file.

The pieces lie in a folder beside the journal until they are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cncoding.errors import ProtocolError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Drop, Exists, JoinFiles, MakeFolder, ReadFile, Saved, WriteSidecar
from cncoding.media import saving
from cncoding.media.file_names import safe_name
from cncoding.media.journal import MakePieceFolder, Purchase, record
from cncoding.media.leaving import leave, let_go
from cncoding.media.make import describe, forget_file, keep_reply, name_place, save_all, watch
from cncoding.media.orders import Made, Place
from cncoding.media.pieces import Work, buy_piece, close_order, leave_order, open_order, stand_for, tell_piece
from cncoding.media.sound.segments import Segment, read_segments, shift_segments
from cncoding.media.subtitles import save_subtitles
from cncoding.media.values import Asset, Done
from cncoding.types import JsonObject

_LARGEST = 4 << 30
"""Bytes of a joined file: as many as a WAV file can have."""


def speak_long(work: Work) -> Flow[Made]:
    """Speak a long text in pieces and join them into one file.

    Raises:
        As `make`; the same order goes on where it was left.
    """
    purchase, made = yield from open_order(work)
    if made is not None:
        yield Drop((yield MakePieceFolder(purchase.handle)))
        return made
    folder: str = (yield MakePieceFolder(purchase.handle)) if work.journal else (yield MakeFolder())
    pieces: list[Purchase] = []
    try:
        reused = yield from _get_pieces(work, purchase, folder, pieces)
        return (yield from _finish_order(work, purchase, pieces, folder, reused=reused))
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from leave_order(error, work, purchase, len(pieces), "pieces of the text")
        if not work.journal:
            yield Drop(folder)
        raise


# ---------------------------------------------------------------- the pieces


def _get_pieces(work: Work, purchase: Purchase, folder: str, pieces: list[Purchase]) -> Flow[bool]:
    """Add every piece with its file, and return whether all of them had been paid for before."""
    known = True
    for number in range(len(work.requests)):
        piece, reused = yield from buy_piece(work, purchase, number)
        known = known and reused
        pieces.append((yield from _get_piece(piece, work, folder, number)))
        yield from tell_piece(work, purchase, number + 1)
    return known


def _get_piece(purchase: Purchase, work: Work, folder: str, number: int) -> Flow[Purchase]:
    """Wait for one piece and put its file into the folder of the pieces, unless it lies there."""
    place = replace(work.place, folder=folder, name=f"{number + 1:04d}")
    try:
        if purchase.state == "done" and purchase.assets:
            kept = purchase.assets[0]
            if kept.path is not None and (yield Exists(kept.path)):
                return (yield from let_go(purchase))
            asset = forget_file(kept, purchase)
        else:
            done = yield from watch(purchase, place, work.setup, None)
            purchase = keep_reply(purchase, done)
            asset = done.assets[0]
        asset = yield from saving.download(asset, folder, work.setup, name=place.name, max_bytes=_LARGEST)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from leave(error, purchase, work.setup, cancel=place.cancel)
        raise
    purchase = replace(purchase, state="done", assets=(asset,), owner=None)
    return (yield from record(purchase)) if purchase.handle else purchase


# ---------------------------------------------------------------- one file


def _finish_order(
    work: Work, purchase: Purchase, pieces: Sequence[Purchase], folder: str, *, reused: bool
) -> Flow[Made]:
    """Join the pieces, put the file in its place, and forget the pieces."""
    place, files = name_place(work.place, purchase), tuple(one.assets[0] for one in pieces)
    try:
        assets = yield from _join(files, place, folder, work)
    except ProtocolError as error:
        assets = yield from _keep_apart(files, place, folder, work, error)
    job = stand_for(work, purchase, assets, [one.raw for one in pieces])
    if place.folder is not None:
        for asset in assets:
            if asset.path is not None:
                yield WriteSidecar(asset.path, describe(asset, replace(purchase, job=job)))
    purchase = yield from close_order(work, purchase, job)
    yield Drop(folder)
    done = Done(assets, usage=job.usage, raw=job.raw, job=job, cost=purchase.price)
    return Made(done, job, purchase if work.journal else None, reused)


def _join(pieces: tuple[Asset, ...], place: Place, folder: str, work: Work) -> Flow[tuple[Asset, ...]]:
    first = pieces[0]
    if place.folder is None and place.keep:
        place = replace(place, folder=(yield MakeFolder()))
    step = JoinFiles(
        tuple(str(one.path) for one in pieces), first.media_type, place.folder or folder,
        safe_name(place.name or "speech"), saving.look_at(first), _LARGEST,
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
    pieces: tuple[Asset, ...], place: Place, folder: str, work: Work, error: ProtocolError
) -> Flow[tuple[Asset, ...]]:
    """Save pieces that cannot be joined as files of their own: they are paid for."""
    found: list[Asset] = []
    for number, piece in enumerate(pieces, 1):
        data: bytes = yield ReadFile(str(piece.path), _LARGEST)
        note = {**piece.metadata, "not_joined": str(error), "piece": number}
        found.append(replace(piece, path=None, url=None, data=data, metadata=note))
    return (yield from save_all(tuple(found), place, work.setup))
