"""Buy one medium and put it in its place, once: the policy of both clients, both frameworks and the command line.

A flow: it yields steps and decides everything. An intent is written before the request leaves, the job after it, the
files after they are saved; whoever asks again with the same call goes on from there and buys nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timezone

from cncoding.errors import (
    ApiError,
    CncodingError,
    ConfigError,
    ConnectFailedError,
    JobCancelledError,
    JobFailedError,
    PurchaseDeclinedError,
    ServerError,
    TransportError,
    UnconfirmedPurchaseError,
)
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Exists, MakeFolder, Now, Sleep, Tell, WriteSidecar
from cncoding.media import jobs, saving
from cncoding.media.journal import (
    FindPurchases,
    Limit,
    OpenPurchase,
    Purchase,
    PurchaseState,
    RecordPurchase,
    digest_of,
)
from cncoding.media.money import Budget, Estimate, estimate
from cncoding.media.orders import Listener, Made, MediaEvent, Order, Place, Question
from cncoding.media.polling import Polling
from cncoding.media.values import Asset, Cancelled, Done, MediaJob
from cncoding.target import Setup
from cncoding.types import JsonObject


def make(order: Order, place: Place, setup: Setup, *, journal: bool) -> Flow[Made]:
    """Buy one medium, wait for it and put it in its place.

    Raises:
        ConfigError: Nothing was sent or charged.
        UnconfirmedPurchaseError: It may have been bought before; nothing was bought now.
        TransportError, ApiError: As `jobs.submit`.
        JobError: The job has no result; `job` can be asked for again.
    """
    if order.reuse and journal and (known := (yield from _find_same(order, setup))) is not None:
        return (yield from finish(known, place, setup, order.listener, reused=True))
    purchase, reused = yield from _begin(order, setup, journal=journal)
    return (yield from finish(purchase, place, setup, order.listener, reused=reused))


def begin(order: Order, setup: Setup, *, journal: bool) -> Flow[tuple[Purchase, bool]]:
    """Buy a medium without waiting for it, and tell whether it had been bought before.

    Raises:
        As `make`.
    """
    purchase, reused = yield from _begin(order, setup, journal=journal)
    if journal:
        yield RecordPurchase(replace(purchase, owner=None))
    return purchase, reused


def _begin(order: Order, setup: Setup, *, journal: bool) -> Flow[tuple[Purchase, bool]]:
    """Buy a medium, or find that it was bought; it is this process's to finish."""
    prepared = yield from jobs.prepare(order.request, setup)
    now: float = yield Now()
    wanted = _intend(order, prepared, setup, now)
    if order.budget is not None and not journal:
        raise ConfigError("budget: needs a journal to count in; leave journal= as it is")
    if order.confirm_above is not None:
        yield from _confirm(order, prepared, wanted, setup, journal=journal)
    limit = None if order.budget is None else _limit(order.budget, order, now)
    if not journal:
        return (yield from _submit(order, prepared, wanted, setup, journal=False)), False
    purchase, mine = yield OpenPurchase(wanted, order.again, limit)
    while not mine:
        yield Sleep(0.5)
        purchase, mine = yield OpenPurchase(wanted, order.again, limit)
    if purchase.state == "intended":
        return (yield from _submit(order, prepared, purchase, setup, journal=True)), False
    if purchase.state in ("unconfirmed", "failed"):
        yield RecordPurchase(replace(purchase, owner=None))
    if purchase.state == "unconfirmed":
        raise UnconfirmedPurchaseError(_explain(purchase), purchase=purchase.handle)
    if purchase.state == "failed":
        raise JobFailedError(
            f"{purchase.provider} failed this {purchase.kind} job before: {purchase.error}", job=purchase.job
        )
    return purchase, True


def _limit(budget: Budget, order: Order, now: float) -> Limit:
    since = {"kit": order.since, "day": now - 86_400, "thread": None}[budget.per]
    thread = order.identity.thread if budget.per == "thread" and order.identity is not None else None
    return Limit(budget.calls, budget.amount, budget.currency, since, thread)


def _confirm(order: Order, prepared: jobs.Prepared, wanted: Purchase, setup: Setup, *, journal: bool) -> Flow[None]:
    """Ask a person, unless it is cheap or was bought before.

    Raises:
        PurchaseDeclinedError: The answer is no, or there is nobody to ask.
    """
    assert order.confirm_above is not None
    if wanted.cost is not None and wanted.cost <= order.confirm_above:
        return
    if journal and (yield from _is_known(wanted)):
        return
    price = Estimate(wanted.cost, wanted.currency)
    question = Question(prepared.request, setup.target.provider.id, prepared.model, price)
    if order.approve is None:
        raise PurchaseDeclinedError(f"confirm_above: nobody can be asked here. {question} Nothing was bought")
    if not (yield Tell(order.approve, question)):
        raise PurchaseDeclinedError(f"declined: {question} Nothing was bought")


