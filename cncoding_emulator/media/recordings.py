"""Recordings that callers want written down, by URL or data URL."""

from __future__ import annotations

import asyncio
import base64
import urllib.error
import urllib.parse
import urllib.request

from ..vision import LARGEST, LOOPBACK
from .links import find
from .sounds import Heard, listen
from .tasks import MediaState


class Unreachable(Exception):
    """Raised when the recording behind a URL cannot be fetched; carries the HTTP status or 0."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


async def hear(host: MediaState, source: str) -> Heard:
    """Listen to a recording; one behind a foreign URL is not fetched and gives the fixed sentence.

    Raises:
        Unreachable: A URL of this machine gave no file.
        ValueError: It is no WAV or MP3, or it is damaged.
    """
    if source.startswith("data:"):
        return await asyncio.to_thread(listen, base64.b64decode(source.partition(",")[2]))
    if urllib.parse.urlsplit(source).hostname not in LOOPBACK:
        return Heard("unknown", 0.0, 0, None)
    link = find(host, source)
    if link is not None:
        return await asyncio.to_thread(lambda: listen(link.data))
    return await asyncio.to_thread(lambda: listen(_fetch(source)))


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            data: bytes = reply.read(LARGEST)
            return data
    except urllib.error.HTTPError as error:
        raise Unreachable(error.code) from error
    except (urllib.error.URLError, TimeoutError) as error:
        raise Unreachable(0) from error
