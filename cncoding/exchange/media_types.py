"""What a medium is, by its first bytes."""

from __future__ import annotations

import base64
import binascii

from cncoding.errors import ConfigError
from cncoding.types import Media, MediaKind

INLINE_IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""Types that this package inlines after fetching (JPEG, PNG, WebP, GIF)."""

_HEADS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_TOLD = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"})
"""Types that their bytes always tell."""
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "image/heic"),
    **dict.fromkeys((b"mif1", b"msf1"), "image/heif"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    b"M4A ": "audio/mp4",
}


def sniff(head: bytes) -> str | None:
    """Return the media type of data that begins with `head` (32 bytes are enough), None if unknown."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/quicktime" if head[8:10] == b"qt" else "video/mp4")
    return next((kind for magic, kind in _HEADS if head.startswith(magic)), None)


def media_type(media: Media) -> str:
    """Return the type of inline data: what its bytes say, else what the user said.

    Raises:
        ConfigError: The data is not Base64, is empty, or is of another kind than stated.
    """
    data = media.data or ""
    try:
        head = base64.b64decode(data[:64], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(
            f"{media.kind}: the data is not Base64 ({error}); pass Base64 text without line breaks"
        ) from error
    found = sniff(head) or media.media_type
    if found in _TOLD and sniff(head) is None:
        raise ConfigError(f"{media.kind}: the bytes are no {found}, which they are said to be")
    if not head or found is None:
        example = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav"}.get(media.kind, "application/pdf")
        raise ConfigError(
            f"{media.kind}: its type cannot be told from the bytes; if it is {_a(media.kind)} all the same, say of "
            f"what type: Media({media.kind!r}, ..., media_type={example!r})"
        )
    if media.kind in ("image", "video", "audio") and not found.startswith(f"{media.kind}/"):
        raise ConfigError(f"{media.kind}: the bytes are {found}, not {_a(media.kind)}")
    return found


def _a(kind: MediaKind) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def address(media: Media) -> str:
    """Return the URL or data URL of a medium.

    Raises:
        ConfigError: The medium names neither.
    """
    if media.url is not None:
        return media.url
    if media.data is not None:
        return f"data:{media_type(media)};base64,{media.data}"
    if media.file_id is None:
        raise ConfigError(f"{media.kind}: the medium is empty; give it a url, data or a path")
    raise ConfigError(f"{media.kind}: give url, data or path; this wire has no place for file_id={media.file_id!r}")
