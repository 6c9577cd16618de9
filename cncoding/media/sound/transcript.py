"""What was said in a recording, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from cncoding.errors import ConfigError
from cncoding.media.sound.segments import Segment, write_srt, write_vtt
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a long recording that was asked for and not put into words."""

    start: float
    """Seconds from the beginning."""
    end: float
    error: str
    """Why."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in a recording."""

    text: str
    language: str | None = None
    model: str | None = None
    segments: tuple[Segment, ...] = ()
    """With times: sentences where the vendor tells them, pieces where a long recording was cut; empty if unknown."""
    gaps: tuple[Gap, ...] = ()
    """Pieces of a long recording that failed; the others stand."""
    duration: float | None = None
    """Seconds of the recording, where it was looked at."""
    raw: JsonObject = field(default_factory=dict, repr=False)
    note: str | None = None
    """What a person should know of it, for example which file was left in the vendor's store."""

    def to_srt(self) -> str:
        """Write the subtitles as SubRip (`.srt`).

        Raises:
            ConfigError: No times are known.
        """
        return write_srt(self._timed())

    def to_vtt(self) -> str:
        """Write the subtitles as WebVTT (`.vtt`).

        Raises:
            ConfigError: No times are known.
        """
        return write_vtt(self._timed())

    def _timed(self) -> tuple[Segment, ...]:
        if self.segments or not self.text.strip():
            return self.segments
        raise ConfigError(
            f"subtitles: {self.model} tells no times; choose a model that does (docs/media.md names them), or give the "
            "recording as a WAV or MP3 file"
        )

    def to_json(self) -> JsonObject:
        """Return plain JSON."""
        return {
            "text": self.text,
            "language": self.language,
            "model": self.model,
            "duration": self.duration,
            "segments": [one.to_json() for one in self.segments],
            "gaps": [{"start": one.start, "end": one.end, "error": one.error} for one in self.gaps],
            "note": self.note,
            "raw": self.raw,
        }
