"""How a text that is longer than a model speaks at once is made: by the vendor's route for long texts, or in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cncoding.errors import ConfigError
from cncoding.media.routes import Asking, MediaRoute
from cncoding.media.rules import Chars, MediaModel
from cncoding.media.selection import choose_route, media_routes
from cncoding.media.sound.texts import mend_text, split_text
from cncoding.media.spelling import spell_request
from cncoding.media.values import MediaRequest
from cncoding.profile import Provider

LONGEST = 100_000
"""Characters that are spoken by one call of ours."""
JOINABLE = ("wav", "mp3", "pcm", "pcmu_wav")
"""Formats whose frames can stand behind one another without decoding them."""


def find_limit(route: MediaRoute, model: MediaModel | None) -> int | None:
    """Return the characters that a model speaks at once, None where no page says."""
    fields = (model.fields if model is not None else None) or {}
    rules = (fields.get(name) for name in route.names.get("text", ()))
    return next((rule.most for rule in rules if isinstance(rule, Chars)), None)


def split_request(request: MediaRequest, provider: Provider) -> tuple[MediaRequest, ...]:
    """Return the requests that together speak a text: one if the model or the vendor's long route takes it whole.

    Raises:
        ConfigError: It is too long, cannot be sent, or what is made of its pieces could not be joined.
    """
    if request.kind != "speech":
        return (request,)
    request, route, name = _read(request, provider)
    most = find_limit(route, route.model(name))
    if most is None or len(request.prompt) <= most:
        return (request,)
    if request.as_task is None and (longer := _find_longer(request, name, most, provider)) is not None:
        return longer
    return _cut(request, route, most)


def split_stream(request: MediaRequest, provider: Provider) -> tuple[MediaRequest, ...]:
    """Return the requests whose streams together speak a text.

    Raises:
        ConfigError: As `split_request`.
    """
    request, route, name = _read(request, provider)
    most = find_limit(route, route.model(name))
    return (request,) if most is None or len(request.prompt) <= most else _cut(request, route, most)


def _read(request: MediaRequest, provider: Provider) -> tuple[MediaRequest, MediaRoute, str]:
    """Return a request as it can be sent, with its route and model."""
    request = _mend(request)
    route, name = choose_route(request, provider)
    return spell_request(request, route, route.model(name)), route, name


def _mend(request: MediaRequest) -> MediaRequest:
    text = mend_text(request.prompt)
    if len(text) > LONGEST:
        raise ConfigError(f"text: has {len(text)} characters; at most {LONGEST} are spoken at once. Give it in parts")
    return request if text == request.prompt else replace(request, prompt=text)


def _find_longer(request: MediaRequest, name: str, most: int, provider: Provider) -> tuple[MediaRequest, ...] | None:
    """Return the requests to the vendor's route for long texts; None if there is none that takes these settings."""
    asked = replace(request, as_task=True)
    for route in media_routes(provider, "speech"):
        model = route.model(name)
        longer = find_limit(route, model)
        if not route.task or model is None or longer is None or longer <= most:
            continue
        try:
            pieces = _cut(asked, route, longer)
            route.encode(Asking(pieces[0], name, model))
        except ConfigError:
            continue
        return pieces
    return None


def _cut(request: MediaRequest, route: MediaRoute, most: int) -> tuple[MediaRequest, ...]:
    pieces = split_text(request.prompt, most)
    form = _find_format(request, route)
    if len(pieces) > 1 and form is not None and form not in JOINABLE:
        raise ConfigError(
            f"format={form!r}: a text of {len(request.prompt)} characters is spoken in {len(pieces)} pieces of at most "
            f"{most}, and {form} cannot be joined without decoding it; choose mp3, wav or pcm, as the vendor has them"
        )
    return tuple(replace(request, prompt=piece) for piece in pieces)


def _find_format(request: MediaRequest, route: MediaRoute) -> str | None:
    """Return the format that is asked for, None for the vendor's own."""
    if request.format is not None:
        return request.format
    given: dict[str, object] = dict(request.options)
    for value in request.options.values():
        given.update(value if isinstance(value, Mapping) else {})
    found = next((given[name] for name in route.names.get("format", ()) if name in given), None)
    return found if isinstance(found, str) else None
