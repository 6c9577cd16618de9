"""Policy of media jobs, said once: submit without paying twice, ask with patience.

Generators as in `flows.py`: they yield steps and decide everything.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from cncoding.errors import (
    ApiError,
    CncodingError,
    ConfigError,
    ConnectFailedError,
    JobCancelledError,
    JobDeadlineError,
    JobFailedError,
    ProtocolError,
    RateLimitedError,
    TransportError,
)
from cncoding.exchange import Now, Reply, Request, Send, Sleep
from cncoding.fetching import FetchPolicy, inline
from cncoding.flows import Flow, Retry, Setup, read_json, send
from cncoding.media import (
    Cancelled,
    Done,
    Failed,
    JobKind,
    MediaJob,
    MediaRequest,
    MediaStatus,
)
from cncoding.media_routes import Asking, Draft, FileReady, MediaRoute, Submitted
from cncoding.profile import Provider, Target
from cncoding.types import Media
from cncoding.wire.failures import read_failure
from cncoding.wire.mediatypes import sniff

QUERY_RETRIES = Retry(times=4, first=1.0, cap=15.0)
"""A question about a job costs nothing, so it is asked again patiently."""
PATIENCE = 6
"""So many questions in a row may go unanswered before waiting is given up."""


# ---------------------------------------------------------------- from a draft to a reply


def request_of(draft: Draft, base: str, target: Target, *, repeatable: bool) -> Request:
    """Put base, key and User-Agent to a draft. The user's own headers win."""
    headers = {**draft.headers, **target.headers}
    content = draft.content
    if draft.body is not None:
        content = json.dumps(draft.body, ensure_ascii=False, separators=(",", ":")).encode()
        headers.setdefault("Content-Type", "application/json")
    path = draft.path if draft.path.startswith("/") else f"/{draft.path}"
    url = f"{base}{path}" + (f"?{urlencode(draft.query)}" if draft.query else "")
    return Request(draft.method, url, headers, content, repeatable=repeatable, timeout=draft.timeout)


@contextmanager
def reading(provider: Provider, payload: object) -> Generator[None, None, None]:
    """Turn whatever a reader stumbles over into a `ProtocolError` that shows what the vendor sent."""
    try:
        yield
    except ProtocolError as error:
        error.provider = error.provider or provider.id
        raise
    except CncodingError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        shown = payload[:2000].decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
        raise ProtocolError(f"the reply cannot be read: {error!r}", provider=provider.id, payload=shown) from error


def send_once(request: Request, provider: Provider, retry: Retry) -> Flow[Reply]:
    """Send what costs money: again only where the vendor certainly did not take it.

    That is a connection that was never made, and an answer that says "too many requests". Everything else that may
    have run is raised with `retryable` off, so that nobody above repeats it either.

    Raises:
        TransportError: The network failed; `sent` says whether the vendor may have received it.
        ApiError: The vendor refused or failed.
    """
    attempt = 0
    while True:
        try:
            reply: Reply = yield Send(request)
        except TransportError as error:
            failure: CncodingError = error
            safe = isinstance(error, ConnectFailedError) or not error.sent
        else:
            told = read_failure(reply, provider)
            if told is None:
                return reply
            failure, safe = told, isinstance(told, RateLimitedError)
        if not safe:
            failure.retryable = False
            raise failure
        asked = failure.retry_after if isinstance(failure, ApiError) else None
        if attempt >= retry.times or (asked or 0) > retry.longest:
            raise failure
        yield Sleep(asked if asked is not None else min(retry.first * 2**attempt, retry.cap), jitter=asked is None)
        attempt += 1


# ---------------------------------------------------------------- routes


def media_routes(provider: Provider, kind: JobKind | None = None) -> tuple[MediaRoute, ...]:
    """Return the routes of a provider that make media of a kind, or of any."""
    return tuple(one for one in provider.media if isinstance(one, MediaRoute) and kind in (None, one.kind))


def choose_route(request: MediaRequest, provider: Provider) -> tuple[MediaRoute, str]:
    """Return the route for a request, and the model it will ask.

    Raises:
        ConfigError: The provider makes no such medium, or not this way.
    """
    routes = media_routes(provider, request.kind)
    if not routes:
        raise ConfigError(f"provider={provider.id!r}: makes no {request.kind}; {_elsewhere(provider)}")
    if any(route.task for route in routes):
        wanted = bool(request.as_task)
        fitting = tuple(route for route in routes if bool(route.task) == wanted)
    else:
        fitting = routes
    model = request.model or (fitting or routes)[0].models[0].id
    known = [route for route in fitting if route.model(model) is not None]
    if not known and any(route.model(model) for route in routes):
        raise ConfigError(
            f"as_task={request.as_task}: {model} of {provider.id} is not made that way; leave as_task out"
        )
    candidates = known or [route for route in fitting if route.catches(model)]
    if not candidates:
        raise ConfigError(f"model={model!r}: no route of {provider.id} makes {request.kind} with it that way")
    return candidates[0], model


