"""Look after a purchase by its handle: ask, save, cancel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Now, Tell
from cncoding.media import jobs
from cncoding.media.buying import recover
from cncoding.media.jobless import need_job
from cncoding.media.journal import FindPurchases, Purchase, RecordPurchase, record
from cncoding.media.make import finish, keep_reply, name_place, save_all
from cncoding.media.orders import Listener, Made, MediaEvent, Place
from cncoding.media.selection import job_of, media_routes
from cncoding.media.values import Cancelled, Done, Failed, MediaJob, MediaStatus
from cncoding.target import Setup


def find_purchase(handle: str, setup: Setup, *, journal: bool) -> Flow[Purchase]:
    """Return the purchase that a handle of the journal names, or a job's own handle or JSON.

    What came from outside names a job and nothing else: no path, link or address in it is believed.

    Raises:
        ConfigError: There is none, or it belongs to another provider or endpoint.
    """
    text = handle.strip()
    if journal:
        found: tuple[Purchase, ...] = yield FindPurchases(handle=text, scope="anywhere")
        if found:
            return need_job(_check_owner(found[0], setup))
    if ":" not in text:
        raise ConfigError(f"job={text[:100]!r}: not in the journal; give a handle exactly as a tool named it")
    job = job_of(text, setup)
    if journal:
        known: tuple[Purchase, ...] = yield FindPurchases(provider=job.provider, scope="everywhere")
        if (owner := find_owner(job, known)) is not None:
            return _check_owner(owner, setup)
    now: float = yield Now()
    return Purchase("", "", job.provider, job.endpoint, job.kind, job.model, "", "submitted", job=job, created_at=now)


def find_owner(job: MediaJob, known: Iterable[Purchase]) -> Purchase | None:
    """Return the purchase whose job it is, the newest first; a job that was answered at once is told by no number."""
    return next((one for one in known if job.id and one.job is not None and one.job.id == job.id), None)


def _check_owner(purchase: Purchase, setup: Setup) -> Purchase:
    provider, endpoint = setup.target.provider.id, setup.target.endpoint.name
    if (purchase.provider, purchase.endpoint) != (provider, endpoint):
        raise ConfigError(
            f"job={purchase.handle}: was bought from {purchase.provider} at {purchase.endpoint!r}, this client "
            f"talks to {provider} at {endpoint!r}"
        )
    return purchase


def check_purchase(
    handle: str, place: Place, setup: Setup, listener: Listener | None = None, *, journal: bool
) -> Flow[Made | MediaEvent]:
    """Ask once how a purchase stands, and save its result if it is done. A result that was saved is not saved again.

    Raises:
        As `find_purchase` and `jobs.status`.
    """
    purchase = yield from find_purchase(handle, setup, journal=journal)
    job = purchase.job
    assert job is not None
    if purchase.state == "done" or purchase.assets:
        return (yield from finish(purchase, place, setup, listener, reused=True))
    status = yield from jobs.status(job, setup)
    event = MediaEvent(purchase.handle or None, job, status)
    if listener is not None:
        yield Tell(listener, event)
    if isinstance(status, Done):
        purchase = keep_reply(purchase, status)
        saved = yield from save_all(status.assets, name_place(place, purchase), setup, purchase)
        purchase = replace(purchase, state="done", assets=saved)
    elif isinstance(status, Failed):
        purchase = replace(purchase, state="failed", error=status.message)
    elif isinstance(status, Cancelled):
        purchase = replace(purchase, state="cancelled")
    if purchase.handle:
        purchase = yield from record(purchase)
    if not isinstance(status, Done):
        return event
    status = replace(status, cost=purchase.price)
    return Made(replace(status, assets=purchase.assets), job, purchase if purchase.handle else None)


def read_end(purchase: Purchase) -> MediaStatus | None:
    """Return how a purchase ended, as far as the journal knows; None if its job may go on."""
    if purchase.state == "done":
        return Done(purchase.assets, usage=purchase.usage, raw=purchase.raw, job=purchase.job)
    if purchase.state == "failed":
        return Failed(None, purchase.error or "the vendor gives no reason")
    return Cancelled() if purchase.state == "cancelled" else None


def cancel_purchase(handle: str, setup: Setup, *, journal: bool) -> Flow[MediaStatus]:
    """Cancel a purchase at the vendor and return how it stands then."""
    purchase = yield from find_purchase(handle, setup, journal=journal)
    assert purchase.job is not None
    if (over := read_end(purchase)) is not None:
        return over
    status = yield from jobs.cancel(purchase.job, setup)
    if isinstance(status, Cancelled) and purchase.handle:
        yield from record(replace(purchase, state="cancelled", owner=None))
    return status


def resolve_purchase(handle: str, setup: Setup) -> Flow[Purchase]:
    """Find out what became of a purchase of unknown outcome, and return it as it stands then.

    Raises:
        ConfigError: There is none, or it belongs to another provider or endpoint.
        UnconfirmedPurchaseError: The vendor does not tell.
    """
    purchase = yield from _find_lost(handle, setup)
    if purchase.state != "unconfirmed":
        return purchase
    route = next((one for one in media_routes(setup.target.provider) if one.name == purchase.route), None)
    if route is None:
        raise ConfigError(f"job={purchase.handle}: was bought by an older version, which did not write down how")
    purchase = yield from recover(purchase, route, setup)
    purchase = replace(purchase, owner=None)
    yield RecordPurchase(purchase)
    return purchase


def release_purchase(handle: str, setup: Setup) -> Flow[Purchase]:
    """Say that a purchase of unknown outcome may be bought again: the next time that its call asks, it is.

    Raises:
        ConfigError: There is none, it belongs to another provider or endpoint, or its outcome is known.
    """
    purchase = yield from _find_lost(handle, setup)
    if purchase.state != "unconfirmed":
        free = purchase.state in ("refused", "released", "cancelled", "failed")
        how = "; ask for the same once more, which needs no permission" if free else ""
        raise ConfigError(
            f"job={purchase.handle}: is {purchase.state}; only what is unconfirmed can be bought again{how}"
        )
    purchase = replace(purchase, state="released", owner=None)
    yield RecordPurchase(purchase)
    return purchase


def _find_lost(handle: str, setup: Setup) -> Flow[Purchase]:
    found: tuple[Purchase, ...] = yield FindPurchases(handle=handle.strip(), scope="anywhere")
    if not found:
        raise ConfigError(
            f"job={handle[:100]!r}: not in the journal; `cncoding job list --all --everywhere` lists what is"
        )
    return _check_owner(found[0], setup)
