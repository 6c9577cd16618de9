"""Which language a hint is said in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from cncoding.errors import CncodingError, Hint

Language: TypeAlias = Literal["en", "zh"]

_VARIABLES = ("CNCODING_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def choose_language(environ: Mapping[str, str]) -> Language:
    """Return the language that the environment asks for: `CNCODING_LANG`, then what the system goes by."""
    for name in _VARIABLES:
        if told := environ.get(name, "").strip():
            return "zh" if told.lower().startswith("zh") else "en"
    return "en"


def say(hint: Hint | str, language: Language) -> str:
    """Return a hint in a language; one that has only one text as it is."""
    return hint if isinstance(hint, str) else hint.zh if language == "zh" else hint.en


def translate(error: CncodingError, language: Language) -> None:
    """Make the hint of an error a text in `language`."""
    if isinstance(error.hint, Hint):
        error.hint = say(error.hint, language)
