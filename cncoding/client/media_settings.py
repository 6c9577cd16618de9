"""What the media methods take beside the prompt, typed once for both clients."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, TypeAlias

from typing_extensions import TypedDict

from cncoding.client.folders import as_folder
from cncoding.client.sources import Source, as_list, as_media
from cncoding.errors import ConfigError
from cncoding.media.orders import Order, Place
from cncoding.media.polling import Patience
from cncoding.media.shapes import check_shape
from cncoding.media.values import Asset, Done, JobKind, MediaJob, MediaRequest, Size
from cncoding.media.voices import VoiceRequest, check_consent
from cncoding.types import JsonObject, Media, MediaKind

JobLike: TypeAlias = "MediaJob | Mapping[str, Any] | str"
"""A job, or what its `to_json` returned, or the JSON text of that, or its `handle`."""


class _Waiting(TypedDict, total=False):
    model: str | None
    options: JsonObject
    """Fields of the vendor, checked by the page of the model."""
    extra: JsonObject
    """Laid over the body, unchecked."""
    submit_path: str | None
    query_path: str | None
    poll_interval: float | None
    """Seconds between questions; by default the route's own, growing."""
    timeout: float | None
    """Seconds until waiting is given up; by default the route's own."""


class ImageSettings(_Waiting, total=False):
    """What `generate_image` takes beside the prompt."""

    size: Size | None
    n: int | None
    images: Sequence[Source]
    """To start from, where the model takes any."""
    negative_prompt: str | None
    seed: int | None
    watermark: bool | None
    as_task: bool | None


class VideoSettings(_Waiting, total=False):
    """What `generate_video` takes beside the prompt."""

    images: Sequence[Source]
    """First frame and last frame; `Media.options["role"]` says otherwise."""
    references: Sequence[Source]
    """Pictures of what shall appear."""
    videos: Sequence[Source]
    """To change, or to take from what the model's page says; the role `first_clip` goes on from one."""
    audio: Sequence[Source]
    size: Size | None
    resolution: str | None
    duration: int | None
    negative_prompt: str | None
    seed: int | None
    watermark: bool | None


class SpeechSettings(_Waiting, total=False):
    """What `synthesize_speech` takes beside the text."""

    voice: str | None
    format: str | None
    speed: float | None
    subtitles: bool | None
    """Whether what is said when is wanted, too, where the vendor tells it."""
    watermark: bool | None
    as_task: bool | None
    """True asks for the vendor's route for long texts, False for pieces; by default the text's length decides."""


class VoiceSettings(_Waiting, total=False):
    """What `clone_voice` and `design_voice` take beside the rest."""

    preview: str | None
    """Words that the new voice speaks, to be heard."""
    transcript: str | None
    """What is said in the recording; MiniMax compares it (200 characters), GLM learns from it."""
    watermark: bool | None


class _NewVoice(VoiceSettings, total=False):
    audio: Source
    voice: str | None
    consent: str | None


_INPUTS: Mapping[str, tuple[MediaKind, str | None]] = {
    "images": ("image", None), "references": ("image", "reference"), "mask": ("image", "mask"),
    "videos": ("video", None), "audio": ("audio", None),
}  # fmt: skip
"""Settings that name inputs: their kind, and what they are for unless the medium says it."""


def media_request(
    kind: JobKind, prompt: str, settings: Mapping[str, Any], known: type
) -> tuple[MediaRequest, Patience]:
    """Make a request of keyword settings.

    Raises:
        ConfigError: A name is unknown; the text suggests the nearest.
    """
    names = known.__annotations__ | _Waiting.__annotations__
    for name in settings:
        if name not in names:
            raise ConfigError(f"{name}: not a setting of {kind}; {_say_where(name, names)}")
    inputs = tuple(
        _give_role(as_media(source, media_kind, name), role)
        for name, (media_kind, role) in _INPUTS.items()
        for source in as_list(settings.get(name), name)
    )
    plain = {name: value for name, value in settings.items() if name not in (*_INPUTS, "poll_interval", "timeout")}
    make = VoiceRequest if kind == "voice" else MediaRequest
    return make(kind, prompt, inputs=inputs, **plain), Patience(settings.get("poll_interval"), settings.get("timeout"))


