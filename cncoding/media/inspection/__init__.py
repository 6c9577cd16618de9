"""Is this file what it claims to be, and what does it show? Read from its structure, without an imaging library.

`inspect` opens a file of any size with a few reads; it raises for a picture that would not open, a sound that would
not play and a film whose boxes do not fit.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Mapping
from typing import BinaryIO

from cncoding.errors import ProtocolError
from cncoding.exchange.media_types import sniff
from cncoding.media.inspection.facts import EXTENSIONS, Facts
from cncoding.media.inspection.films import read_mp4, read_webm
from cncoding.media.inspection.pictures import read_avif, read_gif, read_jpeg, read_png, read_webp
from cncoding.media.inspection.sound import read_flac, read_mp3_file, read_ogg, read_wav
from cncoding.media.sound.mp3 import read_frame

__all__ = ["EXTENSIONS", "Facts", "from_base64", "from_hex", "inspect"]


def from_hex(text: str) -> bytes:
    """Decode hexadecimal text strictly.

    Raises:
        ProtocolError: It has another character or an odd number of digits.
    """
    if len(text) % 2 or not re.fullmatch(r"[0-9a-fA-F]*", text):
        raise ProtocolError("the vendor's data is not hexadecimal", payload=text[:100])
    return bytes.fromhex(text)


def from_base64(text: str) -> bytes:
    """Decode Base64 text strictly, with or without a `data:` prefix.

    Raises:
        ProtocolError: It is not Base64.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    # `b64decode(validate=True)` still takes too much padding.
    if len(text) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text):
        raise ProtocolError("the vendor's data is not Base64", payload=text[:100])
    return base64.b64decode(text)


def inspect(file: BinaryIO, expected: str | None = None) -> Facts:
    """Read what a file is and whether it is whole.

    Args:
        file: Open for reading, at any place.
        expected: image, video or audio; another kind is an error. None accepts any.

    Raises:
        ProtocolError: It is empty, of another kind, or broken.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(32)
    kind = sniff(head) or ("audio/mpeg" if head[:1] == b"\xff" and read_frame(head[:4]) else None)
    if kind is None:
        shown = head.decode("utf-8", errors="replace")
        raise ProtocolError(f"the medium is of no known type ({size} bytes)", payload=shown)
    if kind != "video/webm":
        _check_kind(kind, expected, head)
    file.seek(0)
    try:
        reader = _READERS.get(kind)
        facts = Facts(kind) if reader is None else reader(file, size)
    except (IndexError, zlib.error, ValueError) as error:
        raise ProtocolError(f"the {kind} is broken: {error}") from error
    _check_kind(facts.media_type, expected, head)  # WebM says inside whether it has pictures
    return facts


def _check_kind(kind: str, expected: str | None, head: bytes) -> None:
    if expected is not None and not kind.startswith(f"{expected}/"):
        raise ProtocolError(f"the medium is {kind}, not {expected}", payload=repr(head))


_READERS: Mapping[str, Callable[[BinaryIO, int], Facts]] = {
    "image/png": read_png, "image/jpeg": read_jpeg, "image/webp": read_webp, "image/gif": read_gif,
    "image/avif": read_avif, "audio/wav": read_wav, "audio/mpeg": read_mp3_file, "audio/flac": read_flac,
    "audio/ogg": read_ogg, "video/mp4": read_mp4, "video/quicktime": read_mp4, "audio/mp4": read_mp4,
    "video/webm": read_webm,
}  # fmt: skip
