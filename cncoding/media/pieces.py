"""An order of several purchases: what is said once of long texts, and of more pictures than a vendor makes at once.

Every piece is a purchase of its own under one order: whoever asks again for the order buys the pieces that are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cncoding.errors import CncodingError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Now, Tell
from cncoding.media import jobs
from cncoding.media.buying import buy, confirm, estimate_prepared, intend, open_purchase, take_part
from cncoding.media.journal import CallIdentity, Purchase, record, shorten_reply
from cncoding.media.make import finish, take_same
from cncoding.media.money import check_journal
from cncoding.media.orders import Made, MediaEvent, Order, Place
from cncoding.media.prices import Estimate
from cncoding.media.values import Asset, MediaJob, MediaRequest, Running
from cncoding.target import Setup
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class Work:
    """An order, and the requests that together fill it."""

    order: Order
    place: Place
    setup: Setup
    journal: bool
    requests: tuple[MediaRequest, ...]
    prepared: tuple[jobs.Prepared, ...]


def prepare_all(requests: Sequence[MediaRequest], setup: Setup) -> Flow[tuple[jobs.Prepared, ...]]:
    """Check every piece before the first one is paid for."""
    prepared: list[jobs.Prepared] = []
    for request in requests:
        prepared.append((yield from jobs.prepare(request, setup)))
    return tuple(prepared)


def add_estimates(prepared: Sequence[jobs.Prepared], setup: Setup) -> Estimate:
    """Return what all pieces together cost; unknown if one of them is."""
    found = [estimate_prepared(one, setup) for one in prepared]
    amounts = [one.amount for one in found if one.amount is not None]
    if len(amounts) < len(found):
        return next(one for one in found if one.amount is None)
    return replace(found[0], amount=sum(amounts), why=f"{len(found)} calls; the first: {found[0].why}")


# ---------------------------------------------------------------- the order


def open_order(work: Work) -> Flow[tuple[Purchase, Made | None]]:
    """Write the order down, or find it, whole or begun."""
    order, setup, first = work.order, work.setup, work.prepared[0]
    asked = order.request if order.request.kind == "speech" else replace(first.request, n=order.request.n)
    whole = replace(first, request=asked)
    price = add_estimates(work.prepared, setup)
    wanted = replace(
        intend(order, whole, setup, (yield Now())),
        state="submitted", pieces=len(work.requests), cost=price.amount, currency=price.currency,
        priced_by=None if price.source is None else str(price.source),
    )  # fmt: skip
    check_journal(order, journal=work.journal)
    gone: tuple[str, ...] = ()
    if order.reuse:
        made, gone = yield from take_same(order, wanted.digest, work.place, setup)
        if made is not None and made.purchase is not None:
            return made.purchase, made
    yield from confirm(order, whole, wanted, setup, journal=work.journal, gone=gone)
    if not work.journal:
        return wanted, None
    purchase = yield from open_purchase(order, whole, wanted, gone=gone)
    if purchase.state != "done":
        return purchase, None
    return purchase, (yield from finish(purchase, work.place, setup, order.listener, reused=True))


def close_order(work: Work, purchase: Purchase, job: MediaJob) -> Flow[Purchase]:
    """Write down that an order is whole; `job` stands for it."""
    purchase = replace(
        purchase,
        state="done",
        job=job,
        assets=job.assets or (),
        usage=job.usage,
        raw=shorten_reply(job.raw),
        error=None,
        owner=None,
    )
    return (yield from record(purchase)) if work.journal else purchase


def leave_order(error: BaseException, work: Work, purchase: Purchase, made: int, what: str) -> Flow[None]:
    """Leave an order so that it can go on, and say how far it is."""
    if work.journal:
        yield from record(replace(purchase, error=str(error)[:500], owner=None))
    if isinstance(error, CncodingError) and error.args and isinstance(error.args[0], str):
        kept = "are made and kept; the same order goes on there" if work.journal else "were made, and are lost"
        said = error.args[0].removesuffix(".").removesuffix("。")
        error.args = (f"{said}. Of {len(work.requests)} {what} {made} {kept}", *error.args[1:])


# ---------------------------------------------------------------- the pieces


def buy_piece(work: Work, purchase: Purchase, number: int) -> Flow[tuple[Purchase, bool]]:
    """Buy one piece of an order, or find that it was bought."""
    identity = name_piece(work.order, purchase, number)
    order = replace(work.order, request=work.requests[number], identity=identity, listener=None, confirm_above=None)
    part = take_part(purchase.handle, work.prepared, number, work.setup)
    return (yield from buy(order, work.setup, work.place.patience, journal=work.journal, part=part))


def name_piece(order: Order, purchase: Purchase, number: int) -> CallIdentity | None:
    """Return the name of a piece: of the call that ordered it, or of the order where the call has no name."""
    if order.identity is not None:
        return order.identity.piece(number)
    return CallIdentity(f"order {purchase.handle}", "").piece(number) if purchase.handle else None


def tell_piece(work: Work, purchase: Purchase, made: int) -> Flow[None]:
    """Tell the listener of an order that so many pieces are there."""
    if work.order.listener is not None:
        status = Running(f"piece {made} of {len(work.requests)}", made / len(work.requests))
        event = MediaEvent(purchase.handle or None, stand_for(work, purchase, ()), status)
        yield Tell(work.order.listener, event)


def stand_for(
    work: Work, purchase: Purchase, assets: tuple[Asset, ...], replies: Sequence[JsonObject] = ()
) -> MediaJob:
    """Return a job that stands for all pieces: it is done as soon as it is one.

    Its reply is the list of theirs, in their order, where there is one at all.
    """
    first = work.prepared[0]
    spoken = {"characters": sum(len(one.prompt) for one in work.requests)} if purchase.kind == "speech" else {}
    return MediaJob(
        provider=purchase.provider,
        endpoint=purchase.endpoint,
        kind=work.order.request.kind,
        model=first.model,
        id="",
        route=first.route.name,
        submitted_at=purchase.created_at,
        assets=assets,
        usage={"pieces": len(work.requests), **spoken},
        raw={"calls": list(replies)} if any(replies) else {},
    )
