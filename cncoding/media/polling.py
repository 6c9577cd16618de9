"""Wait for a job with patience, one question at a time."""

from __future__ import annotations

from dataclasses import dataclass

from cncoding.errors import CncodingError, ConfigError, JobCancelledError, JobDeadlineError, JobFailedError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Now, Sleep
from cncoding.media.jobs import status
from cncoding.media.selection import route_of
from cncoding.media.values import Cancelled, Done, Failed, MediaJob, MediaStatus
from cncoding.target import Setup

PATIENCE = 6
"""So many questions in a row may go unanswered before waiting is given up."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait for a job. None is the route's own figure."""

    interval: float | None = None
    """Seconds between the first two questions; it grows by a third each time, up to three times, unless set."""
    timeout: float | None = None
    """Seconds until waiting is given up. The job goes on at the vendor."""

    def __post_init__(self) -> None:
        """Refuse what is no time, before anything was submitted and paid for.

        Raises:
            ConfigError: One of them is not above 0.
        """
        for name, value in (("poll_interval", self.interval), ("timeout", self.timeout)):
            if value is not None and not (isinstance(value, (int, float)) and value > 0):
                raise ConfigError(f"{name}={value!r}: give seconds above 0")


class Polling:
    """One wait for one job: a local value of whoever waits, asked step by step.

    `over` is True after the last step.
    """

    def __init__(self, job: MediaJob, setup: Setup, patience: Patience) -> None:
        self.job = job
        self.over = False
        self._setup = setup
        route = route_of(job, setup)
        self._interval = patience.interval or route.interval
        self._longest = patience.interval or route.longest_interval
        self._timeout = patience.timeout or route.deadline
        self._until: float | None = None
        self._unanswered = 0
        self._asked = False

    def step(self) -> Flow[MediaStatus]:
        """Wait as long as is due, ask, and return the answer.

        Raises:
            JobFailedError, JobCancelledError: The job is over and has no result.
            JobDeadlineError: It was not done in time.
            CncodingError: It cannot be asked for.
        """
        if self._until is None:
            self._until = (yield Now()) + self._timeout
        while True:
            if self._asked:
                yield from self._pause()
            self._asked = True
            try:
                found = yield from status(self.job, self._setup)
            except CncodingError as error:
                self._unanswered += 1
                if not error.retryable or self._unanswered >= PATIENCE:
                    error.job = self.job
                    raise
                continue
            self._unanswered = 0
            return self._judge(found)

    def _pause(self) -> Flow[None]:
        assert self._until is not None
        left = self._until - (yield Now())
        if left <= 0:
            raise JobDeadlineError(
                f"{self.job.kind} job {self.job.id} was not done after {self._timeout:g} s; it may still finish",
                job=self.job,
            )
        yield Sleep(min(self._interval, left), jitter=True)
        self._interval = min(self._interval * 4 / 3, self._longest)

    def _judge(self, found: MediaStatus) -> MediaStatus:
        self.over = isinstance(found, (Done, Failed, Cancelled))
        check_result(found, self.job)
        return found


def check_result(found: MediaStatus, job: MediaJob) -> None:
    """Refuse a job that is over and has no result.

    Raises:
        JobFailedError, JobCancelledError: So it is.
    """
    if isinstance(found, Failed):
        raise JobFailedError(
            f"{job.provider} failed the {job.kind} job {job.id}: {found.message}", job=job, code=found.code
        )
    if isinstance(found, Cancelled):
        raise JobCancelledError(f"{job.kind} job {job.id} was cancelled", job=job)


def wait(job: MediaJob, setup: Setup, patience: Patience) -> Flow[Done]:
    """Ask until the job is done; see `Polling.step` for what is raised."""
    polling = Polling(job, setup, patience)
    while True:
        found = yield from polling.step()
        if isinstance(found, Done):
            return found
