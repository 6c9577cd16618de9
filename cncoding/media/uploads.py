"""Files that a vendor keeps: sent, listed, read and forgotten. An upload costs nothing, so it may be sent again."""

from __future__ import annotations

import base64
import hashlib
import io
import mimetypes
from dataclasses import dataclass, replace
from typing import BinaryIO

from cncoding.errors import ConfigError, ProtocolError
from cncoding.exchange.fetching import check_addresses, from_data_url
from cncoding.exchange.forms import Form, base_name
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import sniff
from cncoding.exchange.retry import Flow, send
from cncoding.exchange.steps import Look, Now, Request
from cncoding.media.file_routes import FileRoute, Ticket, VendorFile, Wanted
from cncoding.media.inspection import EXTENSIONS, Facts, inspect
from cncoding.media.sending import QUERY_RETRIES, build_request, guard_reading, link_policy
from cncoding.registry import providers
from cncoding.target import Setup
from cncoding.types import Media

TIMEOUT = 120.0
"""Seconds without a byte during an upload."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file on this machine, looked at."""

    source: str | bytes
    """A path, or the bytes."""
    name: str
    size: int
    digest: str
    """SHA-256 of the bytes."""
    facts: Facts | None
    """None where the bytes tell nothing."""
    fault: str | None = None
    """What is broken in it."""

    @property
    def media_type(self) -> str:
        """The type by the bytes, else by the name."""
        guessed = mimetypes.guess_type(self.name)[0] if self.facts is None else self.facts.media_type
        return guessed or "application/octet-stream"


def look_at(media: Media, most: int | None = None) -> Flow[Seen]:
    """Look at a medium that is a path or data: how large it is, what its bytes are, and their digest.

    Args:
        media: The medium.
        most: Bytes from which a file is not read: it has no digest then.

    Raises:
        ConfigError: It cannot be read, is empty, is broken, or is a link.
    """
    if media.url is not None and media.url.startswith("data:"):
        media = from_data_url(media)
    if media.path is not None:
        name = media.name or base_name(media.path)
        return Seen(media.path, name, *(yield Look(media.path, _Look(name, most))))
    if media.data is None:
        raise ConfigError(f"{media.kind}: give a path or bytes; {media.url or media.file_id} is not on this machine")
    try:
        data = base64.b64decode(media.data, validate=True)
    except ValueError as error:
        raise ConfigError(f"{media.kind}: the data is not Base64 ({error})") from error
    size, digest, facts, fault = _Look(media.name or media.kind)(io.BytesIO(data))
    ending = EXTENSIONS.get(facts.media_type if facts is not None else media.media_type or "", ".bin")
    return Seen(data, media.name or f"{media.kind}{ending}", size, digest, facts, fault)


@dataclass(frozen=True, slots=True)
class _Look:
    name: str
    most: int | None = None

    def __call__(self, file: BinaryIO) -> tuple[int, str, Facts | None, str | None]:
        """Return size, digest, what the bytes are, and what is broken in them.

        Raises:
            ConfigError: The file is empty.
        """
        size = file.seek(0, 2)
        if not size:
            raise ConfigError(f"file: {self.name} is empty")
        if self.most is not None and size > self.most:
            return size, "", None, None
        file.seek(0)
        sums = hashlib.sha256()
        while piece := file.read(1 << 20):
            sums.update(piece)
        file.seek(0)
        kind = sniff(file.read(32))
        if size > _LARGEST and kind not in _BY_PARTS:
            return size, sums.hexdigest(), Facts(kind) if kind else None, None
        try:
            return size, sums.hexdigest(), inspect(file), None
        except ProtocolError as error:
            return size, sums.hexdigest(), Facts(kind) if kind else None, str(error)


_LARGEST = 64 << 20
_BY_PARTS = ("audio/wav", "audio/mp4", "video/mp4", "video/quicktime")
"""Types whose length is read without reading the whole."""


def find_files(setup: Setup) -> FileRoute:
    """Return how the provider keeps files.

    Raises:
        ConfigError: It keeps none.
    """
    route = setup.target.provider.files
    if route is None:
        able = ", ".join(one.id for one in providers().values() if one.files is not None)
        raise ConfigError(f"provider={setup.target.provider.id!r}: keeps no files by API; these do: {able}")
    return route


def upload(media: Media, setup: Setup, *, purpose: str | None = None, model: str | None = None) -> Flow[VendorFile]:
    """Give a file to the vendor.

    Raises:
        ConfigError: The vendor keeps no files, or takes none like this; nothing was sent.
        TransportError, ApiError, ProtocolError: It failed; it may be sent again, an upload costs nothing.
    """
    route = find_files(setup)
    check_purpose(route, purpose, model)
    seen = yield from look_at(media)
    return (yield from upload_seen(seen, setup, purpose=purpose, model=model))