def _is_known(wanted: Purchase) -> Flow[bool]:
    if wanted.identity is None:
        return False
    found: tuple[Purchase, ...] = yield FindPurchases(digest=wanted.digest, thread=wanted.thread)
    return any(one.call == wanted.call and one.state in ("submitted", "done") for one in found)


def _intend(order: Order, prepared: jobs.Prepared, setup: Setup, now: float) -> Purchase:
    request, target = prepared.request, setup.target
    price = estimate(request, prepared.route.model(prepared.model))
    identity = order.identity
    return Purchase(
        handle="",
        digest=digest_of(request, target.provider.id, target.root),
        provider=target.provider.id,
        endpoint=target.endpoint.name,
        kind=request.kind,
        model=request.model,
        prompt=request.prompt,
        thread=identity.thread if identity else None,
        call=identity.call if identity else None,
        created_at=now,
        cost=price.amount,
        currency=price.currency,
    )


def _find_same(order: Order, setup: Setup) -> Flow[Purchase | None]:
    prepared = yield from jobs.prepare(order.request, setup)
    digest = digest_of(prepared.request, setup.target.provider.id, setup.target.root)
    found: tuple[Purchase, ...] = yield FindPurchases(digest=digest, states=("done",))
    return found[0] if found else None


def _explain(purchase: Purchase) -> str:
    return (
        f"this {purchase.kind} may have been bought already: the request to {purchase.provider} was begun and its "
        "answer was never read. Nothing was bought now. Look at the vendor's console; to pay again, ask with again=True"
        f" (purchase {purchase.handle})"
    )


def _submit(
    order: Order, prepared: jobs.Prepared, purchase: Purchase, setup: Setup, *, journal: bool
) -> Flow[Purchase]:
    """Send the request, and write down what came of it whatever that is."""
    try:
        job = yield from jobs.buy(prepared, setup)
    except GeneratorExit:
        raise
    except BaseException as error:
        if journal:
            state: PurchaseState = "refused" if _is_refusal(error) else "unconfirmed"
            yield RecordPurchase(replace(purchase, state=state, error=str(error)[:500], owner=None))
        if isinstance(error, CncodingError):
            error.purchase = purchase.handle or None
        raise
    purchase = replace(purchase, state="submitted", job=job, model=job.model, assets=job.assets or (), usage=job.usage)
    if journal:
        yield RecordPurchase(purchase)
    if order.listener is not None:
        yield Tell(order.listener, MediaEvent(purchase.handle or None, job, None))
    return purchase


def _is_refusal(error: BaseException) -> bool:
    """Tell whether the vendor certainly made nothing."""
    if isinstance(error, TransportError):
        return isinstance(error, ConnectFailedError) or not error.sent
    if isinstance(error, ApiError):
        return not isinstance(error, ServerError) and error.status != 200
    return isinstance(error, ConfigError)


# ---------------------------------------------------------------- watch and save


def finish(purchase: Purchase, place: Place, setup: Setup, listener: Listener | None, *, reused: bool) -> Flow[Made]:
    """Watch a purchase to its end and save what came of it; goes on wherever it was left."""
    journal = bool(purchase.handle)
    job = purchase.job
    assert job is not None
    try:
        if purchase.state == "done" and (kept := (yield from _keep_files(purchase))) is not None:
            done = Done(kept, usage=purchase.usage, raw=job.raw, job=job)
            return Made(done, job, purchase, reused)
        done = yield from _watch(purchase, place, setup, listener)
        saved = yield from save_all(done.assets, name_place(place, purchase), setup, purchase)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from _leave(error, purchase, place, setup)
        raise
    done = replace(done, assets=saved)
    purchase = replace(purchase, state="done", assets=saved, usage=done.usage or purchase.usage, owner=None)
    if journal:
        yield RecordPurchase(purchase)
    return Made(done, job, purchase if journal else None, reused)


def _keep_files(purchase: Purchase) -> Flow[tuple[Asset, ...] | None]:
    """Return the assets of a finished purchase if all their files are where they were put."""
    for asset in purchase.assets:
        if asset.path is None or not (yield Exists(asset.path)):
            return None
    return purchase.assets or None


def _watch(purchase: Purchase, place: Place, setup: Setup, listener: Listener | None) -> Flow[Done]:
    job = purchase.job
    assert job is not None
    if purchase.assets and not job.id:
        assets = tuple(_forget_file(asset, purchase) for asset in purchase.assets)
        return Done(assets, usage=purchase.usage, raw=job.raw, job=job)
    if job.assets is not None:
        return Done(job.assets, usage=job.usage, raw=job.raw, job=job)
    polling = Polling(job, setup, place.patience)
    while True:
        status = yield from polling.step()
        if listener is not None:
            yield Tell(listener, MediaEvent(purchase.handle or None, job, status))
        if isinstance(status, Done):
            return status


