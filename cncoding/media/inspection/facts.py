"""What is told of a file, and small words for reading one."""

from __future__ import annotations

from dataclasses import dataclass

from cncoding.errors import ProtocolError

EXTENSIONS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif", "image/bmp": ".bmp",
    "image/avif": ".avif",
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "audio/wav": ".wav", "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg", "audio/flac": ".flac", "audio/webm": ".webm", "audio/mp4": ".m4a", "audio/pcm": ".pcm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is."""

    media_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    """Seconds."""

    @property
    def extension(self) -> str:
        """The ending of its name, with the dot."""
        return EXTENSIONS.get(self.media_type, ".bin")


def need(sound: bool, kind: str, why: str) -> None:
    """Refuse a file that is not sound.

    Raises:
        ProtocolError: It is not.
    """
    if not sound:
        raise ProtocolError(f"the {kind} is broken: {why}")


def big(data: bytes) -> int:
    """Return the number that bytes are, the largest first."""
    return int.from_bytes(data, "big")


def little(data: bytes) -> int:
    """Return the number that bytes are, the smallest first."""
    return int.from_bytes(data, "little")
