"""Find a job at the vendor whose answer was lost, where the vendor lists the jobs of an account.

A job is taken for the purchase only if it is the one job of that model and time that no purchase of the journal owns,
and if it tells no other prompt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from cncoding.errors import CncodingError
from cncoding.exchange.json_values import read_json
from cncoding.exchange.retry import Flow, Retry, send
from cncoding.exchange.steps import Now
from cncoding.media import jobs
from cncoding.media.journal import FindPurchases, Purchase
from cncoding.media.routes import JobList, ListedJob, MediaRoute
from cncoding.media.sending import build_request, guard_reading
from cncoding.media.values import Done, MediaJob
from cncoding.target import Setup

_BEFORE, _AFTER = 60.0, 600.0
"""Seconds around the intent in which its job may have been made: clocks differ, uploads and busy vendors take long."""
_PAGES = 20
"""Of the list that are read at most."""
_RETRIES = Retry(times=1, first=0.5)


@dataclass(frozen=True, slots=True)
class Found:
    """What a vendor's list says about a purchase of unknown outcome."""

    job: MediaJob | None
    said: str
    """For a person."""


def look_up(purchase: Purchase, route: MediaRoute, setup: Setup) -> Flow[Found]:
    """Look a purchase up in the vendor's list of jobs; whatever goes wrong there is said and changes nothing."""
    if route.lists is None or route.query is None:
        return Found(None, f"{purchase.provider} shows no list of jobs by which it could be found")
    now: float = yield Now()
    if now - purchase.created_at > route.lists.keeps - _AFTER:
        hours = route.lists.keeps / 3600
        return Found(None, f"{purchase.provider} remembers jobs for {hours:g} hours, and this one is older")
    try:
        fitting = yield from _list_fitting(purchase, route, setup)
        return (yield from _choose(purchase, fitting, route, setup))
    except CncodingError as error:
        return Found(None, f"the list of {purchase.provider} could not be read ({error})")


def _list_fitting(purchase: Purchase, route: MediaRoute, setup: Setup) -> Flow[list[ListedJob]]:
    """Return the jobs of the model and the time that nobody owns, oldest first."""
    assert route.lists is not None
    owned: tuple[Purchase, ...] = yield FindPurchases(provider=purchase.provider, scope="everywhere")
    taken = {one.job.id for one in owned if one.job is not None}
    since, until = purchase.created_at - _BEFORE, purchase.created_at + _AFTER
    fitting: dict[str, ListedJob] = {}
    number, pages = 1, 1
    while number <= min(pages, _PAGES):
        rows, pages = yield from _read_page(route.lists, purchase.model or "", number, route, setup)
        for row in rows:
            if row.model == purchase.model and since <= row.created_at <= until and row.id not in taken:
                fitting[row.id] = row
        number += 1
    return sorted(fitting.values(), key=lambda row: row.created_at)


def _read_page(
    lists: JobList, model: str, number: int, route: MediaRoute, setup: Setup
) -> Flow[tuple[tuple[ListedJob, ...], int]]:
    target = setup.target
    request = build_request(lists.draft(model, number), route.base(target), target, repeatable=True)
    reply = yield from send(request, target.rules, _RETRIES)
    body = read_json(reply, target.provider.id)
    with guard_reading(target.provider, body):
        return lists.read(body)


def _choose(purchase: Purchase, fitting: list[ListedJob], route: MediaRoute, setup: Setup) -> Flow[Found]:
    found = [_as_job(row, purchase, route) for row in fitting]
    told: list[tuple[MediaJob, bool | None]] = []
    for job in found:
        told.append((job, (yield from _has_prompt(job, purchase, route, setup))))
    proven = [job for job, same in told if same]
    chosen = proven or [job for job, same in told if same is None]
    where = f"{purchase.provider} lists {len(chosen)} jobs of {purchase.model} begun then that no purchase owns"
    if len(chosen) != 1:
        names = f": {', '.join(job.id for job in chosen[:5])}" if chosen else ""
        return Found(None, where + names)
    begun = datetime.fromtimestamp(chosen[0].submitted_at, timezone.utc)
    how = "whose prompt is the same" if proven else f"of {purchase.model} begun then that no purchase owns"
    return Found(
        chosen[0],
        f"its answer was lost; taken from the list of {purchase.provider}: job {chosen[0].id} of {begun:%H:%M:%S} UTC, "
        f"the only one {how}",
    )


def _as_job(row: ListedJob, purchase: Purchase, route: MediaRoute) -> MediaJob:
    return MediaJob(
        provider=purchase.provider,
        endpoint=purchase.endpoint,
        kind=route.kind,
        model=row.model,
        id=row.id,
        route=route.name,
        submitted_at=row.created_at,
        request_id=row.request_id,
    )


def _has_prompt(job: MediaJob, purchase: Purchase, route: MediaRoute, setup: Setup) -> Flow[bool | None]:
    """Tell whether a job was made from the words of a purchase, None if it does not tell."""
    assert route.lists is not None
    try:
        status = yield from jobs.status(job, setup)
    except CncodingError:
        return None  # it exists, the list says so
    if not isinstance(status, Done):
        return None
    prompt = route.lists.read_prompt(status.raw)
    return None if prompt is None else prompt == purchase.prompt
