"""Which vendors are there, and where do a client's settings lead?"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from urllib.parse import urlsplit

from cncoding import vendors
from cncoding._version import __version__
from cncoding.errors import ConfigError, Hint
from cncoding.hints import table
from cncoding.hints.hint import list_names
from cncoding.names import did_you_mean
from cncoding.profile import Endpoint, Provider, Wire, WireName
from cncoding.target import Target

ENTRY_POINTS = "cncoding.vendors"
"""Group in which another package names a module (or object) with a `PROVIDER`."""


@cache
def own_providers() -> Mapping[str, Provider]:
    """Return the providers of this package, in the order of their file names."""
    found: dict[str, Provider] = {}
    for module in pkgutil.iter_modules(vendors.__path__):
        provider = getattr(importlib.import_module(f"{vendors.__name__}.{module.name}"), "PROVIDER", None)
        if isinstance(provider, Provider):
            found[provider.id] = provider
    return found


@cache
def providers() -> Mapping[str, Provider]:
    """Return every provider by id: our own and those that installed packages register.

    Raises:
        ConfigError: A registered entry point holds no provider, or takes the id of one of ours.
    """
    found = dict(own_providers())
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            loaded = entry.load()
        except (ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError) as error:
            raise ConfigError(
                f"entry point {entry.name!r} of {ENTRY_POINTS}: {entry.value} cannot be loaded ({error}); repair or "
                "remove the package that registers it"
            ) from error
        provider = getattr(loaded, "PROVIDER", loaded)
        if not isinstance(provider, Provider):
            raise ConfigError(f"entry point {entry.name!r} of {ENTRY_POINTS}: {entry.value} has no PROVIDER")
        if provider.id in found:
            raise ConfigError(f"entry point {entry.name!r} of {ENTRY_POINTS}: the id {provider.id!r} is taken")
        found[provider.id] = provider
    return found


def find_provider(name: str) -> Provider:
    """Return the provider with this id.

    Raises:
        ConfigError: There is none; the text suggests the nearest.
    """
    if provider := own_providers().get(name) or providers().get(name):
        return provider
    raise ConfigError(
        f"provider={name!r}: unknown{_guess_provider(name) if isinstance(name, str) else ''}",
        hint=table.PROVIDERS.fill(names=list_names(providers())),
    )


def _guess_provider(name: str) -> str:
    """Say what a name may mean: a provider by another spelling or by what its keys are called, or a model."""
    known = providers().values()
    for provider in known:
        if any(endpoint.card(name).known for endpoint in provider.endpoints):
            return f"; {name} is a model: give provider={provider.id!r}, model={name!r}"
    if near := did_you_mean(name, providers()):
        return near
    keys = {one.id: [key for endpoint in one.endpoints for key in endpoint.key_env] for one in known}
    brand = name.upper().replace("-", "").replace(".", "").replace("_", "")
    owner = next((one for one, names in keys.items() for key in names if brand and key.startswith(brand)), None)
    return f", did you mean {owner!r}?" if owner else ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user told a client about where to go. None means "not told"."""

    provider: str
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    endpoint: str | None = None
    base_url: str | None = None
    wire: WireName | None = None
    user_agent: str | None = None
    framework: str | None = None
    default_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def resolve(settings: Settings, environ: Mapping[str, str]) -> Target:
    """Decide endpoint, wire, URL, key and headers, before any I/O.

    Args:
        settings: The user's words.
        environ: The environment, for keys and base URLs.

    Raises:
        ConfigError: Something is missing or does not fit together; the text names the field and the remedy.
    """
    provider = find_provider(settings.provider)
    given = _checked_url(settings.base_url, "base_url")
    from_env = _url_of(environ, provider.base_url_env)
    endpoint, wire_name = _choose(provider, settings, given or from_env, environ)
    wire = endpoint.wires.get(wire_name)
    if wire is None:
        raise ConfigError(
            f"wire={wire_name!r}: {provider.id} speaks {', '.join(endpoint.wires)} at endpoint {endpoint.name!r}"
        )
    host = _url_of(environ, provider.host_env) if provider.host_env else None
    base_url = given or _move(provider, from_env, wire) or _official(provider, endpoint, wire, host)
    asked = settings.endpoint is not None or endpoint is not provider.endpoints[0]
    official = given is None and from_env is None
    key = _key(provider, endpoint, settings, environ, official=official, asked=asked)
    agent = settings.user_agent or provider.identity(environ) or _own_agent(settings.framework)
    headers = {"Authorization": f"Bearer {key}", "User-Agent": agent, **settings.default_headers}
    return Target(
        provider=provider,
        endpoint=endpoint,
        wire_name=wire_name,
        wire=wire,
        base_url=base_url,
        root=_root(base_url, wire),
        model=settings.model or endpoint.default_model,
        api_key=key,
        headers=headers,
    )


