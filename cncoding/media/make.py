"""Buy one medium and put it in its place, once: the policy of both clients, both frameworks and the command line.

A flow: it yields steps and decides everything. An intent is written before the request leaves, the job after it, the
files after they are saved; whoever asks again with the same call goes on from there and buys nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from cncoding.errors import CncodingError, ConfigError, JobCancelledError, JobFailedError, NotFoundError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Exists, MakeFolder, Tell, WriteSidecar
from cncoding.media import saving
from cncoding.media.buying import buy, digest_order
from cncoding.media.file_names import name_words
from cncoding.media.journal import Purchase, record, shorten_reply
from cncoding.media.leaving import leave, let_go
from cncoding.media.money import check_journal
from cncoding.media.orders import Listener, Made, MediaEvent, Order, Place
from cncoding.media.polling import Polling
from cncoding.media.reusing import forget_files, is_kept, is_lost, list_same
from cncoding.media.values import Asset, Done, MediaJob
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
    check_journal(order, journal=journal)
    gone: tuple[str, ...] = ()
    if order.reuse:
        made, gone = yield from take_same(order, (yield from digest_order(order, setup)), place, setup)
        if made is not None:
            return made
    yield from check_place(place)
    while True:
        purchase, reused = yield from buy(order, setup, place.patience, journal=journal, gone=gone)
        if not reused or purchase.identity == order.identity or not order.reuse:
            return (yield from finish(purchase, place, setup, order.listener, reused=reused))
        if (made := (yield from _take(purchase, place, setup, order.listener))) is not None:
            return made
        gone = (*gone, purchase.handle)


def check_place(place: Place) -> Flow[None]:
    """See that what is going to be made can be put where it shall go.

    Raises:
        ConfigError: It cannot; nothing was bought.
    """
    if place.folder is not None:
        yield MakeFolder(place.folder)


# ---------------------------------------------------------------- made before


def take_same(order: Order, digest: str, place: Place, setup: Setup) -> Flow[tuple[Made | None, tuple[str, ...]]]:
    """Return what the same request made before, None where there is none, and the handles of what is lost.

    Files that were removed or changed are fetched anew, where the vendor has them yet; it costs nothing.
    """
    gone: list[str] = []
    for known in (yield from list_same(digest)):
        if (made := (yield from _take(known, place, setup, order.listener))) is not None:
            return made, ()
        gone.append(known.handle)
    return None, tuple(gone)


def _take(known: Purchase, place: Place, setup: Setup, listener: Listener | None) -> Flow[Made | None]:
    if not (yield from is_kept(known)):
        found = yield from forget_files(known)
        if found is None:
            return None
        known = found
    try:
        made = yield from finish(known, place, setup, listener, reused=True)
    except (NotFoundError, JobFailedError, JobCancelledError):
        return None
    return None if (yield from is_lost(made.done)) else made


# ---------------------------------------------------------------- watch and save


def finish(purchase: Purchase, place: Place, setup: Setup, listener: Listener | None, *, reused: bool) -> Flow[Made]:
    """Watch a purchase to its end and save what came of it; goes on wherever it was left."""
    journal = bool(purchase.handle)
    job = purchase.job
    assert job is not None
    try:
        if listener is not None and not reused:
            yield Tell(listener, MediaEvent(purchase.handle or None, job, None))
        if purchase.state == "done" and (kept := (yield from _keep_files(purchase))) is not None:
            purchase = yield from let_go(purchase)
            done = Done(kept, None, purchase.usage, job.raw or purchase.raw, job, purchase.price, purchase.note)
            return Made(done, job, purchase, reused)
        done = yield from _ask_again(purchase, place, setup, listener)
        purchase = keep_reply(purchase, done)
        saved = yield from save_all(
            (yield from _keep_saved(done.assets, purchase)), name_place(place, purchase), setup, purchase
        )
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from leave(error, purchase, setup, cancel=place.cancel)
        raise
    done = replace(done, assets=saved, cost=purchase.price, note=purchase.note)
    purchase = replace(purchase, state="done", assets=saved, owner=None, error=None)
    if journal:
        purchase = yield from record(purchase)
    return Made(done, job, purchase if journal else None, reused)


def keep_reply(purchase: Purchase, done: Done) -> Purchase:
    """Return a purchase with what the vendor told with its result."""
    return replace(purchase, usage=done.usage or purchase.usage, raw=shorten_reply(done.raw) or purchase.raw)


def _keep_files(purchase: Purchase) -> Flow[tuple[Asset, ...] | None]:
    """Return the assets of a finished purchase if all their files are where they were put; a voice may have none."""
    if purchase.kind == "voice" and not purchase.assets:
        return ()
    for asset in purchase.assets:
        if asset.path is None or not (yield Exists(asset.path)):
            return None
    return purchase.assets or None


def _keep_saved(assets: tuple[Asset, ...], purchase: Purchase) -> Flow[tuple[Asset, ...]]:
    """Return assets with the files that an earlier try has saved: only the others are fetched.

    Raises:
        ConfigError: A file is gone, and nothing else is left of it.
    """
    found: list[Asset] = []
    for number, asset in enumerate(assets):
        known = purchase.assets[number] if len(assets) == len(purchase.assets) else asset
        there = known.path is not None and (yield Exists(known.path))
        found.append(known if there else forget_file(asset, purchase))
    return tuple(found)


def watch(purchase: Purchase, place: Place, setup: Setup, listener: Listener | None) -> Flow[Done]:
    """Wait for the result of a purchase, if it is not there yet."""
    job = purchase.job
    assert job is not None
    if (done := _find_result(purchase, job)) is not None:
        if listener is not None:
            yield Tell(listener, MediaEvent(purchase.handle or None, job, done))
        return done
    polling = Polling(job, setup, place.patience)
    while True:
        status = yield from polling.step()
        if listener is not None:
            yield Tell(listener, MediaEvent(purchase.handle or None, job, status))
        if isinstance(status, Done):
            return status


def _ask_again(purchase: Purchase, place: Place, setup: Setup, listener: Listener | None) -> Flow[Done]:
    """Wait for the result of a purchase; the vendor may have forgotten one that was finished long ago.

    Raises:
        JobFailedError: So it is, or the job failed.
    """
    try:
        return (yield from watch(purchase, place, setup, listener))
    except JobFailedError as error:
        if purchase.state == "done":
            what = next((asset.path for asset in purchase.assets if asset.path), f"this {purchase.kind}")
            error.args = (
                f"job={purchase.handle}: {what} was made and paid for, and is not there any more; {purchase.provider} "
                f"has forgotten it ({error.args[0]}). Make it again under a new call",
            )
        raise


def _find_result(purchase: Purchase, job: MediaJob) -> Done | None:
    """Return the result of a purchase that is known, None if the vendor must be asked."""
    if not job.id and (purchase.assets or purchase.kind == "voice"):
        return Done(purchase.assets, usage=purchase.usage, raw=job.raw or purchase.raw, job=job)
    if job.assets is not None:
        return Done(job.assets, usage=job.usage, raw=job.raw or purchase.raw, job=job)
    return None


def forget_file(asset: Asset, purchase: Purchase) -> Asset:
    """Return an asset as it was before it was saved, because its file is gone.

    Raises:
        ConfigError: Nothing else is left of it.
    """
    if asset.path is None and (asset.url is not None or asset.data is not None or asset.file_id is not None):
        return asset
    if asset.url is None and asset.file_id is None:
        what = asset.path or f"this {asset.kind}"
        raise ConfigError(
            f"job={purchase.handle}: {what} was made and paid for, and is not there any more; the vendor "
            "keeps no copy. Make it again under a new call"
        )
    return replace(asset, path=None)


def save_all(
    assets: tuple[Asset, ...], place: Place, setup: Setup, purchase: Purchase | None = None
) -> Flow[tuple[Asset, ...]]:
    """Save every asset; one that cannot be saved keeps its link and says why, and the others are not lost."""
    saved: list[Asset] = []
    failed: CncodingError | None = None
    for asset in map(_forget_failure, assets):
        try:
            asset = yield from _save(asset, place, setup)
            if purchase is not None and asset.path is not None and place.folder is not None:
                yield WriteSidecar(asset.path, describe(asset, purchase))
            saved.append(asset)
        except CncodingError as error:
            failed = failed or error
            why: JsonObject = {"not_saved": str(error)}
            if isinstance(error, NotFoundError):
                why["link_expired"] = True
            saved.append(replace(asset, metadata={**asset.metadata, **why}))
    if failed is not None and not any(asset.path or asset.url for asset in saved):
        raise failed
    return tuple(saved)


_FAILURE = ("not_saved", "link_expired")


def _forget_failure(asset: Asset) -> Asset:
    """Return an asset without what kept an earlier attempt from saving it."""
    return replace(asset, metadata={name: value for name, value in asset.metadata.items() if name not in _FAILURE})


def name_place(place: Place, purchase: Purchase) -> Place:
    """Return the place with a name that says what it is: day, first words of the prompt, model, digest."""
    if place.name is not None:
        return place
    day = datetime.fromtimestamp(purchase.created_at, timezone.utc).strftime("%Y-%m-%d")
    words = name_words(purchase.prompt) or purchase.kind
    model = (purchase.model or purchase.provider).rpartition("/")[2]
    return replace(place, name=f"{day}-{words}-{model}-{purchase.digest[:4]}")


def describe(asset: Asset, purchase: Purchase) -> JsonObject:
    """Return what is written beside a file: what it is, and where it comes from."""
    job = purchase.job
    return {
        "prompt": purchase.prompt,
        "provider": purchase.provider,
        "model": purchase.model,
        "job": None if job is None else {"id": job.id, "route": job.route, "handle": purchase.handle or job.handle},
        "cost": purchase.cost,
        "currency": purchase.currency,
        "priced_by": purchase.priced_by,
        "usage": purchase.usage,
        **({name: job.extra[name] for name in ("seed", "consent") if name in job.extra} if job is not None else {}),
        "made": datetime.fromtimestamp(purchase.created_at, timezone.utc).isoformat(),
        "media_type": asset.media_type,
        "size": asset.size,
        "sha256": asset.sha256,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "revised_prompt": asset.revised_prompt,
        "source": asset.url,
    }


def _save(asset: Asset, place: Place, setup: Setup) -> Flow[Asset]:
    folder = place.folder
    if asset.path is not None or not saving.is_fetchable(asset, setup):
        return asset
    if folder is None:
        if asset.url is not None or not place.keep:
            return asset
        folder = yield MakeFolder()
    return (yield from saving.download(asset, folder, setup, name=place.name, max_bytes=place.max_bytes))
