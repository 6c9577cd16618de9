"""Download a document that the user names by its address. Only I/O, no policy."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx

from cncoding.errors import ConfigError, ConnectFailedError

LARGEST = 200_000_000
_TYPES = {
    "application/pdf": ".pdf", "text/html": ".html", "text/markdown": ".md", "text/plain": ".txt",
    "image/png": ".png", "image/jpeg": ".jpg",
}  # fmt: skip


def fetch_document(url: str, timeout: float = 60.0, most: int = LARGEST) -> tuple[bytes, str]:
    """Download an http(s) URL; return its bytes and a file name.

    Raises:
        ConfigError: The server refuses it, or it is larger than `most` bytes.
        ConnectFailedError: There is no such server, or the connection broke.
    """
    try:
        with (
            httpx.Client(follow_redirects=True, timeout=timeout, max_redirects=5) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != 200:
                raise ConfigError(f"documents: {url}: the server answers {response.status_code}")
            data = bytearray()
            for piece in response.iter_bytes():
                data += piece
                if len(data) > most:
                    raise ConfigError(f"documents: {url}: larger than {most} bytes; download it and add the file")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ConfigError(f"documents: {url!r}: {error}") from None
    except httpx.HTTPError as error:
        raise ConnectFailedError(f"documents: {url}: {error}", sent=False) from error
    name = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]) or urlsplit(url).hostname or "document"
    suffix = _TYPES.get(kind, "")
    return bytes(data), name if "." in name else name + suffix
