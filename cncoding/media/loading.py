"""Read the inputs of a medium and bring them into the form that its model takes, before anything is paid."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, ProtocolError
from cncoding.exchange.media_types import media_type
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Examine, Tell
from cncoding.media.delivery import load_media
from cncoding.media.inputs import name_input
from cncoding.media.inspection import inspect
from cncoding.media.pictures import check_form, fit_type, read_sides
from cncoding.media.rules import MediaModel
from cncoding.media.values import MediaRequest
from cncoding.notices import show_warning
from cncoding.types import Media


def load_inputs(request: MediaRequest) -> Flow[MediaRequest]:
    """Return a request with the data of its inputs in it; links stay links, which vendors fetch.

    Raises:
        ConfigError: An input cannot be read, is empty, or is not what its argument says.
    """
    loaded: list[Media] = []
    for media in request.inputs:
        loaded.append((yield from load_one(media, name_input(media) or media.kind)))
    return replace(request, inputs=tuple(loaded))


def load_one(media: Media, name: str) -> Flow[Media]:
    """Return one input with its data in it, looked at.

    Raises:
        ConfigError: It cannot be read, is empty, is broken, or is not what its argument says.
    """
    try:
        found = yield from load_media(media)
        if found.data is not None and found.kind == "image":
            media_type(found)
            yield Examine(found.data, _look)
    except ConfigError as error:
        raise name_argument(error, media, name) from error
    return found


def _look(file: BinaryIO) -> None:
    """Look whether a picture would open, without unpacking more than it declares.

    Raises:
        ConfigError: It would not.
    """
    try:
        inspect(file, "image")
    except ProtocolError as error:
        raise ConfigError(str(error)) from error


def name_argument(error: ConfigError, media: Media, name: str) -> ConfigError:
    """Return the error with the argument that it is about, and which of its files."""
    text = str(error.args[0]) if error.args else str(error)
    said = text.removeprefix(f"{media.kind}: ")
    file = f"{media.path}: " if media.path is not None and repr(media.path)[1:-1] not in said else ""
    return ConfigError(f"{name}: {file}{said}", hint=error.hint)


def fit_inputs(request: MediaRequest, model: MediaModel | None) -> Flow[MediaRequest]:
    """Return a request whose pictures are as the model's page wants them.

    Raises:
        ConfigError: One is of a type that cannot be converted here, or too large, too small or too long.
    """
    _check_mask(request)
    form = model.pictures if model is not None else None
    if form is None or model is None:
        return request
    fitted: list[Media] = []
    for media in request.inputs:
        if media.kind == "image":
            name = name_input(media) or media.kind
            media = yield from fit_shown(media, form, name, model.id)
            check_form(media, form, name, model.id)
        fitted.append(media)
    return replace(request, inputs=tuple(fitted))


def fit_shown(media: Media, form: PictureForm, name: str, who: str) -> Flow[Media]:
    """Return a picture in a type that is taken, see `fit_type`; what is lost by that is shown to the user."""
    fitted, warned = yield from fit_type(media, form, name, who)
    for one in warned:
        yield Tell(show_warning, one)
    return fitted


def _check_mask(request: MediaRequest) -> None:
    """Refuse a mask that is not as large as the picture.

    Raises:
        ConfigError: It is not.
    """
    sides = {name_input(media): read_sides(media) for media in request.inputs if media.kind == "image"}
    mask, picture = sides.get("mask"), sides.get("images")
    if mask is not None and picture is not None and mask != picture:
        raise ConfigError(
            f"mask: is {mask[0]}x{mask[1]}, and the picture is {picture[0]}x{picture[1]}; they must be of one size"
        )
