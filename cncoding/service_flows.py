"""Search, transcripts, sight, quota and model lists, as flows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cncoding.errors import ApiError, AuthenticationError, ConfigError, JobDeadlineError, ProtocolError
from cncoding.exchange import Now, Request, Sleep
from cncoding.fetching import checked_address, inline, with_bytes
from cncoding.flows import Flow, Setup, chat, describe_image, read_json, send
from cncoding.fold import fold
from cncoding.media import ListedModel, McpServer, Quota, SearchResult, Transcript
from cncoding.media_flows import QUERY_RETRIES, Patience, media_routes, reading, request_of, send_once
from cncoding.media_routes import Draft, McpRoute, QuotaRoute, Recording, SearchRoute, SpeechRoute
from cncoding.media_saving import link_policy
from cncoding.types import ChatRequest, JsonObject, Media, user
from cncoding.wire.mediatypes import address

MAX_SOUND = 100 << 20


# ---------------------------------------------------------------- what there is


_TOOLS = {
    "image": ("generate_image",),
    "video": ("generate_video", "submit_video", "check_media_job"),
    "speech": ("synthesize_speech",),
}


def tools_of(model: str, setup: Setup) -> frozenset[str]:
    """Return the names of the tools that a model is known to serve."""
    card = setup.target.endpoint.card(model)
    seeing = {"understand_image"} if card.known and "image" in card.input else set()
    routes = [route for route in media_routes(setup.target.provider) if route.model(model) is not None]
    return frozenset(seeing | {name for route in routes for name in _TOOLS[route.kind]})


def can_transcribe(setup: Setup) -> bool:
    """Tell whether the provider puts speech into words."""
    return any(isinstance(route, SpeechRoute) for route in setup.target.provider.media)


def mcp_servers(setup: Setup, media_setup: Setup) -> tuple[McpServer, ...]:
    """Return the MCP servers of the provider."""
    return tuple(
        route.make((media_setup if route.plans else setup).target)
        for route in setup.target.provider.media
        if isinstance(route, McpRoute) and (route.endpoints is None or setup.target.endpoint.name in route.endpoints)
    )


def can_see(setup: Setup) -> bool:
    """Tell whether a vision endpoint or a model of the endpoint reads images."""
    provider = setup.target.provider
    return provider.vlm is not None or any("image" in card.input for card in setup.target.endpoint.models)


# ---------------------------------------------------------------- search


def search_route(setup: Setup) -> SearchRoute | None:
    """Return the search of the client's endpoint, None if it has none."""
    name = setup.target.endpoint.name
    for route in setup.target.provider.media:
        if isinstance(route, SearchRoute) and (route.endpoints is None or name in route.endpoints):
            return route
    return None


def search(query: str, setup: Setup, *, count: int | None, options: JsonObject) -> Flow[SearchResult]:
    """Search the web with the vendor's search.

    Raises:
        ConfigError: The provider has none, or does not take an option.
        ApiError, TransportError, ProtocolError: It failed.
    """
    route = search_route(setup)
    target = setup.target
    if route is None:
        raise ConfigError(f"provider={target.provider.id!r}: has no web search by API; glm, kimi and minimax have")
    if not query.strip():
        raise ConfigError("query: empty; say what to search for")
    request = request_of(
        route.encode(query, count if route.counts else None, options), route.base(target), target, repeatable=False
    )
    # A search that was lost costs a cent; one that the vendor refused is asked again only if it was busy.
    reply = yield from send_once(request, target.provider, setup.retry)
    body = read_json(reply, target.provider)
    with reading(target.provider, body):
        found = route.read(body, query)
    return found if count is None else replace(found, hits=found.hits[:count])


# ---------------------------------------------------------------- transcripts


def transcribe(
    media: Media, setup: Setup, *, model: str | None, language: str | None, options: JsonObject, patience: Patience
) -> Flow[Transcript]:
    """Put speech into words.

    Raises:
        ConfigError: The provider has no such endpoint, or does not take this recording.
        ApiError, TransportError, ProtocolError: It failed.
        JobDeadlineError: It was not done in time.
    """
    target = setup.target
    routes = [one for one in target.provider.media if isinstance(one, SpeechRoute)]
    if not routes:
        raise ConfigError(f"provider={target.provider.id!r}: has no transcription by API; glm and qwen have")
    route = next((one for one in routes if model and model.lower() in one.models), None)
    if route is None:
        route = next((one for one in routes if model and one.query and "filetrans" in model), routes[0])
    media = yield from _sound(media, route, setup)
    recording = Recording(media, model or route.models[0], language, options)
    request = request_of(route.encode(recording), route.base(target), target, repeatable=False)
    reply = yield from send_once(request, target.provider, setup.retry)
    body = read_json(reply, target.provider)
    with reading(target.provider, body):
        found = route.read(body)
    if isinstance(found, str):
        found = yield from _transcript_of(found, route, setup, patience)
    return replace(found, model=found.model or recording.model)


def _sound(media: Media, route: SpeechRoute, setup: Setup) -> Flow[Media]:
    """Bring a recording into the form that the route takes."""
    if media.path is not None or (media.url or "").startswith("data:"):
        media = yield from inline(media, setup.fetching)
    if media.url is not None and not route.urls:
        where = yield from checked_address(media.url, setup.fetching, "audio")
        fetch = Request("GET", media.url, {"Accept": "audio/*"}, address=where, max_bytes=MAX_SOUND, timeout=60.0)
        reply = yield from send(fetch, setup.target.provider, setup.retry)
        media = with_bytes(media, reply.body)
    if media.url is None and route.query is not None and media.data is not None:
        raise ConfigError("audio: this model takes a public link only; give a URL, or choose another model")
    return media