def _own_agent(framework: str | None) -> str:
    return f"cncoding/{__version__}" + (f" {framework}" if framework else "")


# ---------------------------------------------------------------- URL


def _root(base_url: str, wire: Wire) -> str:
    """Return `base_url` without the wire's path, or without another path that leads to the same service."""
    paths = [path for path in (wire.path, *wire.also) if path and base_url.endswith(path)]
    return base_url.removesuffix(max(paths, key=len)) if paths else base_url


def _url_of(environ: Mapping[str, str], name: str) -> str | None:
    """Return the URL that a variable of the environment holds; a blank one counts as unset."""
    return _checked_url(environ.get(name, "").strip() or None, name)


def _checked_url(url: str | None, name: str) -> str | None:
    if url is None:
        return None
    url = url.strip()
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
        (parts.hostname or "").encode("idna")
    except ValueError:  # half an IPv6 address, a port that is no number, a label that is empty or too long
        sound = False
    if not sound or not url.isprintable() or " " in url:
        raise ConfigError(f"{name}: not an http(s) URL; give for example https://host/v1")
    if parts.query or parts.fragment:
        raise ConfigError(
            f"{name}: holds a query or a fragment, and the route is appended; leave what follows ? or # out"
        )
    if parts.username or parts.password:
        raise ConfigError(f"{name}: holds a user name or password; give the key as api_key")
    bare = url.rstrip("/")
    for route in ("/chat/completions", "/v1/messages"):
        if bare.endswith(route):
            raise ConfigError(f"{name}: leave {route!r} out, it is appended")
    return bare


def _move(provider: Provider, from_env: str | None, wire: Wire) -> str | None:
    """Return the URL of the environment, on the path of the wire and endpoint that the arguments ask for.

    The variable names one base; where it ends in a path that we know of the same provider, the rest of it is a host
    that serves the other paths too.
    """
    if from_env is None:
        return None
    wires = [other for endpoint in provider.endpoints for other in endpoint.wires.values()]
    if any(from_env.endswith(path) for path in wire.also):
        return from_env
    paths = {path for other in wires for path in (other.path, *other.also)}
    known = max((path for path in paths if from_env.endswith(path)), key=len, default=None)
    return from_env if known is None else from_env.removesuffix(known) + wire.path


def _official(provider: Provider, endpoint: Endpoint, wire: Wire, host: str | None) -> str:
    where = host or endpoint.host
    if not where:
        raise ConfigError(f"base_url: {provider.id} publishes no address; give base_url or set {provider.base_url_env}")
    return where + wire.path


# ---------------------------------------------------------------- endpoint


def _choose(
    provider: Provider, settings: Settings, url: str | None, environ: Mapping[str, str]
) -> tuple[Endpoint, WireName]:
    wire = settings.wire
    if wire is not None and wire not in ("openai", "anthropic"):
        raise ConfigError(f"wire={wire!r}: choose 'openai' or 'anthropic'")
    if settings.endpoint is not None:
        return provider.endpoint(settings.endpoint), wire or "openai"
    by_key = _by_key(provider, settings.api_key, environ)
    if url is not None and (found := _by_url(provider, url, by_key)) is not None:
        return found[0], wire or found[1]
    return by_key, wire or "openai"


def _by_url(provider: Provider, url: str, by_key: Endpoint) -> tuple[Endpoint, WireName] | None:
    """Find the endpoint and wire whose address `url` is, or whose path it ends in; between equals the key decides."""
    best: tuple[tuple[bool, int, bool], Endpoint, WireName] | None = None
    for endpoint in provider.endpoints:
        for name, wire in endpoint.wires.items():
            if wire.path and url.endswith(wire.path):
                rank = (
                    url in {host + wire.path for host in (endpoint.host, *endpoint.also)},
                    len(wire.path),
                    endpoint.key_prefixes == by_key.key_prefixes,
                )
                if best is None or rank > best[0]:
                    best = (rank, endpoint, "anthropic" if name == "anthropic" else "openai")
    return (best[1], best[2]) if best else None


