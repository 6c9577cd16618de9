"""What comes with speech: its subtitles, as files beside the sound, and the archive of long speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from typing import Any, BinaryIO

from cncoding.errors import CncodingError
from cncoding.exchange.fetching import check_addresses
from cncoding.exchange.retry import Flow, send
from cncoding.exchange.steps import Request, Save, Saved
from cncoding.media.sending import QUERY_RETRIES, link_policy
from cncoding.media.sound.archive import read_titles, unpack_archive
from cncoding.media.sound.segments import read_segments, write_srt, write_vtt
from cncoding.media.values import Asset
from cncoding.target import Setup

_LARGEST = 20 << 20
"""Bytes of subtitles that are read and written."""
_FORMS = {"srt": write_srt, "vtt": write_vtt}


def fetch_link(link: str, what: str, setup: Setup, *, max_bytes: int, accept: str = "*/*") -> Flow[bytes]:
    """Return what a vendor's link leads to, without showing it the key.

    Raises:
        ConfigError: It leads to a private address.
        ApiError, TransportError, ReplyTooLargeError: It cannot be fetched.
    """
    where = yield from check_addresses(link, link_policy(link, setup), what)
    request = Request(
        "GET", link, {"Accept": accept}, addresses=where, plain=True, field="subtitles", timeout=60.0,
        max_bytes=max_bytes,
    )  # fmt: skip
    return (yield from send(request, setup.target.rules, QUERY_RETRIES)).body


def unpack(asset: Asset, setup: Setup, *, max_bytes: int) -> Flow[Asset]:
    """Return the sound of an archive with its bytes and its sentences; any other asset as it is.

    Raises:
        As `fetch_link`; ProtocolError: The archive is broken.
    """
    if asset.metadata.get("archive") is None or asset.url is None or asset.data is not None:
        return asset
    data = yield from fetch_link(asset.url, "asset", setup, max_bytes=max_bytes)
    found = unpack_archive(data)
    known = {name: value for name, value in asset.metadata.items() if name != "archive"}
    timed = {"segments": [one.to_json() for one in found.segments]} if found.segments else {}
    return replace(asset, data=found.sound, media_type=found.media_type, metadata={**known, **found.extra, **timed})


def save_subtitles(asset: Asset, setup: Setup) -> Flow[Asset]:
    """Write the subtitles of a saved sound beside it, and name the files; the sound is kept whatever goes wrong."""
    link = asset.metadata.get("subtitle_file")
    if asset.path is None or "subtitles" in asset.metadata:
        return asset
    metadata = dict(asset.metadata)
    try:
        if link is not None and "segments" not in metadata:
            titles = read_titles((yield from fetch_link(str(link), "subtitles", setup, max_bytes=_LARGEST)))
            metadata["segments"] = [one.to_json() for one in titles]
        if metadata.get("segments"):
            metadata["subtitles"] = yield from _write(asset.path, metadata["segments"])
    except CncodingError as error:
        metadata["subtitles_not_saved"] = str(error)
    return replace(asset, metadata=metadata)


def _write(path: str, rows: Any) -> Flow[dict[str, str]]:
    segments = read_segments(rows)
    sound = PurePath(path)
    found: dict[str, str] = {}
    for form, write in _FORMS.items():
        step = Save(write(segments).encode(), str(sound.parent), sound.stem, _name(form), _LARGEST)
        saved: Saved = yield step
        found[form] = saved.path
    return found


def _name(form: str) -> Callable[[BinaryIO], tuple[str, Any]]:
    return lambda file: (f".{form}", None)
