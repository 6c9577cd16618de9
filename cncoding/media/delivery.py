"""Bring the inputs of a request to the vendor: within it while they are small enough, else as files that it keeps.

What is too large for both is refused before anything is sent. An input that is to be uploaded stands in the request
under its digest until it is: so the request can be checked, and told from others, before a byte leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cncoding.errors import ConfigError
from cncoding.exchange.fetching import MAX_BYTES, from_data_url, with_bytes
from cncoding.exchange.forms import base_name
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import ReadFile
from cncoding.media.carriage import MIB, Carriage, show_size
from cncoding.media.file_routes import VendorFile
from cncoding.media.inputs import name_input
from cncoding.media.inspection import EXTENSIONS
from cncoding.media.routes import MediaRoute
from cncoding.media.rules import MediaModel
from cncoding.media.uploads import Seen, check_file, find_files, look_at, upload_seen
from cncoding.media.values import MediaRequest
from cncoding.target import Setup
from cncoding.types import Media, MediaKind

Files = Mapping[int, Seen]
"""Files on this machine that are not in the request, by the place of the input."""
Announce = Callable[[str], Flow[None]]
_WAITS = "upload:"
_TOLD = tuple(ending for ending in EXTENSIONS.values() if ending != ".pcm")
"""Endings of files whose bytes tell what they are."""


def load_media(media: Media) -> Flow[Media]:
    """Return a medium with its data in it if it is a data URL or a path; a large file stays where it is, links too.

    Raises:
        ConfigError: It cannot be read or is empty.
    """
    if media.path is not None:
        data = yield ReadFile(media.path, MAX_BYTES, skips=True)
        name = media.name or base_name(media.path)
        return media if data is None else replace(with_bytes(media, data), name=name)
    if media.url is not None and media.url.startswith("data:"):
        return from_data_url(media)
    return media


def look_at_large(request: MediaRequest, routes: Iterable[MediaRoute], setup: Setup) -> Flow[Files]:
    """Look at the files that were too large to be loaded; what none of the routes could upload is not read.

    Raises:
        ConfigError: One cannot be read.
    """
    taking = [route.carriage for route in routes if route.carriage is not None and route.carriage.uploads]
    whole = find_files(setup).rule.most if taking else None
    found: dict[int, Seen] = {}
    for index, media in enumerate(request.inputs):
        if media.path is not None:
            most = max((one.most.get(media.kind, whole or 0) for one in taking), default=0)
            found[index] = yield from look_at(media, most)
    return found


@dataclass(frozen=True, slots=True)
class Arranged:
    """A request that says of every input how it travels."""

    request: MediaRequest
    """What is to be uploaded stands in it under its digest."""
    uploads: Files
    carriage: Carriage | None


def arrange(request: MediaRequest, files: Files, route: MediaRoute, model: str, setup: Setup) -> Flow[Arranged]:
    """Say of every input how it travels.

    Raises:
        ConfigError: One is too large for every way that there is, or is named in a way that the model does not take.
    """
    carriage = route.carriage
    if carriage is None:
        for index, seen in files.items():
            _refuse(request.inputs[index], seen, model, None, setup)
        return Arranged(request, {}, None)
    most = _list_most(route.model(model), carriage)
    inputs = [_name_own(media, carriage, setup) for media in request.inputs]
    goes: dict[int, Seen] = {}
    for index, media in enumerate(inputs):
        size = files[index].size if index in files else media.size
        if not size:
            continue
        if size > most.get(media.kind, size):
            raise ConfigError(
                f"{_name(media)}: {_show(media)} has {show_size(size)}; {model} takes "
                f"{show_size(most[media.kind])} ({carriage.source})"
            )
        if index in files or size > carriage.inline.get(media.kind, 0):
            goes[index] = files[index] if index in files else (yield from look_at(media))
            _check_upload(media, goes[index], carriage, model, setup)
    yield from _make_room(inputs, goes, carriage, model, setup)
    for index, seen in goes.items():
        inputs[index] = _stand_in(inputs[index], f"{_WAITS}{seen.digest}", carriage)
    return Arranged(replace(request, inputs=tuple(inputs)), goes, carriage)


def _make_room(inputs: list[Media], goes: dict[int, Seen], carriage: Carriage, model: str, setup: Setup) -> Flow[None]:
    """Upload the largest of the inputs until the others fit into one request."""
    while carriage.together is not None:
        stays = {index: media.size for index, media in enumerate(inputs) if index not in goes and media.data}
        if sum(stays.values()) <= carriage.together:
            return
        largest = max(stays, key=lambda index: stays[index])
        goes[largest] = yield from look_at(inputs[largest])
        _check_upload(inputs[largest], goes[largest], carriage, model, setup)


def _list_most(known: MediaModel | None, carriage: Carriage) -> Mapping[MediaKind, int]:
    """Return the most bytes of an input by kind, by the page of the route and of the model."""
    form = known.pictures if known is not None else None
    if form is None or form.megabytes is None:
        return carriage.most
    return {**carriage.most, "image": form.megabytes * MIB}


def _check_upload(media: Media, seen: Seen, carriage: Carriage, model: str, setup: Setup) -> None:
    """Refuse what the vendor keeps no file for, and what is not what its argument says.

    Raises:
        ConfigError: With the limit and its page.
    """
    kind = seen.facts.media_type if seen.facts is not None else media.kind
    if not kind.startswith(media.kind) and (media.kind, kind) != ("audio", "video/mp4"):
        raise ConfigError(f"{_name(media)}: {seen.name} is {kind}, no {media.kind}")
    if not carriage.uploads:
        _refuse(media, seen, model, carriage, setup)
    check_file(seen, find_files(setup), carriage.purpose, _name(media))
    if seen.digest and seen.facts is None and seen.name.lower().endswith(_TOLD):
        raise ConfigError(f"{_name(media)}: {seen.name} is not by its bytes what its name says")


def _refuse(media: Media, seen: Seen, model: str, carriage: Carriage | None, setup: Setup) -> None:
    most = MAX_BYTES if carriage is None else min(carriage.inline.get(media.kind, 0), MAX_BYTES)
    holds = f"takes {show_size(most)} of it in a request" if most else f"takes no {media.kind} in a request"
    source = "" if carriage is None else f" ({carriage.source})"
    remedy = "give a link" if carriage is not None and not most else "make it smaller, or give a link"
    raise ConfigError(
        f"{_name(media)}: {seen.name} has {show_size(seen.size)}; {model} {holds}, and {setup.target.provider.id} "
        f"keeps no file for that{source}; {remedy}"
    )


def _name(media: Media) -> str:
    return name_input(media) or media.kind


def _show(media: Media) -> str:
    return media.name or media.path or f"this {media.kind}"


def _name_own(media: Media, carriage: Carriage, setup: Setup) -> Media:
    """Return an input that is a file or a link of the vendor as the request names it.

    Raises:
        ConfigError: It is neither its file nor its link, nor one that it fetches.
    """
    scheme, who = carriage.scheme, setup.target.provider.id
    if media.file_id is not None:
        if not carriage.ids:
            raise ConfigError(f"{_name(media)}: {who} takes no file ids here ({carriage.source}); give a path or link")
        return _stand_in(media, media.file_id, carriage)
    if media.url is None or media.url.startswith(f"{scheme}://"):
        return media
    fetched = media.url.partition("://")[0].lower() in ("http", "https")
    if fetched and carriage.links:
        return media
    ways = [*(["an http(s) link"] if carriage.links else []), *([f"a {scheme}:// link"] if scheme else [])]
    given = media.url.partition("://")[0]
    raise ConfigError(
        f"{_name(media)}: {who} takes no {given}:// link ({carriage.source}); give {', '.join([*ways, 'a path'])} or "
        "bytes"
    )


def _stand_in(media: Media, name: str, carriage: Carriage) -> Media:
    """Return an input that names a file which the vendor keeps, or will."""
    plain = replace(media, url=None, data=None, path=None, file_id=None)
    if carriage.scheme is None:
        return replace(plain, file_id=name)
    return replace(plain, url=name if name.startswith(_WAITS) else f"{carriage.scheme}://{name}")


def find_headers(inputs: Iterable[Media], carriage: Carriage | None) -> Mapping[str, str]:
    """Return the headers of a request by the links that it names."""
    if carriage is None or not carriage.headers:
        return {}
    own = (f"{carriage.scheme}://", _WAITS)
    return carriage.headers if any((media.url or "").startswith(own) for media in inputs) else {}


def deliver(arranged: Arranged, model: str, setup: Setup, tell: Announce | None) -> Flow[Arranged]:
    """Upload what is to be uploaded, and name it in the request. Nothing of this costs money.

    Args:
        arranged: The request.
        model: That it is for.
        setup: The client's.
        tell: Gets a line for every file, before it leaves.

    Raises:
        TransportError, ApiError, ProtocolError: An upload failed.
    """
    assert arranged.carriage is not None
    inputs = list(arranged.request.inputs)
    known: dict[str, VendorFile] = {}
    for index, seen in arranged.uploads.items():
        if seen.digest not in known:
            known[seen.digest] = yield from _upload(seen, arranged.carriage, model, setup, tell)
        inputs[index] = _put_file(inputs[index], known[seen.digest])
    return Arranged(replace(arranged.request, inputs=tuple(inputs)), {}, arranged.carriage)


def bring(media: Media, carriage: Carriage, model: str, setup: Setup, tell: Announce) -> Flow[Media]:
    """Return a medium as a link that a route takes: what is on this machine is uploaded.

    Raises:
        ConfigError: The route does not take it; nothing was sent.
        TransportError, ApiError, ProtocolError: The upload failed.
    """
    if media.path is None and media.data is None and not (media.url or "").startswith("data:"):
        return _name_own(media, carriage, setup)
    seen = yield from look_at(media)
    _check_upload(media, seen, carriage, model, setup)
    return _put_file(media, (yield from _upload(seen, carriage, model, setup, tell)))


def _upload(seen: Seen, carriage: Carriage, model: str, setup: Setup, tell: Announce | None) -> Flow[VendorFile]:
    route = find_files(setup)
    if tell is not None:
        yield from tell(f"{seen.name} ({show_size(seen.size)}) to {route.where}")
    for_model = None if route.purposes else model
    return (yield from upload_seen(seen, setup, purpose=carriage.purpose, model=for_model))


def _put_file(media: Media, file: VendorFile) -> Media:
    return replace(media, data=None, path=None, url=file.url, file_id=None if file.url else file.id)
