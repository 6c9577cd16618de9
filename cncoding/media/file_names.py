"""What files of media are called: what they show, in any script, and nothing that a file system or a path minds."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 120
"""Bytes of a name in UTF-8, without its ending; file systems allow 255 for the whole, and ecryptfs 143."""
_WORDS, _WORDS_LONGEST = 4, 60
"""How many words of a prompt a name has, and their bytes: 20 Chinese characters."""
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_name(text: str) -> str:
    """Return a file name that names a file in its folder and nothing else, whatever the vendor calls it."""
    name = cut(re.sub(r"[^\w.-]+", "-", _normalize(text)).strip(".-_"), _LONGEST).rstrip(".-_")
    return name if name and not _RESERVED.fullmatch(name) else f"media-{name}".rstrip("-")


def name_words(prompt: str) -> str:
    """Return the first words of a prompt as a part of a file name; empty where it has none."""
    words = re.findall(r"[^\W_]+", _normalize(prompt))[:_WORDS]
    return cut("-".join(words), _WORDS_LONGEST).rstrip("-").lower()


def cut(text: str, size: int) -> str:
    """Return what fits into so many bytes of UTF-8, without half a character."""
    return text.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore")


def _normalize(text: str) -> str:
    return unicodedata.normalize("NFC", text)