def _transcript_of(task: str, route: SpeechRoute, setup: Setup, patience: Patience) -> Flow[Transcript]:
    """Ask for a transcript that is made as a job."""
    assert route.query is not None and route.read_query is not None
    target = setup.target
    interval = patience.interval or 3.0
    until = (yield Now()) + (patience.timeout or 900.0)
    while True:
        ask = request_of(route.query(task), route.base(target), target, repeatable=True)
        body = read_json((yield from send(ask, target.provider, QUERY_RETRIES)), target.provider)
        with reading(target.provider, body):
            found = route.read_query(body)
        if isinstance(found, Transcript):
            return found
        if isinstance(found, str):
            where = yield from checked_address(found, link_policy(found, setup), "transcript")
            fetch = Request(
                "GET", found, {"Accept": "application/json"}, address=where, timeout=60.0, max_bytes=MAX_SOUND
            )
            body = read_json((yield from send(fetch, target.provider, QUERY_RETRIES)), target.provider)
            assert route.read_file is not None
            with reading(target.provider, body):
                return route.read_file(body)
        if (yield Now()) + interval > until:
            raise JobDeadlineError(f"the transcript {task} was not done in time", job={"id": task, "route": route.name})
        yield Sleep(interval, jitter=True)
        interval = min(interval * 4 / 3, 15.0)


# ---------------------------------------------------------------- sight


def understand(media: Media, question: str, setup: Setup, *, model: str | None) -> Flow[str]:
    """Ask about an image: the vendor's vision endpoint if it has one and no model is named, else a model with eyes.

    Raises:
        ConfigError: No model of the endpoint sees.
        ApiError, TransportError, ProtocolError: It failed.
    """
    target = setup.target
    if model is None and target.provider.vlm is not None:
        image = yield from inline(media, setup.fetching)
        return (yield from describe_image(question, address(image), setup))
    request = ChatRequest(messages=(user(media, question),), model=model or _seeing(setup), vision="native")
    return fold((yield from chat(request, setup)), target.provider.id).text


def _seeing(setup: Setup) -> str:
    """Return the client's model if it sees, else the first of the endpoint that does."""
    target = setup.target
    if "image" in target.card().input:
        return target.model
    for card in target.endpoint.models:
        if "image" in card.input:
            return card.id
    raise ConfigError(f"model: no model of {target.provider.id} at {target.endpoint.name!r} is known to see; name one")


# ---------------------------------------------------------------- quota


def quota(setup: Setup) -> Flow[Quota]:
    """Ask what is left on the plan or the account.

    Raises:
        ConfigError: The provider does not tell.
        ApiError, TransportError, ProtocolError: It failed.
    """
    target = setup.target
    provider, name = target.provider, target.endpoint.name
    route = provider.quota
    asks = route.asks.get(name, ()) if isinstance(route, QuotaRoute) else ()
    if not asks:
        why = (
            route.otherwise
            if isinstance(route, QuotaRoute) and route.otherwise
            else "the vendor documents no way to ask"
        )
        raise ConfigError(f"quota of {provider.id} at endpoint {name!r}: not available by API; {why}")
    empty = Quota(provider.id, name)
    first: ApiError | None = None
    for ask in asks:
        request = request_of(ask.draft, ask.base(target), target, repeatable=True)
        try:
            reply = yield from send(request, provider, setup.retry)
        except ApiError as error:
            # The older address of MiniMax takes over where the newer is missing or wants a cookie.
            if error.status != 404 and not isinstance(error, AuthenticationError):
                raise
            first = first or error
            continue
        body = read_json(reply, provider)
        with reading(provider, body):
            return ask.read(body, empty)
    assert first is not None
    raise first


# ---------------------------------------------------------------- models


def models(setup: Setup) -> Flow[tuple[ListedModel, ...]]:
    """List the models of the endpoint; where it lists none, those of our table, marked so.

    Raises:
        ApiError, TransportError, ProtocolError: It failed.
    """
    target = setup.target
    wire = target.endpoint.wires.get("openai", target.wire)
    base = target.base_url if target.wire_name == "openai" else f"{target.root}{wire.path}"
    request = request_of(Draft("/models", method="GET"), base, target, repeatable=True)
    try:
        body = read_json((yield from send(request, target.provider, setup.retry)), target.provider)
    except ApiError as error:
        if error.status != 404:
            raise
        return tuple(ListedModel(card.id, listed=False, context=card.context) for card in target.endpoint.models)
    rows = body.get("data")
    if not isinstance(rows, list):
        raise ProtocolError("the reply lists no models", provider=target.provider.id, payload=str(body))
    return tuple(_listed(row, setup) for row in rows if isinstance(row, dict) and row.get("id"))


def _listed(row: dict[str, Any], setup: Setup) -> ListedModel:
    context = row.get("context_length") or setup.target.endpoint.card(str(row["id"])).context
    return ListedModel(str(row["id"]), context=context if isinstance(context, int) else None, raw=row)
