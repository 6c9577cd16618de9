"""Search, transcripts and sight, as flows."""

from __future__ import annotations

from dataclasses import replace

from cncoding.chat.flow import chat, describe_image
from cncoding.chat.fold import fold
from cncoding.errors import ConfigError, JobDeadlineError
from cncoding.exchange.fetching import check_addresses, inline, with_bytes
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.retry import Flow, send
from cncoding.exchange.steps import Now, Request, Sleep
from cncoding.media.polling import Patience
from cncoding.media.routes import McpRoute, Recording, SearchRoute, SpeechRoute, VoiceRoute, serves
from cncoding.media.saving import link_policy
from cncoding.media.selection import find_search_route, find_sight_route, media_routes
from cncoding.media.sending import QUERY_RETRIES, build_request, guard_reading, send_once
from cncoding.media.values import McpServer, SearchResult, Transcript
from cncoding.media.voices import Voice
from cncoding.registry import providers
from cncoding.target import Setup
from cncoding.types import ChatRequest, JsonObject, Media, user

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
    return bool(setup.target.provider.routes(SpeechRoute))


def mcp_servers(setup: Setup, media_setup: Setup) -> tuple[McpServer, ...]:
    """Return the MCP servers of the provider."""
    return tuple(
        route.make((media_setup if route.plans else setup).target)
        for route in setup.target.provider.routes(McpRoute)
        if serves(route, setup.target.endpoint.name)
    )


def can_see(setup: Setup) -> bool:
    """Tell whether a vision endpoint or a model of the endpoint reads images."""
    return find_sight_route(setup) is not None or any("image" in card.input for card in setup.target.endpoint.models)


# ---------------------------------------------------------------- search


def search(query: str, setup: Setup, *, count: int | None, options: JsonObject) -> Flow[SearchResult]:
    """Search the web with the vendor's search.

    Raises:
        ConfigError: The provider has none, or does not take an option.
        ApiError, TransportError, ProtocolError: It failed.
    """
    route = find_search_route(setup)
    target = setup.target
    if route is None:
        able = ", ".join(one.id for one in providers().values() if one.routes(SearchRoute))
        raise ConfigError(f"provider={target.provider.id!r}: has no web search by API; these have one: {able}")
    if not query.strip():
        raise ConfigError("query: empty; say what to search for")
    request = build_request(
        route.encode(query, count if route.counts else None, options), route.base(target), target, repeatable=False
    )
    # A search that was lost costs a cent; one that the vendor refused is asked again only if it was busy.
    reply = yield from send_once(request, target.rules, setup.retry)
    body = read_json(reply, target.provider.id)
    with guard_reading(target.provider, body):
        found = route.read(body, query)
    return found if count is None else replace(found, hits=found.hits[:count])


# ---------------------------------------------------------------- voices


def has_voices(setup: Setup) -> bool:
    """Tell whether the provider lists its voices."""
    return bool(setup.target.provider.routes(VoiceRoute))


def list_voices(setup: Setup) -> Flow[tuple[Voice, ...]]:
    """Ask which voices there are for this key.

    Raises:
        ConfigError: The provider does not tell.
        ApiError, TransportError, ProtocolError: It failed.
    """
    target = setup.target
    routes = target.provider.routes(VoiceRoute)
    if not routes:
        able = ", ".join(one.id for one in providers().values() if one.routes(VoiceRoute))
        raise ConfigError(f"provider={target.provider.id!r}: lists no voices by API; these do: {able}")
    ask = build_request(routes[0].draft, routes[0].base(target), target, repeatable=True)
    body = read_json((yield from send(ask, target.rules, QUERY_RETRIES)), target.provider.id)
    with guard_reading(target.provider, body):
        return routes[0].read(body)


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
    routes = target.provider.routes(SpeechRoute)
    if not routes:
        able = ", ".join(one.id for one in providers().values() if one.routes(SpeechRoute))
        raise ConfigError(f"provider={target.provider.id!r}: has no transcription by API; these have one: {able}")
    route = next((one for one in routes if model and model.lower() in one.models), None)
    if route is None:
        route = next((one for one in routes if model and one.query and "filetrans" in model), routes[0])
    media = yield from _sound(media, route, setup)
    recording = Recording(media, model or route.models[0], language, options)
    request = build_request(route.encode(recording), route.base(target), target, repeatable=False)
    reply = yield from send_once(request, target.rules, setup.retry)
    body = read_json(reply, target.provider.id)
    with guard_reading(target.provider, body):
        found = route.read(body)
    if isinstance(found, str):
        found = yield from _transcript_of(found, route, setup, patience)
    return replace(found, model=found.model or recording.model)


def _sound(media: Media, route: SpeechRoute, setup: Setup) -> Flow[Media]:
    """Bring a recording into the form that the route takes."""
    if media.path is not None or (media.url or "").startswith("data:"):
        media = yield from inline(media, setup.fetching)
    if media.url is not None and not route.urls:
        where = yield from check_addresses(media.url, setup.fetching, "audio")
        fetch = Request(
            "GET", media.url, {"Accept": "audio/*"}, addresses=where, plain=True, max_bytes=MAX_SOUND, timeout=60.0
        )
        reply = yield from send(fetch, setup.target.rules, setup.retry)
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
        ask = build_request(route.query(task), route.base(target), target, repeatable=True)
        body = read_json((yield from send(ask, target.rules, QUERY_RETRIES)), target.provider.id)
        with guard_reading(target.provider, body):
            found = route.read_query(body)
        if isinstance(found, Transcript):
            return found
        if isinstance(found, str):
            where = yield from check_addresses(found, link_policy(found, setup), "transcript")
            fetch = Request(
                "GET",
                found,
                {"Accept": "application/json"},
                addresses=where,
                plain=True,
                timeout=60.0,
                max_bytes=MAX_SOUND,
            )
            body = read_json((yield from send(fetch, target.rules, QUERY_RETRIES)), target.provider.id)
            assert route.read_file is not None
            with guard_reading(target.provider, body):
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
    if model is None and find_sight_route(setup) is not None:
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
