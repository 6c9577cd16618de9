"""Voices that a vendor has, and requests for new ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from cncoding.errors import ConfigError
from cncoding.media.values import Asset, Done, MediaRequest
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that speech can be made with."""

    id: str
    """What `voice=` takes."""
    name: str
    kind: str
    """Its origin: system, cloned, designed."""
    raw: JsonObject = field(default_factory=dict, repr=False)
    preview: Asset | None = None
    """How it sounds, where the vendor tells: a link, bytes, or a file that it keeps; `download` saves each."""
    note: str | None = None
    """What a person should know of it, for example which file was left in the vendor's store."""


@dataclass(frozen=True, slots=True)
class VoiceRequest(MediaRequest):
    """A voice to make: cloned from the recording in `inputs`, or designed as `prompt` says. Its name is `voice`."""

    preview: str | None = None
    """Words that the new voice speaks, to be heard."""
    transcript: str | None = None
    """What is said in the recording."""
    consent: str | None = None
    """Who agreed that their voice is cloned, how and when; kept in the journal, if there is one; not sent."""


def check_consent(consent: object) -> None:
    """Refuse to clone a voice of which nobody says that its owner agreed.

    Raises:
        ConfigError: Nobody does.
    """
    if not isinstance(consent, str) or len(consent.strip()) < 8:
        said = f"{consent!r} says too little" if consent else "missing"
        raise ConfigError(
            f"consent: {said}; a voice belongs to a person, who must have agreed to this. Say who did, how and when, "
            "for example consent='Ana Morgan, in writing, 2026-11-20'; a journal keeps it, it is not sent"
        )


def describe_voice(name: str, request: MediaRequest, kind: str) -> JsonObject:
    """Return what a job remembers of the voice that it made."""
    return {"voice": name, "voice_name": request.voice or name, "voice_kind": kind}


def read_voice(done: Done) -> Voice:
    """Return the voice that a job made."""
    assert done.job is not None
    told = done.job.extra
    name = str(told["voice"])
    return Voice(
        name,
        str(told.get("voice_name") or name),
        str(told.get("voice_kind") or ""),
        done.raw,
        done.assets[0] if done.assets else None,
        done.note,
    )
