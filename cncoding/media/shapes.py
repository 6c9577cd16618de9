"""Whether a request is one: of the right types and with something to make, before anything else looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncoding.errors import ConfigError
from cncoding.media.values import MediaRequest
from cncoding.types import Media


def check_shape(request: Any) -> None:
    """Refuse what is no request.

    Raises:
        ConfigError: It is of another type, says nothing, or holds what no request holds.
    """
    if not isinstance(request, MediaRequest):
        raise ConfigError(
            f"request: is {type(request).__name__}; give a MediaRequest, such as MediaRequest('image', '...')"
        )
    name, wanted = ("text", "what to speak") if request.kind == "speech" else ("prompt", "what to make")
    if not isinstance(request.prompt, str):
        raise ConfigError(f"{name}: is {type(request.prompt).__name__}; give text that says {wanted}")
    if _needs_words(request) and not any(map(_is_seen, request.prompt)):
        if request.prompt.strip():
            raise ConfigError(f"{name}: holds no character that is seen; say {wanted}")
        empty = "text: empty; say" if name == "text" else "prompt: empty; say"
        raise ConfigError(f"{empty} {wanted}")
    for field in ("options", "extra"):
        need_fields(field, getattr(request, field))
    for one in request.inputs:
        if not isinstance(one, Media):
            raise ConfigError(
                f"inputs: {type(one).__name__} is in it; give a Media, such as Media('image', path='...')"
            )


def need_fields(name: str, given: Any) -> None:
    """Refuse what is no dict of a vendor's fields.

    Raises:
        ConfigError: It is something else.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f"{name}: is {type(given).__name__}; give a dict of the vendor's fields")


def _needs_words(request: MediaRequest) -> bool:
    """Tell whether nobody could know what is wanted: a picture alone would be changed by whoever takes no words."""
    return not request.inputs or (request.kind == "image" and request.model is None and not request.options)


def _is_seen(character: str) -> bool:
    return character.isprintable() and not character.isspace()
