"""Policy of media jobs, said once: submit without paying twice, ask with patience.

Generators: they yield steps and decide everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cncoding.errors import ApiError, ConfigError, ProtocolError
from cncoding.exchange.failures import name_model
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import sniff
from cncoding.exchange.retry import Flow, Retry, send
from cncoding.exchange.steps import Now, Reply, Request
from cncoding.media.delivery import Announce, Arranged, Files, arrange, deliver, find_headers, look_at_large
from cncoding.media.inputs import INPUTS, find_rules
from cncoding.media.job_ids import check_id
from cncoding.media.loading import fit_inputs, load_inputs
from cncoding.media.rates import Waiting
from cncoding.media.routes import Asking, FileReady, MediaRoute, Submitted
from cncoding.media.selection import list_choices, route_of
from cncoding.media.sending import QUERY_RETRIES, build_request, guard_reading, send_once
from cncoding.media.shapes import check_shape
from cncoding.media.spelling import spell_request
from cncoding.media.values import Cancelled, Done, Failed, MediaJob, MediaRequest, MediaStatus
from cncoding.media.voices import check_consent
from cncoding.target import Setup
from cncoding.types import JsonObject

# ---------------------------------------------------------------- from a draft to a reply


# ---------------------------------------------------------------- submit


def submit(request: MediaRequest, setup: Setup) -> Flow[MediaJob]:
    """Send a request for a medium and return the job. A vendor that answers at once gives a job that is done.

    Raises:
        ConfigError: The request cannot be sent, by the page of its model; nothing was sent or charged.
        TransportError: The network failed; with `sent`, the vendor may have begun and charged.
        ApiError: The vendor refused or failed.
    """
    prepared = yield from prepare(request, setup)
    if prepared.waits:
        prepared = yield from upload(prepared, setup)
    return (yield from buy(prepared, setup))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that passed every check and is ready to be paid for."""

    request: MediaRequest
    """With its inputs read."""
    route: MediaRoute
    model: str
    wire: Request
    arranged: Arranged

    @property
    def waits(self) -> bool:
        """Whether some of its inputs must be uploaded first."""
        return bool(self.arranged.uploads)


def prepare(request: MediaRequest, setup: Setup) -> Flow[Prepared]:
    """Choose the route, read the inputs and check everything; nothing is sent to the vendor.

    Raises:
        ConfigError: The request cannot be sent, by the page of its model.
    """
    target = setup.target
    check_shape(request)
    if request.kind == "voice" and request.inputs:
        check_consent(getattr(request, "consent", None))
    choices = list_choices(request, target.provider)
    request = yield from load_inputs(request)
    files = yield from look_at_large(request, (route for route, _ in choices), setup)
    prepared = yield from _prepare_first(request, files, choices, setup)
    route, model = prepared.route, prepared.model
    fitted = yield from fit_inputs(request, route.model(model))
    if fitted == request:
        return prepared
    return _encode((yield from arrange(fitted, files, route, model, setup)), route, model, setup)


def _prepare_first(
    request: MediaRequest, files: Files, choices: tuple[tuple[MediaRoute, str], ...], setup: Setup
) -> Flow[Prepared]:
    """Return the request as the first choice that takes it.

    Raises:
        ConfigError: None does; the text is that of the first that would take the inputs.
    """
    refusals: list[tuple[bool, ConfigError]] = []
    for route, model in choices:
        try:
            return _encode((yield from arrange(request, files, route, model, setup)), route, model, setup)
        except ConfigError as error:
            refusals.append((_is_about_inputs(error, route), error))
    raise min(refusals, key=lambda one: one[0])[1]


def _is_about_inputs(error: ConfigError, route: MediaRoute) -> bool:
    """Tell whether a model refused the inputs, so that what another one says of the rest is of more use."""
    theirs = {field for name in INPUTS for field in (name, *route.names.get(name, ()))}
    return error.refusal is not None and error.refusal.field in theirs


def _encode(arranged: Arranged, route: MediaRoute, model: str, setup: Setup) -> Prepared:
    """Write the request as it will leave.

    Raises:
        ConfigError: The route does not take it.
    """
    known, target = route.model(model, arranged.request.options), setup.target
    request = spell_request(_leave_out_one(arranged.request, route, model), route, known)
    draft = route.encode(Asking(request, model, known))
    if request.extra:
        draft = replace(draft, body=_merge(draft.body or {}, request.extra))
    draft = replace(draft, headers={**draft.headers, **find_headers(request.inputs, arranged.carriage)})
    wire = build_request(draft, route.base(target), target, repeatable=False)
    return Prepared(request, route, model, wire, arranged)


def _leave_out_one(request: MediaRequest, route: MediaRoute, model: str) -> MediaRequest:
    """Return a request without its count where one is wanted of a model that makes one and takes no count."""
    takes_none = request.n == 1 and find_rules("count", route, route.model(model)) == ()
    return replace(request, n=None) if takes_none else request


def upload(prepared: Prepared, setup: Setup, tell: Announce | None = None) -> Flow[Prepared]:
    """Give the vendor the inputs that are too large for the request; what is returned can be paid for.

    Args:
        prepared: A checked request.
        setup: The client's.
        tell: Gets a line for every file, before it leaves.

    Raises:
        TransportError, ApiError, ProtocolError: An upload failed; nothing was bought.
    """
    arranged = yield from deliver(prepared.arranged, prepared.model, setup, tell)
    return _encode(arranged, prepared.route, prepared.model, setup)


