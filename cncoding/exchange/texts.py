"""Files that are text."""

from __future__ import annotations

_CONTROL = frozenset(range(32)) - {9, 10, 12, 13, 27}


def decode_text(data: bytes) -> str | None:
    """Decode a text file: UTF-8, UTF-16 with its mark, or GB 18030; None for what is no text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decode(data, "utf-16")
    if not _CONTROL.isdisjoint(data[:65536]):
        return None
    text = _decode(data, "utf-8-sig")
    return _decode(data, "gb18030") if text is None else text


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
