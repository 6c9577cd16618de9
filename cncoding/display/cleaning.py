"""Text that cannot drive a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
