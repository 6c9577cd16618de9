"""What users name a medium by: a path, a URL, bytes, an open file, a picture of Pillow, or a medium of ours."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import IO, Any, Protocol, TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cncoding.client.pictures import write_png
from cncoding.errors import ConfigError
from cncoding.exchange.fetching import names_host
from cncoding.exchange.forms import base_name
from cncoding.media.file_routes import VendorFile
from cncoding.media.tools.catalog import SOURCES
from cncoding.media.values import Asset, Done
from cncoding.types import Media, MediaKind


class PillowImage(Protocol):
    """An image of Pillow, as far as it is looked at here."""

    @property
    def mode(self) -> str:
        """Such as `RGB`."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""


Source: TypeAlias = "str | bytes | PathLike[str] | IO[bytes] | PillowImage | Media | Asset | Done | VendorFile"
"""An URL (also `file://` and `data:`), a path, bytes, an open file, Pillow's image, a medium or result, or a file that
the vendor keeps."""


def as_media(source: Source, kind: MediaKind, name: str | None = None) -> Media:
    """Return a medium for what a user names one by.

    Args:
        source: See `Source`.
        kind: What it is.
        name: Of the argument, for errors; the kind if None.

    Raises:
        ConfigError: It is empty or of no known type.
    """
    name = name or kind
    if isinstance(source, Media):
        return source
    if isinstance(source, Done):
        if len(source) != 1:
            raise ConfigError(f"{name}: the result holds {len(source)}; name one of them, as in done[0]")
        return _as_medium(source[0], kind, name)
    if isinstance(source, Asset):
        return _as_medium(source, kind, name)
    if isinstance(source, VendorFile):
        return Media(kind, url=source.url) if source.url is not None else Media(kind, file_id=source.id)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _as_data(bytes(source), kind, None, name)
    if isinstance(source, (str, PathLike)):
        return _as_place(fspath(source), kind, name)
    read: Any = getattr(source, "read", None)
    if callable(read):
        file = getattr(source, "name", None)
        return _as_data(_read(read, name), kind, base_name(file) if isinstance(file, str) else None, name)
    if is_pillow(source) and kind in ("image", "file"):
        return _as_data(write_png(source), kind, None, name)
    if isinstance(source, (list, tuple, set)):
        raise ConfigError(f"{name}: is a {type(source).__name__}; give one {kind}")
    raise ConfigError(f"{name}: is {type(source).__name__}; give a URL, a path, bytes or an open file")


def _read(read: Callable[[], object], name: str) -> object:
    try:
        return read()
    except (OSError, ValueError) as error:  # closed, or opened for writing
        raise ConfigError(
            f"{name}: the open file cannot be read ({error}); give one open for reading, or its path"
        ) from error


def as_list(value: Any, name: str) -> Sequence[Source]:
    """Return a list of sources for one or several, none for None.

    Raises:
        ConfigError: It is neither.
    """
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Done):
        return tuple(value)
    known = (str, bytes, bytearray, memoryview, Media, Asset, VendorFile, PathLike)
    if isinstance(value, known) or hasattr(value, "read") or is_pillow(value):
        return (value,)
    raise ConfigError(f"{name}: is {type(value).__name__}; give a list of URLs, paths, bytes, open files or media")


def take_sources(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a tool with what a program gave for media as media; texts stay for the tool to read.

    Raises:
        ConfigError: One is empty or of no known type.
    """
    return {name: _take(value, SOURCES[name], name) if name in SOURCES else value for name, value in given.items()}


def _take(value: Any, kind: MediaKind, name: str) -> Any:
    if isinstance(value, Done):
        value = list(value)
    if isinstance(value, (list, tuple)):
        return [_take(one, kind, name) for one in value]
    known = value is None or isinstance(value, (str, int, float, dict))
    return value if known else as_media(value, kind, name)


def is_pillow(value: Any) -> bool:
    """Tell whether a value is an image of Pillow, which need not be installed."""
    return any(kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(value).__mro__)


def _as_place(text: str | bytes, kind: MediaKind, name: str) -> Media:
    if not isinstance(text, str):
        raise ConfigError(f"{name}: the path is {type(text).__name__}; give it as text")
    if not text.strip():
        raise ConfigError(f"{name}: empty; give a URL, a path or bytes")
    if text.startswith("file:"):
        return Media(kind, path=url2pathname(urlsplit(text).path))
    if text.startswith("data:"):
        return Media(kind, url=text)
    scheme, found, _ = text.partition("://")
    if found and len(scheme) <= 12:
        if scheme.lower() in ("http", "https") and not names_host(text):
            raise ConfigError(f"{name}: {text[:60]!r} is no URL; it names no host")
        return Media(kind, url=scheme.lower() + text[len(scheme) :])
    if len(text) > _LONGEST and _BASE64.fullmatch(text):
        raise ConfigError(
            f"{name}: a text of {len(text)} characters is no path; give the bytes, or data:<type>;base64,<text>"
        )
    return Media(kind, path=text)


_LONGEST = 1000
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")


def _as_medium(asset: Asset, kind: MediaKind, name: str) -> Media:
    if asset.path is not None:
        return Media(kind, path=asset.path, media_type=asset.media_type)
    if asset.data is not None:
        return _as_data(asset.data, kind, None, name)
    if asset.url is None:
        raise ConfigError(f"{name}: the {asset.kind} is a file of the vendor without a link; save it with download()")
    return Media(kind, url=asset.url, media_type=asset.media_type)


def _as_data(data: object, kind: MediaKind, file: str | None, name: str) -> Media:
    if not isinstance(data, bytes):
        raise ConfigError(f"{name}: the open file gives {type(data).__name__}; open it for bytes, with mode 'rb'")
    if not data:
        raise ConfigError(f"{name}: the data is empty; an open file is read from where it stands")
    return Media(kind, data=base64.b64encode(data).decode("ascii"), name=file)
