"""What is ordered, where it goes, and what is told on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cncoding.media.journal import CallIdentity, Purchase
from cncoding.media.money import Budget
from cncoding.media.polling import Patience
from cncoding.media.prices import Estimate
from cncoding.media.values import Done, MediaJob, MediaRequest, MediaStatus, Running, status_name
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class MediaEvent:
    """How a purchase goes on, for progress bars and streams."""

    handle: str | None
    """Short name of the purchase; None without a journal."""
    job: MediaJob
    status: MediaStatus | None
    """None right after the submission."""
    upload: str | None = None
    """What is being uploaded, and where to; the job has no number then."""

    @property
    def word(self) -> str:
        """Return uploading, submitted, queued, running, done, failed or cancelled."""
        if self.upload is not None:
            return "uploading"
        return "submitted" if self.status is None else status_name(self.status)

    def to_json(self) -> JsonObject:
        """Return plain JSON: provider, kind, model, job (its handle), status, native; upload and progress if any."""
        job, status = self.job, self.status
        told: JsonObject = {
            "provider": job.provider,
            "kind": job.kind,
            "model": job.model,
            "job": self.handle or (job.handle if job.id else None),
            "status": self.word,
            "native": None if status is None else status.native,
        }
        if self.upload is not None:
            told["upload"] = self.upload
        if isinstance(status, Running) and status.progress is not None:
            told["progress"] = status.progress
        return told


Listener = Callable[[MediaEvent], Any]
"""Is told of every step; an event loop's client awaits what it returns."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before something is bought."""

    request: MediaRequest
    provider: str
    model: str
    price: Estimate
    calls: int = 1
    """How many purchases it takes."""

    def __str__(self) -> str:
        """Return the question."""
        prompt = self.request.prompt[:200]
        price = f"{self.price}, {self.calls} calls" if self.calls > 1 else str(self.price)
        return f"Buy this {self.request.kind} from {self.provider} {self.model} ({price})? {prompt}"

    def to_json(self) -> JsonObject:
        """Return what a program shows of it: type, question, kind, provider, model, prompt, price, currency."""
        return {
            "type": "confirm_purchase",
            "question": str(self),
            "kind": self.request.kind,
            "provider": self.provider,
            "model": self.model,
            "prompt": self.request.prompt,
            "price": self.price.amount,
            "currency": self.price.currency,
        }


Approve = Callable[[Question], Any]
"""Is asked before a purchase and answers yes or no; an event loop's client awaits what it returns."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a medium goes and how long it is waited for."""

    folder: str | None = None
    """None leaves links; what has no link is kept as bytes."""
    name: str | None = None
    """File name without ending."""
    max_bytes: int | None = None
    patience: Patience = field(default_factory=Patience)
    keep: bool = False
    """Whether what has no link is put among the temporary files where there is no folder."""
    cancel: bool = True
    """Whether an interrupted wait (Ctrl-C, a cancelled task) cancels the job at the vendor."""


@dataclass(frozen=True, slots=True)
class Made:
    """A medium in its place."""

    done: Done
    job: MediaJob
    purchase: Purchase | None = None
    reused: bool = False
    """Whether it had been bought before, and cost nothing now."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bought, by whom, and what may be used instead."""

    request: MediaRequest
    identity: CallIdentity | None = None
    again: bool = False
    """Whether a purchase of unknown outcome may be made again, because a person agreed to pay twice."""
    reuse: bool = False
    """Whether the same request, made before by anybody with this journal, is good enough."""
    listener: Listener | None = None
    budget: Budget | None = None
    since: float | None = None
    """When the kit was made, for a budget of a kit."""
    confirm_above: float | None = None
    """What costs more than this, or has no known price, is bought only if `approve` says yes."""
    approve: Approve | None = None
