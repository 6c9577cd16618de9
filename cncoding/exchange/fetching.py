"""Fetch a medium that a user named by URL, without becoming a door into the user's own network.

Only http and https, only public addresses (after resolving, on every redirect, and the connection goes to the very
address that was checked), at most 20 MB, and only images by their bytes.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

from cncoding.errors import ConfigError
from cncoding.exchange.media_types import INLINE_IMAGES, sniff
from cncoding.exchange.steps import ReadFile, Reply, Request, Resolve, Send, Step
from cncoding.types import Media

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

MAX_BYTES = 20 * 1024 * 1024
MAX_REDIRECTS = 5
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Hosts, addresses and networks that may be fetched from although they are not public."""

    allow: tuple[str, ...] = ()

    def permits(self, host: str, address: Address) -> bool:
        """Tell whether `address`, to which `host` resolved, may be connected to."""
        return (
            is_public(address)
            or host in map(str.lower, self.allow)
            or any(_within(address, entry) for entry in self.allow)
        )


_LOCAL = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "64:ff9b:1::/48",  # translation into a local network (RFC 8215), which older Pythons call global
            "fec0::/10",  # site-local addresses, deprecated and still routed in places (RFC 3879)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


def _within(address: Address, entry: str) -> bool:
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False  # a host name


def is_public(address: Address) -> bool:
    """Tell whether an address is on the public internet, looking through IPv4 embedded in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _LOCAL):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def fetch(url: str, policy: FetchPolicy) -> Generator[Step, Any, bytes]:
    """Fetch `url` and return its bytes.

    Raises:
        ConfigError: The URL is not one that may be fetched, or there is nothing to fetch at it.
        TransportError: The network failed.
    """
    for _ in range(MAX_REDIRECTS + 1):
        addresses = yield from check_addresses(url, policy)
        request = Request(
            "GET",
            url,
            {"Accept": "image/*"},
            addresses=addresses,
            plain=True,
            field="image",
            max_bytes=MAX_BYTES,
            timeout=TIMEOUT,
            total=2 * TIMEOUT,
        )
        reply: Reply = yield Send(request)
        if reply.status in (301, 302, 303, 307, 308) and "location" in reply.headers:
            url = follow(url, reply.headers["location"])
            continue
        if reply.status != 200:
            raise ConfigError(
                f"image: {_show(url)} answered HTTP {reply.status}; pass a URL that can be fetched, or the data"
            )
        return reply.body
    raise ConfigError(f"image: {_show(url)} redirects more than {MAX_REDIRECTS} times")


def check_addresses(url: str, policy: FetchPolicy, what: str = "image") -> Generator[Step, Any, tuple[str, ...]]:
    """Return the addresses to connect to for `url`, if it may be fetched from; none where only a proxy knows them.

    Args:
        url: Of an image that a user named, or of a medium that a vendor made.
        policy: Which hosts may be fetched from although they are not public.
        what: Name of the setting in errors.

    Raises:
        ConfigError: It is no http(s) URL, or leads to a private address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{what}: the URL cannot be read ({error}); pass another one, or the data") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{what}: {_show(url)} is not an http(s) URL; pass a URL, a data URL, bytes or a path")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{what}: the URL holds a user name or password; pass the data instead")
    host = parts.hostname
    try:
        found: tuple[str, ...] = (str(ipaddress.ip_address(host)),)
    except ValueError:
        found = yield Resolve(host, port or (443 if parts.scheme == "https" else 80), parts.scheme)
    for text in found:
        if not policy.permits(host, ipaddress.ip_address(text.partition("%")[0])):
            raise ConfigError(
                f"{what}: {_show(url)} leads to {text}, which is not a public address; pass the data, or allow the "
                "host with allow_hosts= or CNCODING_ALLOW_HOSTS"
            )
    return found


def follow(url: str, location: str, what: str = "image") -> str:
    """Return where a redirect leads.

    Raises:
        ConfigError: To what is no URL.
    """
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ConfigError(f"{what}: {_show(url)} redirects to what is no URL ({error}); pass the data") from error


def _show(url: str) -> str:
    """Return the URL without its query, which may be a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"[:200]


def inline(media: Media, policy: FetchPolicy) -> Generator[Step, Any, Media]:
    """Return `media` with its data in it: a URL is fetched, a path is read, a data URL is taken apart."""
    if media.url is not None and media.url.startswith("data:"):
        return from_data_url(media)
    if media.path is not None:
        return with_bytes(media, (yield ReadFile(media.path, MAX_BYTES)))
    if media.url is not None and media.url.startswith(("http://", "https://")):
        data = yield from fetch(media.url, policy)
        kind = sniff(data[:32])
        if kind not in INLINE_IMAGES:
            raise ConfigError(
                f"image: {_show(media.url)} is {kind or 'of an unknown type'}, not JPEG, PNG, WebP or GIF"
            )
        return with_bytes(media, data)
    return media


def with_bytes(media: Media, data: bytes) -> Media:
    """Return `media` with `data` instead of its URL or path."""
    if not data:
        raise ConfigError(f"{media.kind}: {media.path or 'the source'} is empty")
    return Media(
        media.kind,
        data=base64.b64encode(data).decode("ascii"),
        media_type=sniff(data[:32]) or media.media_type,
        name=media.name,
        detail=media.detail,
        options=media.options,
    )


def from_data_url(media: Media) -> Media:
    """Take a data URL apart.

    Raises:
        ConfigError: It is not Base64.
    """
    head, comma, data = (media.url or "")[5:].partition(",")
    kind, _, encoding = head.partition(";")
    if not comma or not encoding.endswith("base64"):
        raise ConfigError(f"{media.kind}: the data URL is not Base64; give data:<type>;base64,<data>")
    return Media(
        media.kind,
        data=data,
        media_type=kind or media.media_type,
        name=media.name,
        detail=media.detail,
        options=media.options,
    )


def names_host(link: str) -> bool:
    """Tell whether a link leads anywhere."""
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:  # brackets that are no IPv6 address
        return False
