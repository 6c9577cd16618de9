"""The archive in which MiniMax gives long speech: the sound, its sentences with times, and figures.

Three programs of others unpack it so (2026): `*.mp3` (or the format that was asked for), `*.titles`, `*.extra`; the
vendor's page names an audio file, a subtitle file and a JSON file without their names.
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field

from cncoding.errors import ProtocolError
from cncoding.exchange.json_values import parse_json
from cncoding.media.sound.segments import Segment, read_segments
from cncoding.types import JsonObject

_SOUNDS = {
    ".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac", ".pcm": "audio/pcm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive holds."""

    sound: bytes = field(repr=False)
    media_type: str | None = None
    segments: tuple[Segment, ...] = ()
    extra: JsonObject = field(default_factory=dict)


def unpack_archive(data: bytes) -> Unpacked:
    """Take an archive apart; what is none is the sound itself.

    Raises:
        ProtocolError: It is broken, or holds no sound.
    """
    if data[257:262] != b"ustar":
        return Unpacked(data)
    try:
        found = _read_members(data)
    except tarfile.TarError as error:
        raise ProtocolError(f"the archive of the speech is broken: {error}") from error
    for ending, media_type in _SOUNDS.items():
        if ending in found:
            return Unpacked(
                found[ending],
                media_type,
                read_titles(found.get(".titles", b"")),
                _read_object(found.get(".extra", b"")),
            )
    raise ProtocolError(f"the archive holds no sound, but {', '.join(found) or 'nothing'}")


def _read_members(data: bytes) -> dict[str, bytes]:
    """Return the first file of each ending."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            ending = "." + member.name.rpartition(".")[2].lower()
            file = archive.extractfile(member) if member.isfile() and ending not in found else None
            if file is not None:
                found[ending] = file.read()
    return found


def read_titles(data: bytes) -> tuple[Segment, ...]:
    """Read MiniMax's file of sentences, with times in milliseconds; none where it makes no sense."""
    try:
        rows = parse_json(data)
    except ValueError:
        return ()
    return read_segments(rows, names=("time_begin", "time_end"), unit=0.001)


def _read_object(data: bytes) -> JsonObject:
    try:
        value = parse_json(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
