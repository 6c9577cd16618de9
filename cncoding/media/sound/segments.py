"""What is said when: segments of speech, and the two forms of subtitles that players read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech and its words."""

    start: float
    """Seconds from the beginning."""
    end: float
    """Seconds."""
    text: str

    def to_json(self) -> JsonObject:
        """Return plain JSON."""
        return {"start": self.start, "end": self.end, "text": self.text}


def read_segments(rows: Any, *, names: tuple[str, str] = ("start", "end"), unit: float = 1.0) -> tuple[Segment, ...]:
    """Read segments from a vendor's list of objects; a row without times or words is left out.

    Args:
        rows: What stands where the list should be.
        names: The vendor's names of beginning and end.
        unit: Seconds of one of the vendor's units: 0.001 for milliseconds.
    """
    found: list[Segment] = []
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, Mapping):
            continue
        start, end, text = _read_time(row.get(names[0])), _read_time(row.get(names[1])), row.get("text")
        if start is not None and end is not None and isinstance(text, str) and text.strip():
            found.append(Segment(round(start * unit, 3), round(max(start, end) * unit, 3), text.strip()))
    return tuple(found)


def _read_time(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e12
    return float(value) if good else None


def shift_segments(segments: Iterable[Segment], seconds: float) -> tuple[Segment, ...]:
    """Return segments that begin later by so many seconds."""
    return tuple(replace(one, start=round(one.start + seconds, 3), end=round(one.end + seconds, 3)) for one in segments)


def write_srt(segments: Iterable[Segment]) -> str:
    """Write segments as SubRip: numbered, with a comma before the milliseconds."""
    cues = [
        f"{number}\n{_write_time(one.start, ',')} --> {_write_time(one.end, ',')}\n{_clean(one.text)}\n"
        for number, one in enumerate(segments, 1)
    ]
    return "\n".join(cues)


def write_vtt(segments: Iterable[Segment]) -> str:
    """Write segments as WebVTT (W3C), in which `&` and `<` are marked."""
    cues = [
        f"{_write_time(one.start, '.')} --> {_write_time(one.end, '.')}\n{_escape(_clean(one.text))}\n"
        for one in segments
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clean(text: str) -> str:
    """Return the words of a cue without what would end it: an empty line, or an arrow."""
    lines = (line.strip() for line in text.replace("-->", "->").splitlines())
    return "\n".join(line for line in lines if line)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _write_time(seconds: float, comma: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}{comma}{whole % 1000:03d}"


def write_clock(seconds: float) -> str:
    """Write a time as people do: `1:05`, `1:00:05`."""
    whole = int(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:0{2 if hours else 1}d}:{whole % 60:02d}"