def _elsewhere(provider: Provider) -> str:
    kinds = sorted({route.kind for route in media_routes(provider)})
    return f"it makes {', '.join(kinds)}" if kinds else "it makes no media at all"


def route_of(job: MediaJob, setup: Setup) -> MediaRoute:
    """Return the route that can ask for a job.

    Raises:
        ConfigError: The job belongs to another provider, or its route is not known here.
    """
    provider = setup.target.provider
    if job.provider != provider.id:
        raise ConfigError(f"job: belongs to {job.provider!r}, this client talks to {provider.id!r}")
    for route in media_routes(provider):
        if route.name == job.route:
            return route
    raise ConfigError(f"job: {provider.id} has no route {job.route!r}")


def job_of(handle: str, setup: Setup) -> MediaJob:
    """Return the job that `MediaJob.handle` or the JSON text of a job names.

    Raises:
        ConfigError: It names no job of this provider.
    """
    if handle.lstrip().startswith("{"):
        return MediaJob.from_json(handle)
    name, _, rest = handle.strip().partition(":")
    model, _, task = rest.rpartition(":")
    provider = setup.target.provider
    route = next((one for one in media_routes(provider) if one.name == name), None)
    if route is None or not task or not model:
        raise ConfigError(f"job={handle[:200]!r}: not a job of {provider.id}; give its handle or its JSON")
    return MediaJob(provider.id, setup.target.endpoint.name, route.kind, model, task, route.name)


# ---------------------------------------------------------------- submit


def submit(request: MediaRequest, setup: Setup) -> Flow[MediaJob]:
    """Send a request for a medium and return the job. A vendor that answers at once gives a job that is done.

    Raises:
        ConfigError: The request cannot be sent, by the page of its model; nothing was sent or charged.
        TransportError: The network failed; with `sent`, the vendor may have begun and charged.
        ApiError: The vendor refused or failed.
    """
    target = setup.target
    route, model = choose_route(request, target.provider)
    if not request.prompt.strip() and not request.inputs:
        raise ConfigError("prompt: empty; say what to make")
    inputs: list[Media] = []
    for media in request.inputs:
        inputs.append((yield from settled(media, setup.fetching)))
    request = replace(request, inputs=tuple(inputs))
    draft = route.encode(Asking(request, model, route.model(model)))
    if request.extra:
        draft = replace(draft, body=_merged(draft.body or {}, request.extra))
    base = route.base(target)
    reply = yield from send_once(request_of(draft, base, target, repeatable=False), target.provider, setup.retry)
    with reading(target.provider, reply.body):
        found = route.read_submit(reply, request)
    return (yield from _job(found, route, model, request, reply, setup))


def _job(
    found: Submitted, route: MediaRoute, model: str, request: MediaRequest, reply: Reply, setup: Setup
) -> Flow[MediaJob]:
    now: float = yield Now()
    job = MediaJob(
        provider=setup.target.provider.id,
        endpoint=setup.target.endpoint.name,
        kind=request.kind,
        model=model,
        id=found.id,
        route=route.name,
        submitted_at=now,
        request_id=reply.request_id,
        extra=found.extra,
    )
    if found.done is None:
        return job
    done = _completed(found.done, job, route, now)
    return replace(job, assets=done.assets, usage=done.usage)


def _completed(done: Done, job: MediaJob, route: MediaRoute, now: float) -> Done:
    """Add to the assets whose they are and when their links expire."""
    assets = tuple(
        replace(
            asset,
            provider=job.provider,
            model=job.model,
            expires_at=asset.expires_at or (now + route.expiry if route.expiry and asset.url else None),
            media_type=asset.media_type or (_type_of(asset.data) if asset.data else None),
            size=len(asset.data) if asset.data is not None else asset.size,
        )
        for asset in done.assets
    )
    return replace(done, assets=assets, job=job)


def _type_of(data: bytes) -> str | None:
    return sniff(data[:32])


