"""The terminal as it is: encodings, who looks on, and text that cannot drive it."""

from __future__ import annotations

import io
import locale
import os
import re
import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

from cncoding import ConfigError

_LONGEST = 4096
"""So much of an unfinished control sequence is held back."""
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: titles, links
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"  # what is left of two or three characters
)
_UNFINISHED = re.compile(
    r"(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*\x1b?|\x1b[ -/]*)\Z"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def speak_utf8() -> None:
    """Write UTF-8 whatever the console says; what cannot be written becomes a question mark, never a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def decode_argument(word: str) -> str:
    """Return an argument that the console's encoding could not read as what it is in UTF-8 or GB 18030."""
    if not any("\udc80" <= character <= "\udcff" for character in word):
        return word
    return decode(os.fsencode(word))


def decode(data: bytes) -> str:
    """Return bytes as text: UTF-8, else the locale's encoding, else GB 18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", locale.getpreferredencoding(False), "gb18030"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8", errors="replace")


def read_stdin_bytes() -> bytes:
    """Return standard input, empty if a person sits there or nothing is connected."""
    stream = sys.stdin
    if stream is None or stream.closed or stream.isatty():
        return b""
    return stream.buffer.read()


def read_stdin() -> str:
    """Return the text of standard input, empty if a person sits there.

    Raises:
        ConfigError: It is no text.
    """
    data = read_stdin_bytes()
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError("standard input: is not text; an image goes in with --image -")
    return decode(data).replace("\r\n", "\n")


def is_watched(stream: TextIO | None = None) -> bool:
    """Tell whether a person looks at standard output, or at `stream`."""
    stream = stream if stream is not None else sys.stdout
    return not stream.closed and stream.isatty() and os.environ.get("TERM") != "dumb"


def is_interactive() -> bool:
    """Tell whether a person sits at standard input."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def width() -> int:
    """Return how many columns the terminal has."""
    return shutil.get_terminal_size((80, 24)).columns


class Cleaner:
    """Makes a vendor's text harmless, piece by piece: no control sequence survives, cut where it may be, and no key.

    Line ends and tabs stay.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what may be written now; an unfinished sequence, or the beginning of a key, is held back."""
        text = self._scrub(_SEQUENCE.sub("", self._held + piece))
        cut = len(text)
        unfinished = _UNFINISHED.search(text)
        if unfinished and len(text) - unfinished.start() <= _LONGEST:
            cut = unfinished.start()
        cut = min(cut, len(text) - _measure_overlap(text, self._secrets))
        if text[:cut].endswith("\r"):
            cut -= 1
        self._held = text[cut:]
        return _drop_controls(text[:cut])

    def finish(self) -> str:
        """Return what was held back, without its control characters."""
        text, self._held = self._scrub(_SEQUENCE.sub("", self._held)), ""
        return _drop_controls(text)

    def _scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _drop_controls(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))


def _measure_overlap(text: str, secrets: tuple[str, ...]) -> int:
    """Return how many characters at the end of `text` are the beginning of a secret."""
    longest = 0
    for secret in secrets:
        for length in range(min(len(secret) - 1, len(text)), longest, -1):
            if text.endswith(secret[:length]):
                longest = length
                break
    return longest


def clean(text: str) -> str:
    """Return a whole text without control sequences and without the keys of the environment."""
    from cncoding_cli.secrets import known_keys

    cleaner = Cleaner(known_keys())
    return cleaner.feed(text) + cleaner.finish()
