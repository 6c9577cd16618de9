"""What a model wrote as the arguments of a call, read once for every framework.

Models write `"5"` for 5, a JSON text or one name for a list, an empty text or `null` for nothing. What can mean only
one thing is taken; anything else is refused with a text that a model can act on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cncoding.errors import ConfigError
from cncoding.exchange.json_values import parse_json
from cncoding.media.tools.catalog import ARGUMENTS, SOURCES, ArgumentType
from cncoding.types import JsonObject, Media

_NOTHING = frozenset({"", "null", "none", "undefined"})
"""Texts that models write into an argument that they mean to leave out."""
_WORDS: Mapping[type, str] = {dict: "an object", list: "a list", bool: "true or false", float: "a number"}


def read_given(given: Mapping[str, Any]) -> JsonObject:
    """Return the arguments of a call as the tool means them, without those that say nothing.

    Raises:
        ConfigError: One cannot be read; the text names it and says what to give.
    """
    found: JsonObject = {}
    for name, value in given.items():
        card = ARGUMENTS.get(name)
        if value is None or (card is not None and not card.required and _is_nothing(value)):
            continue
        read = value if card is None else _READERS[card.type](name, value)
        if read != []:
            found[name] = read
    return found


def _is_nothing(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in _NOTHING


def _read_text(name: str, value: Any) -> str | Media:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) or (isinstance(value, Media) and name in SOURCES):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ConfigError(f"{name}: is {_describe(value)}; give a text")


def _read_whole(name: str, value: Any) -> int:
    number = value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            raise ConfigError(f"{name}={value[:80]!r}: give a whole number alone, such as 5") from None
    if isinstance(number, int | float) and not isinstance(number, bool) and number == number // 1:
        return int(number)
    raise ConfigError(f"{name}={str(value)[:80]}: give a whole number, such as 5")


def _read_texts(name: str, value: Any) -> list[str | Media]:
    if isinstance(value, str):
        value = _read_list(value)
    if isinstance(value, Media):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{name}: is {_describe(value)}; give a list of links or files")
    texts = [one for one in value if one is not None and not _is_nothing(one)]
    for one in texts:
        if not isinstance(one, (str, Media)):
            raise ConfigError(f"{name}: {_describe(one)} is in the list; give links or files as texts")
    return texts


def _read_list(text: str) -> Any:
    """Return the list that a text writes as JSON, or the one link or file that it is."""
    if text.lstrip().startswith("["):
        try:
            return parse_json(text)
        except ValueError:  # a file may be called so
            pass
    return [text]


def _describe(value: Any) -> str:
    return _WORDS.get(type(value), type(value).__name__)


_READERS: Mapping[ArgumentType, Callable[[str, Any], Any]] = {
    "string": _read_text,
    "integer": _read_whole,
    "array": _read_texts,
}
