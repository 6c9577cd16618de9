"""What a tool says to a model about what it did: what, where, how large, in few words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone

from cncoding.media.sound.segments import write_clock
from cncoding.media.sound.transcript import Transcript
from cncoding.media.tools.catalog import CATALOG
from cncoding.media.values import Asset, Cancelled, Done, Failed, MediaJob, MediaStatus, SearchResult, status_name
from cncoding.media.voices import Voice

_NAMES = re.compile(rf"(?<!\w)(?:{'|'.join(name for name in CATALOG if '_' in name)})(?!\w)")


def name_tools(text: str, prefix: str) -> str:
    """Return a text with its tools by the names that an agent knows: with what stands before them."""
    return _NAMES.sub(lambda found: prefix + found[0], text) if prefix else text


def write_begun(job: MediaJob, handle: str, prefix: str = "") -> str:
    """Say that a job was begun and how to ask for it."""
    return f"Begun by {job.provider} {job.model}. Ask with {prefix}check_media_job, job={handle}"


def write_status(job: MediaJob, status: MediaStatus, handle: str) -> str:
    """Say how a job stands that is not done."""
    if isinstance(status, Cancelled):
        return f"The {job.kind} job was cancelled; there is nothing to wait for"
    if isinstance(status, Failed):
        code = f" [{status.code}]" if status.code else ""
        return f"The {job.kind} job failed: {status.message}{code}"
    native = None if isinstance(status, Done) else status.native
    word = status_name(status) + (f" ({native})" if native else "")
    return f"The {job.kind} job is {word}; ask again later with job={handle}"


def write_voices(voices: tuple[Voice, ...]) -> str:
    """Write the ids of voices, with the names that say more."""
    lines = [one.id + (f" ({one.name})" if one.name != one.id else "") for one in voices]
    return "\n".join(lines) or "There are none."


def write_voice(voice: Voice, job: MediaJob, names: Mapping[str, str | None] | None, prefix: str = "") -> str:
    """Say that a voice was made, what to do with it, and where its preview is."""
    known = f" ({voice.name})" if voice.name != voice.id else ""
    text = (
        f"Made the {voice.kind} voice {voice.id}{known} of {job.provider}: {prefix}synthesize_speech, voice={voice.id}"
    )
    return text if voice.preview is None else f"{text}\nPreview: {_line(voice.preview, names)}"


def write_transcript(found: Transcript) -> str:
    """Write what was said, with times where there are several stretches, and what is missing of it."""
    rows = [(one.start, f"[{write_clock(one.start)}-{write_clock(one.end)}] {one.text}") for one in found.segments]
    missing = [
        (one.start, f"[{write_clock(one.start)}-{write_clock(one.end)}] could not be put into words: {one.error}")
        for one in found.gaps
    ]
    note = f"\nNote: {found.note}." if found.note else ""
    if len(rows) < 2 and not missing:
        return (found.text or "Nothing was said.") + note
    return "\n".join(text for _, text in sorted((*rows, *missing))) + note


def write_hits(result: SearchResult) -> str:
    """Write search hits with numbers, links and short texts."""
    lines = [
        f"[{number}] {hit.title}\n{hit.url}" + (f" ({hit.date})" if hit.date else "") + f"\n{hit.snippet[:600]}"
        for number, hit in enumerate(result.hits, 1)
    ]
    return "\n\n".join(lines) or "Nothing was found."


def write_summary(done: Done, job: MediaJob, names: Mapping[str, str | None] | None = None) -> str:
    """Say in few words what was made, where it is and how large; `names` are what an agent calls the files."""
    lines = [_line(asset, names) for asset in done.assets[:_MOST_LINES]]
    if len(done.assets) > _MOST_LINES:
        lines.append(f"and {len(done.assets) - _MOST_LINES} more")
    if len(lines) == 1:
        return f"Made by {job.provider} {job.model}: {lines[0]}"
    return "\n".join([f"{len(done.assets)} made by {job.provider} {job.model}:", *(f"- {line}" for line in lines)])


_MOST_LINES = 50
"""Media of one order that are named to a model one by one."""
_LONGEST_LINK = 4000
"""Characters of a link that a model is shown; signed ones have a thousand."""


def _line(asset: Asset, names: Mapping[str, str | None] | None) -> str:
    facts = [asset.media_type or asset.kind]
    if asset.width and asset.height:
        facts.append(f"{asset.width}x{asset.height}")
    if asset.duration is not None:
        facts.append(f"{asset.duration:.1f} s")
    if asset.size is not None:
        facts.append(_count_bytes(asset.size))
    if "pieces" in asset.metadata:
        facts.append(f"joined of {asset.metadata['pieces']} pieces")
    if "not_joined" in asset.metadata:
        facts.append(f"piece {asset.metadata['piece']}: {asset.metadata['not_joined']}")
    link = (asset.url or "")[:_LONGEST_LINK]
    if asset.path is None and asset.url is None:
        return f"file {asset.file_id} at the vendor, which names no link ({', '.join(facts)})"
    if "not_saved" in asset.metadata:
        return f"{link} ({', '.join(facts)}{_until(asset)}), which could not be saved: {asset.metadata['not_saved']}"
    if asset.path is None:
        where = f"{link} ({', '.join(facts)}{_until(asset)})"
    elif names is None:
        where = f"{asset.path} ({', '.join(facts)})"
    else:
        own = names.get(asset.path)
        where = f"{own or asset.path} ({', '.join(facts)})" + ("" if own else ", which is not among your files")
    where += _name_subtitles(asset)
    return where + (f"; the vendor drew: {asset.revised_prompt[:200]}" if asset.revised_prompt else "")


def _name_subtitles(asset: Asset) -> str:
    if files := asset.metadata.get("subtitles"):
        return f"; subtitles: {', '.join(files.values())}"
    failed = asset.metadata.get("subtitles_not_saved")
    return f"; its subtitles could not be saved: {failed}" if failed else ""


def _until(asset: Asset) -> str:
    if asset.expires_at is None:
        return ""
    return f", link until {datetime.fromtimestamp(asset.expires_at, timezone.utc):%Y-%m-%d %H:%M} UTC"


def _count_bytes(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{size / 1024:.0f} kB"
