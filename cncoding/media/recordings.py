"""Sound to be put into words, and how long it may be."""

from __future__ import annotations

from dataclasses import dataclass, field

from cncoding.evidence import Source
from cncoding.types import JsonObject, Media


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound to be put into words."""

    media: Media
    """With a URL or data."""
    model: str
    language: str | None = None
    options: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordingLimit:
    """How long a recording may be; a longer one is cut where its format allows."""

    seconds: float | None
    size: int
    """Bytes of the file."""
    source: Source