def _forget_file(asset: Asset, purchase: Purchase) -> Asset:
    """Return an asset as it was before it was saved, because its file is gone.

    Raises:
        ConfigError: Nothing else is left of it.
    """
    if asset.path is None:
        return asset
    if asset.url is None:
        raise ConfigError(
            f"job={purchase.handle}: {asset.path} was made and paid for, and is not there any more; the vendor "
            "keeps no copy. Make it again under a new call"
        )
    return replace(asset, path=None)


def save_all(
    assets: tuple[Asset, ...], place: Place, setup: Setup, purchase: Purchase | None = None
) -> Flow[tuple[Asset, ...]]:
    """Save every asset; one that cannot be saved keeps its link and says why, and the others are not lost."""
    saved: list[Asset] = []
    failed: CncodingError | None = None
    for asset in assets:
        try:
            asset = yield from _save(asset, place, setup)
            if purchase is not None and asset.path is not None and place.folder is not None:
                yield WriteSidecar(asset.path, _describe(asset, purchase))
            saved.append(asset)
        except CncodingError as error:
            failed = failed or error
            saved.append(replace(asset, metadata={**asset.metadata, "not_saved": str(error)}))
    if failed is not None and not any(asset.path or asset.url for asset in saved):
        raise failed
    return tuple(saved)


def name_place(place: Place, purchase: Purchase) -> Place:
    """Return the place with a name that says what it is: day, first words of the prompt, model, digest."""
    if place.name is not None:
        return place
    day = datetime.fromtimestamp(purchase.created_at, timezone.utc).strftime("%Y-%m-%d")
    words = "-".join(re.findall(r"[A-Za-z0-9]+", purchase.prompt)[:4])[:40].lower() or purchase.kind
    model = (purchase.model or purchase.provider).rpartition("/")[2]
    return replace(place, name=f"{day}-{words}-{model}-{purchase.digest[:4]}")


def _describe(asset: Asset, purchase: Purchase) -> JsonObject:
    job = purchase.job
    return {
        "prompt": purchase.prompt,
        "provider": purchase.provider,
        "model": purchase.model,
        "job": None if job is None else {"id": job.id, "route": job.route, "handle": purchase.handle or job.handle},
        "cost": purchase.cost,
        "currency": purchase.currency,
        "usage": purchase.usage,
        "made": datetime.fromtimestamp(purchase.created_at, timezone.utc).isoformat(),
        "media_type": asset.media_type,
        "size": asset.size,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "revised_prompt": asset.revised_prompt,
        "source": asset.url,
    }


def _save(asset: Asset, place: Place, setup: Setup) -> Flow[Asset]:
    folder = place.folder
    if asset.url is None and asset.data is None:
        return asset
    if folder is None:
        if asset.url is not None or not place.keep:
            return asset
        folder = yield MakeFolder()
    return (yield from saving.download(asset, folder, setup, name=place.name, max_bytes=place.max_bytes))


def _leave(error: BaseException, purchase: Purchase, place: Place, setup: Setup) -> Flow[None]:
    """Write down how a purchase was left; an interrupted one is cancelled at the vendor, or handed back."""
    job = purchase.job
    assert job is not None
    state, text = purchase.state, None
    if isinstance(error, JobFailedError):
        state, text = "failed", str(error)
    elif isinstance(error, JobCancelledError):
        state = "cancelled"
    elif not isinstance(error, Exception):
        if place.cancel and (yield from _cancel(job, setup)):
            state = "cancelled"
        else:
            note = json.dumps({"job": replace(job, assets=None).to_json(), "handle": purchase.handle or job.handle})
            add_note(error, note)
    if isinstance(error, CncodingError):
        error.job, error.retryable = job, False
        error.purchase = purchase.handle or None
    elif not isinstance(error, Exception):
        error.job = job  # type: ignore[attr-defined]  # an interruption carries the job to whoever catches it
    if purchase.handle:
        yield RecordPurchase(replace(purchase, state=state, error=text, owner=None))


def _cancel(job: MediaJob, setup: Setup) -> Flow[bool]:
    if not jobs.can_cancel(job, setup):
        return False
    try:
        return isinstance((yield from jobs.cancel(job, setup)), Cancelled)
    except CncodingError:
        return False  # the wait was interrupted, and says so; the job goes on and is handed back


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an error; Python 3.10 has no method for it."""
    error.__dict__.setdefault("__notes__", []).append(note)
