"""The tools that agents get, a row each, and the arguments that they take: the one list that every framework reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cncoding.media.values import JobKind
from cncoding.types import MediaKind

ArgumentType: TypeAlias = Literal["string", "integer", "array"]


@dataclass(frozen=True, slots=True)
class ArgumentCard:
    """What a model is told of an argument."""

    description: str
    type: ArgumentType = "string"
    """An array is one of texts."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ToolCard:
    """What a model is told of a tool."""

    description: str
    takes: tuple[str, ...] = ()
    """Names of its arguments, in the order in which a program may give them."""
    buys: JobKind | None = None
    """What each call pays for, None for a tool that makes nothing."""
    needs: tuple[str, ...] = ()
    """Names of arguments that this tool cannot do without, beside those that no tool can."""
    effect: Literal["makes", "looks", "removes"] = "makes"
    """What it does at the vendor and on the disk: one that only looks changes nothing."""

    def requires(self, name: str) -> bool:
        """Tell whether an argument must be given."""
        return name in self.needs or ARGUMENTS[name].required


_IMAGE = ("prompt", "size", "count", "images")
_VIDEO = ("prompt", "images", "duration", "resolution", "size", "references", "videos")

CATALOG: Mapping[str, ToolCard] = {
    "generate_image": ToolCard(
        "Make pictures from a description. Waits until they are done and returns where each file is and how large.",
        _IMAGE,
        "image",
    ),
    "submit_image": ToolCard(
        "Begin to make pictures and return at once with the name of the job: go on with other work and ask with "
        "check_media_job.",
        _IMAGE,
        "image",
    ),
    "edit_image": ToolCard(
        "Change a picture as the words say, or make a new one of what several pictures show. Waits until it is done "
        "and returns where the file is.",
        ("prompt", "images", "mask", "size", "count"),
        "image",
        ("images",),
    ),
    "generate_video": ToolCard(
        "Make a short video from a description, optionally from pictures, or change a film. Waits until it is done, "
        "which takes minutes, and returns where the file is and how long.",
        _VIDEO,
        "video",
    ),
    "submit_video": ToolCard(
        "Begin to make a short video and return at once with the name of the job. It takes minutes: go on with other "
        "work and ask with check_media_job.",
        _VIDEO,
        "video",
    ),
    "check_media_job": ToolCard(
        "Look how a job of submit_video or submit_image stands. If it is done, the file is saved and returned; else "
        "ask again later.",
        ("job",),
    ),
    "cancel_media_job": ToolCard(
        "Cancel a job that is no longer wanted, where the vendor lets one.", ("job",), effect="removes"
    ),
    "synthesize_speech": ToolCard(
        "Speak a text aloud into a sound file and return where the file is and how long it is.",
        ("text", "voice"),
        "speech",
    ),
    "list_voices": ToolCard("List the voices that synthesize_speech can use.", effect="looks"),
    "clone_voice": ToolCard(
        "Make a voice that sounds like the person of a recording, who must have agreed. Returns the name of the voice "
        "for synthesize_speech.",
        ("audio", "name", "preview", "transcript"),
        "voice",
        ("name",),
    ),
    "design_voice": ToolCard(
        "Make a voice that sounds as the words say. Returns the name of the voice for synthesize_speech.",
        ("description", "preview", "name"),
        "voice",
        ("description", "preview"),
    ),
    "delete_voice": ToolCard(
        "Delete a voice that clone_voice or design_voice made, for good.",
        ("voice",),
        needs=("voice",),
        effect="removes",
    ),
    "transcribe": ToolCard(
        "Put the speech of a recording into words, with times where they are known. A long one is heard in pieces.",
        ("audio", "language"),
        effect="looks",
    ),
    "understand_image": ToolCard(
        "Look at a picture (link or file) and answer a question about it.", ("image", "question"), effect="looks"
    ),
    "understand_video": ToolCard(
        "Watch a film (link or file) and answer a question about it.", ("video", "question"), effect="looks"
    ),
    "web_search": ToolCard(
        "Search the web. Returns titles, links and short texts of pages; name the links you rely on.",
        ("query", "count"),
        effect="looks",
    ),
}
"""By tool name, in the order in which agents see them."""

BUYS: Mapping[str, JobKind] = {name: card.buys for name, card in CATALOG.items() if card.buys is not None}
"""Tools that pay for something, and what."""

ARGUMENTS: Mapping[str, ArgumentCard] = {
    "prompt": ArgumentCard(
        "What is to be seen, in detail: subject, light, style; in a video also movement and camera.", required=True
    ),
    "size": ArgumentCard("WIDTHxHEIGHT such as 1024x1024, or an aspect ratio such as 16:9. Leave out if unsure."),
    "count": ArgumentCard("How many. Leave out if unsure.", "integer"),
    "images": ArgumentCard(
        "Links or files of pictures to start from; for a video the first frame and then the last frame. Leave out for "
        "none.",
        "array",
    ),
    "references": ArgumentCard(
        "Links or files of pictures of what shall appear in the video, such as a person. Leave out for none.", "array"
    ),
    "videos": ArgumentCard(
        "Links or files of films to change or to take movement and persons from. Leave out for none.", "array"
    ),
    "mask": ArgumentCard(
        "Link or file of a black and white picture as large as the picture: what is white in it is changed, what is "
        "black is kept. Leave out to change the whole."
    ),
    "duration": ArgumentCard("Seconds. Leave out if unsure.", "integer"),
    "resolution": ArgumentCard("How fine the film is, such as 1080P. Leave out if unsure."),
    "text": ArgumentCard("The words to speak.", required=True),
    "voice": ArgumentCard("Name of a voice of the vendor. Leave out if unsure."),
    "name": ArgumentCard("Name of the new voice, never used before: eight or more letters and digits, first a letter."),
    "description": ArgumentCard("How the voice sounds: age, timbre, mood, pace."),
    "preview": ArgumentCard("A sentence that the new voice speaks, to be heard."),
    "transcript": ArgumentCard("What is said in the recording. Leave out if unsure."),
    "job": ArgumentCard("The job, exactly as submit_video or submit_image named it.", required=True),
    "audio": ArgumentCard("Link or file of the recording.", required=True),
    "language": ArgumentCard("Language of the speech, for example zh or en. Leave out if unsure."),
    "image": ArgumentCard("Link or file of the picture.", required=True),
    "video": ArgumentCard("Link or file of the film.", required=True),
    "question": ArgumentCard("What to find out about it."),
    "query": ArgumentCard("A few words to search for.", required=True),
}
"""By name; a name means the same in every tool."""

SOURCES: Mapping[str, MediaKind] = {
    "images": "image", "references": "image", "mask": "image", "videos": "video", "audio": "audio", "image": "image",
    "video": "video",
}  # fmt: skip
"""Arguments that name media, by a link or a file; a program may give the media themselves."""

UNLISTED = frozenset({"negative_prompt", "seed", "watermark", "format", "speed", "subtitles"})
"""Settings of a request that a tool that buys takes too, though no model is told of them."""