def _say_where(name: str, names: Iterable[str]) -> str:
    """Say which setting was meant, or where one of another place belongs."""
    if name in Order.__annotations__:
        return f"it belongs to an order: make(MediaOrder(MediaRequest(...), {name}=...), folder)"
    if name in ("output_dir", "folder", "path", "output"):
        return "download(done, folder) saves what was made"
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else "fields of the vendor go into options={...}"


def clone_request(
    audio: Source, voice: str, consent: str, settings: Mapping[str, Any]
) -> tuple[MediaRequest, Patience]:
    """Make a request to clone a voice.

    Raises:
        ConfigError: Nobody says that its owner agreed, or a setting is wrong; nothing was read.
    """
    check_consent(consent)
    if not isinstance(voice, str) or not voice.strip():
        said = "empty" if not voice else f"is {type(voice).__name__}"
        raise ConfigError(f"voice: {said}; give the new voice a name")
    known = {**settings, "audio": audio, "voice": voice, "consent": consent}
    request, patience = media_request("voice", voice, known, _NewVoice)
    if not request.inputs:
        raise ConfigError("audio: missing; give the recording of one person")
    return request, patience


def design_request(prompt: str, voice: str | None, settings: Mapping[str, Any]) -> tuple[MediaRequest, Patience]:
    """Make a request to design a voice.

    Raises:
        ConfigError: A setting is unknown.
    """
    return media_request("voice", prompt, {**settings, "voice": voice}, _NewVoice)


def edit_request(
    image: Source | Sequence[Source], prompt: str, mask: Source | None, settings: Mapping[str, Any]
) -> tuple[MediaRequest, Patience]:
    """Make a request to change pictures.

    Raises:
        ConfigError: There is no picture, or a name is unknown.
    """
    pictures = (*as_list(image, "image"), *as_list(settings.get("images"), "images"))
    if not pictures:
        raise ConfigError("image: empty; name the picture to change, or several")
    known = {**settings, "images": pictures, "mask": mask}
    return media_request("image", prompt, known, _EditSettings)


class _EditSettings(ImageSettings, total=False):
    mask: Source | None


def _give_role(media: Media, role: str | None) -> Media:
    if role is None or media.options.get("role"):
        return media
    return replace(media, options={**media.options, "role": role})


def one_asset(asset: Asset | Done) -> Asset:
    """Return an asset, the first one of a result."""
    if isinstance(asset, Asset):
        return asset
    if not isinstance(asset, Done):
        raise ConfigError(f"asset: is {type(asset).__name__}; give an Asset, or the Done that holds it")
    if not asset.assets:
        raise ConfigError("asset: the result is empty")
    return asset.assets[0]


def as_order(order: MediaRequest | Order) -> Order:
    """Return an order for a request that says nothing about who asks."""
    return order if isinstance(order, Order) else Order(order)


def as_speech(text: str | MediaRequest | Order, settings: Mapping[str, Any]) -> Order:
    """Return the order of a speech: of a text and its settings, or as given.

    Raises:
        ConfigError: It is no speech, or has settings of its own and others beside it.
    """
    if isinstance(text, str):
        return Order(media_request("speech", text, settings, SpeechSettings)[0])
    order = as_order(text)
    check_shape(order.request)
    if settings or order.request.kind != "speech":
        raise ConfigError(
            f"text: is an order of {order.request.kind}; give an order of speech, with its settings in its request"
        )
    return order


def as_place(place: Place | str | PathLike[str] | None) -> Place:
    """Return a place for a folder."""
    return place if isinstance(place, Place) else Place(folder=None if place is None else as_folder("folder", place))