def check_purpose(route: FileRoute, purpose: str | None, model: str | None) -> None:
    """Refuse a purpose that the vendor does not know.

    Raises:
        ConfigError: With those that it knows.
    """
    source = f" ({route.source})"
    if route.purposes and purpose not in route.purposes:
        known = ", ".join(route.purposes)
        said = "missing" if purpose is None else f"{purpose!r} is none of the vendor's"
        raise ConfigError(f"purpose: {said}; choose {known}{source}")
    if route.purposes and model is not None:
        raise ConfigError(f"model: files are kept for a purpose there; leave model out{source}")
    if not route.purposes and (model is None or purpose is not None):
        wrong = "purpose: leave it out;" if purpose is not None else "model: missing;"
        raise ConfigError(f"{wrong} a file belongs to the model that will be given it, name that{source}")


def upload_seen(seen: Seen, setup: Setup, *, purpose: str | None, model: str | None) -> Flow[VendorFile]:
    """Give a file to the vendor that was looked at; see `upload`."""
    route, target = find_files(setup), setup.target
    check_file(seen, route, purpose)
    wanted = Wanted(Form({}, seen.name, seen.media_type, seen.source), seen.size, purpose, model)
    draft = replace(route.upload(wanted), timeout=TIMEOUT)
    ask = build_request(draft, route.base(target), target, repeatable=True)
    body = read_json((yield from send(ask, target.rules, setup.retry)), target.provider.id)
    with guard_reading(target.provider, body):
        found = route.read(body, wanted)
    file = (yield from _deliver(found, seen, setup)) if isinstance(found, Ticket) else found
    now: float = yield Now()
    return replace(file, expires_at=now + route.kept if route.kept else None, created_at=file.created_at or now)


def check_file(seen: Seen, route: FileRoute, purpose: str | None, argument: str = "file") -> None:
    """Refuse a file that the vendor would refuse.

    Args:
        seen: The file.
        route: How the vendor keeps it.
        purpose: What for.
        argument: What the user named it by.

    Raises:
        ConfigError: With the rule and its page.
    """
    if purpose is not None:
        route.purposes[purpose].check(purpose, seen.name, seen.size, seen.facts, seen.fault, argument)
    route.rule.check("the vendor", seen.name, seen.size, seen.facts, argument=argument)


def _deliver(ticket: Ticket, seen: Seen, setup: Setup) -> Flow[VendorFile]:
    """Bring a file to the store that the vendor named. The key stays here."""
    if ticket.most is not None and seen.size > ticket.most:
        raise ConfigError(f"file: {seen.name} has {seen.size} bytes; the vendor takes {ticket.most} for this model")
    where = yield from check_addresses(ticket.url, link_policy(ticket.url, setup), "upload")
    agent = setup.target.headers.get("User-Agent", "cncoding")
    bring = Request(
        "POST", ticket.url, {"Accept": "*/*", "User-Agent": agent}, form=ticket.form, addresses=where, plain=True,
        max_bytes=1 << 20, timeout=TIMEOUT, repeatable=False,
    )  # fmt: skip
    yield from send(bring, setup.target.rules, setup.retry)
    return ticket.file


def list_files(setup: Setup, purpose: str | None) -> Flow[tuple[VendorFile, ...]]:
    """Ask which files the vendor keeps; for all purposes if None.

    Raises:
        ConfigError: The vendor does not tell.
        ApiError, TransportError, ProtocolError: It failed.
    """
    route, target = find_files(setup), setup.target
    if route.list is None or route.read_list is None:
        raise ConfigError(f"files: {target.provider.id} lists none{_page(route)}")
    if purpose is not None:
        check_purpose(route, purpose, None)
    found: list[VendorFile] = []
    for one in (purpose,) if purpose is not None else route.listed or route.purposes:
        ask = build_request(route.list(one), route.base(target), target, repeatable=True)
        body = read_json((yield from send(ask, target.rules, QUERY_RETRIES)), target.provider.id)
        with guard_reading(target.provider, body):
            found += route.read_list(body)
    return tuple(found)


def delete_file(file: VendorFile, setup: Setup) -> Flow[None]:
    """Let the vendor forget a file.

    Raises:
        ConfigError: The vendor has no way to, or needs the purpose too.
        ApiError, TransportError: It failed.
    """
    route, target = find_files(setup), setup.target
    if route.delete is None:
        raise ConfigError(f"files: {target.provider.id} deletes none, it forgets them by itself{_page(route)}")
    if not file.id:
        raise ConfigError("file: has no id; give the file that list_files() returned, or its id")
    ask = build_request(route.delete(file), route.base(target), target, repeatable=True)
    yield from send(ask, target.rules, QUERY_RETRIES)


def read_file(file: VendorFile, setup: Setup) -> Flow[bytes]:
    """Return the bytes of a file that the vendor keeps.

    Raises:
        ConfigError: The vendor gives none back.
        ApiError, TransportError: It failed.
    """
    route, target = find_files(setup), setup.target
    if route.content is None:
        raise ConfigError(f"files: {target.provider.id} gives none back{_page(route)}")
    ask = build_request(route.content(file.id), route.base(target), target, repeatable=True)
    return (yield from send(ask, target.rules, QUERY_RETRIES)).body


def _page(route: FileRoute) -> str:
    return f" ({route.source})"
