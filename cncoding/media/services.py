"""Search as a flow, and what there is."""

from __future__ import annotations

from dataclasses import replace

from cncoding.errors import ConfigError
from cncoding.exchange.json_values import read_json
from cncoding.exchange.retry import Flow
from cncoding.media.inputs import find_rules, takes
from cncoding.media.routes import McpRoute, MediaRoute, SearchRoute, SpeechRoute, serves
from cncoding.media.rules import MediaModel
from cncoding.media.selection import find_search_route, media_routes
from cncoding.media.sending import build_request, guard_reading, send_once
from cncoding.media.values import McpServer, SearchResult
from cncoding.registry import providers
from cncoding.target import Setup
from cncoding.types import JsonObject

# ---------------------------------------------------------------- what there is


def tools_of(model: str, setup: Setup) -> frozenset[str]:
    """Return the names of the tools that a model is known to serve."""
    card = setup.target.endpoint.card(model)
    senses = {"image": "understand_image", "video": "understand_video"}
    seeing = {tool for kind, tool in senses.items() if card.known and kind in card.input}
    making = (_name_tools(route, route.model(model)) for route in media_routes(setup.target.provider))
    return frozenset(seeing.union(*making))


def _name_tools(route: MediaRoute, model: MediaModel | None) -> frozenset[str]:
    if model is None:
        return frozenset()
    if route.kind == "speech":
        return frozenset({"synthesize_speech"})
    if route.kind == "voice":
        return frozenset({"clone_voice" if route.starts else "design_voice"})
    if route.kind == "video":
        return frozenset({"generate_video", "submit_video", "check_media_job"})
    changing = {"edit_image"} if find_rules("images", route, model) else set()
    making = {"submit_image" if route.task else "generate_image"} if takes(route, model, ()) else set()
    return frozenset(changing | making)


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
    if not isinstance(query, str):
        raise ConfigError(f"query: is {type(query).__name__}; give text that says what to search for")
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
