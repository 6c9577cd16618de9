"""Sight, as flows: a question about a picture or a film."""

from __future__ import annotations

from cncoding.chat.flow import chat, describe_image
from cncoding.chat.fold import fold
from cncoding.errors import ConfigError
from cncoding.exchange.fetching import MAX_BYTES, inline
from cncoding.exchange.media_types import address, media_type
from cncoding.exchange.retry import Flow
from cncoding.media.loading import fit_shown, load_one, name_argument
from cncoding.media.selection import find_sight_route
from cncoding.media.uploads import upload
from cncoding.profile import Endpoint
from cncoding.registry import providers
from cncoding.target import Setup
from cncoding.types import ChatRequest, Media, MediaKind, user

_PURPOSE = "video_understanding"
"""Of a film that a vendor keeps to be asked about."""


def can_see(setup: Setup) -> bool:
    """Tell whether a vision endpoint or a model of the endpoint reads images."""
    return find_sight_route(setup) is not None or _find_model("image", setup) is not None


def can_watch(setup: Setup) -> bool:
    """Tell whether a model of the endpoint reads films."""
    return _find_model("video", setup) is not None


def understand(media: Media, question: str, setup: Setup, *, model: str | None) -> Flow[str]:
    """Ask about a picture or a film.

    Of a picture the vendor's vision endpoint is asked if it has one and no model is named, else a model that sees.

    Raises:
        ConfigError: No model of the endpoint sees or watches, or the medium is too large or none.
        ApiError, TransportError, ProtocolError: It failed.
    """
    if media.kind not in ("image", "video"):
        raise ConfigError(f"{media.kind}: give a picture or a film")
    target, route = setup.target, find_sight_route(setup)
    if media.kind == "image" and model is None and route is not None:
        image = yield from inline((yield from load_one(media, "image")), setup.fetching)
        image = yield from fit_shown(image, route.pictures, "image", target.provider.id)
        return (yield from describe_image(question, address(image), setup))
    chosen = model or choose_model(media.kind, setup)
    loaded = yield from load_one(media, media.kind)
    form = target.wire.dialect.pictures
    if media.kind == "video":
        loaded = yield from _bring_film(loaded, setup)
    elif form is not None:
        loaded = yield from fit_shown(loaded, form, "image", target.provider.id)
    request = ChatRequest(messages=(user(loaded, question),), model=chosen, vision="native")
    return fold((yield from chat(request, setup)), target.provider.id).text


def _bring_film(media: Media, setup: Setup) -> Flow[Media]:
    """Return a film as a chat takes it: one that is too large for a request is given to the vendor first.

    Raises:
        ConfigError: It is no film, or too large, and the vendor keeps no films to be asked about.
    """
    if media.data is not None:
        try:
            media_type(media)
        except ConfigError as error:
            raise name_argument(error, media, "video") from error
    if media.path is None:
        return media
    files = setup.target.provider.files
    if files is None or _PURPOSE not in files.purposes:
        raise ConfigError(
            f"video: {media.path} has more than {MAX_BYTES >> 20} MB, and {setup.target.provider.id} keeps no films to "
            "be asked about; make it smaller, or give a link if the vendor fetches any"
        )
    kept = yield from upload(media, setup, purpose=_PURPOSE)
    return Media("video", url=kept.url) if kept.url is not None else Media("video", file_id=kept.id)


def choose_model(kind: MediaKind, setup: Setup) -> str:
    """Return the client's model if it reads a kind of medium, else the first of the endpoint that does.

    Raises:
        ConfigError: None is known to; the text names providers that have one.
    """
    found = _find_model(kind, setup)
    if found is not None:
        return found
    target = setup.target
    other = next((end for end in target.provider.endpoints if _reads(kind, end)), None)
    able = [one.id for one in providers().values() if any(_reads(kind, end) for end in one.endpoints)]
    advice = f"choose endpoint={other.name!r}" if other is not None else f"choose one of {', '.join(able)}"
    raise ConfigError(
        f"model: no model of {target.provider.id} at {target.endpoint.name!r} is known to read {kind}; {advice}, or "
        "name a model"
    )


def _reads(kind: MediaKind, endpoint: Endpoint) -> bool:
    return any(kind in card.input for card in endpoint.models)


def _find_model(kind: MediaKind, setup: Setup) -> str | None:
    target = setup.target
    if kind in target.card().input and target.card().known:
        return target.model
    return next((card.id for card in target.endpoint.models if kind in card.input), None)