def buy(prepared: Prepared, setup: Setup, waiting: Waiting | None = None) -> Flow[MediaJob]:
    """Send a prepared request, once, and return its job.

    Raises:
        TransportError, ApiError, ProtocolError: As `submit`.
    """
    provider = setup.target.provider
    with name_model(prepared.model, (one.id for one in prepared.route.models)):
        reply = yield from send_once(prepared.wire, setup.target.rules, setup.retry, waiting)
    with guard_reading(provider, reply.body):
        found = prepared.route.read_submit(reply, prepared.request)
        _check_job(found, reply)
    return (yield from _job(found, prepared.route, prepared.model, prepared.request, reply, setup))


def _check_job(found: Submitted, reply: Reply) -> None:
    """Refuse a job by whose id nobody could ask for it.

    Raises:
        ProtocolError: It is one.
    """
    try:
        if found.done is None or found.id:
            check_id(found.id)
    except ConfigError as error:
        raise ProtocolError(f"the vendor's {error}", payload=repr(reply.body[:2000])) from error


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
        extra={**found.extra, **_keep_settings(request)},
    )
    if found.done is None:
        return job
    done = _complete(found.done, job, route, now)
    return replace(job, assets=done.assets, usage=done.usage, raw=done.raw)


def _keep_settings(request: MediaRequest) -> JsonObject:
    """Return what is written beside the file later and is in no reply: the seed, and a speaker's consent."""
    told = {name: getattr(request, name, None) for name in ("seed", "consent")}
    return {name: value for name, value in told.items() if value is not None}


def _complete(done: Done, job: MediaJob, route: MediaRoute, now: float) -> Done:
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
        for asset in (one.tidy() for one in done.assets)
    )
    return replace(done, assets=assets, job=job)


def _type_of(data: bytes) -> str | None:
    return sniff(data[:32])


def _merge(body: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Return `body` with `extra` laid over it, objects inside objects too."""
    merged = dict(body)
    for name, value in extra.items():
        inner = merged.get(name)
        merged[name] = _merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


# ---------------------------------------------------------------- status, wait, cancel


def status(job: MediaJob, setup: Setup, *, hurry: bool = False) -> Flow[MediaStatus]:
    """Ask once how a job stands.

    Raises:
        ConfigError: The job is not this provider's.
        ApiError, TransportError, ProtocolError: The question failed; the job may well go on.
    """
    route = route_of(job, setup)
    if job.assets is not None:
        return Done(job.assets, usage=job.usage, raw=job.raw, job=job)
    if route.query is None or route.read_query is None or not job.id:
        raise ConfigError(f"job: {job.route} answers at once, there is no task to ask for")
    check_id(job.id)
    target = setup.target
    request = build_request(route.query(job), route.base(target), target, repeatable=True)
    try:
        body = read_json((yield from _send(request, setup, QUERY_RETRIES, hurry=hurry)), target.provider.id)
    except ApiError as error:
        # A job that failed may be told by the members that mean a failed request elsewhere.
        if error.status != 200 or not isinstance(error.body, dict):
            raise
        told = _failure_of(route, error.body, job)
        if told is None:
            raise
        return told
    with guard_reading(target.provider, body):
        found = route.read_query(body, job)
    if isinstance(found, FileReady):
        file = build_request(found.draft, route.base(target), target, repeatable=True)
        told_file = read_json((yield from _send(file, setup, QUERY_RETRIES, hurry=hurry)), target.provider.id)
        with guard_reading(target.provider, told_file):
            found = found.read(told_file)
    if isinstance(found, Done):
        found = _complete(found, job, route, (yield Now()))
    return found


def _failure_of(route: MediaRoute, body: dict[str, Any], job: MediaJob) -> Failed | None:
    assert route.read_query is not None
    try:
        found = route.read_query(body, job)
    except ProtocolError:
        return None
    return found if isinstance(found, Failed) else None


def cancel(job: MediaJob, setup: Setup, *, hurry: bool = False) -> Flow[MediaStatus]:
    """Cancel a job at the vendor and return how it stands then.

    It is asked for first: some vendors delete a finished job that is cancelled.

    Args:
        job: Of this provider.
        setup: Of whom to ask.
        hurry: Whether an interrupted call waits for it to end: a vendor that does not answer at once is let be.

    Raises:
        ConfigError: The vendor has no way to cancel it.
        ApiError: The vendor refused, for example because the job runs already.
    """
    route = route_of(job, setup)
    if not job.id:
        raise ConfigError(f"job: {job.route} answers at once, there is nothing to cancel")
    if route.cancel is None or job.assets is not None:
        raise ConfigError(f"job: {job.provider} has no way to cancel a job of {job.model} ({route.kind}); it goes on")
    found = yield from status(job, setup, hurry=hurry)
    if isinstance(found, (Done, Failed, Cancelled)):
        return found
    target = setup.target
    request = replace(build_request(route.cancel(job), route.base(target), target, repeatable=True), timeout=15.0)
    yield from _send(request, setup, setup.retry, hurry=hurry)
    return Cancelled()


def _send(request: Request, setup: Setup, retry: Retry, *, hurry: bool) -> Flow[Reply]:
    """Send a request; in a hurry once, and for a moment."""
    if hurry:
        request, retry = replace(request, timeout=_MOMENT, total=_MOMENT), replace(retry, times=0)
    return (yield from send(request, setup.target.rules, retry))


_MOMENT = 3.0
"""Seconds that whoever waits for the end of an interrupted call grants a vendor, twice: to ask and to cancel."""


def can_cancel(job: MediaJob, setup: Setup) -> bool:
    """Tell whether the vendor has a way to cancel a job."""
    return job.assets is None and route_of(job, setup).cancel is not None
