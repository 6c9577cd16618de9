"""Wait for a job that was begun before, and fetch what it made."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace

from cncoding import (
    Client,
    Done,
    JobCancelledError,
    JobDeadlineError,
    JobFailedError,
    Made,
    MediaEvent,
    MediaJob,
    MediaPlace,
    Purchase,
)
from cncoding.media.polling import check_result
from cncoding.media.purchases import read_end
from cncoding_cli.failures import leave_alone
from cncoding_cli.handles import need_found, open_for
from cncoding_cli.making import finish
from cncoding_cli.progress import describe
from cncoding_cli.saving import Place

Listener = Callable[[MediaEvent], None]


def fetch_job(handle: str, place: Place, endpoint: str | None, base_url: str | None, *, waits: bool) -> None:
    """Save what a job made, once it is done.

    Raises:
        JobFailedError, JobCancelledError: It has no result.
        JobDeadlineError: It is not done, and is not waited for.
        NotSavedError: It has, and that is not where it was to go.
    """
    purchase, asked = need_found(handle, endpoint, base_url)
    name = purchase.handle if purchase is not None else _quote(asked)
    with open_for(asked, endpoint, base_url) as client, leave_alone(asked, name):

        def work(where: MediaPlace, listener: Listener) -> Made:
            where = replace(where, cancel=False)
            if waits and _goes_on(purchase, asked):
                _follow(client, purchase, asked, listener)
            return _save_foreign(client, asked, where) if purchase is None else _save(client, purchase, where)

        finish(client, asked.kind, place, work)


def _quote(job: MediaJob) -> str:
    """Return the JSON of a job as it is typed in a shell."""
    return shlex.quote(json.dumps(replace(job, assets=None).to_json(), ensure_ascii=False))


def _goes_on(purchase: Purchase | None, job: MediaJob) -> bool:
    return bool(job.id) and (purchase is None or (read_end(purchase) is None and not purchase.assets))


def _follow(client: Client, purchase: Purchase | None, job: MediaJob, listener: Listener) -> None:
    """Wait for a job, and write down that it has no result."""
    try:
        for status in client.watch(job):
            listener(MediaEvent(None if purchase is None else purchase.handle, job, status))
    except (JobFailedError, JobCancelledError):
        if purchase is not None:
            client.check(purchase.handle)
        raise


def _save(client: Client, purchase: Purchase, where: MediaPlace) -> Made:
    job, over = purchase.job, read_end(purchase)
    assert job is not None
    if over is not None:
        check_result(over, job)
    made = client.check(purchase.handle, where)
    if isinstance(made, Made):
        return made
    if made.status is not None:
        check_result(made.status, job)
    raise _refuse(job, made.word, purchase.handle)


def _save_foreign(client: Client, job: MediaJob, where: MediaPlace) -> Made:
    """Save the files of a job that no journal knows."""
    status = client.status(job)
    check_result(status, job)
    if not isinstance(status, Done):
        raise _refuse(job, describe(status), _quote(job))
    assets = tuple(client.download(asset, where.folder or ".") for asset in status.assets)
    return Made(Done(assets, job=job), job)


def _refuse(job: MediaJob, word: str, name: str) -> JobDeadlineError:
    return JobDeadlineError(f"{job.kind} job {job.id} is {word}; `cncoding job wait {name}` waits for it", job=job)
