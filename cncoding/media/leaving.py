"""How a purchase is left that could not be finished: cancelled at the vendor or handed back, and written down."""

from __future__ import annotations

import json
from dataclasses import replace

from cncoding.errors import CncodingError, JobCancelledError, JobDeadlineError, JobError, JobFailedError
from cncoding.exchange.retry import Flow
from cncoding.media import jobs
from cncoding.media.journal import INTERRUPTED, Purchase, PurchaseState, RecordPurchase, record
from cncoding.media.polling import Patience, wait
from cncoding.media.values import Cancelled, Done, MediaJob
from cncoding.target import Setup


def leave(error: BaseException, purchase: Purchase, setup: Setup, *, cancel: bool = True) -> Flow[None]:
    """Write down how a purchase was left; an interrupted one is cancelled at the vendor, or handed back."""
    job = purchase.job
    assert job is not None
    state: PurchaseState = purchase.state
    text = None
    if isinstance(error, JobFailedError) and purchase.state == "done":
        text = str(error)  # it was made, and the vendor has forgotten it
    elif isinstance(error, JobFailedError):
        state, text = "failed", str(error)
    elif isinstance(error, JobCancelledError):
        state = "cancelled"
    elif not isinstance(error, Exception):
        if cancel and (yield from _cancel(job, setup)):
            state = "cancelled"
        else:
            text = INTERRUPTED
            handle = purchase.handle or job.handle
            add_note(error, json.dumps({"job": replace(job, assets=None).to_json(), "handle": handle}))
            error.left = handle  # type: ignore[attr-defined]  # whoever catches it may say so
    elif not isinstance(error, JobError) or isinstance(error, JobDeadlineError):
        text = INTERRUPTED
    if isinstance(error, CncodingError):
        error.job, error.retryable = job, False
        error.purchase = purchase.handle or None
    elif not isinstance(error, Exception):
        error.job = job  # type: ignore[attr-defined]  # an interruption carries the job to whoever catches it
    if purchase.handle:
        left = yield from record(replace(purchase, state=state, error=text, owner=None))
        if left.note != purchase.note:
            add_note(error, str(left.note))


def wait_for_job(job: MediaJob, setup: Setup, patience: Patience, *, cancel: bool) -> Flow[Done]:
    """Wait until a job is done; an interrupted wait cancels it at the vendor, if `cancel` says so and that can be.

    Raises:
        JobFailedError, JobCancelledError, JobDeadlineError: As `Polling.step`.
    """
    try:
        return (yield from wait(job, setup, patience))
    except GeneratorExit:
        raise
    except BaseException as error:
        if cancel and not isinstance(error, Exception):
            yield from _cancel(job, setup)
        raise


def _cancel(job: MediaJob, setup: Setup) -> Flow[bool]:
    if not jobs.can_cancel(job, setup):
        return False
    try:
        return isinstance((yield from jobs.cancel(job, setup, hurry=True)), Cancelled)
    except GeneratorExit:
        raise
    except BaseException:  # a second interruption, too: the first is told, the job goes on and is handed back
        return False


def let_go_unsent(error: BaseException) -> Flow[None]:
    """Let go of a purchase that was opened just as its task was cancelled: nothing was sent for it."""
    purchase, mine = getattr(error, "outcome", (None, False))
    if mine and isinstance(purchase, Purchase):
        free = purchase.state in ("intended", "waiting")
        yield RecordPurchase(replace(purchase, state="refused" if free else purchase.state, owner=None))


def name_lost(error: BaseException, purchase: Purchase) -> None:
    """Say by which name a purchase goes whose request was sent and whose answer was not read."""
    if isinstance(error, CncodingError):
        error.purchase = purchase.handle or None
    elif not isinstance(error, Exception):
        told = {"purchase": purchase.handle or None, "provider": purchase.provider, "state": "unconfirmed"}
        add_note(error, json.dumps(told))
        error.purchase = purchase.handle or None  # type: ignore[attr-defined]  # as `leave` does with the job


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an error, and to the interruption that it stands for; Python 3.10 has no method for it."""
    for one in (error, error.__cause__):
        if one is error or isinstance(one, KeyboardInterrupt):
            one.__dict__.setdefault("__notes__", []).append(note)


def let_go(purchase: Purchase) -> Flow[Purchase]:
    """Let go of a purchase that was taken up and needs no work: who asks for it next must not wait for us."""
    if purchase.owner is None:
        return purchase
    return (yield from record(replace(purchase, owner=None)))