def settled(media: Media, policy: FetchPolicy) -> Flow[Media]:
    """Return a medium with its data in it if it is a path or a data URL; links stay links, which vendors fetch."""
    if media.path is not None or (media.url is not None and media.url.startswith("data:")):
        found = yield from inline(media, policy)
        return replace(found, options=media.options)
    return media


def _merged(body: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Return `body` with `extra` laid over it, objects inside objects too."""
    merged = dict(body)
    for name, value in extra.items():
        inner = merged.get(name)
        merged[name] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


# ---------------------------------------------------------------- status, wait, cancel


def status(job: MediaJob, setup: Setup) -> Flow[MediaStatus]:
    """Ask once how a job stands.

    Raises:
        ConfigError: The job is not this provider's.
        ApiError, TransportError, ProtocolError: The question failed; the job may well go on.
    """
    route = route_of(job, setup)
    if job.assets is not None:
        return Done(job.assets, usage=job.usage, job=job)
    if route.query is None or route.read_query is None or not job.id:
        raise ConfigError(f"job: {job.route} answers at once, there is no task to ask for")
    target = setup.target
    request = request_of(route.query(job), route.base(target), target, repeatable=True)
    try:
        body = read_json((yield from send(request, target.provider, QUERY_RETRIES)), target.provider)
    except ApiError as error:
        # A job that failed may be told by the members that mean a failed request elsewhere.
        if error.status != 200 or not isinstance(error.body, dict):
            raise
        told = _failure_of(route, error.body, job)
        if told is None:
            raise
        return told
    with reading(target.provider, body):
        found = route.read_query(body, job)
    if isinstance(found, FileReady):
        file = request_of(found.draft, route.base(target), target, repeatable=True)
        told_file = read_json((yield from send(file, target.provider, QUERY_RETRIES)), target.provider)
        with reading(target.provider, told_file):
            found = found.read(told_file)
    if isinstance(found, Done):
        found = _completed(found, job, route, (yield Now()))
    return found


def _failure_of(route: MediaRoute, body: dict[str, Any], job: MediaJob) -> Failed | None:
    assert route.read_query is not None
    try:
        found = route.read_query(body, job)
    except ProtocolError:
        return None
    return found if isinstance(found, Failed) else None


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
            return self._judged(found)

    def _pause(self) -> Flow[None]:
        assert self._until is not None
        left = self._until - (yield Now())
        if left <= 0:
            raise JobDeadlineError(
                f"{self.job.kind} job {self.job.id} was not done after {self._timeout:g} s; it may still finish: "
                f"ask again for {self.job.handle}",
                job=self.job,
            )
        yield Sleep(min(self._interval, left), jitter=True)
        self._interval = min(self._interval * 4 / 3, self._longest)

    def _judged(self, found: MediaStatus) -> MediaStatus:
        self.over = isinstance(found, (Done, Failed, Cancelled))
        if isinstance(found, Failed):
            raise JobFailedError(
                f"{self.job.provider} failed the {self.job.kind} job {self.job.id}: {found.message}",
                job=self.job,
                code=found.code,
            )
        if isinstance(found, Cancelled):
            raise JobCancelledError(f"{self.job.kind} job {self.job.id} was cancelled", job=self.job)
        return found


def wait(job: MediaJob, setup: Setup, patience: Patience) -> Flow[Done]:
    """Ask until the job is done; see `Polling.step` for what is raised."""
    polling = Polling(job, setup, patience)
    while True:
        found = yield from polling.step()
        if isinstance(found, Done):
            return found


def cancel(job: MediaJob, setup: Setup) -> Flow[MediaStatus]:
    """Cancel a job at the vendor and return how it stands then.

    It is asked for first: some vendors delete a finished job that is cancelled.

    Raises:
        ConfigError: The vendor has no way to cancel it.
        ApiError: The vendor refused, for example because the job runs already.
    """
    route = route_of(job, setup)
    if route.cancel is None or job.assets is not None:
        raise ConfigError(f"job: {job.provider} has no way to cancel {route.kind} jobs of {route.name}")
    found = yield from status(job, setup)
    if isinstance(found, (Done, Failed, Cancelled)):
        return found
    target = setup.target
    request = replace(request_of(route.cancel(job), route.base(target), target, repeatable=True), timeout=15.0)
    yield from send(request, target.provider, setup.retry)
    return Cancelled()


def can_cancel(job: MediaJob, setup: Setup) -> bool:
    """Tell whether the vendor has a way to cancel a job."""
    return job.assets is None and route_of(job, setup).cancel is not None
