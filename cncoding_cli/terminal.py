"""The terminal as it is: encodings, who looks on, and text that cannot drive it."""

from __future__ import annotations

import io
import locale
import os
import shutil
import sys
from contextlib import suppress
from typing import TextIO

from cncoding import ConfigError
from cncoding.display.cleaning import Cleaner


def speak_utf8() -> None:
    """Write UTF-8 whatever the console says; what cannot be written becomes a question mark, never a crash.

    A stream that the caller closed (`>&-`) swallows what it is told.
    """
    sys.stdout = sys.stdout or io.TextIOWrapper(io.BytesIO())
    sys.stderr = sys.stderr or io.TextIOWrapper(io.BytesIO())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def leave_stdout() -> None:
    """Write nothing more to a standard output that takes nothing: a full disk would be told of again at the end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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


def clean(text: str) -> str:
    """Return a whole text without control sequences and without the keys of the environment."""
    from cncoding_cli.secrets import known_keys

    cleaner = Cleaner(known_keys())
    return cleaner.feed(text) + cleaner.finish()
