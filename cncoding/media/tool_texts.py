"""What the tools of every framework say to a model about media: what, where, how large, in few words."""

from __future__ import annotations

from datetime import datetime, timezone

from cncoding.media.values import Asset, Done, Failed, MediaJob, MediaStatus, SearchResult, status_name
from cncoding.media.voices import Voice

DESCRIPTIONS = {
    "generate_image": (
        "Make pictures from a description. Waits until they are done and returns where each file is and how large."
    ),
    "submit_image": (
        "Begin to make pictures and return at once with the name of the job: go on with other work and ask with "
        "check_media_job."
    ),
    "list_voices": "List the voices that synthesize_speech can use.",
    "generate_video": (
        "Make a short video from a description, optionally from pictures. Waits until it is done, which takes minutes, "
        "and returns where the file is and how long."
    ),
    "submit_video": (
        "Begin to make a short video and return at once with the name of the job. It takes minutes: go on with other "
        "work and ask with check_media_job."
    ),
    "check_media_job": (
        "Look how a job of submit_video or submit_image stands. If it is done, the file is saved and returned; else "
        "ask again later."
    ),
    "synthesize_speech": "Speak a text aloud into a sound file and return where the file is and how long it is.",
    "cancel_media_job": "Cancel a job that is no longer wanted, where the vendor lets one.",
    "transcribe": "Put the speech of a recording into words.",
    "understand_image": "Look at a picture (link or file) and answer a question about it.",
    "web_search": "Search the web. Returns titles, links and short texts of pages; name the links you rely on.",
}
"""By tool name."""

ARGUMENTS = {
    "prompt": "What is to be seen, in detail: subject, light, style; in a video also movement and camera.",
    "size": "WIDTHxHEIGHT such as 1024x1024, or an aspect ratio such as 16:9. Leave out if unsure.",
    "count": "How many. Leave out if unsure.",
    "images": (
        "Links or files of pictures to start from; for a video the first frame and then the last frame. Not every "
        "model takes them. Leave out for none."
    ),
    "duration": "Seconds. Leave out if unsure.",
    "resolution": "For example 720P or 1080P. Leave out if unsure.",
    "text": "The words to speak.",
    "voice": "Name of a voice of the vendor. Leave out if unsure.",
    "job": "The job, exactly as submit_video or submit_image named it.",
    "audio": "Link or file of the recording.",
    "language": "Language of the speech, for example zh or en. Leave out if unsure.",
    "image": "Link or file of the picture.",
    "question": "What to find out about the picture.",
    "query": "A few words to search for.",
}
"""What the arguments of the tools mean, by name."""


def write_begun(job: MediaJob, handle: str) -> str:
    """Say that a job was begun and how to ask for it."""
    return f"Begun by {job.provider} {job.model}. Ask with check_media_job, job={handle}"


def write_status(job: MediaJob, status: MediaStatus, handle: str) -> str:
    """Say how a job stands that is not done."""
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


def write_hits(result: SearchResult) -> str:
    """Write search hits with numbers, links and short texts."""
    lines = [
        f"[{number}] {hit.title}\n{hit.url}" + (f" ({hit.date})" if hit.date else "") + f"\n{hit.snippet[:600]}"
        for number, hit in enumerate(result.hits, 1)
    ]
    return "\n\n".join(lines) or "Nothing was found."


def write_summary(done: Done, job: MediaJob) -> str:
    """Say in few words what was made, where it is and how large."""
    lines = [_line(asset) for asset in done.assets]
    if len(lines) == 1:
        return f"Made by {job.provider} {job.model}: {lines[0]}"
    return "\n".join([f"{len(lines)} made by {job.provider} {job.model}:", *(f"- {line}" for line in lines)])


def _line(asset: Asset) -> str:
    facts = [asset.media_type or asset.kind]
    if asset.width and asset.height:
        facts.append(f"{asset.width}x{asset.height}")
    if asset.duration is not None:
        facts.append(f"{asset.duration:.1f} s")
    if asset.size is not None:
        facts.append(_count_bytes(asset.size))
    if asset.path is None and asset.url is None:
        return f"file {asset.file_id} at the vendor, which names no link ({', '.join(facts)})"
    if "not_saved" in asset.metadata:
        return (
            f"{asset.url} ({', '.join(facts)}{_until(asset)}), which could not be saved: {asset.metadata['not_saved']}"
        )
    where = f"{asset.path} ({', '.join(facts)})" if asset.path else f"{asset.url} ({', '.join(facts)}{_until(asset)})"
    return where + (f"; the vendor drew: {asset.revised_prompt[:200]}" if asset.revised_prompt else "")


def _until(asset: Asset) -> str:
    if asset.expires_at is None:
        return ""
    return f", link until {datetime.fromtimestamp(asset.expires_at, timezone.utc):%Y-%m-%d %H:%M} UTC"


def _count_bytes(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{size / 1024:.0f} kB"
