"""Which route makes a medium, and which route a job came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from cncoding.errors import ConfigError
from cncoding.media.inputs import InputName, check_inputs, list_inputs, takes
from cncoding.media.routes import MediaRoute, SearchRoute, SightRoute, serves
from cncoding.media.values import JobKind, MediaJob, MediaRequest
from cncoding.profile import Provider
from cncoding.registry import providers
from cncoding.target import Setup

S = TypeVar("S", SearchRoute, SightRoute)


def media_routes(provider: Provider, kind: JobKind | None = None) -> tuple[MediaRoute, ...]:
    """Return the routes of a provider that make media of a kind, or of any."""
    return tuple(one for one in provider.routes(MediaRoute) if kind in (None, one.kind))


def list_choices(request: MediaRequest, provider: Provider) -> tuple[tuple[MediaRoute, str], ...]:
    """Return the routes and models that may serve a request, the provider's default first.

    A request that starts from pictures, films or sounds and names no model is served by the first one whose page says
    that it takes such inputs; nothing else makes another model of it.

    Raises:
        ConfigError: The provider makes no such medium, not this way, or not from these inputs.
    """
    candidates = list_candidates(request, provider)
    given = list_inputs(request)
    fitting = tuple(one for one in candidates if takes(one[0], one[0].model(one[1]), given))
    if request.model is None and given and fitting:
        return fitting
    if request.model is None and len(given) > 1 and all(_has_taker(name, candidates) for name in given):
        names = " and ".join(f"{name}=" for name in sorted(given))
        raise ConfigError(f"{names}: no model of {provider.id} takes them together; leave one of them out")
    route, model = candidates[0]
    check_inputs(request, route, route.model(model), provider)
    return candidates[:1]


def _has_taker(name: InputName, candidates: Iterable[tuple[MediaRoute, str]]) -> bool:
    return any(takes(route, route.model(model), (name,)) for route, model in candidates)


def list_candidates(request: MediaRequest, provider: Provider) -> tuple[tuple[MediaRoute, str], ...]:
    """Return the routes and models that may serve a request whatever its inputs, the provider's default first.

    Raises:
        ConfigError: The provider makes no such medium, or not this way.
    """
    first = choose_route(request, provider)
    if request.model is not None:
        return (first,)
    return (first, *(other for other in _list_known(request, provider) if other[1] != first[1]))


def _list_known(request: MediaRequest, provider: Provider) -> tuple[tuple[MediaRoute, str], ...]:
    """Return the models whose page says what they take, with the routes that make them the way that is asked for."""
    return tuple(
        (route, model.id)
        for route in media_routes(provider, request.kind)
        if route.task is None or route.task == bool(request.as_task)
        if route.starts in (None, bool(request.inputs))
        for model in route.models
        if model.fields
    )


def choose_route(request: MediaRequest, provider: Provider) -> tuple[MediaRoute, str]:
    """Return the route for a request, and the model it will ask.

    Raises:
        ConfigError: The provider makes no such medium, or not this way.
    """
    routes = media_routes(provider, request.kind)
    if not routes:
        others = f"{_elsewhere(provider)}; {_list_starting(request)}"
        raise ConfigError(f"provider={provider.id!r}: makes no {request.kind}; {others}")
    routes = tuple(route for route in routes if route.starts in (None, bool(request.inputs)))
    if not routes:
        way = "from a recording" if request.inputs else "from words"
        raise ConfigError(f"provider={provider.id!r}: makes no {request.kind} {way}; {_list_starting(request)}")
    if any(route.task for route in routes):
        wanted = bool(request.as_task)
        fitting = tuple(route for route in routes if route.task in (None, wanted))
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


def _list_starting(request: MediaRequest) -> str:
    able = (
        one.id
        for one in providers().values()
        if any(route.starts in (None, bool(request.inputs)) for route in media_routes(one, request.kind))
    )
    return f"these do: {', '.join(able)}"


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
        return _believe_little(MediaJob.from_json(handle), setup)
    name, _, rest = handle.strip().partition(":")
    model, _, task = rest.rpartition(":")
    provider = setup.target.provider
    route = next((one for one in media_routes(provider) if one.name == name), None)
    if route is None or not task or not model or _leads_elsewhere(task):
        raise ConfigError(f"job={handle[:200]!r}: not a job of {provider.id}; give its handle or its JSON")
    return MediaJob(provider.id, setup.target.endpoint.name, route.kind, model, task, route.name)


def _leads_elsewhere(task: str) -> bool:
    """Tell whether a number of a job that came from outside could be taken for a path: no vendor's has slashes."""
    return "/" in task or "\\" in task


def _believe_little(job: MediaJob, setup: Setup) -> MediaJob:
    """Return what may be believed of a job that came from outside: whose it is, and its number there.

    Raises:
        ConfigError: It belongs to another provider or endpoint, or names no task.
    """
    target = setup.target
    if (job.provider, job.endpoint) != (target.provider.id, target.endpoint.name):
        raise ConfigError(
            f"job: belongs to {job.provider!r} at {job.endpoint!r}, this client talks to {target.provider.id!r} at "
            f"{target.endpoint.name!r}"
        )
    if not job.id or _leads_elsewhere(job.id):
        raise ConfigError(f"job: {job.id[:80]!r} is no task that could be asked for")
    return replace(job, assets=None, usage={}, extra={})


def find_search_route(setup: Setup) -> SearchRoute | None:
    """Return the search of the client's endpoint, None if it has none."""
    return _find_served(setup.target.provider.routes(SearchRoute), setup)


def find_sight_route(setup: Setup) -> SightRoute | None:
    """Return what describes images for models of the client's endpoint that cannot see, None if nothing does."""
    return _find_served(setup.target.provider.routes(SightRoute), setup)


def _find_served(routes: tuple[S, ...], setup: Setup) -> S | None:
    name = setup.target.endpoint.name
    return next((route for route in routes if serves(route, name)), None)
