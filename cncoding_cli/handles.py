"""What a person names a job by: a handle of the journal, a handle of a tool without one, or the JSON of a job."""

from __future__ import annotations

from cncoding import Client, ConfigError, MediaJob, Purchase, providers
from cncoding.media.jobless import need_job
from cncoding.media.journal import FindPurchases
from cncoding.media.purchases import find_owner
from cncoding.media.selection import media_routes
from cncoding_cli.keeping import open_journal


def find_job(text: str, endpoint: str | None, base_url: str | None) -> tuple[Purchase | None, MediaJob | None]:
    """Return the purchase of the journal and its job; of a job that no journal knows, the job alone.

    Raises:
        ConfigError: There is neither.
    """
    found = find(FindPurchases(handle=text.strip(), scope="anywhere"))
    if found:
        return found[0], found[0].job
    job = MediaJob.from_json(text) if text.lstrip().startswith("{") else _read_name(text.strip(), endpoint, base_url)
    if job is None:
        raise ConfigError(
            f"job={text[:80]!r}: not in the journal; see `cncoding job list --all --everywhere`, or give its JSON"
        )
    return _find_owner(job), job


def find_purchase(text: str, endpoint: str | None, base_url: str | None) -> Purchase:
    """Return the purchase that a person names.

    Raises:
        ConfigError: There is none.
    """
    purchase, job = find_job(text, endpoint, base_url)
    if purchase is None:
        assert job is not None
        raise ConfigError(
            f"job: {job.kind} {job.id} of {job.provider} is not in the journal, and its outcome is known; "
            "`cncoding job show` asks for it"
        )
    return purchase


def need_found(text: str, endpoint: str | None, base_url: str | None) -> tuple[Purchase | None, MediaJob]:
    """Return what a person names, with the job to ask for.

    Raises:
        ConfigError: It is not known, or there is no job, and why.
    """
    purchase, job = find_job(text, endpoint, base_url)
    if purchase is not None:
        job = need_job(purchase).job
    assert job is not None
    return purchase, job


def name_job(purchase: Purchase | None, job: MediaJob | None) -> str:
    """Return what a job is called where a person reads it."""
    if purchase is not None:
        return purchase.handle
    assert job is not None
    return f"{job.kind} {job.id}"


def open_for(job: MediaJob, endpoint: str | None, base_url: str | None) -> Client:
    """Return a client of whoever has a job."""
    return open_client(job.provider, endpoint or job.endpoint, base_url)


def open_client(provider: str, endpoint: str, base_url: str | None) -> Client:
    """Return a client with the journal of the command line."""
    return Client(provider, endpoint=endpoint, base_url=base_url, journal=open_journal())


def find(step: FindPurchases) -> tuple[Purchase, ...]:
    """Return what the journal of the command line finds."""
    found: tuple[Purchase, ...] = open_journal().perform(step)
    return found


def _find_owner(job: MediaJob) -> Purchase | None:
    """Return the purchase whose job it is; its JSON may have gone from program to program."""
    return find_owner(job, find(FindPurchases(provider=job.provider, scope="everywhere")))


def _read_name(text: str, endpoint: str | None, base_url: str | None) -> MediaJob | None:
    """Return the job of `route:model:number`, as a tool without a journal names it."""
    route = text.partition(":")[0]
    for provider in providers().values():
        if any(one.name == route for one in media_routes(provider)):
            with Client(provider.id, endpoint=endpoint, base_url=base_url) as client:
                return client.job(text)
    return None
