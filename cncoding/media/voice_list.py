"""Voices of a vendor's list, as flows: read it, delete from it."""

from __future__ import annotations

from cncoding.errors import ConfigError
from cncoding.exchange.json_values import read_json
from cncoding.exchange.retry import Flow, send
from cncoding.media.routes import MediaRoute, VoiceRoute
from cncoding.media.sending import QUERY_RETRIES, build_request, guard_reading
from cncoding.media.voices import Voice
from cncoding.registry import providers
from cncoding.target import Setup


def has_voices(setup: Setup) -> bool:
    """Tell whether the provider lists its voices."""
    return bool(setup.target.provider.routes(VoiceRoute))


def can_delete_voices(setup: Setup) -> bool:
    """Tell whether the provider deletes voices."""
    return any(route.delete is not None for route in setup.target.provider.routes(VoiceRoute))


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
        known = [voice for route in target.provider.routes(MediaRoute) for voice in route.voices]
        some = f"; some of its voices: {', '.join(known[:12])}" if known else ""
        raise ConfigError(f"provider={target.provider.id!r}: lists no voices by API; these do: {able}{some}")
    ask = build_request(routes[0].draft, routes[0].base(target), target, repeatable=True)
    body = read_json((yield from send(ask, target.rules, QUERY_RETRIES)), target.provider.id)
    with guard_reading(target.provider, body):
        return routes[0].read(body)


def delete_voice(voice: Voice | str, setup: Setup, kind: str | None = None) -> Flow[None]:
    """Let the vendor forget a voice of this key, for good.

    Args:
        voice: A voice or its id.
        setup: The client's.
        kind: `cloned` or `designed`, where only the id is given; it is looked up in the list if None.

    Raises:
        ConfigError: The provider has no way to.
        ApiError, TransportError: It failed.
    """
    target = setup.target
    route = next(iter(target.provider.routes(VoiceRoute)), None)
    if route is None or route.delete is None:
        able = ", ".join(one.id for one in providers().values() if any(each.delete for each in one.routes(VoiceRoute)))
        raise ConfigError(f"provider={target.provider.id!r}: deletes no voices by API; these do: {able}")
    name = voice.id if isinstance(voice, Voice) else voice
    if not isinstance(name, str) or not name.strip():
        raise ConfigError("voice: empty; give a voice that list_voices() or clone_voice() returned, or its id")
    if isinstance(voice, Voice):
        kind = voice.kind
    elif kind is None:
        listed = yield from list_voices(setup)
        kind = next((one.kind for one in listed if one.id == name), "cloned")
    if kind not in ("cloned", "designed"):
        raise ConfigError(f"voice: {name} is {kind}; only what was cloned or designed with this key is deleted")
    ask = build_request(route.delete(name, kind), route.base(target), target, repeatable=True)
    yield from send(ask, target.rules, QUERY_RETRIES)