def _by_key(provider: Provider, key: str | None, environ: Mapping[str, str]) -> Endpoint:
    """Find the endpoint whose kind of key was given, else the first that the environment has a key for."""
    for endpoint in provider.endpoints:
        if told := key or read_key(endpoint, environ):
            fallback = provider.endpoints[0] if key else endpoint
            return next((one for one in provider.endpoints if _owns(one, told, key, environ)), fallback)
    return provider.endpoints[0]


def _owns(endpoint: Endpoint, told: str, key: str | None, environ: Mapping[str, str]) -> bool:
    return told.startswith(endpoint.key_prefixes or ("\0",)) and (key or read_key(endpoint, environ)) == told


# ---------------------------------------------------------------- key


def read_key(endpoint: Endpoint, environ: Mapping[str, str]) -> str | None:
    """Return the key of an endpoint that the environment holds, None if it holds none."""
    for entry in endpoint.key_env:
        name, _, prefix = entry.partition(":")
        value = environ.get(name, "").strip()
        if value and value.startswith(prefix):
            return value
    return None


def _told_key(settings: Settings, endpoint: Endpoint, environ: Mapping[str, str]) -> str | None:
    """Return the key that was given, else the endpoint's own from the environment."""
    return settings.api_key.strip() if settings.api_key is not None else read_key(endpoint, environ)


def _key_names(endpoint: Endpoint) -> Hint:
    """Name the variables that hold a key of the endpoint."""
    return list_names(dict.fromkeys(entry.partition(":")[0] for entry in endpoint.key_env), "or")


def _hint_at_key(provider: Provider, endpoint: Endpoint) -> Hint:
    """Say how a key is given, and where it is made."""
    hint = table.KEY_MISSING.fill(names=_key_names(endpoint))
    page = provider.key_pages.get(endpoint.name)
    return hint + table.KEY.fill(page=page) if page else hint


_PLACEHOLDER = re.compile(r"<.*>|\[.*\]|\$.*|your[-_ ].*|.*[-_ ]here|sk-(x{3,}|\*{3,}|\.{3,})", re.I)


def _is_placeholder(key: str, endpoint: Endpoint) -> bool:
    """Tell whether it stands for a key in somebody's example."""
    names = {entry.partition(":")[0] for entry in endpoint.key_env}
    return bool(_PLACEHOLDER.fullmatch(key)) or key in names


def _key(
    provider: Provider,
    endpoint: Endpoint,
    settings: Settings,
    environ: Mapping[str, str],
    *,
    official: bool,
    asked: bool,
) -> str:
    key = _told_key(settings, endpoint, environ)
    if not key:
        raise ConfigError(
            f"api_key: {provider.id} needs a key for endpoint {endpoint.name!r}", hint=_hint_at_key(provider, endpoint)
        )
    if key.lower().startswith("bearer "):
        raise ConfigError("api_key: leave 'Bearer ' out, it is added")
    if official and _is_placeholder(key, endpoint):
        raise ConfigError(
            "api_key: is a placeholder, or the name of a variable; give the key itself",
            hint=_hint_at_key(provider, endpoint),
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError("api_key: holds characters that a header cannot carry; copy the key again")
    if official and asked and endpoint.is_foreign(key):
        raise ConfigError(
            f"api_key: this key does not belong to endpoint {endpoint.name!r} of {provider.id}",
            hint=endpoint.foreign_hint,
        )
    return key


# ---------------------------------------------------------------- media


def media_target(target: Target, settings: Settings, environ: Mapping[str, str]) -> Target:
    """Return where a client's media requests go.

    That is where its chats go, unless the vendor's plan has no media (`plans` of a route): then the endpoint that has
    them, with the key given as an argument or that endpoint's own key from the environment.

    Raises:
        ConfigError: There is no key that pays for media there.
    """
    provider = target.provider
    better = next(
        (route.plans[name] for route in provider.media if (name := target.endpoint.name) in route.plans), None
    )
    if better is None:
        return target
    endpoint = provider.endpoint(better)
    moved = target.root != target.endpoint.host
    key = _told_key(settings, endpoint, environ)
    belongs = bool(key) and not endpoint.is_foreign(key or "")
    if not belongs and not moved:
        raise ConfigError(
            f"api_key: the plan of {provider.id} at endpoint {target.endpoint.name!r} covers chat only",
            hint=table.MEDIA_KEY.fill(names=_key_names(endpoint), endpoint=better),
        )
    if not belongs:
        return target
    return replace(
        target,
        endpoint=endpoint,
        root=target.root if moved else endpoint.host,
        api_key=key or "",
        headers={**target.headers, "Authorization": f"Bearer {key}", **settings.default_headers},
    )
